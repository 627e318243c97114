"""The breakdown of a study's errors: the test, the settings and the strata that show most about them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from carryover.metrics import PRIMARY
from carryover.planning.plan import Setting
from carryover.report.view import Split, StudyResults

MOST_SETTINGS, MOST_FAMILIES, MOST_VALUES = 5, 6, 24
FEWEST = 10  # examples of a stratum, below which its share says little
NO_ERRORS = 0.995  # where every setting has this, there is nothing to break down
SIGNS = {"negative": 0, "zero": 1, "positive": 2}


@dataclass(frozen=True)
class Family:
    """One way to break a test down, such as by the longest carry chain.

    values: the strata's values, as numbers where all are, else as text. ordered: whether they are numbers or ranges of
    them, so that a line may join them.
    """

    name: str
    metric: str
    values: tuple[Any, ...]
    strata: tuple[str, ...]  # as tables name them: `family=value`
    ordered: bool = False

    @property
    def numeric(self) -> bool:
        """Whether every value is a single number."""
        return all(isinstance(value, float) for value in self.values)


class Breakdown(NamedTuple):
    """The test that shows most, its settings with errors, and its families of strata."""

    split: Split
    settings: list[Setting]
    families: list[Family]


def breakdown(study: StudyResults) -> Breakdown | None:
    """The breakdown that the page shows for a study. None without errors, or without strata."""
    metric = study.metric
    if metric is None:
        return None

    def with_errors(split: Split) -> list[Setting]:
        return [setting for setting in study.available if study.mean(setting, split, metric) < NO_ERRORS]

    splits = [split for split in study.measured_splits if families(study, split) and with_errors(split)]
    if not splits:
        return None

    def telling(split: Split) -> float:
        return max(_telling(study.mean(setting, split, metric)) for setting in study.available)

    split = max(splits, key=telling)
    wrong = with_errors(split)
    ranked = sorted(wrong, key=lambda one: _telling(study.mean(one, split, metric)), reverse=True)
    kept = {setting.label for setting in ranked[:MOST_SETTINGS]}
    settings = [setting for setting in wrong if setting.label in kept]
    return Breakdown(split, settings, families(study, split)[:MOST_FAMILIES])


def most_telling(study: StudyResults, chosen: Breakdown) -> Setting:
    """The setting of a breakdown in which strata differ most."""
    metric = study.metric or ""
    return max(chosen.settings, key=lambda setting: _telling(study.mean(setting, chosen.split, metric)))


def _telling(mean: float) -> float:
    """Most where half of the answers are correct: there strata differ most."""
    return -1.0 if math.isnan(mean) else mean * (1 - mean)


def families(study: StudyResults, split: Split) -> list[Family]:
    """The task's families of strata, in its order, that have at least two values of some examples each."""
    of_split = study.strata.get(split, {})
    kept = []
    for name in study.task.strata:
        metrics = of_split.get(name, {})
        metric = next((one for one in (study.metric, *PRIMARY) if one in metrics), None)
        if metric is None:
            continue
        large = [stratum for stratum in metrics[metric] if _examples(study, split, metric, stratum) >= FEWEST]
        if len(large) > 1:
            kept.append(family_of(name, metric, large))
    return kept


def _examples(study: StudyResults, split: Split, metric: str, stratum: str) -> int:
    """How many examples a stratum has, of the setting that has most."""
    rows = (study.spread(setting, split, metric, stratum) for setting in study.available)
    return max((int(row["n"]) for row in rows if row is not None), default=0)


def family_of(name: str, metric: str, strata: list[str]) -> Family:
    """The strata in the order of their numbers where all are numbers or ranges (`7`, `21-50`), else by name."""
    texts = {stratum: stratum.partition("=")[2] for stratum in strata}
    lowest = {stratum: _lowest(text) for stratum, text in texts.items()}
    if all(low is not None for low in lowest.values()):
        ordered = sorted(strata, key=lambda stratum: lowest[stratum] or 0)
        single = all(text.isdigit() for text in texts.values())
        values = [float(texts[stratum]) if single else texts[stratum] for stratum in ordered]
        return Family(name, metric, tuple(values), tuple(ordered), ordered=True)
    named = sorted(strata, key=lambda stratum: (SIGNS.get(texts[stratum], 0), texts[stratum]))[:MOST_VALUES]
    return Family(name, metric, tuple(texts[stratum] for stratum in named), tuple(named))


def _lowest(text: str) -> int | None:
    """The lower end of `7`, `21-50` or `above 512`; None of what is no number or range, such as `2-1` or `+-`."""
    match = re.fullmatch(r"(?:above )?(\d+)(?:-(\d+))?", text)
    if match is None or (match[2] is not None and int(match[2]) <= int(match[1])):
        return None
    return int(match[1])
