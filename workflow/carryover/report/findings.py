"""The findings as text: docs/findings.md and the first paragraph of the README, from the tables of a reference.

The prose is in templates/findings/, a file a report. It has no numbers: facts.py fills them in by name.
"""

from __future__ import annotations

import re
from pathlib import Path

import jinja2

from carryover.analysis.false_discovery import RATE
from carryover.analysis.schemas import TIMED
from carryover.analysis.statistics import LEVEL
from carryover.data.files import atomic_path, read_text
from carryover.errors import UserError, UserErrors
from carryover.planning.plan import read_reference
from carryover.planning.shipped_titles import shipped_titles
from carryover.report import tables
from carryover.report.facts import Facts
from carryover.report.templating import environment
from carryover.report.view import Report

# What the text asks for: tables by the names of their files.
CLAIMED = ("claims", "published", "readings")
NEEDED = (*CLAIMED, *(TIMED[name] for name in CLAIMED), "runs", "summary", "mixture", "overlap", "history")
OURS = "own"  # the text of studies that reproduce no report
MARKED = re.compile(r"(<!-- findings -->\n).*?(<!-- end of findings -->)", re.DOTALL)


def read(folder: Path) -> Report:
    """The reference results in a folder. Raises UserError where it has no plan, or a bad table."""
    plan = read_reference(folder)
    read = tables.read(folder)
    needed = {f"{folder.name}/{name}.parquet" for name in NEEDED}
    problems = [one for one in read.problems if one.partition(": ")[0] in needed]
    if problems:
        again = f"make them again with `carryover reference {folder} {folder}`"
        raise UserErrors([f"{folder.parent}/{one}; {again}" for one in problems])
    # Reference results of an earlier version have no titles.
    return Report(read, plan.model_copy(update={"titles": plan.titles.over(shipped_titles())}))


def text(report: Report, folder: str) -> str:
    """The findings as Markdown. folder: what the reader calls the folder of the tables.

    Raises UserError, with its name, for a number that the tables do not have.
    """
    templates = environment(autoescape=False, keep_trailing_newline=True)
    sources = list(dict.fromkeys(study.planned.report for study in report.studies))
    files = {
        source: f"findings/{source or OURS}.md" for source in sorted(sources, key=lambda one: one or "~")
    }
    try:
        made = templates.get_template("findings/all.md").render(
            facts=Facts(report),
            files=files,
            folder=folder,
            runs=len(report.runs),
            level=f"{LEVEL:.0%}",
            rate=f"{RATE:.0%}",
        )
    except jinja2.TemplateError as error:
        raise UserError(f"findings: {error}; mend templates/findings/") from None
    return re.sub(r"\n{3,}", "\n\n", made).strip() + "\n"


def in_readme(report: Report, readme: str) -> str:
    """The README with its marked part replaced. Raises UserError where nothing is marked."""
    if not MARKED.search(readme):
        raise UserError("no part between <!-- findings --> and <!-- end of findings -->; add these two lines")
    told = "\n".join(f"- {line}" for line in Facts(report).most_surprising())
    block = f"The most surprising findings so far (all of them: [docs/findings.md](docs/findings.md)):\n\n{told}\n"
    return MARKED.sub(lambda found: f"{found[1]}{block}{found[2]}", readme)


def write_readme(report: Report, path: Path) -> None:
    """Bring the marked part of a README up to date."""
    try:
        made = in_readme(report, read_text(path))
    except UserError as error:
        raise UserError(f"{path}: {str(error).removeprefix(f'{path}: ')}") from None
    with atomic_path(path) as temporary:
        temporary.write_text(made, encoding="utf-8")
