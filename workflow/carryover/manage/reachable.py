"""Which runs more seeds of a setting are, and what they cost here."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from carryover.analysis.quantities import Results
from carryover.manage.inventory import complete
from carryover.planning.costs import Cost, Costs
from carryover.planning.expanded import replicate, replicates_among
from carryover.planning.plan import Plan, PlannedStudy, Setting
from carryover.planning.runs import RunSettings

Place = tuple[str, str]  # a study, and the label of a setting


class Reachable:
    """The runs that a config can make, each with its cost here."""

    def __init__(self, asked: Plan, results: Results, costs: Costs) -> None:
        """asked: a plan with seed 0 of every setting. results: the runs that there are."""
        self._asked, self._costs = asked, costs
        self._known = {run: results.plan.runs[run].seed for run in results.tables["runs"]["run"]}
        self._own: set[Place] = {
            (study.name, setting.label)
            for study in results.plan.studies
            for setting in study.settings
            if results.available(setting.runs)
        }
        self._places: dict[Place, tuple[PlannedStudy, Setting]] = {
            (study.name, setting.label): (study, setting)
            for study in asked.studies
            for setting in study.settings
        }
        self._evaluations: dict[Place, Cost] = {}

    def has(self, place: Place) -> bool:
        """Whether the setting can be trained here."""
        return place in self._places

    def seeds(self, place: Place) -> list[int]:
        """The seeds of a setting that have results, whichever study they were made for."""
        base, redraw_data = self._base(place)
        found = replicates_among(self._known, base, redraw_data, sorted({*self._known.values()}))
        return [seed for _, seed in found]

    def missing(self, place: Place, target: int) -> int:
        """How many seeds a setting needs to have so many.

        It needs one at least if all its runs were made for other studies, because its study has them only beside one
        of its own.
        """
        return max(target - len(self.seeds(place)), 0 if place in self._own else 1)

    def further(self, place: Place, number: int) -> list[int]:
        """So many further seeds of a setting: the next ones after those that it has."""
        first = max(self.seeds(place), default=-1) + 1
        return list(range(first, first + number))

    def costs(self, place: Place, seeds: Iterable[int]) -> dict[str, Cost]:
        """What it costs to train and to evaluate each of these runs, by address; less for one that is here already."""
        base, redraw_data = self._base(place)
        if place not in self._evaluations:
            _, setting = self._places[place]
            tests = self._asked.tests(setting.replicates[0].evaluation)
            self._evaluations[place] = self._costs.evaluation_core_seconds(base, tests)
        runs = [replicate(base, seed, redraw_data) for seed in seeds]
        return {run.address(): self._cost(run, self._evaluations[place]) for run in runs}

    def _base(self, place: Place) -> tuple[RunSettings, bool]:
        study, setting = self._places[place]
        return self._asked.runs[setting.replicates[0].run].settings, study.redraw_data

    def _cost(self, run: RunSettings, evaluation: Cost) -> Cost:
        if complete(Path(self._asked.results), "runs", run.address()):
            return evaluation
        training = self._costs.core_seconds(run)
        return training._replace(seconds=training.seconds + evaluation.seconds)
