"""The most surprising findings of a report's tables, in a few sentences each.

Sentences name settings and tests as tables do (`lr=0.1`, `on suite/split`), like those of verdicts. A page has titles.

There are four kinds of surprise. The first is the strongest:

1. A published accuracy on a mixed test follows from the share of an easier part, whose accuracy was published too.
2. One published number stands for settings that the report does not tell apart, and these exclude each other: the
   prediction intervals of two of them have no value in common.
3. A published number lies outside the prediction interval of our runs, by half of its width or more.
4. Our runs decide against a claim, and this stays when all claims are counted together.

A report is represented by its most surprising finding. Within a kind, the larger gap comes first, and of claims the
smaller p value.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from itertools import combinations
from typing import Any

import pandas as pd

from carryover.analysis import wording
from carryover.analysis.evidence import side_of
from carryover.analysis.judges import NOT_REPRODUCED, REFUTED
from carryover.analysis.mixture import TOLERANCE
from carryover.analysis.published import INSIDE, OUTSIDE, TOO_FEW, TUNED
from carryover.analysis.readings import CLAIM, PUBLISHED
from carryover.analysis.schemas import TIMED

Frames = Mapping[str, pd.DataFrame]
Row = dict[str, Any]

COUNTED = ("parameters", "steps")  # metrics in which nothing is random, or next to nothing
FAR = 0.5  # widths of a prediction interval by which a number must lie outside
# Words of published numbers for which the runs here have a value.
MEASURED = (INSIDE, OUTSIDE, TOO_FEW, TUNED)


class Kind(IntEnum):
    """What is surprising, the strongest first."""

    MIXTURE = 1
    UNSTATED = 2
    OUTSIDE = 3
    AGAINST = 4


@dataclass(frozen=True)
class Surprise:
    """A finding in words, and the claim or published number (`id` of a study) that it is about."""

    text: str
    kind: Kind
    strength: float
    report: str
    study: str
    id: str

    @property
    def tells_more(self) -> bool:
        """Whether it is more than one claim or one number beside ours."""
        return self.kind in (Kind.MIXTURE, Kind.UNSTATED)

    @property
    def order(self) -> tuple[Any, ...]:
        """Sorts the more surprising finding first, and equal ones by name."""
        return self.kind, -self.strength, self.report, self.study, self.id


def surprising(tables: Frames, n: int = 3) -> list[Surprise]:
    """The most surprising findings, at most `n`, each of another report.

    tables: `claims`, `published`, `readings`, `mixture` and `evidence` by name. Where `evidence` has rows, it says
    which runs decide; a folder of reference tables has none. A table that is missing or empty counts as empty.
    """
    of_reports: dict[str, Surprise] = {}
    for one in findings(tables):
        of_reports.setdefault(one.report, one)
    return list(of_reports.values())[:n]


def findings(tables: Frames) -> list[Surprise]:
    """All findings that surprise, the most surprising first. tables: as of `surprising`."""
    claims, published = (
        [row for row in rows if row["report"]] for rows in (_claims(tables), _published(tables))
    )
    found = [
        *_mixtures(published, _rows(tables, "mixture")),
        *_unstated(published, _rows(tables, "readings")),
        *_outside(published),
        *_against(claims),
    ]
    return sorted(found, key=lambda one: one.order)


# --- what is known of claims and published numbers ---


def _claims(tables: Frames) -> list[Row]:
    """Rows of `claims` of a report, with the verdict and the sentence of the side that decides."""
    claims = _rows(tables, "claims")
    best = _evidence(tables, CLAIM)
    if not best:
        return claims
    return [row | _decided(best[row["study"], row["id"], None]) for row in claims if _key(row) in best]


def _decided(best: Row) -> Row:
    side = side_of(best["source"])
    return {
        "verdict": best["word"],
        "p": best["p"],
        "stays": best["stays"],
        "evidence": best[f"{side}_evidence"],
    }


def _published(tables: Frames) -> list[Row]:
    """Rows of `published`, with the mean and the prediction interval of the side that decides."""
    published = _rows(tables, "published")
    best = _evidence(tables, PUBLISHED)
    if not best:
        return published
    printed = {(row["study"], row["id"]): row for row in published}
    rows = []
    for (study, name, point), row in best.items():
        side = side_of(row["source"])
        columns = ("mean", "prediction_low", "prediction_high", "seeds")
        ours = {column: row[f"{side}_{column}"] for column in columns}
        if (study, name) in printed:
            rows.append(printed[study, name] | ours | {"point": point, "word": row["word"]})
    return rows


def _evidence(tables: Frames, kind: str) -> dict[tuple[Any, ...], Row]:
    return {_key(row): row for row in _rows(tables, "evidence") if row["kind"] == kind}


def _key(row: Row) -> tuple[Any, ...]:
    return row["study"], row["id"], row.get("point")


def _rows(tables: Frames, name: str) -> list[Row]:
    """The rows of a table without those of measured times, which differ from call to call. None for what is missing."""
    if name not in tables:
        return []
    frame = tables[name]
    if "_table" in frame.columns:
        frame = frame[frame["_table"] != TIMED.get(name)]
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(column): value for column, value in row.items()} for row in rows]


# --- the kinds of surprise ---


def _mixtures(published: list[Row], mixture: list[Row]) -> Iterator[Surprise]:
    """Pairs of published accuracies, of which one follows from the other by the share of a part."""
    accuracies = {
        (row["study"], row["point"], f"{row['suite']}/{row['split']}"): row
        for row in published
        if row["metric"] == "exact_match" and row["stratum"] == "all" and row["published"] is not None
    }
    # A mixed test, and the test that is drawn like one of its parts → the share of this part.
    shares = {(f"{row['suite']}/{row['split']}", row["source"]): row["weight"] for row in mixture}
    for (study, point, test), whole in accuracies.items():
        for (mixed, source), share in shares.items():
            part = accuracies.get((study, point, source))
            if mixed != test or part is None:
                continue
            easy, product = part["published"], share * part["published"]
            gap = easy - whole["published"]
            if abs(product - whole["published"]) <= TOLERANCE < gap and product >= whole["published"] / 2:
                yield Surprise(_of_mixture(part, whole, share), Kind.MIXTURE, gap, *_about(whole))


def _of_mixture(part: Row, whole: Row, share: float) -> str:
    easy, mixed = part["published"], whole["published"]
    product = wording.number(share * easy, "share")
    one, other = (f"{row['suite']}/{row['split']}" for row in (part, whole))
    text = (
        f"The report {whole['report']} prints an accuracy of {easy:g} on {one} and of {mixed:g} on {other}. But a "
        f"share of {share:g} of the latter is drawn like the former, and {share:g} × {easy:g} = {product}. So the "
        "mixture explains the lower number, if next to nothing else in it was correct."
    )
    if all(row["word"] in MEASURED and row["seeds"] and row["mean"] is not None for row in (part, whole)):
        ours = [wording.number(row["mean"], "exact_match") for row in (part, whole)]
        text += f" Ours are {ours[0]} and {ours[1]} ({wording.seeds(int(whole['seeds']))})."
    return text


@dataclass(frozen=True)
class _Case:
    """What one of several settings says about a published number: our mean, and where one further run would lie."""

    settings: tuple[str, ...]  # such as `embedding 16`
    mean: float
    low: float
    high: float


def _unstated(published: list[Row], readings: list[Row]) -> Iterator[Surprise]:
    """Published numbers of which two settings that they may stand for exclude each other."""
    rows: dict[tuple[Any, ...], Row] = {}
    cases: dict[tuple[Any, ...], list[_Case]] = {}
    for row in published:
        if row["published"] is None or row["metric"] in COUNTED:
            continue
        number = (row["report"], _place(row, published), row["metric"], row["published"])
        rows.setdefault(number, row)
        cases.setdefault(number, []).extend(_cases(row, readings))
    for number, ours in cases.items():
        pairs = [
            (abs(a.mean - b.mean), a, b) for a, b in combinations(ours, 2) if a.high < b.low or b.high < a.low
        ]
        if pairs:
            gap, *pair = max(pairs, key=lambda one: (one[0], one[1].settings, one[2].settings))
            lower, upper = sorted(pair, key=lambda one: one.mean)
            row = rows[number]
            yield Surprise(_of_unstated(row, number[1], lower, upper), Kind.UNSTATED, gap, *_about(row))


def _place(row: Row, published: list[Row]) -> str:
    """Where a number stands, without what a study adds to it, as in `Figure 12, if the cell was a GRU`."""
    same = ("report", "metric", "published")
    places = {other["place"] for other in published if all(other[name] == row[name] for name in same)}
    shorter = [place for place in places if place and (row["place"] or "").startswith(place)]
    return min(shorter, key=len, default="")


def _cases(row: Row, readings: list[Row]) -> Iterator[_Case]:
    """The settings of one row of `published`, and each other reading of them."""
    settings = tuple((row["point"] or "the base settings").split(", "))
    told = [(settings, row["word"], [row[name] for name in ("mean", "prediction_low", "prediction_high")])]
    for one in readings:
        if one["kind"] == PUBLISHED and _key(one) == _key(row) and one["path"] is not None:
            numbers = [one[name] for name in ("value", "low", "high")]
            told.append(((*settings, one["reading"]), one["verdict"], numbers))
    for names, word, numbers in told:
        if word in (INSIDE, OUTSIDE) and None not in numbers:
            yield _Case(names, *numbers)


def _of_unstated(row: Row, place: str, lower: _Case, upper: _Case) -> str:
    metric, shared = row["metric"], {*lower.settings} & {*upper.settings}
    means = []
    for case in (lower, upper):
        *rest, last = [name for name in case.settings if name not in shared] or case.settings
        means.append(
            f"{wording.number(case.mean, metric)} with {' and '.join([', '.join(rest), last]) if rest else last}"
        )
    return (
        f"The report {row['report']} prints {row['published']:g} ({place}). It does not state what decides this "
        f"number: our mean {wording.metric(metric)} is {means[0]}, but {means[1]}. One further run would be at most "
        f"{wording.number(lower.high, metric)} with the former, and at least {wording.number(upper.low, metric)} "
        "with the latter."
    )


def _outside(published: list[Row]) -> Iterator[Surprise]:
    """Published numbers that lie far outside the prediction interval of our runs."""
    for row in published:
        low, high = row["prediction_low"], row["prediction_high"]
        if row["word"] != OUTSIDE or row["metric"] in COUNTED or None in (row["mean"], low, high):
            continue
        beyond = [row["published"], row["published_low"], -math.inf]
        below = [row["published"], row["published_high"], math.inf]
        lowest, highest = (next(one for one in bounds if one is not None) for bounds in (beyond, below))
        distance = max(lowest - high, low - highest)
        if distance > 0 and distance >= FAR * (high - low):
            strength = distance / (high - low) if high > low else math.inf
            yield Surprise(_of_outside(row, lowest, highest), Kind.OUTSIDE, strength, *_about(row))


def _of_outside(row: Row, lowest: float, highest: float) -> str:
    metric = row["metric"]
    printed = f"{lowest:g}" if lowest == highest else f"{lowest:g} to {highest:g}"
    if math.isinf(lowest) or math.isinf(highest):
        printed = f"at most {highest:g}" if math.isinf(lowest) else f"at least {lowest:g}"
    return (
        f"The report {row['report']} prints {printed} ({row['place']}), but our mean {wording.metric(metric)} is "
        f"{wording.number(row['mean'], metric)} over {wording.seeds(int(row['seeds']))}, and one further run would lie "
        f"between {wording.number(row['prediction_low'], metric)} and {wording.number(row['prediction_high'], metric)}."
    )


def _against(claims: list[Row]) -> Iterator[Surprise]:
    """Claims that our runs decide against."""
    for row in claims:
        if row["verdict"] in (REFUTED, NOT_REPRODUCED) and row["stays"] and row["p"] is not None:
            text = f"The report {row['report']} says: “{row['text']}” This is {row['verdict']}: "
            text += wording.in_short(row["evidence"])
            yield Surprise(text, Kind.AGAINST, -row["p"], *_about(row))


def _about(row: Row) -> tuple[str, str, str]:
    return row["report"], row["study"], row["id"]
