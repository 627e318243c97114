"""Whether more than a given share of runs does something: exact binomial tests, one-sided at 5%.

An exact test is not always better with more runs. Of 5 runs all must agree, and so they must of 6 and of 7. With a
fixed number of seeds, a claim is therefore decided by its first runs, as many as the largest size at which the test
finds a true share more often than at any smaller one. For a share of more than one half these are 5, 8, 11, 13, 16 …
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from carryover.analysis.designs import ALPHA, Design, spending

_SIZES_UP_TO = 200
_SHARES = 400  # true shares at which sizes are compared


@dataclass(frozen=True)
class ShareTest:
    """A test that a share is above a bound: how many of the first `runs` runs were successes, and what follows."""

    successes: int
    runs: int
    p: float
    decided: bool


def above(outcomes: Sequence[bool], bound: float, design: Design) -> ShareTest | None:
    """Test that runs succeed in more than a share `bound`. outcomes: of the runs, in the order of their seeds.

    None where no outcome of so few runs could decide.
    """
    from scipy import stats

    if design.look_at:
        size = design.look_at[design.look]
        least = critical_counts(design.look_at, bound)[design.look]
        if all(one is None for one in critical_counts(design.look_at, bound)[: design.look + 1]):
            return None
    else:
        size = max((one for one in sizes(bound) if one <= len(outcomes)), default=0)
        least = None
    if not 0 < size <= len(outcomes):
        return None
    successes = sum(outcomes[:size])
    p = float(stats.binom.sf(successes - 1, size, bound))
    decided = least is not None and successes >= least if design.look_at else p <= ALPHA
    return ShareTest(successes, size, design.overall(p, decided), decided)


def power(share: float, runs: int, bound: float) -> float:
    """The probability that so many runs decide that their share is above the bound, if it is `share`."""
    from scipy import stats

    size = max((one for one in sizes(bound) if one <= runs), default=0)
    return (
        float(stats.binom.sf(least_successes(np.array([size]), bound)[0] - 1, size, share)) if size else 0.0
    )


@lru_cache
def sizes(bound: float) -> tuple[int, ...]:
    """Numbers of runs at which the test is better than at any smaller number.

    Better means: for every true share from halfway between the bound and 1 on. Shares that are nearer to the bound are
    hardly ever found with so few runs.
    """
    from scipy import stats

    runs = np.arange(1, _SIZES_UP_TO + 1)
    shares = np.linspace((1 + bound) / 2, 1, _SHARES)
    powers = stats.binom.sf(least_successes(runs, bound)[:, None] - 1, runs[:, None], shares)
    chosen: list[int] = []
    best = np.zeros(_SHARES)
    for number, mine in zip(runs, powers, strict=True):
        if (mine >= best - 1e-12).all() and (mine > best + 1e-12).any():
            chosen.append(int(number))
            best = mine
    return tuple(chosen)


def least_successes(runs: np.ndarray, bound: float) -> np.ndarray:
    """The least number of successes of which the test says that their share is above the bound."""
    from scipy import stats

    # isf may be off by one where the probability is exactly that asked for
    least = stats.binom.isf(ALPHA, runs, bound).astype(int)
    return np.where(stats.binom.sf(least - 1, runs, bound) <= ALPHA, least, least + 1)


@lru_cache
def critical_counts(look_at: tuple[int, ...], bound: float) -> tuple[int | None, ...]:
    """The least number of successes that decides at each look, None where none does; exact for the whole design."""
    from scipy import stats

    counts: list[int | None] = []
    alive, used = (
        np.ones(1),
        0.0,
    )  # the probability of each count without an earlier decision, at the bound itself
    for (before, now), spent in zip(pairwise((0, *look_at)), spending(look_at), strict=True):
        alive = np.convolve(alive, stats.binom.pmf(np.arange(now - before + 1), now - before, bound))
        at_least = np.cumsum(alive[::-1])[::-1]
        allowed = np.flatnonzero(used + at_least <= spent)
        counts.append(int(allowed[0]) if allowed.size else None)
        if allowed.size:
            used += float(at_least[allowed[0]])
            alive[allowed[0] :] = 0
    return tuple(counts)
