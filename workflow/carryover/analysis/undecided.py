"""What the runs do not decide: each such claim and published number, why, and what further seeds would tell."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from carryover.analysis import wording
from carryover.analysis.claims import is_timed, judge, sides_of
from carryover.analysis.draws import Pooled
from carryover.analysis.judges import DECIDED, Reason
from carryover.analysis.judges.one_sided import best_values, reached_within, stays_short
from carryover.analysis.power import MOST_SEEDS, Prospect, SoFar, least_seeds, prospect, reads_outcomes
from carryover.analysis.published import INSIDE, OUTSIDE, TUNED, is_exact, of_number
from carryover.analysis.quantities import Results
from carryover.analysis.readings import CLAIM, PUBLISHED
from carryover.analysis.statistics import MIN_SEEDS, Sample, sample, variance
from carryover.metrics import TIMED
from carryover.planning.expanded import with_all_replicates
from carryover.planning.plan import Plan, PlannedStudy, Setting
from carryover.settings.claims import (
    ClaimBase,
    Fails,
    Published,
    Quantity,
    SmootherThan,
    SolvesWithin,
    ValueClaim,
)

Key = tuple[str, str, str, str]  # study, claim or published, id, label of a setting (published numbers)
ALONE = (
    "times count only where all runs were made alone on one machine: train all of them anew, one after the other "
    "(--cores 1), with nothing beside"
)
OF_OTHERS = "runs of other studies decide it; they count here once this study has one of its own"
UNLIKELY = 0.6  # the most seeds decide so rarely that more would hardly help


@dataclass(frozen=True)
class Undecided:
    """A claim or a published number that is open.

    settings: the labels of the settings that further seeds are of, with the seeds so far. no_use: why no number of
    seeds decides it, as far as the runs tell; empty where some may.
    """

    study: str
    kind: str
    id: str
    label: str
    reason: str
    detail: str
    so_far: str
    settings: dict[str, int]
    prospect: Prospect
    no_use: str = ""

    @property
    def key(self) -> Key:
        """What names it in the table `evidence`."""
        return self.study, self.kind, self.id, self.label

    @property
    def seeds(self) -> int:
        """The seeds so far of the setting that has the fewest."""
        return min(self.settings.values(), default=0)

    @property
    def target(self) -> int | None:
        """How many seeds each setting should have: those that are enough, else the fewest that may decide."""
        if self.no_use:
            return None
        return self.prospect.needed if self.prospect.probability else max(self.prospect.least, self.seeds + 1)


@dataclass(frozen=True)
class Findings:
    """All that is undecided, and which share of the claims and numbers with enough seeds is decided."""

    undecided: list[Undecided]
    usual: dict[str, float]  # by kind


def undecided(results: Results, asked: Plan, decided_elsewhere: Collection[Key] = ()) -> Findings:
    """What no run decides.

    results: those that there are. asked: a plan of at least one seed of every setting that could be run.
    decided_elsewhere: what other evidence decides.
    """
    now = {study.name: study for study in results.plan.studies}
    whole = _with_all_settings(results, asked)
    found: list[Undecided] = []
    decided = {CLAIM: 0, PUBLISHED: 0}
    for study in whole.plan.studies:
        ours = now.get(study.name)
        for claim in study.claims:
            if ours is not None and judge(results, ours, claim)[0].verdict in DECIDED:
                decided[CLAIM] += 1
            else:
                found.append(_claim(whole, study, claim))
        for item in study.published:
            said = of_number(results, ours, item) if ours is not None else []
            closed = {row["point"] for row in said if row["word"] in (INSIDE, OUTSIDE, TUNED)}
            decided[PUBLISHED] += len(closed)
            found += [one for one in _numbers(whole, study, item) if one.label not in closed]
    usual = {kind: _usual(number, found, kind) for kind, number in decided.items()}
    return Findings([one for one in found if one.key not in decided_elsewhere], usual)


def _usual(decided: int, found: Iterable[Undecided], kind: str) -> float:
    """The share that is decided of those with enough seeds; one half where there are none."""
    tested = [one for one in found if one.kind == kind and one.prospect.least <= one.seeds]
    together = decided + len(tested)
    return decided / together if together else 0.5


def _with_all_settings(results: Results, asked: Plan) -> Results:
    """The results under a plan that has every setting of every study, each with all runs that are replicates of it.

    A run may have been made for another study. A setting without any run has the planned one, which has no results.
    """
    known = {study.name: study for study in results.plan.studies}
    runs = {**asked.runs, **results.plan.runs}
    seeds = sorted({run.seed for run in results.plan.runs.values()})
    available = dict.fromkeys(results.tables["runs"]["run"], "")  # evaluations play no part here

    def whole(study: PlannedStudy, setting: Setting) -> Setting:
        base = runs[setting.runs[0]].settings
        found = with_all_replicates(setting, base, study.redraw_data, seeds, available)
        return found if found.replicates else setting

    studies = []
    for study in asked.studies:
        theirs = known[study.name].settings if study.name in known else ()
        here = {setting.label: setting for setting in theirs}
        settings = tuple(here.get(one.label, one) for one in study.settings) or theirs  # no data, no settings
        changed = {"settings": tuple(whole(study, one) for one in settings if one.runs)}
        studies.append(study.model_copy(update=changed))
    datasets = {**asked.datasets, **results.plan.datasets}
    update = {"studies": tuple(studies), "runs": runs, "datasets": datasets}
    return Results(results.plan.model_copy(update=update), results.tables)


# --- claims ---


def _claim(results: Results, study: PlannedStudy, claim: ClaimBase) -> Undecided:
    """What is open about a claim."""
    finding, _ = judge(results, study, claim)
    if finding.decided:
        finding = replace(finding, reason=Reason.NO_SUCH_RUN, detail=OF_OTHERS)
    sides, _ = sides_of(results, study, claim)
    settings = {one.label: len(results.available(one.runs)) for side in sides for one in side}
    known = [
        [_so_far(results, study, claim, number, one) for one in side] for number, side in enumerate(sides)
    ]
    no_use = _why_no_seeds_help(finding.reason, finding.detail, is_timed(claim), all(sides))
    expected = Prospect(least_seeds(claim, study.look_at))
    if not no_use and all(settings.values()):
        key = (study.name, claim.id)
        expected = prospect(claim, study.look_at, known, _is_paired(claim, sides), key)
        no_use = _too_unlikely(expected, known)
    return Undecided(
        study.name,
        CLAIM,
        claim.id,
        "",
        finding.reason or "",
        finding.detail,
        _told(claim, known),
        settings,
        expected,
        no_use,
    )


def _why_no_seeds_help(reason: Reason | None, detail: str, timed: bool, has_settings: bool) -> str:
    """Why more seeds decide nothing, whatever they say."""
    if not has_settings:
        return f"{detail}: the study has no such setting at this scale"
    if timed:
        return ALONE
    match reason:
        case Reason.OTHER_SETTINGS:
            return f"{detail}; more seeds of these settings decide nothing"
        case Reason.NO_SUCH_VALUE:
            return "its runs have no such value, and neither have more seeds of them"
        case Reason.TOO_SHORT | Reason.NO_MEAN:
            return f"{detail}; more seeds do not change that"
    return ""


def _too_unlikely(expected: Prospect, sides: Sequence[Sequence[SoFar]]) -> str:
    """Why no number of seeds that was tried is enough, as far as the runs tell."""
    if not expected.probability or expected.needed is not None:
        return ""
    values = {float(value) for side in sides for one in side for value in one.values.values}
    if len(values) == 1 and not any(expected.probability.values()):
        return "every run has the same value, and more seeds of the same tell nothing"
    most = max(expected.probability)
    chance = expected.probability[most]
    if chance < UNLIKELY:
        return (
            "as far as the runs tell, the truth lies too near the line that decides: "
            f"{wording.seeds(most)} decide it with a probability of {chance:.0%}"
        )
    return f"{wording.seeds(most)} decide it with a probability of {chance:.0%}, which is not enough"


def _is_paired(claim: ClaimBase, sides: Sequence[Sequence[Setting]]) -> bool:
    return getattr(claim, "of_b", None) is not None and [s.runs for s in sides[0]] == [
        s.runs for s in sides[1]
    ]


def _so_far(results: Results, study: PlannedStudy, claim: ClaimBase, side: int, setting: Setting) -> SoFar:
    runs = results.available(setting.runs)
    values = _values(results, claim, side, runs).available()
    pooled = None
    if len(values) < MIN_SEEDS and not reads_outcomes(claim):
        others = [results.available(one.runs) for one in study.settings]
        pooled = Pooled.of(_values(results, claim, side, other).available() for other in others)
    return SoFar(values, len(runs), _metric(claim, side), pooled)


def _values(results: Results, claim: ClaimBase, side: int, runs: list[str]) -> Sample:
    """What a side of a claim reads of each run: a quantity, or 1 for a run that does what is claimed and else 0."""
    if isinstance(claim, SolvesWithin):
        return sample(
            [np.nan if (one := reached_within(results, claim, run)) is None else one for run in runs]
        )
    if isinstance(claim, Fails):
        best = best_values(results, claim, runs)
        return sample([np.nan if np.isnan(one) else stays_short(claim, one) for one in best])
    if isinstance(claim, SmootherThan):
        return sample([results.roughness(run, claim.metric) for run in runs])
    values = results.sample(_quantity(claim, side), runs)
    if isinstance(claim, ValueClaim) and claim.says_perfect:
        return sample(np.where(np.isnan(values.values), np.nan, values.values >= (claim.low or 0)))
    return values


def _quantity(claim: ClaimBase, side: int) -> Quantity:
    quantities = [quantity for _, quantity in claim.quantities()]
    return quantities[side] if getattr(claim, "of_b", None) else quantities[0]


def _metric(claim: ClaimBase, side: int) -> str:
    return "roughness" if isinstance(claim, SmootherThan) else _quantity(claim, side).metric


def _told(claim: ClaimBase, sides: Sequence[Sequence[SoFar]]) -> str:
    """The effect and the spread so far, in words."""
    if not all(sides) or not all(len(one.values) for side in sides for one in side):
        return "no run of one side" if len(sides) > 1 else "no run"
    if reads_outcomes(claim):
        values = np.concatenate([one.values.values for one in sides[0]])
        return f"{int(values.sum())} of {len(values)} runs"
    together = [np.concatenate([one.values.values for one in side]) for side in sides]
    regular = all(one.values.has_mean for side in sides for one in side)
    if not regular:
        return "some runs have no finite value: " + "; ".join(
            wording.of_sample(one.values, one.metric) for side in sides for one in side
        )
    spread = [
        _mean_and_deviation(values, side[0].metric) for values, side in zip(together, sides, strict=True)
    ]
    if len(together) == 2 and not isinstance(claim, ValueClaim):
        difference = wording.signed(float(together[0].mean() - together[1].mean()))
        return f"difference {difference} between {' and '.join(spread)}"
    return "; ".join(spread)


def _mean_and_deviation(values: np.ndarray, metric: str) -> str:
    mean = wording.number(float(values.mean()), metric)
    deviation = f" ± {wording.number(float(variance(values)) ** 0.5, 'loss')}" if len(values) > 1 else ""
    return f"{mean}{deviation} ({wording.seeds(len(values))})"


# --- published numbers ---


def _numbers(results: Results, study: PlannedStudy, item: Published) -> Iterator[Undecided]:
    """What is open about a published number in each setting that it speaks of."""
    settings = {setting.label: setting for setting in results.select(study, item.at)}
    least = 1 if is_exact(study, item.metric) else MIN_SEEDS
    for row in of_number(results, study, item):
        if row["word"] in (INSIDE, OUTSIDE, TUNED):
            row = row | {"reason": Reason.NO_SUCH_RUN, "detail": OF_OTHERS}
        setting = settings.get(row["point"])
        reason = Reason(row["reason"])
        no_use = _why_no_seeds_help(reason, row["detail"], item.metric in TIMED, setting is not None)
        runs = [] if setting is None else results.available(setting.runs)
        values = results.sample(item, runs).available()
        expected = Prospect(least)
        if not no_use and len(values) and not np.isfinite(values.values).all():
            no_use = "a run has an infinite value, which leaves no interval for one further run"
        elif not no_use and len(values):
            expected = _of_number(values, len(runs), least)
        yield Undecided(
            study.name,
            PUBLISHED,
            item.id,
            row["point"] or "",
            reason,
            row["detail"],
            _mean_and_deviation(values.values, item.metric) if len(values) else "no run",
            {} if setting is None else {setting.label: len(runs)},
            expected,
            no_use,
        )


def _of_number(values: Sample, runs: int, least: int) -> Prospect:
    """How probably so many seeds put a number inside or outside: certainly, but for runs that never solve the task.

    Of these at least 3 must solve it. Their share is as uncertain as the runs so far leave it (Jeffreys' posterior).
    """
    from scipy import stats

    solved = int((~values.censored).sum())
    failed = len(values) - solved
    new = np.arange(1, MOST_SEEDS - runs + 1)
    if failed:
        probability = stats.betabinom.sf(least - solved - 1, new, solved + 0.5, failed + 0.5)
    else:
        probability = (len(values) + new >= least).astype(float)
    return Prospect(least, {runs + int(n): float(p) for n, p in zip(new, probability, strict=True)})
