"""A study's settings and readings before their evaluations have addresses, which depend on what all studies ask for."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from carryover.planning import sweep
from carryover.planning.as_published import PublishedSettings
from carryover.planning.messages import nearest
from carryover.planning.plan import (
    EvaluatedSplit,
    PlannedDataset,
    PlannedRun,
    PlannedStudy,
    Reading,
    Replicate,
    Setting,
)
from carryover.planning.readings import Variant
from carryover.planning.runs import RunSettings
from carryover.settings.study import FixedSeeds, Looks, Seeds, Study


@dataclass
class Asked:
    """What the studies so far ask for."""

    datasets: dict[str, PlannedDataset] = field(default_factory=dict)
    runs: dict[str, PlannedRun] = field(default_factory=dict)
    splits: dict[str, dict[EvaluatedSplit, None]] = field(default_factory=dict)  # of each run, in order

    def copy(self) -> Asked:
        """The same, to go back to."""
        splits = {run: dict(splits) for run, splits in self.splits.items()}
        return Asked(dict(self.datasets), dict(self.runs), splits)


class ExpandedSetting(NamedTuple):
    """One setting with its runs. Under another reading it keeps the label that it has in the study."""

    label: str
    values: dict[str, Any]
    differs: tuple[str, ...]
    replicates: list[tuple[str, int]]  # run, seed

    def planned(self, evaluation_of: Mapping[str, str]) -> Setting:
        """As the plan has it. evaluation_of: the evaluation of each run."""
        return Setting(
            label=self.label,
            values=self.values,
            as_published=PublishedSettings.decides(self.differs),
            differs=self.differs,
            replicates=tuple(
                Replicate(run=run, evaluation=evaluation_of[run], seed=seed) for run, seed in self.replicates
            ),
        )


@dataclass(frozen=True)
class ExpandedStudy:
    """A study with its settings at the planned scale, and those that each other reading changes."""

    study: Study
    file: Path
    suites: tuple[str, ...]
    swept: tuple[str, ...]
    settings: list[ExpandedSetting]
    readings: list[tuple[Variant, list[ExpandedSetting]]]
    look_at: tuple[int, ...]
    demonstration: bool = False

    def planned(self, evaluation_of: Mapping[str, str]) -> PlannedStudy:
        """As the plan has it. evaluation_of: the evaluation of each run."""
        study = self.study
        return PlannedStudy(
            name=study.study,
            title=study.title,
            question=study.question,
            report=study.report,
            task=study.task,
            notes=study.notes,
            file=str(self.file),
            base=study.base,
            swept=self.swept,
            unstated=study.unstated_paths,
            redraw_data=study.redraw_data,
            suites=self.suites,
            published=study.published,
            claims=study.claims,
            settings=_planned(self.settings, evaluation_of),
            readings=tuple(
                Reading(**variant._asdict(), settings=_planned(settings, evaluation_of))
                for variant, settings in self.readings
            ),
            look_at=self.look_at,
            demonstration=self.demonstration,
            play=tuple(
                setting.replicates[0][0]
                for setting in self.settings
                if setting.replicates and sweep.selected([setting.values], self.study.play)
            ),
        )


def _planned(settings: list[ExpandedSetting], evaluation_of: Mapping[str, str]) -> tuple[Setting, ...]:
    return tuple(setting.planned(evaluation_of) for setting in settings)


AskedSeeds = Seeds | Mapping[str, FixedSeeds]  # the seeds of every setting, or those of some by their labels


def listed(seeds: AskedSeeds, label: str = "") -> tuple[int, ...]:
    """The seeds of a setting, where a number n stands for 0 to n - 1, and looks for the first of them.

    None for a setting that is not named where others are.
    """
    if isinstance(seeds, Mapping):
        return listed(seeds[label]) if label in seeds else ()
    if isinstance(seeds, Looks):
        seeds = seeds.look_at[0]
    return tuple(range(seeds)) if isinstance(seeds, int) else tuple(dict.fromkeys(seeds))


def most(seeds: AskedSeeds) -> int:
    """The largest number of seeds that a setting has."""
    return max(len(listed(one)) for one in (seeds.values() if isinstance(seeds, Mapping) else [seeds]))


def unknown(seeds: AskedSeeds, labels: Iterable[str]) -> list[str]:
    """A line for each setting that has seeds by its label, and is none of these."""
    known = list(labels)
    named = seeds if isinstance(seeds, Mapping) else {}
    return [f"no setting {one!r} at this scale{nearest(one, known)}" for one in named if one not in known]


def looks(seeds: Seeds) -> tuple[int, ...]:
    """The looks of a study's seeds. A number of seeds in the config leads to later looks of the same design."""
    return seeds.look_at if isinstance(seeds, Looks) else ()


def replicate(run: RunSettings, seed: int, redraw_data: bool) -> RunSettings:
    """The run of one seed. With redrawn data, the first replicate (seed 0) still has the dataset as written."""
    update: dict[str, Any] = {"seed": seed}
    if redraw_data and seed:
        update["dataset"] = run.dataset.model_copy(update={"seed": run.dataset.seed + seed})
    return run.model_copy(update=update)


def without_seed(run: RunSettings, redraw_data: bool) -> RunSettings:
    """The replicate of seed 0 of a run, which `replicate` makes the others from."""
    dataset = run.dataset
    if redraw_data:
        dataset = dataset.model_copy(update={"seed": dataset.seed - run.seed})
    return run.model_copy(update={"seed": 0, "dataset": dataset})


def with_all_replicates(
    setting: Setting,
    base: RunSettings,
    redraw_data: bool,
    seeds: Iterable[int],
    evaluation_of: Mapping[str, str],
) -> Setting:
    """A setting with every run that is a replicate of it, in the order of seeds: a run may be of another study.

    base: one of its runs. evaluation_of: the evaluation of each run that counts.
    """
    found = dict(replicates_among(evaluation_of, base, redraw_data, seeds))
    found |= {one.run: one.seed for one in setting.replicates if one.run in evaluation_of}
    every = (Replicate(run=run, evaluation=evaluation_of[run], seed=seed) for run, seed in found.items())
    ordered = sorted(every, key=lambda one: (one.seed, one.run))
    return setting.model_copy(update={"replicates": tuple(ordered)})


def replicates_among(
    known: Container[str], run: RunSettings, redraw_data: bool, seeds: Iterable[int]
) -> list[tuple[str, int]]:
    """The replicates of a run that are among the known addresses, of these seeds: (address, seed)."""
    base = without_seed(run, redraw_data)
    addresses = ((replicate(base, seed, redraw_data).address(), seed) for seed in seeds)
    return [(address, seed) for address, seed in addresses if address in known]
