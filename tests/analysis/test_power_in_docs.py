"""The power that docs/statistics.md prints."""

import re
from math import comb
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from carryover.analysis.designs import nominal_levels

TEXT = (Path(__file__).parents[2] / "docs/statistics.md").read_text(encoding="utf-8")
TRIALS = 20_000
LOOKS = (3, 5, 8, 12, 20)


def table(name: str) -> tuple[list[int], dict[float, list[float]]]:
    """Numbers of seeds, and the shares of each row by the number that its label begins with."""
    rows = TEXT.split(f"<!-- table: {name} -->\n")[1].split("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    numbers = {}
    for label, *shares in cells[2:]:
        found = re.match(r"[\d.]+", label)
        numbers[float(found.group()) if found else 0.0] = [float(share.rstrip("%")) / 100 for share in shares]
    return [int(seeds) for seeds in cells[0][1:]], numbers


def test_shares():
    seeds, rows = table("shares")
    assert list(rows) == [0.75, 0.8, 0.9, 0.95]
    for share, printed in rows.items():
        # By counting: the best of the exact tests that so many first runs allow.
        powers = [0.0]
        for runs in range(1, max(seeds) + 1):
            tail = [sum(comb(runs, k) for k in range(least, runs + 1)) / 2**runs for least in range(runs + 2)]
            least = next(k for k, p in enumerate(tail) if p <= 0.05)
            power = sum(comb(runs, k) * share**k * (1 - share) ** (runs - k) for k in range(least, runs + 1))
            powers.append(max(power, powers[-1]))
        assert printed == pytest.approx([powers[one] for one in seeds], abs=0.006)


def _p_values(difference: float, seeds: list[int]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    a = rng.normal(difference, 1, (TRIALS, max(seeds)))
    b = rng.normal(0, 1, (TRIALS, max(seeds)))
    return [stats.ttest_ind(a[:, :n], b[:, :n], axis=1, equal_var=False).pvalue for n in seeds]


def test_differences():
    seeds, rows = table("differences")
    assert list(rows) == [1, 1.5, 2, 3]
    for difference, printed in rows.items():
        found = [float((p <= 0.05).mean()) for p in _p_values(difference, seeds)]
        assert found == pytest.approx(printed, abs=0.016)


def test_looks():
    seeds, rows = table("looks")
    assert (tuple(seeds), list(rows)) == (LOOKS, [0, 1, 2, 3])
    for difference, printed in rows.items():
        levels = nominal_levels(LOOKS, 2)
        decided = [p <= level for p, level in zip(_p_values(difference, list(LOOKS)), levels, strict=True)]
        assert np.logical_or.accumulate(decided).mean(axis=1) == pytest.approx(printed, abs=0.016)
    often = np.logical_or.reduce([p <= 0.05 for p in _p_values(0, list(LOOKS))]).mean()
    assert "in 15% of cases" in TEXT
    assert often == pytest.approx(0.15, abs=0.01)
