"""Tables for papers: escaped, rounded, and only those that are printed."""

from __future__ import annotations

from carryover.analysis.latex import PRINTED, as_latex
from carryover.analysis.tables import SCHEMAS, as_table


def test_text_is_escaped_numbers_rounded_and_gaps_shown() -> None:
    claim = {"study": "a_b", "text": "50% of {x} & more", "verdict": "supported", "evidence": "1 of 2"}
    text = as_latex("claims", as_table("claims", [claim]))
    assert text is not None
    assert r"a\_b & 50\% of \{x\} \& more & supported & 1 of 2 \\" in text
    assert r"\begin{longtable}" in text
    number = {"study": "s", "id": "n", "published": 0.763512, "mean": None, "seeds": 5, "word": "inside"}
    row = next(
        line
        for line in (as_latex("published", as_table("published", [number])) or "").splitlines()
        if "0.76" in line
    )
    assert row.split(" & ")[5:8] == ["0.7635", "--", "--"]


def test_only_tables_for_papers_are_printed() -> None:
    assert as_latex("metrics", as_table("summary", [])) is None
    for name, columns in PRINTED.items():
        assert set(columns) <= set(SCHEMAS[name].names)
        assert as_latex(name, as_table(name, [])) is not None
