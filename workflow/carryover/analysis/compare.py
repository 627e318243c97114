"""What differs between two results: means, by more than the seeds explain, and digests."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from carryover.analysis import tables, wording
from carryover.analysis.schemas import MEASURED
from carryover.analysis.statistics import MIN_SEEDS
from carryover.metrics import METRICS, PRIMARY

FALSE_DISCOVERIES = 0.05  # expected share of the listed differences that are chance (Benjamini and Hochberg)
KEYS = ["study", "point", "suite", "split", "metric"]
LISTED = 40
Row = Mapping[Hashable, Any]
# How correct answers are, and the loss. Metrics with the same values under another name are left out.
COMPARED = tuple(name for name in (*PRIMARY, "loss") if not METRICS[name].also)


@dataclass(frozen=True)
class Difference:
    """How two results, A and B, differ; each table may be empty.

    `runs`, `datasets`: those that both have under one address, with different digests. `metrics`: means of the same
    study, point and test split that differ by more than the seeds explain (mean_a, mean_b, difference, p). `too_few`:
    how many means differ, and have fewer than 3 seeds on a side: of three and two, ranges often do not touch without
    any difference. `words`: verdicts and words that changed.
    """

    runs: pd.DataFrame  # run, digest_a, digest_b
    datasets: pd.DataFrame  # dataset, split, digest_a, digest_b
    metrics: pd.DataFrame
    words: pd.DataFrame  # study, id, point, what, a, b
    runs_in_both: int
    runs_in_a: int
    runs_in_b: int
    datasets_in_both: int
    compared: int  # means that both have
    too_few: int

    def is_empty(self) -> bool:
        """Whether nothing that both have differs."""
        return self.runs.empty and self.datasets.empty and self.metrics.empty and self.words.empty


def difference(a: Path, b: Path) -> Difference:
    """Compare two folders of tables. Raises UserError where one of them is not such a folder."""
    runs = _pairs(a, b, "runs", ["run"], "checkpoint_digest")
    datasets = _pairs(a, b, "datasets", ["dataset", "split"], "digest")
    datasets = datasets[datasets["digest_a"].notna() & datasets["digest_b"].notna()]
    metrics, compared, too_few = _metrics(a, b)
    return Difference(
        runs[runs["digest_a"] != runs["digest_b"]].reset_index(drop=True),
        datasets[datasets["digest_a"] != datasets["digest_b"]].reset_index(drop=True),
        metrics,
        pd.concat([_words(a, b, "claims", "verdict"), _words(a, b, "published", "word")], ignore_index=True),
        len(runs),
        len(tables.read(a, "runs")) - len(runs),
        len(tables.read(b, "runs")) - len(runs),
        len(datasets),
        compared,
        too_few,
    )


def compare(a: Path, b: Path) -> str:
    """The differences between two folders of tables, as text for a terminal."""
    differences = difference(a, b)
    lines = [f"A: {a}", f"B: {b}", ""]
    lines.append(
        f"{differences.runs_in_both} runs in both, {differences.runs_in_a} only in A, "
        f"{differences.runs_in_b} only in B; "
        f"{differences.datasets_in_both} dataset splits in both"
    )
    lines += _section("dataset splits whose content differs", differences.datasets, _digest_line)
    lines += _section(
        "checkpoints that differ (as they may between machines)", differences.runs, _digest_line
    )
    lines += _section(
        f"of {differences.compared} means that both have, those that differ beyond what the seeds explain",
        differences.metrics,
        _metric_line,
    )
    if differences.too_few:
        lines += ["", f"means that differ, with too few seeds to tell: {differences.too_few}"]
    lines += _section("verdicts and words that changed", differences.words, _word_line)
    unequal = _unequal_tables(a, b)
    if unequal:
        lines += ["", f"tables that are not equal row by row: {', '.join(unequal)}"]
    if differences.is_empty():
        common = differences.runs_in_both or differences.compared
        lines += ["", _nothing(unequal) if common else "Nothing in common."]
    return "\n".join(lines)


def _nothing(unequal: list[str]) -> str:
    return "No other difference was found." if unequal else "Nothing that both have differs."


def _unequal_tables(a: Path, b: Path) -> list[str]:
    """The tables that do not hold the same in both folders, or that one of them lacks; not those of measured costs."""
    names = sorted({path.stem for folder in (a, b) for path in folder.glob("*.parquet")} - set(MEASURED))
    return [name for name in names if not _same(a / f"{name}.parquet", b / f"{name}.parquet")]


def _same(first: Path, second: Path) -> bool:
    if not (first.exists() and second.exists()):
        return False
    if first.read_bytes() == second.read_bytes():
        return True
    # Frames, because Arrow takes one NaN for another value than the next.
    one, other = (tables.read(path.parent, path.stem).to_pandas() for path in (first, second))
    return bool(one.equals(other))


def _section(title: str, table: pd.DataFrame, line: Callable[[Row], str]) -> list[str]:
    if table.empty:
        return []
    rows = table.head(LISTED).to_dict("records")
    more = [f"  and {len(table) - LISTED} more"] if len(table) > LISTED else []
    return ["", f"{title}: {len(table)}", *(f"  {line(row)}" for row in rows), *more]


def _digest_line(row: Row) -> str:
    name = row["run"] if "run" in row else f"{row['dataset']} {row['split']}"
    return f"{name}: {row['digest_a'][:12]} → {row['digest_b'][:12]}"


def _word_line(row: Row) -> str:
    point = f" ({row['point']})" if row["point"] else ""
    return f"{row['study']}: {row['id']}{point}: {row['a']} → {row['b']}"


def _metric_line(row: Row) -> str:
    metric = row["metric"]
    where = f"{row['study']}: {row['point']}, {row['suite']}/{row['split']}, {metric}"
    means = f"{wording.number(row['mean_a'], metric)} → {wording.number(row['mean_b'], metric)}"
    return f"{where}: {means} (p = {row['p']:.2g}, {row['seeds_a']} and {row['seeds_b']} seeds)"


def _pairs(a: Path, b: Path, name: str, keys: list[str], digest: str) -> pd.DataFrame:
    """Rows that both have, with the digest of each."""
    first, second = (
        tables.read(folder, name).select([*keys, digest]).to_pandas().rename(columns={digest: "digest"})
        for folder in (a, b)
    )
    return first.merge(second, on=keys, suffixes=("_a", "_b"))


def _metrics(a: Path, b: Path) -> tuple[pd.DataFrame, int, int]:
    """Means that differ beyond what the seeds explain, how many both have, and of how many the seeds are too few."""
    from scipy import stats

    first, second = (_summary(tables.read(folder, "summary")) for folder in (a, b))
    both = first.merge(second, on=KEYS, suffixes=("_a", "_b"))
    if both.empty:
        return both.assign(difference=[], p=[]), 0, 0
    gap = both["mean_b"] - both["mean_a"]
    enough = (both["seeds_a"] >= MIN_SEEDS) & (both["seeds_b"] >= MIN_SEEDS)
    varies = (both["sd_a"] > 0) | (both["sd_b"] > 0)
    # Without spread no test is possible. Means that differ at all then count as different (p = 0).
    p = pd.Series(np.where(gap == 0, 1.0, 0.0), index=both.index)
    at = enough & varies
    sides = [
        both.loc[at, f"{name}_{side}"].to_numpy(dtype=float)
        for side in "ab"
        for name in ("mean", "sd", "seeds")
    ]
    p[at] = stats.ttest_ind_from_stats(*sides, equal_var=False).pvalue
    p[~enough] = np.nan
    adjusted = p.copy()
    if enough.any():
        adjusted[enough] = stats.false_discovery_control(p[enough])
    differs = enough & (adjusted < FALSE_DISCOVERIES)
    differing = both.assign(difference=gap, p=p)[differs]
    order = differing["difference"].abs().sort_values(ascending=False, kind="stable").index
    return differing.loc[order].reset_index(drop=True), len(both), int((~enough & (gap != 0)).sum())


def _summary(table: pa.Table) -> pd.DataFrame:
    frame = table.to_pandas()
    wanted = (frame["stratum"] == "all") & frame["metric"].isin(COMPARED)
    return frame.loc[wanted, [*KEYS, "mean", "sd", "seeds"]]


def _words(a: Path, b: Path, name: str, column: str) -> pd.DataFrame:
    """Claims whose verdict differs, or published numbers whose word differs."""
    keys = ["study", "id", "point"]
    both = _worded(a, name, column).merge(_worded(b, name, column), on=keys, suffixes=("_a", "_b"))
    changed = both[both["word_a"] != both["word_b"]]
    return changed.rename(columns={"word_a": "a", "word_b": "b"}).assign(what=name)


def _worded(folder: Path, name: str, column: str) -> pd.DataFrame:
    frame = tables.read(folder, name).to_pandas()
    # Claims have no point. Published numbers have none if no run has their settings.
    point = frame["point"].fillna("") if "point" in frame else ""
    return frame[["study", "id"]].assign(point=point, word=frame[column])
