"""Links between the pages of a report, and to its files.

A report is an index and a page a study; or all of them in one file, where every link is an anchor. Whoever writes a
link asks `Links`, which knows the page that the link is on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from carryover.report.sections import anchor_of

INDEX = "index.html"
STUDIES = "studies"  # the folder of the studies' pages, beside the index


@dataclass(frozen=True)
class Links:
    """The links of one page.

    folder: of the report, whose files the page may link to; None for all pages in a single file, which travels
    alone. here: the study whose page it is; None for the index.
    """

    folder: Path | None
    here: str | None = None

    @property
    def single(self) -> bool:
        """Whether all pages are in one file."""
        return self.folder is None

    def index(self, anchor: str) -> str:
        """A place on the index."""
        page = "" if self.single or self.here is None else f"../{INDEX}"
        return f"{page}#{quote(anchor)}"

    def study(self, name: str, part: str = "") -> str:
        """The page of a study, or a part of it, as `anchor_of` names it."""
        anchor = quote(anchor_of(name, part))
        if self.single or (part and self.here == name):
            return f"#{anchor}"
        page = f"{quote(name)}.html" if self.here is not None else f"{STUDIES}/{quote(name)}.html"
        return f"{page}#{anchor}" if part else page

    def claim(self, study: str, claim: str) -> str:
        """A claim in the list of all."""
        return self.index(claim_anchor(study, claim))

    def evidence(self, study: str, claim: str) -> str:
        """What all sides show of a claim, on the page of its study."""
        return self.study(study, f"evidence-{claim}")

    def file(self, path: str) -> str | None:
        """A file of the report, such as `figures/a.svg`; None where there is none, and in a single file."""
        if self.folder is None or not (self.folder / path).is_file():
            return None
        return f"{'' if self.here is None else '../'}{quote(path)}"

    def tables(self, names: Iterable[str]) -> list[tuple[str, str]]:
        """The files of these tables: each with its name, such as `summary.csv`, and a link to it."""
        files = (f"{name}.{suffix}" for name in names for suffix in ("csv", "parquet"))
        linked = ((file, self.file(f"tables/{file}")) for file in files)
        return [(file, link) for file, link in linked if link is not None]


def claim_anchor(study: str, claim: str) -> str:
    """The anchor of a claim in the list of all."""
    return f"claim-{study}-{claim}"
