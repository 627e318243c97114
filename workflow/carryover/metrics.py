"""Every metric, one entry each: what it is called, what its values mean, and where it is measured.

To add a metric, add its entry here and the line that computes it. No other code depends on a metric's name.
"""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from typing import Literal

Better = Literal["higher", "lower"]
# test: on a split of a suite. validation: on the validation split, during training and at its end. training: one number
# for a whole training. time: one number for a whole training that differs each time it is measured.
Where = Literal["test", "validation", "training", "time"]
# A whole split, strata of its examples, and strata of positions in the answer.
Part = Literal["all", "examples", "position", "position_from_end"]

HORIZON = 0.99  # exact match that a model has at every length up to its extrapolation horizon

SHARE = (0.0, 1.0)
FROM_ZERO = (0.0, math.inf)
ANY = (-math.inf, math.inf)

TEST: tuple[Where, ...] = ("test",)
TEST_AND_VALIDATION: tuple[Where, ...] = ("test", "validation")
TRAINING: tuple[Where, ...] = ("training",)
TIME: tuple[Where, ...] = ("time",)


@dataclass(frozen=True)
class Metric:
    """One metric of runs."""

    name: str
    label: str  # for people
    unit: str  # of its values, for axes
    range: tuple[float, float]  # the values that it can take
    better: Better | None  # None: neither is better in itself, so what a claim asks decides
    measured: tuple[Where, ...]
    stops: bool = True  # a run that stopped once it had solved the task still tells it
    baseline: str | None = None  # the metric of what always giving the most frequent answer scores in it
    readings: tuple[str, ...] = ("tags", "class", "sequence")  # the readings that have it
    answers: tuple[str, ...] = ("symbols", "label")  # the kinds of answer that have it
    parts: tuple[Part, ...] = ("all", "examples")  # of a test split, on which it is measured
    also: tuple[str, ...] = ()  # what the same values are called in a history

    @property
    def is_share(self) -> bool:
        """Whether its values are shares, from 0 to 1."""
        return self.range == SHARE

    def parts_of(self, reading: str) -> tuple[Part, ...]:
        """The parts of a test split on which it is measured. A class has no positions, and is its own one symbol."""
        if reading != "class":
            return self.parts
        return ("all",) if self.unit == "share of symbols" else self.parts

    @property
    def is_timed(self) -> bool:
        """Whether it is measured time, which no promise of equal results covers."""
        return "time" in self.measured

    def applies(self, reading: str, answers: str) -> bool:
        """Whether models that read so have it on tasks with this kind of answer."""
        return reading in self.readings and answers in self.answers

    def is_recorded(self, reading: str, answers: str) -> bool:
        """Whether a history has it under its own name."""
        return self.applies(reading, answers) and "validation" in self.measured and not self.also


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        # How correct answers are.
        Metric(
            "exact_match",
            "exact match",
            "share of examples",
            SHARE,
            "higher",
            TEST_AND_VALIDATION,
            baseline="baseline_majority",
        ),
        Metric(
            "token_accuracy",
            "token accuracy",
            "share of symbols",
            SHARE,
            "higher",
            TEST_AND_VALIDATION,
            baseline="baseline_majority_token",
            parts=("all", "examples", "position", "position_from_end"),
        ),
        Metric(
            "token_accuracy_padded",
            "token accuracy, padding included",
            "share of symbols",
            SHARE,
            "higher",
            TEST_AND_VALIDATION,
            readings=("sequence",),
        ),
        Metric(
            "accuracy",
            "accuracy",
            "share of examples",
            SHARE,
            "higher",
            TEST_AND_VALIDATION,
            baseline="baseline_majority",
            answers=("label",),
            also=("exact_match",),
        ),
        Metric(
            "batch_accuracy",
            "accuracy of a batch",
            "share of examples",
            SHARE,
            "higher",
            TEST_AND_VALIDATION,
            baseline="baseline_majority",
            answers=("label",),
        ),
        Metric("loss", "cross-entropy", "nats", FROM_ZERO, "lower", TEST_AND_VALIDATION, stops=False),
        Metric(
            "first_wrong",
            "first wrong",
            "share of wrong answers",
            SHARE,
            None,
            TEST,
            stops=False,
            readings=("tags", "sequence"),
            parts=("position",),
        ),
        Metric(
            "outside_classes",
            "answers without a class",
            "share of examples",
            SHARE,
            None,
            TEST,
            stops=False,
            parts=("all",),
        ),
        # What constant answers and guesses would score on a test.
        Metric(
            "baseline_majority",
            "most frequent answer",
            "share of examples",
            SHARE,
            "higher",
            TEST,
            stops=False,
            parts=("all",),
        ),
        Metric(
            "baseline_chance",
            "guessing",
            "share of examples",
            SHARE,
            "higher",
            TEST,
            stops=False,
            parts=("all",),
        ),
        Metric(
            "baseline_majority_token",
            "most frequent symbol",
            "share of symbols",
            SHARE,
            "higher",
            TEST,
            stops=False,
            parts=("all",),
        ),
        Metric(
            "baseline_chance_token",
            "guessing symbols",
            "share of symbols",
            SHARE,
            "higher",
            TEST,
            stops=False,
            parts=("all",),
        ),
        # Of a training.
        Metric("solved_at", "steps to solve", "optimizer steps", FROM_ZERO, "lower", TRAINING),
        Metric("steps", "steps", "optimizer steps", FROM_ZERO, None, TRAINING, stops=False),
        Metric("parameters", "parameters", "trainable weights", FROM_ZERO, "lower", TRAINING),
        Metric("train_loss", "training cross-entropy", "nats", FROM_ZERO, "lower", TRAINING, stops=False),
        Metric("gap", "generalisation gap", "nats", ANY, "lower", TRAINING, stops=False),
        Metric(
            "roughness",
            "roughness",
            "mean drop between validations",
            FROM_ZERO,
            "lower",
            TRAINING,
            stops=False,
        ),
        Metric("gradient_norm", "gradient norm", "L2", FROM_ZERO, "lower", TRAINING, stops=False),
        # Of a training, by the clock.
        Metric("seconds", "training time", "s", FROM_ZERO, "lower", TIME, stops=False),
        Metric("seconds_per_step", "time per step", "s", FROM_ZERO, "lower", TIME),
        Metric("seconds_per_epoch", "time per epoch", "s", FROM_ZERO, "lower", TIME),
    )
}

# Metrics of test splits that answer whether the whole answer is correct, the first that a study has counts.
PRIMARY = ("accuracy", "exact_match", "token_accuracy")
TIMED = tuple(name for name, metric in METRICS.items() if metric.is_timed)


def value_range(name: str) -> tuple[float, float]:
    """The range of a metric, or of `share` (of runs). Any other number can have any value from 0 up."""
    if name == "share":
        return SHARE
    return METRICS[name].range if name in METRICS else FROM_ZERO


def higher_is_better(name: str, asked: Better = "higher") -> bool:
    """Whether higher is better. `asked` decides, except for metrics that are always better when lower."""
    known = METRICS.get(name)
    return asked == "higher" and (known is None or known.better != "lower")


def problem(
    name: str,
    reading: str,
    answers: str,
    split: bool = False,
    at_step: bool = False,
    stratum: str = "all",
) -> str | None:
    """Why a metric cannot be measured as asked, in words that say what would be right; None where it can.

    `reading` is that of the model, `answers` the task's kind of answer. `split`: on a test split, else in training.
    """
    if name not in METRICS:
        near = difflib.get_close_matches(name, METRICS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(METRICS)}"
        return f"no metric {name!r}; {hint}"
    metric = METRICS[name]
    here = [
        other
        for other, entry in METRICS.items()
        if entry.applies(reading, answers) and ("test" in entry.measured if split else entry.measured != TEST)
    ]
    if not metric.applies(reading, answers):
        return f"metric {name!r} is not measured for this task and model; choose {', '.join(here)}"
    if split and "test" not in metric.measured:
        return f"metric {name!r} is of a training, not of a test split; leave out suite and split"
    if not split and metric.measured == TEST:
        return f"metric {name!r} is measured on test splits; name a suite and a split"
    if at_step and (split or not ("validation" in metric.measured or name == "train_loss")):
        return f"at_step is for metrics of validation rows and train_loss, not for {name!r}; leave it out"
    family = stratum.partition("=")[0]
    part = family if family in ("all", "position", "position_from_end") else "examples"
    parts = metric.parts_of(reading)
    if split and part not in parts:
        known = " or ".join("examples (such as seen=no)" if one == "examples" else one for one in parts)
        return f"metric {name!r} has no stratum {stratum!r}; it is measured by {known}"
    return None
