"""The mixture account: what the components of a mixed test predict for it, and what was measured."""

from __future__ import annotations

import pandas as pd

from carryover.analysis.wording import number
from carryover.report import style
from carryover.report.tables import records
from carryover.report.view import StudyResults

MOST_ROWS = 24


def draw(study: StudyResults) -> list[style.Drawn]:
    """One figure: on the left weight × accuracy of each component, stacked; against it what was measured."""
    accounts = account(study)
    if accounts.empty:
        return []
    totals = accounts.drop_duplicates(["point", "suite", "split"])
    totals = totals[totals["predicted"].notna() & totals["measured"].notna()].head(MOST_ROWS)
    if totals.empty:
        return []
    title = "What the mixture predicts, and what was measured"
    names = [style.wrap(f"{row['name']} on {row['split']}", 36) for row in records(totals)]
    fig = style.figure(title, 1.9 + 0.36 * len(totals))
    ax = fig.subplots()
    components = _components(accounts)
    colours = dict(zip(components, style.colours(len(components), ordered=False), strict=True))
    for place, total in enumerate(records(totals)):
        y, left = len(totals) - 1 - place, 0.0
        of_total = accounts[(accounts["point"] == total["point"]) & (accounts["suite"] == total["suite"])
                            & (accounts["split"] == total["split"])]  # fmt: skip
        for component in components:
            part = of_total[of_total["component"] == component]
            if component == OTHERS:
                part = of_total[~of_total["component"].isin(components)]
            width = float((part["weight"] * part["accuracy"]).sum())
            label = component if place == 0 else None
            ax.barh(y, width, left=left, height=0.5, color=colours[component], alpha=0.75, label=label)
            left += width
        ax.plot(
            total["measured"],
            y,
            "D",
            color=style.INK,
            markersize=6,
            label="measured on the whole test" if place == 0 else None,
        )
    style.share_axis(ax, vertical=False)
    ax.set_yticks(range(len(totals)), names[::-1])
    ax.set_ylim(-0.7, len(totals) - 0.3)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel("exact match (share of examples)")
    handles, labels = ax.get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside lower left", ncols=4)
    first = totals.iloc[0]
    explained = int(totals["explained"].fillna(False).astype(bool).sum()) if "explained" in totals else 0
    caption = (
        "Mean over the seeds that have a prediction. Each bar adds up what the components of a mixed test contribute "
        "(digits of the operands; weight × accuracy), with accuracies measured on other draws. "
        f"{first['name']} on {first['split']}: predicted {number(first['predicted'], 'share')}, "
        f"measured {number(first['measured'], 'share')}. The mixture explains {explained} of {len(totals)} tests."
    )
    return [style.Drawn("mixture", f"{study.name}-mixture", title, caption, f"{title}. {caption}", fig)]


OTHERS = "other digits"


def account(study: StudyResults) -> pd.DataFrame:
    """The study's rows of `mixture`, averaged over seeds: point, name, suite, split, component, weight, accuracy …

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
    numbers = [name for name in ("weight", "accuracy", "predicted", "measured") if name in frame]
    means = frame.groupby(keys, sort=False)[numbers].mean().reset_index()
    if "explained" in frame:
        explained = frame.assign(explained=frame["explained"].fillna(False).astype(bool))
        means["explained"] = explained.groupby(keys, sort=False)["explained"].all().to_numpy()
    return means


def _components(accounts: pd.DataFrame) -> list[str]:
    """The heaviest components, the rest taken together."""
    weights = accounts.groupby("component", sort=False)["weight"].max().sort_values(ascending=False)
    names = [str(name) for name in weights.index]
    return names if len(names) <= 6 else [*names[:5], OTHERS]
