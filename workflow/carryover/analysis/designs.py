"""When a claim is decided: once, at a fixed number of seeds, or at one of several looks, with an error of 5% in all.

Who adds seeds until a test at 5% decides errs far more often than in 5% of cases. A group-sequential design fixes the
looks beforehand and spends the 5% on them, by the spending function of Lan and DeMets (1983) that resembles Pocock's
boundary.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

ALPHA = 0.05
_POINTS = 801  # of the grid over which paths between two looks are integrated


@dataclass(frozen=True)
class Design:
    """The design of a study, and which of its looks this is.

    `look_at`: numbers of seeds, rising; empty for a fixed number of seeds. `look`: which of them it is, from 0.
    """

    look_at: tuple[int, ...] = ()
    look: int = 0

    def level(self, sides: int) -> float:
        """The error at which a test decides here. sides: 2 for a two-sided test, 1 for a one-sided one."""
        return nominal_levels(self.look_at, sides)[self.look] if self.look_at else ALPHA

    def overall(self, p: float, decided: bool) -> float:
        """The p value of the design, from that of the test here: what was spent before counts too (an upper bound)."""
        if not self.look_at:
            return p
        spent = spending(self.look_at)
        before = spent[self.look - 1] if self.look else 0.0
        return min(1.0, before + p, spent[self.look] if decided else 1.0)

    def __str__(self) -> str:
        if not self.look_at:
            return "fixed"
        return f"look {self.look + 1} of {len(self.look_at)} ({self.look_at[self.look]} seeds)"


FIXED = Design()


def designs(look_at: tuple[int, ...], seeds: int) -> list[Design]:
    """The looks that so many seeds allow, in their order; of a fixed number of seeds, the one that there is."""
    if not look_at:
        return [FIXED]
    return [Design(look_at, look) for look, count in enumerate(look_at) if count <= seeds]


def spending(look_at: tuple[int, ...]) -> list[float]:
    """How much of the error of 5% may have been used up to each look."""
    return [ALPHA * math.log(1 + (math.e - 1) * count / look_at[-1]) for count in look_at]


@lru_cache
def nominal_levels(look_at: tuple[int, ...], sides: int) -> tuple[float, ...]:
    """The error at which a test decides at each look, so that all looks together err in 5% of cases.

    The statistic at a look is that of a Brownian motion, stopped where it leaves the boundary (Armitage, McPherson and
    Rowe, 1969). Tests of few runs use these levels with their own p values (Jennison and Turnbull, 2000, section 3.8).
    """
    from scipy import optimize, stats

    levels, before, used = [], 0.0, 0.0
    at, mass = np.zeros(1), np.ones(1)  # where paths are that have not stopped, and how many
    for count, spent in zip(look_at, spending(look_at), strict=True):
        now = count / look_at[-1]
        step = math.sqrt(now - before)

        z = float(optimize.brentq(_too_many, 0, 10, (spent - used, math.sqrt(now), step, at, mass, sides)))
        levels.append(float(sides * stats.norm.sf(z)))
        edge = z * math.sqrt(now)
        grid = np.linspace(-edge if sides == 2 else -8 * math.sqrt(now), edge, _POINTS)
        weight = np.full(_POINTS, grid[1] - grid[0])
        weight[[0, -1]] /= 2
        mass = weight * (stats.norm.pdf((grid[:, None] - at) / step) / step @ mass)
        at, before, used = grid, now, spent
    return tuple(levels)


def _too_many(
    z: float, wanted: float, scale: float, step: float, at: np.ndarray, mass: np.ndarray, sides: int
) -> float:
    """How many more paths than wanted a step takes beyond the boundary z (in standard deviations)."""
    from scipy import stats

    beyond = stats.norm.sf((z * scale - at) / step)
    if sides == 2:
        beyond = beyond + stats.norm.cdf((-z * scale - at) / step)
    return float(mass @ beyond) - wanted
