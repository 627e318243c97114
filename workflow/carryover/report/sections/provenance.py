"""Provenance: where the report comes from, as provenance.json says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from carryover.planning.sweep import flat
from carryover.report import words
from carryover.report.sections import Section


def section(provenance: Mapping[str, Any], license_text: str) -> Section:
    """What a reader wants to see, and the digests; with the licence of the scripts in the page."""
    rows = {path: words.value(value) for path, value in flat(provenance).items()}
    content = {
        "main": {path: value for path, value in rows.items() if not path.startswith("digests.")},
        "digests": {path: value for path, value in rows.items() if path.startswith("digests.")},
        "license": license_text,
    }
    return Section("provenance", "Provenance", "provenance.html", content)
