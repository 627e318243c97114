"""Checks of what published numbers and claims refer to: settings, test splits, metrics and strata of their study.

Without these checks, a mistake would be noticed only after the training. Each mistake is one line with its key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import inf
from typing import Any

from carryover import metrics
from carryover.planning import sweep
from carryover.planning.messages import nearest
from carryover.planning.runs import RunSettings
from carryover.settings.annotations import inside, is_model
from carryover.settings.claims import ClaimBase, Published, Quantity
from carryover.settings.models import MODELS
from carryover.settings.study import Study, Suite
from carryover.settings.texts import METRIC
from carryover.settings.values import At
from carryover.tasks import TASKS

# Strata that every task has: where in the answer, and whether training had the example.
EVERYWHERE = ("position", "position_from_end", "seen", "seen_commuted")


def mistakes(study: Study, suites: Mapping[str, Suite]) -> Iterator[str]:
    """A line for each name in the study's published numbers, claims and `unstated` that does not exist."""
    for path in study.unstated_paths:
        if path != METRIC:
            yield from _path("unstated", path)
    yield from _only(study)
    yield from _play(study)
    settings = _all_settings(study)
    readings = _readings(settings)
    for kind, items in (("published", study.published), ("claims", study.claims)):
        ids: set[str] = set()
        for item in items:
            where = f"{kind}.{item.id}"
            if item.id in ids:
                yield f"{where}: the id occurs twice; ids are unique within a study"
            ids.add(item.id)
            yield from _of_item(where, item, study, settings, readings, suites)
    yield from _of_metrics(study, readings)


def _only(study: Study) -> Iterator[str]:
    """A line for each entry of a scale's `only` that no setting of its sweep has."""
    for name, scale in study.scales.items():
        combinations = sweep.combinations(study.sweep if scale.sweep is None else scale.sweep)
        for number, values in enumerate(scale.only or ()):
            if not sweep.selected(combinations, (values,)):
                where = f"scales.{name}.only.{number}"
                yield f"{where}: no setting of the sweep has {sweep.label(values)}; correct it or the sweep"


def _play(study: Study) -> Iterator[str]:
    """A line for each entry of `play` that no setting has at any scale."""
    sweeps = [study.sweep, *(scale.sweep for scale in study.scales.values() if scale.sweep is not None)]
    combinations = [values for blocks in sweeps for values in sweep.combinations(blocks)]
    for number, values in enumerate(study.play):
        if not sweep.selected(combinations, (values,)):
            yield f"play.{number}: no setting of the sweep has {sweep.label(values)}; correct it or the sweep"


def _of_item(
    where: str,
    item: Published | ClaimBase,
    study: Study,
    settings: list[dict[str, Any]],
    readings: set[str],
    suites: Mapping[str, Suite],
) -> Iterator[str]:
    for key, at in item.selectors():
        unknown = [line for path in at for line in _path(f"{where}.{key}", path)]
        yield from unknown
        if not unknown and not any(_matches(at, one) for one in settings):
            yield f"{where}.{key}: no setting of the study has {sweep.label(at)}; correct it or the sweep"
    for key, quantity in item.quantities():
        place = f"{where}.{key}" if key else where
        misnamed = list(_of_quantity(place, quantity, study, readings, suites))
        yield from misnamed or _of_training(place, quantity, study, settings)
    yield from _of_values(where, item)
    for name in item.curves():
        if name in metrics.METRICS and "validation" not in metrics.METRICS[name].measured:
            yield f"{where}.metric: metric {name!r} is not measured at each validation; choose loss or exact_match"


def _of_quantity(
    where: str, quantity: Quantity, study: Study, readings: set[str], suites: Mapping[str, Suite]
) -> Iterator[str]:
    suite, split, stratum = quantity.suite, quantity.split, quantity.stratum
    if suite is not None and suite not in study.evaluate:
        yield f"{where}: suite {suite!r} is not evaluated{nearest(suite, study.evaluate)}"
    elif suite is not None and suite in suites and split not in suites[suite].splits:
        yield f"{where}: suite {suite!r} has no split {split!r}{nearest(str(split), suites[suite].splits)}"
    key = where if where.endswith(".metric") else f"{where}.metric"
    task = TASKS[study.task]
    problems = [
        metrics.problem(
            quantity.metric,
            reading,
            task.answers,
            split=suite is not None,
            at_step=quantity.at_step is not None,
            stratum=stratum,
        )
        for reading in sorted(readings)
    ]
    if problems and all(problems):
        yield f"{key}: {problems[0]}"
    family, equals, value = stratum.partition("=")
    within = (task.seen_within.stratum,) if task.seen_within else ()
    known = tuple(dict.fromkeys((*task.strata, *EVERYWHERE, *within)))
    if stratum != "all" and (not equals or not value or family not in known):
        yield f"{where}.stratum: no stratum {stratum!r}; write one as {known[0]}=…{nearest(family, known)}"


def _of_values(where: str, item: Published | ClaimBase) -> Iterator[str]:
    """Lines about numbers that the item's metric cannot have: a verdict on them would say nothing."""
    metric = item.quantities()[0][1].metric
    lowest, highest = metrics.value_range(metric)
    for key in ("value", "low", "high", "threshold"):
        number = getattr(item, key, None)
        if number is not None and not lowest <= number <= highest:
            yield f"{where}.{key}: {metric} is {_span(lowest, highest)}, not {number:g}"
    margin = getattr(item, "margin", None)
    if margin is not None and margin >= highest - lowest:
        yield f"{where}.margin: {metric} is {_span(lowest, highest)}, so no two values differ by more than {margin:g}"


def _span(lowest: float, highest: float) -> str:
    if highest == 1:
        return "a share from 0 to 1 (so 95 percent is 0.95)"
    return f"never below {lowest:g}"


def _of_training(
    where: str, quantity: Quantity, study: Study, settings: Iterable[Mapping[str, Any]]
) -> Iterator[str]:
    """Lines about what no training of the study measures, because it is too short or does not note it."""
    at_any_scale = [*settings, *(scale.set for scale in study.scales.values())]

    def written(name: str) -> list[Any]:
        return [values[f"training.{name}"] for values in at_any_scale if f"training.{name}" in values]

    if quantity.metric == "gradient_norm" and True not in written("gradient_norm"):
        yield f"{where}: no training notes gradient norms; set training.gradient_norm: true"
    numbers = [steps for steps in written("steps") if isinstance(steps, int)]
    if (
        quantity.at_step is not None
        and not written("epochs")
        and quantity.at_step > max(numbers, default=inf)
    ):
        yield f"{where}.at_step: no training has {quantity.at_step:,} steps, but {max(numbers):,} at most"


def _of_metrics(study: Study, readings: set[str]) -> Iterator[str]:
    """Lines about the metrics that a study's accuracy may be: each can be measured wherever the first one is read."""
    ours, *others = study.readings.get(METRIC, (None,))
    if ours is None:
        return
    read = [
        quantity
        for item in (*study.published, *study.claims)
        for _, quantity in item.quantities()
        if quantity.metric == ours
    ]
    if not read:
        yield f"unstated.{METRIC}: no published number or claim reads {ours!r}; write the metric that they read first"
    for quantity in read:
        for other in others:
            changed = quantity.reading(ours, str(other))
            yield from _of_quantity(f"unstated.{METRIC}", changed, study, readings, {})


def _path(where: str, path: str) -> Iterator[str]:
    """A line if a dotted path leads to no setting of a run."""
    types: list[Any] = [RunSettings]
    for key in path.split("."):
        known = sorted({name for one in types if is_model(one) for name in one.model_fields})
        types = [inner for one in types for inner in inside(one, key)]
        if not types:
            yield f"{where}: no setting {path!r}{nearest(key, known)}"
            return


def _all_settings(study: Study) -> list[dict[str, Any]]:
    """Every setting at any scale, with the base's own values beside the swept ones."""
    base = sweep.flat(study.base.complete())
    sweeps = [study.sweep, *(scale.sweep for scale in study.scales.values() if scale.sweep is not None)]
    return [base | values for blocks in sweeps for values in sweep.combinations(blocks)]


def _readings(settings: Iterable[Mapping[str, Any]]) -> set[str]:
    """How the models of these settings read an example. Unknown kinds of model are reported elsewhere."""
    kinds = {values.get("model.kind") for values in settings}
    return {model.reading for model in MODELS if model.model_fields["kind"].default in kinds}


def _matches(at: At, values: Mapping[str, Any]) -> bool:
    # A setting that neither base nor sweep writes out has its default, which is known only once settings are read.
    return all(path not in values or values[path] == value for path, value in at.items())
