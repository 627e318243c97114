"""What pages are made with: templates, and the styles and scripts that stand inside them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

HERE = Path(__file__).parent


def environment(**options: Any) -> jinja2.Environment:
    """The templates of this package. A name that a template does not get is an error. options: as of Jinja."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        **{"autoescape": True, **options},
    )


@cache
def asset(name: str) -> Markup:
    """A style or a script, as it stands in a page."""
    return Markup((HERE / "assets" / name).read_text(encoding="utf-8"))
