"""A headline: what the parts of mixed tests predict, what was measured, and the same of the published numbers."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes

from carryover.report import style, words
from carryover.report.figures.candidate import KIND, Candidate, titled
from carryover.report.figures.mixture import account
from carryover.report.tables import Row, records
from carryover.report.view import Setting, Split, StudyResults

NAME = f"{KIND}-mixture"
METRIC = "exact_match"  # of which the account is made
MOST_ROWS = 8


@dataclass(frozen=True)
class Printed:
    """A test with a published number. predicted: what those of its parts with one give together, of this weight."""

    measured: float
    predicted: float
    weight: float


@dataclass(frozen=True)
class Mixtures:
    """What is drawn: the rows of `account`, and what was published of each test (by label, suite, split)."""

    accounts: pd.DataFrame
    printed: dict[tuple[str, str, str], Printed]

    @property
    def tests(self) -> list[Row]:
        """A row a test and setting."""
        return records(self.accounts.drop_duplicates(["point", "suite", "split"]).head(MOST_ROWS))


def find(study: StudyResults) -> Candidate[Mixtures] | None:
    """The mixed tests of a study for which there is a prediction: those of published settings, or else all."""
    accounts = account(study)
    if accounts.empty:
        return None
    settings = {setting.label: setting for setting in study.available}
    as_published = [settings[label].as_published for label in accounts["point"]]
    decides = any(as_published)
    if decides:
        accounts = accounts[as_published]
    printed = {}
    for point, suite, split in (
        accounts[["point", "suite", "split"]].drop_duplicates().itertuples(index=False)
    ):
        one = _printed(study, settings[point], (suite, split), accounts)
        if one is not None:
            printed[point, suite, split] = one
    runs = sum(len(settings[label].runs) for label in accounts["point"].unique())
    return Candidate(study, Mixtures(accounts, printed), decides, len(printed), runs)


def draw(found: Candidate[Mixtures], source: str) -> style.Drawn:
    """The figure of a candidate; `source` says whose runs it shows."""
    study, what = found.study, found.what
    title = titled(study, "what the parts of a test predict")
    tests = what.tests
    names = [style.wrap(f"{row['name']} on {study.split_name(_split(row))}", 36) for row in tests]
    fig = style.figure(title, 2.2 + sum(0.3 + 0.13 * name.count("\n") for name in names))
    ax = fig.subplots()
    heaviest = _heaviest(what.accounts)
    called = study.part_title(heaviest)
    for number_of, row in enumerate(tests):
        _row(ax, len(tests) - 1 - number_of, what, row, heaviest, called)
    ax.set_xlim(0, min(1.03, 1.1 * float(ax.dataLim.x1)))
    style.row_axis(ax, names)
    ax.set_xlabel(words.axis(METRIC))
    style.legend_of(fig, ax)
    caption = _caption(found, source)
    return style.Drawn(KIND, NAME, title, caption, f"{title}. {caption}", fig)


def _printed(study: StudyResults, setting: Setting, split: Split, accounts: pd.DataFrame) -> Printed | None:
    """What was published of a test, and what follows for it from published numbers of its parts alone."""
    values = study.published_values(METRIC)

    def exact(of: Split) -> float | None:
        return next(
            (value for value, _, _ in values.get((setting.label, *of), []) if value is not None), None
        )

    measured = exact(split)
    if measured is None:
        return None
    predicted = weight = 0.0
    for row in records(_of_test(accounts, setting.label, split)):
        suite, _, name = str(row["source"]).partition("/")
        alone = _parts_of(study, setting, (suite, name)) == {row["component"]}
        value = exact((suite, name)) if alone else None
        if value is not None:
            predicted += row["weight"] * value
            weight += row["weight"]
    return Printed(measured, predicted, weight) if weight else None


def _parts_of(study: StudyResults, setting: Setting, split: Split) -> set[str]:
    """The parts that a test is made of."""
    plan = study.report.plan
    evaluation = plan.evaluations[setting.replicates[0].evaluation]
    dataset = next((one.dataset for one in evaluation.splits if (one.suite, one.split) == split), None)
    if dataset is None or study.task.parts is None:
        return set()
    return set(study.task.parts.parts_of(plan.datasets[dataset].settings))


def _of_test(accounts: pd.DataFrame, label: str, split: Split) -> pd.DataFrame:
    chosen = (accounts["point"] == label) & (accounts["suite"] == split[0]) & (accounts["split"] == split[1])
    return accounts[chosen]


def _split(row: Row) -> Split:
    return row["suite"], row["split"]


def _heaviest(accounts: pd.DataFrame) -> str:
    """The part that contributes most over all tests."""
    contributed = (accounts["weight"] * accounts["accuracy"]).groupby(accounts["component"]).sum()
    return str(contributed.idxmax())


def _row(ax: Axes, y: float, what: Mixtures, row: Row, heaviest: str, called: str) -> None:
    """One test: what its heaviest part and all others contribute, what was measured, and what was published."""
    parts = _of_test(what.accounts, row["point"], _split(row))
    contributed = parts["weight"] * parts["accuracy"]
    main = float(contributed[parts["component"] == heaviest].sum())
    others = float(contributed[parts["component"] != heaviest].sum())
    for left, width, colour, label in (
        (0.0, main, style.SERIES[0], f"predicted by {called}"),
        (main, others, style.SERIES[1], "by all other parts"),
    ):
        bars = ax.barh(y, width, left=left, height=0.55, color=colour, alpha=0.6, label=label)
        style.mark(bars.patches[0], label, [f"{label}: {_number(width)}"])
    (dot,) = ax.plot(
        row["measured"], y, "o", color=style.INK, markersize=6, linestyle="none", label="measured"
    )
    style.mark(dot, "measured", [f"measured: {_number(row['measured'])}"])
    printed = what.printed.get((row["point"], *_split(row)))
    if printed is not None:
        ax.plot([printed.predicted] * 2, [y - 0.38, y + 0.38], color=style.PUBLISHED, linewidth=2,
                label="predicted by published parts")  # fmt: skip
        ax.plot(printed.measured, y, "D", color=style.PUBLISHED, markersize=7, markerfacecolor="none",
                markeredgewidth=1.6, linestyle="none", label="published")  # fmt: skip


def _caption(found: Candidate[Mixtures], source: str) -> str:
    study, what = found.study, found.what
    told = max(what.tests, key=lambda row: ((row["point"], *_split(row)) in what.printed, row["measured"]))
    parts = _of_test(what.accounts, told["point"], _split(told))
    main = records(parts.loc[[(parts["weight"] * parts["accuracy"]).idxmax()]])[0]
    share = f"{main['weight']:.1%} of the test are {study.part_title(main['component'])}"
    sentences = [
        f"On {study.split_name(_split(told))}, {told['name']}: the parts predict {_number(told['predicted'])}, "
        f"measured {_number(told['measured'])}; {share}, of which {main['accuracy']:.1%} are answered correctly."
    ]
    printed = what.printed.get((told["point"], *_split(told)))
    if printed is not None:
        sentences.append(
            f"Published: parts that make up {printed.weight:.1%} of that test predict {_number(printed.predicted)} "
            f"(line), printed for the whole {_number(printed.measured)} (diamond)."
        )
    sentences.append(_in_all(study, what))
    smaller = "" if found.decides else ", not at published settings"
    sentences.append(f"Bars: weight × accuracy, mean over seeds. From {source}{smaller}.")
    return " ".join(sentences)


def _in_all(study: StudyResults, what: Mixtures) -> str:
    """How near all predictions are, a prediction for each run and test."""
    labels = set(what.accounts["point"])
    runs = [run for run, setting in study.setting_of.items() if setting.label in labels]
    every = study.of_runs("mixture")
    every = every[every["run"].isin(runs) & every["predicted"].notna()]
    every = every.drop_duplicates(["run", "suite", "split"])
    furthest = float((every["measured"] - every["predicted"]).abs().max())
    return (
        f"{words.count(len(every), 'prediction')} of {words.count(every['run'].nunique(), 'run')}: "
        f"none is further than {_number(furthest)} from what was measured."
    )


def _number(share: float) -> str:
    return words.brief(float(share), METRIC)
