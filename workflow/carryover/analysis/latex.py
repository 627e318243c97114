"""Tables for papers: the few that are printed, with the columns that fit a page."""

from __future__ import annotations

import pyarrow as pa

# Table → the columns that are printed. The other columns are for programs; only Parquet and CSV have them.
PRINTED: dict[str, tuple[str, ...]] = {
    "published": (
        "study",
        "id",
        "point",
        "split",
        "metric",
        "published",
        "mean",
        "low",
        "high",
        "seeds",
        "word",
    ),
    "claims": ("study", "text", "verdict", "evidence"),
    "solved": ("study", "point", "seeds", "solved", "share", "low", "high", "median_steps", "diverged"),
    "horizon": (),
    "mixture": (),
    "costs_summary": (
        "study",
        "point",
        "parameters",
        "seconds",
        "peak_memory_mb",
        "examples_per_second",
        "seeds",
    ),
}


def as_latex(name: str, table: pa.Table) -> str | None:
    """A table of PRINTED as a LaTeX longtable (packages booktabs and longtable). None for any other table."""
    if name not in PRINTED:
        return None
    columns = [column for column in PRINTED[name] or table.column_names if column in table.column_names]
    frame = table.select(columns).to_pandas()
    frame.columns = [column.replace("_", " ") for column in columns]
    return frame.to_latex(
        index=False,
        escape=True,
        longtable=True,
        na_rep="--",
        float_format="%.4g",
        caption=f"{name.replace('_', ' ').capitalize()}.",
        label=f"tab:{name.replace('_', '-')}",
    )
