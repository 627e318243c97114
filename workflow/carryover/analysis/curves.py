"""Learning curves of every setting: at each step, the spread over its runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from carryover.analysis.grouping import spread_columns

Line = tuple[np.ndarray, np.ndarray]  # steps and values of one run


def curves(points: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """At each step of a setting, the spread over its runs.

    A run may end before others of its setting, because it solved the task or diverged. It then keeps its last value.
    Otherwise the curve would show only runs that have not solved the task. `ended` counts the runs that have ended.
    """
    if history.empty:
        return pd.DataFrame()
    parts: list[pd.DataFrame] = []
    values: list[np.ndarray] = []
    groups: list[np.ndarray] = []
    steps_before = 0
    for (study, point), lines_by_name in _lines_by_setting(points, history):
        for (split, metric), lines in lines_by_name.items():
            steps = np.unique(np.concatenate([xs for xs, _ in lines]))
            for xs, ys in lines:
                shown, shown_values = _at(steps, xs, ys)
                values.append(shown_values)
                groups.append(steps_before + shown)
            ended = np.sum([steps > xs[-1] for xs, _ in lines], axis=0)
            parts.append(
                pd.DataFrame(
                    {
                        "study": study,
                        "point": point,
                        "split": split,
                        "metric": metric,
                        "step": steps,
                        "ended": ended,
                    }
                )
            )
            steps_before += steps.size
    frame = pd.concat(parts, ignore_index=True)
    columns = spread_columns(np.concatenate(values), np.concatenate(groups), frame["metric"].to_numpy())
    return frame.assign(**columns)


def _lines_by_setting(
    points: pd.DataFrame, history: pd.DataFrame
) -> Iterator[tuple[tuple[str, str], dict[tuple[str, str], list[Line]]]]:
    """(study, point) → (split, metric) → a line for each run that has one."""
    rows_of = history.groupby("run", sort=False, observed=True).indices
    split, metric = history["split"].to_numpy(), history["metric"].to_numpy()
    step, value = history["step"].to_numpy(), history["value"].to_numpy(dtype=float)

    def lines_of(runs: Iterable[str]) -> dict[tuple[str, str], list[Line]]:
        lines: dict[tuple[str, str], list[Line]] = {}
        for run in runs:
            rows = rows_of.get(run, np.empty(0, dtype=np.int64))
            for name in dict.fromkeys(zip(split[rows], metric[rows], strict=True)):
                mine = rows[(split[rows] == name[0]) & (metric[rows] == name[1])]
                lines.setdefault(name, []).append((step[mine], value[mine]))
        return lines

    runs_of: dict[tuple[str, str], dict[str, None]] = {}
    for study, point, run in points[["study", "point", "run"]].itertuples(index=False):
        runs_of.setdefault((study, point), {})[run] = None
    for setting, runs in runs_of.items():
        yield setting, lines_of(runs)


def _at(steps: np.ndarray, xs: np.ndarray, ys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of the steps (numbers of them) a run has a value at, and these values; after its end, its last value."""
    position = np.searchsorted(xs, steps, side="right") - 1
    shown = (position >= 0) & ((xs[np.maximum(position, 0)] == steps) | (steps > xs[-1]))
    return np.flatnonzero(shown), ys[position[shown]]
