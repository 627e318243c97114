"""The mixture account: what the components of a mixed test predict for it, and what was measured."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from carryover.analysis.wording import number
from carryover.report import style, words
from carryover.report.tables import Row, records
from carryover.report.view import StudyResults

MOST_ROWS = 24
MEASURED = "measured on the whole test"
OTHERS = "other digits"  # the components beyond the heaviest, taken together


def draw(study: StudyResults) -> list[style.Drawn]:
    """One figure: on the left weight × accuracy of each component, stacked; against it what was measured."""
    accounts = account(study)
    if accounts.empty:
        return []
    tests = accounts.drop_duplicates(["point", "suite", "split"])
    tests = tests[tests["predicted"].notna() & tests["measured"].notna()].head(MOST_ROWS)
    if tests.empty:
        return []
    title = "What the mixture predicts, and what was measured"
    names = [
        style.wrap(f"{row['name']} on {study.split_name((row['suite'], row['split']))}", 36)
        for row in records(tests)
    ]
    components = _components(accounts)
    called = {one: OTHERS if one == OTHERS else study.part_title(one) for one in components}
    across = style.legend_columns([*called.values(), MEASURED])
    fig = style.figure(title, 1.6 + 0.36 * len(tests) + 0.18 * -(-(len(called) + 1) // across))
    ax = fig.subplots()
    colours = dict(zip(components, style.colours(len(components), ordered=False), strict=True))
    for y, test in zip(range(len(tests) - 1, -1, -1), records(tests), strict=True):
        labelled = y == len(tests) - 1
        _stack(ax, y, _contributions(accounts, test, components), colours, called, labelled)
        ax.plot(test["measured"], y, "D", color=style.INK, markersize=6,
                label=MEASURED if labelled else None)  # fmt: skip
    style.share_axis(ax, vertical=False)
    style.row_axis(ax, names)
    ax.set_xlabel("exact match (share of examples)")
    handles, labels = ax.get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside lower left", ncols=across)
    caption = _caption(study, tests)
    return [style.Drawn("mixture", f"{study.name}-mixture", title, caption, f"{title}. {caption}", fig)]


def _contributions(accounts: pd.DataFrame, test: Row, components: list[str]) -> dict[str, float]:
    """Component → what it contributes to the score of one test: weight × accuracy."""
    same = [accounts[key] == test[key] for key in ("point", "suite", "split")]
    of_test = accounts[same[0] & same[1] & same[2]]
    contributions = {}
    for component in components:
        chosen = of_test["component"] == component
        part = of_test[~of_test["component"].isin(components) if component == OTHERS else chosen]
        contributions[component] = float((part["weight"] * part["accuracy"]).sum())
    return contributions


def _stack(
    ax: Axes, y: int, contributions: dict[str, float], colours: dict[str, str], called: dict[str, str],
    labelled: bool,
) -> None:  # fmt: skip
    left = 0.0
    for component, width in contributions.items():
        ax.barh(y, width, left=left, height=0.5, color=colours[component], alpha=0.75,
                label=called[component] if labelled else None)  # fmt: skip
        left += width


def _caption(study: StudyResults, tests: pd.DataFrame) -> str:
    most = max(records(tests), key=lambda row: float(row["measured"]))
    where = study.split_name((most["suite"], most["split"]))
    explained = int(tests["explained"].fillna(False).astype(bool).sum()) if "explained" in tests else 0
    furthest = (tests["measured"] - tests["predicted"]).abs().max()
    return (
        f"The parts explain {explained} of {words.count(len(tests), 'test')}: none is further than "
        f"{number(furthest, 'share')} from what they predict. On {where}, {most['name']}: predicted "
        f"{number(most['predicted'], 'share')}, measured {number(most['measured'], 'share')}. "
        "A bar adds up what the parts contribute (weight × accuracy on other draws), mean over "
        "the seeds that have a prediction."
    )


def account(study: StudyResults) -> pd.DataFrame:
    """The study's rows of `mixture`, averaged over seeds, with the `point` and the `name` of their setting.

    Only runs for which there is a prediction: some component of the others' tests was never measured alone.
    """
    frame = study.of_runs("mixture")
    frame = frame[frame["predicted"].notna()] if len(frame) else frame
    if frame.empty:
        return pd.DataFrame()
    frame = frame.assign(
        point=[study.setting_of[run].label for run in frame["run"]],
        name=[study.short_name(study.setting_of[run]) for run in frame["run"]],
    )
    keys = ["point", "name", "suite", "split", "component"]
    measured = [name for name in ("weight", "accuracy", "predicted", "measured") if name in frame]
    means = frame.groupby(keys, sort=False)[measured].mean().reset_index()
    means["source"] = frame.groupby(keys, sort=False)["source"].first().to_numpy()
    if "explained" in frame:
        explained = frame.assign(explained=frame["explained"].fillna(False).astype(bool))
        means["explained"] = explained.groupby(keys, sort=False)["explained"].all().to_numpy()
    return means


def _components(accounts: pd.DataFrame) -> list[str]:
    """The heaviest components, the rest taken together."""
    weights = accounts.groupby("component", sort=False)["weight"].max().sort_values(ascending=False)
    names = [str(name) for name in weights.index]
    return names if len(names) <= 6 else [*names[:5], OTHERS]
