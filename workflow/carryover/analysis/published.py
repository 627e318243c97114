"""Every published number beside ours: one draw against the spread of one further run."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from carryover.analysis import best_of, wording
from carryover.analysis.judges import NOT_TESTED, Reason
from carryover.analysis.judges.finding import name_of
from carryover.analysis.quantities import ALONE_NOTE, Results, decides
from carryover.analysis.statistics import MIN_SEEDS, MIN_SEEDS_NOTE, Sample, Spread, spread
from carryover.metrics import TIMED, value_range
from carryover.planning.plan import PlannedStudy, Setting
from carryover.settings.claims import Published
from carryover.tasks import TASKS

INSIDE, OUTSIDE, TOO_FEW = "inside", "outside", str(Reason.TOO_FEW_SEEDS)
TUNED = "tuned"  # it was used to choose a reading


def beside_ours(results: Results) -> list[dict[str, Any]]:
    """One row of the table `published` for every published number and setting of the plan that it speaks of."""
    return [
        row
        for study in results.plan.studies
        for item in study.published
        for row in of_number(results, study, item)
    ]


def of_number(results: Results, study: PlannedStudy, item: Published) -> list[dict[str, Any]]:
    """The rows of one published number: one for each setting that it speaks of, or one that says that there is none."""
    fixed = {
        "study": study.name,
        "id": item.id,
        "report": study.report,
        "place": item.place,
        "suite": item.suite,
        "split": item.split,
        "stratum": item.stratum,
        "metric": item.metric,
        "at_step": item.at_step,
        "statistic": item.statistic,
        "of": item.of,
        "published": item.value,
        "published_low": item.low,
        "published_high": item.high,
        "note": item.note,
        "timed": item.metric in TIMED,
    }
    settings = results.select(study, item.at)
    if not settings:
        detail = f"no run here has {wording.setting_name(item.at)}"
        none = {"point": None, "seeds": 0, "word": NOT_TESTED, "reason": Reason.NO_SUCH_RUN}
        return [fixed | none | {"detail": detail}]
    exact = is_exact(study, item.metric)
    return [fixed | {"point": setting.label} | _ours(results, item, setting, exact) for setting in settings]


def is_exact(study: PlannedStudy, metric: str) -> bool:
    """Whether one run is enough, because nothing is random in the metric. Sizes that depend on the data are random."""
    random_size = study.redraw_data and TASKS[study.task].sizes_drawn
    return metric == "steps" or (metric == "parameters" and not random_size)


def _ours(results: Results, item: Published, setting: Setting, exact: bool) -> dict[str, Any]:
    runs = results.available(setting.runs)
    together = ""
    if item.metric in TIMED:
        made, runs = len(runs), results.alone(runs)
        together = "" if len(runs) == made else f"{ALONE_NOTE}; {len(runs)} of {made} were"
    values = results.sample(item, runs).available()
    ours = _spread(values, item.metric)
    if item.statistic and item.of:
        low, high = best_of.interval(values, item.metric, item.statistic, item.of) or (None, None)
        ours = replace(ours, prediction_low=low, prediction_high=high)
    word = _word(item, values, ours, exact)
    reason, detail = "", together
    if not decides(setting, item.metric):
        word, reason = NOT_TESTED, Reason.OTHER_SETTINGS
        detail = f"the runs here differ from the published settings in {', '.join(setting.differs)}"
    elif together and not len(values):
        word, reason = NOT_TESTED, Reason.NOT_ALONE
    elif runs and not len(values):
        word, reason, detail = NOT_TESTED, Reason.NO_SUCH_VALUE, f"no run has a value of {name_of(item)}"
    elif not len(values):
        word, reason, detail = NOT_TESTED, Reason.NO_SUCH_RUN, "no run has results"
    elif word == TOO_FEW:
        reason = Reason.NOT_ALONE if together else Reason.TOO_FEW_SEEDS
        detail = together or (MIN_SEEDS_NOTE if len(values) < MIN_SEEDS else _why_no_interval(values))
    elif item.tuned:
        word, detail = TUNED, "it was used to choose what the report does not state"
    return {
        "mean": ours.mean,
        "low": ours.low,
        "high": ours.high,
        "prediction_low": ours.prediction_low,
        "prediction_high": ours.prediction_high,
        "minimum": ours.minimum,
        "maximum": ours.maximum,
        "seeds": len(values),
        "word": word,
        "reason": reason,
        "detail": detail,
    }


def _spread(values: Sample, metric: str) -> Spread:
    """The spread of our runs. Where some never solved the task, there is no mean and no upper end."""
    if not values.censored.any():
        return spread(values.values, metric, values.examples)
    solved = spread(values.values[~values.censored], metric)
    return Spread(None, None, None, solved.prediction_low, None, solved.minimum, None, None, len(values))


def _why_no_interval(values: Sample) -> str:
    if values.censored.any():
        solved = int((~values.censored).sum())
        return f"only {solved} of {len(values)} runs solved the task, too few for an interval"
    return f"only {int(np.isfinite(values.values).sum())} of {len(values)} runs have a finite value"


def _word(item: Published, values: Sample, ours: Spread, exact: bool) -> str:
    if exact and len(values) and np.ptp(values.values) == 0:
        low = high = float(values.values[0])
    elif len(values) >= MIN_SEEDS and values.censored.all() and not item.statistic:
        # No run solved the task in its steps, so one further run would not either.
        low, high = float(values.values.min()), math.inf
    elif ours.prediction_low is None or len(values) < MIN_SEEDS:
        return TOO_FEW
    else:
        low = ours.prediction_low
        high = math.inf if ours.prediction_high is None else ours.prediction_high
    if item.value is not None:
        rounding = 0.0 if exact else half_last_digit(item.value)
        return INSIDE if low - rounding <= item.value <= high + rounding else OUTSIDE
    # A range, or a bound such as "> 0.9": could one further run lie in it?
    lowest, highest = value_range(item.metric)
    reaches_low = high >= (lowest if item.low is None else item.low)
    reaches_high = low <= (highest if item.high is None else item.high)
    return INSIDE if reaches_low and reaches_high else OUTSIDE


def half_last_digit(value: float) -> float:
    """Half a unit in the last printed digit, at most 0.0005. A difference by a report's rounding does not count."""
    digits = repr(value)
    decimals = len(digits.partition(".")[2]) if "e" not in digits and value != int(value) else 0
    return min(0.0005, 0.5 * 10.0**-decimals)
