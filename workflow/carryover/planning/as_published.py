"""Whether a run has the settings that a report states, and if not, what differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from carryover.planning.runs import RunSettings
from carryover.planning.sweep import flat
from carryover.settings.canonical import canonical_json

if TYPE_CHECKING:
    import numpy as np

# Settings that say how something is measured, or how many fresh rows there are. They never change what is learned. If a
# run differs from the published one only in these, it still counts as the published one. CUDA graphs change how a step
# is launched; their numbers differ by rounding, like those of two machines.
MEASUREMENT = frozenset(
    {
        "dataset.seed",
        "dataset.rows.validation",
        "dataset.rows.test",
        "training.validate_every",
        "training.gradient_norm",
        "training.cuda_graphs",
    }
)
# A run that stopped because it had solved the task still shows when it did so, and how many answers are correct.
HARMLESS = frozenset({"training.stop_when_solved"})


class PublishedSettings:
    """The published settings of one study, prepared for comparison with those of any run."""

    def __init__(self, runs: Iterable[RunSettings], unstated: Iterable[str]) -> None:
        self.ignored = MEASUREMENT | set(unstated)
        self.published = [self._compared(run) for run in runs]
        self.keys = {_key(settings) for settings in self.published}

    def differences(self, run: RunSettings) -> tuple[str, ...]:
        """The dotted paths in which a run differs from the nearest published setting. () if it equals one."""
        mine = self._compared(run)
        if _key(mine) in self.keys:
            return ()
        if not self.published:
            return ("base",)
        nearest = self.published[self._nearest(mine)]
        absent = object()
        return tuple(
            sorted(
                path
                for path in mine.keys() | nearest.keys()
                if mine.get(path, absent) != nearest.get(path, absent)
            )
        )

    @staticmethod
    def decides(differences: tuple[str, ...]) -> bool:
        """Whether a run with these differences may decide about published numbers and claims."""
        return set(differences) <= HARMLESS

    def _compared(self, run: RunSettings) -> dict[str, Any]:
        """The settings of a run that count, by dotted path."""
        ignored = self.ignored
        if run.training.order == "fresh":
            ignored = ignored | {"dataset.rows.train"}  # rows beyond steps × batch are never read
        return {path: value for path, value in flat(run.complete()).items() if not _covered(path, ignored)}

    def _nearest(self, mine: Mapping[str, Any]) -> int:
        """The number of the first published setting that differs in the fewest paths."""
        import numpy as np

        values = [self._codes.get((path, canonical_json(mine.get(path))), -1) for path in self._paths]
        return int(np.argmax((self._table == np.array(values)).sum(axis=1)))

    @cached_property
    def _paths(self) -> list[str]:
        """Every path of any published setting."""
        return sorted({path for settings in self.published for path in settings})

    @cached_property
    def _codes(self) -> dict[tuple[str, str], int]:
        """A number for each value of each path. If a setting lacks a path, its value is null."""
        pairs = (
            (path, canonical_json(settings.get(path))) for settings in self.published for path in self._paths
        )
        return {pair: number for number, pair in enumerate(dict.fromkeys(pairs))}

    @cached_property
    def _table(self) -> np.ndarray:
        """The published settings as numbers, (settings, paths)."""
        import numpy as np

        rows = [
            [self._codes[path, canonical_json(settings.get(path))] for path in self._paths]
            for settings in self.published
        ]
        return np.array(rows)


def _key(settings: Mapping[str, Any]) -> str:
    return canonical_json(dict(settings))


def _covered(path: str, ignored: frozenset[str] | set[str]) -> bool:
    """Whether `path` or a part above it is among the ignored."""
    parts = path.split(".")
    return any(".".join(parts[: i + 1]) in ignored for i in range(len(parts)))
