"""Claims and published numbers under every reading of what their report does not state.

A study's own reading is the first value of each of its unstated settings. Every other value is one more reading, with
runs of its own. A reading of the metric needs none: it reads another metric of the same runs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from carryover.analysis import wording
from carryover.analysis.claims import is_timed, judge, verdicts
from carryover.analysis.judges import NOT_REPRODUCED, NOT_TESTED, REFUTED, Reason
from carryover.analysis.published import TUNED, beside_ours, of_number
from carryover.analysis.quantities import Results, decides
from carryover.analysis.setting_titles import setting_title
from carryover.analysis.statistics import spread
from carryover.analysis.two_samples import compare
from carryover.planning.plan import PlannedStudy, Reading
from carryover.settings.claims import (
    BetterThan,
    ClaimBase,
    Equivalent,
    FasterThan,
    Published,
    Quantity,
    ValueClaim,
)
from carryover.settings.texts import METRIC

Row = dict[str, Any]
Item = TypeVar("Item", ClaimBase, Published)

NOT_RUN = "not run"
MOST_LISTED = 3  # readings that were not run, in a sentence; the table has all
CLAIM, PUBLISHED = "claim", "published"
HAS_VALUE = (ValueClaim, BetterThan, FasterThan, Equivalent)  # claims about a mean or a difference of means


# --- the table of readings ---


def of_claims(results: Results, verdicts: Iterable[Row]) -> list[Row]:
    """The rows of table `readings` for claims that have other readings. `verdicts`: the rows of `claims`."""
    ours = {(row["study"], row["id"]): row for row in verdicts}
    rows = []
    for study in results.plan.studies:
        for claim in study.claims:
            others = _others(results, study, claim)
            if not others:
                continue
            own = ours[study.name, claim.id]
            fixed = {"study": study.name, "kind": CLAIM, "id": claim.id, "timed": is_timed(claim)}
            told = {name: own[name] for name in ("verdict", "evidence", "reason", "detail")}
            rows.append(fixed | _own(others) | told | _measured(results, study, claim))
            rows += [fixed | _named(other) | _claim_under(results, study, claim, other) for other in others]
    return rows


def _claim_under(results: Results, study: PlannedStudy, claim: ClaimBase, reading: Reading) -> Row:
    results, claim = results.under(reading), _read(claim, reading)
    finding, _ = judge(results, study, claim)
    if finding.reason == Reason.NO_SUCH_RUN or not _has_runs(results, study, claim, reading):
        return {"verdict": NOT_RUN, "seeds": 0}
    told = {"evidence": finding.evidence, "reason": finding.reason or "", "detail": finding.detail}
    return {"verdict": finding.verdict, **told, **_measured(results, study, claim)}


def _measured(results: Results, study: PlannedStudy, claim: ClaimBase) -> Row:
    """How many runs the smaller side of a claim has, and its mean or difference of means with its interval."""
    sides = [
        results.available(run for setting in results.select(study, at) for run in setting.runs)
        for _, at in claim.selectors()
    ]
    seeds = min(len(set(side)) for side in sides)
    if not isinstance(claim, HAS_VALUE):
        return {"seeds": seeds}
    quantities = [quantity for _, quantity in claim.quantities()]
    samples = [
        results.sample(quantities[min(number, len(quantities) - 1)], side)
        for number, side in enumerate(sides)
    ]
    known = [one.available() for one in samples]
    if not all(len(one) and one.has_mean for one in known):
        return {"seeds": seeds}
    if len(samples) == 1:
        one = spread(known[0].values, quantities[0].metric, known[0].examples)
        return {"seeds": seeds, "value": one.mean, "low": one.low, "high": one.high}
    paired = len(quantities) > 1 and sides[0] == sides[1]
    two = compare(samples[0], samples[1], higher_is_better=True, paired=paired)
    return {"seeds": seeds, "value": two.difference, "low": two.low, "high": two.high}


def of_published(results: Results, ours: Iterable[Row]) -> list[Row]:
    """The rows of table `readings` for published numbers that have other readings. `ours`: the rows of `published`."""
    own: dict[tuple[str, str], list[Row]] = {}
    for row in ours:
        own.setdefault((row["study"], row["id"]), []).append(row)
    rows = []
    for study in results.plan.studies:
        for item in study.published:
            others = _others(results, study, item)
            for number, row in enumerate(own[study.name, item.id] if others else ()):
                fixed = {key: row[key] for key in ("study", "id", "point", "timed")} | {"kind": PUBLISHED}
                rows.append(fixed | _own(others) | _number(row))
                rows += [
                    fixed | _named(other) | _number_under(results, study, item, other, number)
                    for other in others
                ]
    return rows


def _number_under(
    results: Results, study: PlannedStudy, item: Published, reading: Reading, number: int
) -> Row:
    """What a reading says of a published number in the setting of this number, of those that it speaks of."""
    results, item = results.under(reading), _read(item, reading)
    row = of_number(results, study, item)[number]
    if row["reason"] == Reason.NO_SUCH_RUN or not _has_runs(results, study, item, reading):
        return {"verdict": NOT_RUN, "seeds": 0}
    return _number(row)


def _number(row: Row) -> Row:
    """A row of `published` as one of `readings`."""
    ends = {"value": "mean", "low": "prediction_low", "high": "prediction_high"}
    kept = {name: row[name] for name in ("seeds", "reason", "detail")}
    return {"verdict": row["word"], **kept, **{name: row.get(column) for name, column in ends.items()}}


# --- which readings, and what they are called ---


def _others(results: Results, study: PlannedStudy, item: ClaimBase | Published) -> list[Reading]:
    """The other readings that concern a claim or a published number; none if the runs here may not decide it.

    A reading of a setting says nothing about a claim that names this setting itself.
    """
    metric = item.quantities()[0][1].metric
    selectors = [at for _, at in item.selectors()]
    sides = [results.select(study, at) for at in selectors]
    if not all(any(decides(setting, metric) for setting in side) for side in sides):
        return []
    labels = {setting.label for side in sides for setting in side}
    metrics = {quantity.metric for _, quantity in item.quantities()}

    def concerns(reading: Reading) -> bool:
        if reading.path == METRIC:
            return reading.base in metrics
        named = any(path == reading.path for at in selectors for path in at)
        return not named and any(setting.label in labels for setting in reading.settings)

    return [reading for reading in study.readings if concerns(reading)]


def _has_runs(results: Results, study: PlannedStudy, item: ClaimBase | Published, reading: Reading) -> bool:
    """Whether a reading has results of a setting that the item speaks of. One of the metric has those of the study."""
    chosen = {setting.label for _, at in item.selectors() for setting in results.select(study, at)}
    runs = (run for setting in reading.settings if setting.label in chosen for run in setting.runs)
    return reading.path == METRIC or bool(results.available(runs))


def _read(item: Item, reading: Reading) -> Item:
    """The item as the reading has it: with another metric, if this is what the reading is about."""
    if reading.path != METRIC:
        return item
    changes: dict[str, Any] = {
        name: quantity.reading(reading.base, reading.value)
        for name in ("of", "of_b")
        if isinstance(quantity := getattr(item, name, None), Quantity)
    }
    if getattr(item, "metric", None) == reading.base:
        changes["metric"] = reading.value
    return item.model_copy(update=changes)


def _own(others: Iterable[Reading]) -> Row:
    ours = dict.fromkeys(label(other.path, other.base) for other in others)
    return {"path": None, "reading": ", ".join(ours), "instead_of": None}


def _named(reading: Reading) -> Row:
    return {
        "path": reading.path,
        "reading": label(reading.path, reading.value),
        "instead_of": label(reading.path, reading.base),
    }


def label(path: str, value: Any) -> str:
    """A value of a setting in words, such as `batch size 512` or `no padding in the loss`."""
    return wording.metric(str(value)) if path == METRIC else setting_title(path, value)


# --- what they say together ---


def qualified(
    claims: Iterable[Row], readings: Iterable[Row], of_our_bounds: Collection[tuple[str, str]] = ()
) -> list[Row]:
    """Rows of `claims` with the sentence about their readings.

    A claim that is refuted as the study reads the report stays so only if it has no other reading, or if some were
    run and each refutes it. Otherwise it is not reproduced as we read it. Neither is one that is held against a bound
    of ours, for another bound might not refute it. of_our_bounds: study and id of such claims.
    """
    by_claim = _grouped(readings, CLAIM)
    rows = []
    for row in told(claims, readings, CLAIM):
        others = by_claim.get(_key(row), [])[1:]
        run = [other["verdict"] for other in others if other["verdict"] != NOT_RUN]
        hangs = (row["study"], row["id"]) in of_our_bounds or (others and set(run) != {REFUTED})
        doubtful = row["verdict"] == REFUTED and hangs
        rows.append(row | {"verdict": NOT_REPRODUCED} if doubtful else row)
    return rows


def told(rows: Iterable[Row], readings: Iterable[Row], kind: str = PUBLISHED) -> list[Row]:
    """Rows of `claims` or `published` with the sentence about their readings, empty where there are no others."""
    groups = _grouped(readings, kind)
    return [row | {"readings": sentence(groups[_key(row)]) if _key(row) in groups else ""} for row in rows]


def judged(results: Results) -> dict[str, list[Row]]:
    """The rows of `claims`, `published` and `readings`: every verdict, with what the other readings say of it."""
    claims, published = verdicts(results), beside_ours(results)
    rows = of_claims(results, claims) + of_published(results, published)
    of_our_bounds = {
        (study.name, claim.id)
        for study in results.plan.studies
        for claim in study.claims
        if claim.report_says
    }
    return {
        "claims": qualified(claims, rows, of_our_bounds),
        "published": told(published, rows),
        "readings": rows,
    }


def _grouped(readings: Iterable[Row], kind: str) -> dict[tuple[Any, ...], list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in readings:
        if row["kind"] == kind:
            groups.setdefault(_key(row), []).append(row)
    return groups


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["study"], row["id"], row.get("point")


def sentence(readings: Sequence[Mapping[str, Any]]) -> str:
    """What the readings of one claim say together: `refuted as we read it (8 layers); supported with 4 layers`.

    readings: its rows of the table, the study's own one first. Nothing is said of a tuned number, or where nothing was
    tested.
    """
    own, *others = readings
    run = [row for row in others if row["verdict"] != NOT_RUN]
    idle = [row["reading"] for row in others if row["verdict"] == NOT_RUN]
    if own["verdict"] == TUNED or {row["verdict"] for row in (own, *run)} == {NOT_TESTED}:
        return ""
    same = [row for row in run if row["verdict"] == own["verdict"]]
    different = [row for row in run if row["verdict"] != own["verdict"]]
    by_verdict: dict[str, list[str]] = {}
    for row in different:
        by_verdict.setdefault(row["verdict"], []).append(f"with {row['reading']}")
    if different:
        ours = ", ".join(dict.fromkeys(row["instead_of"] for row in different))
        text = f"{own['verdict']} as we read it ({ours})"
        if same:
            text += f" and under {len(same)} other reading{'s' if len(same) > 1 else ''}"
    elif run:
        count = "both readings" if len(run) == 1 else f"all {len(run) + 1} readings"
        text = f"{own['verdict']} under {count}" + (" that were run" if idle else "")
    else:
        text = f"{own['verdict']} as we read it ({own['reading']})"
    parts = [text, *(f"{verdict} {_listed(labels)}" for verdict, labels in by_verdict.items())]
    if idle:
        few = len(idle) <= MOST_LISTED
        parts.append(f"not run: {', '.join(idle)}" if few else f"{len(idle)} other readings were not run")
    return "; ".join(parts)


def _listed(labels: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(labels[:-1]), labels[-1]] if len(labels) > 2 else labels)
