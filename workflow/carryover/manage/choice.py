"""Which further seeds decide the most for a given core time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from carryover.analysis.undecided import Findings, Undecided
from carryover.manage.reachable import Place, Reachable
from carryover.planning.costs import Cost


@dataclass(frozen=True)
class Candidate:
    """Something undecided, and the runs that would decide it: as many further seeds of each of its settings.

    chance: the probability that they do. costs: of each run.
    """

    item: Undecided
    more: dict[Place, int]
    costs: dict[str, Cost]
    chance: float

    @property
    def runs(self) -> frozenset[str]:
        """The addresses of the runs."""
        return frozenset(self.costs)


def candidate(item: Undecided, findings: Findings, reachable: Reachable) -> Candidate | None:
    """The runs that would decide an item; None where no seeds help, or its settings cannot be trained here."""
    places = [(item.study, label) for label in item.settings]
    target = item.target
    if target is None or not all(map(reachable.has, places)):
        return None
    more = {place: reachable.missing(place, target) for place in places}
    costs: dict[str, Cost] = {}
    for place, number in more.items():
        costs |= reachable.costs(place, reachable.further(place, number))
    return Candidate(item, more, costs, chance(item, target, findings))


def chance(item: Undecided, seeds: int, findings: Findings) -> float:
    """The probability that an item is decided with so many seeds of each of its settings."""
    if (item.no_use and not item.prospect.probability) or seeds <= item.seeds:
        return 0.0
    if item.prospect.probability:
        return item.prospect.at(seeds)
    return findings.usual[item.kind] if seeds >= item.prospect.least else 0.0


def choose(candidates: Sequence[Candidate], budget: float) -> list[Candidate]:
    """The candidates to decide for so many core-seconds, in the order in which they were taken.

    Greedy: each time the one that fits and decides most for its time. Runs that are taken already cost nothing, and
    what its runs decide besides counts too. It ends when nothing more fits. The best set may be a little better.
    """
    left, taken, have = list(candidates), list[Candidate](), set[str]()
    spent = 0.0
    while True:
        best: tuple[float, float, int] | None = None
        for number, one in enumerate(left):
            price = sum(cost.seconds for run, cost in one.costs.items() if run not in have)
            if spent + price > budget:
                continue
            with_it = have | one.runs
            gain = sum(other.chance for other in left if other.runs <= with_it)
            rank = (gain / max(price, 1e-9), gain, -number)
            if best is None or rank > best:
                best = rank
        if best is None:
            return taken
        one = left.pop(-best[2])
        spent += sum(cost.seconds for run, cost in one.costs.items() if run not in have)
        have |= one.runs
        taken.append(one)


def seeds_then(taken: Iterable[Candidate]) -> dict[Place, int]:
    """How many further seeds of each setting all candidates together ask for."""
    more: dict[Place, int] = {}
    for one in taken:
        for place, number in one.more.items():
            more[place] = max(more.get(place, 0), number)
    return more
