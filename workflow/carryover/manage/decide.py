"""What would decide the claims that are open: how many seeds, what they cost, and which are worth a given time."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carryover.analysis import tables
from carryover.analysis.evidence import DECISIONS, READ, Reference
from carryover.analysis.quantities import Results
from carryover.analysis.schemas import TIMED
from carryover.analysis.undecided import Findings, Undecided, undecided
from carryover.errors import UserError
from carryover.manage.choice import Candidate, candidate, chance, choose, seeds_then
from carryover.manage.inventory import present
from carryover.manage.overlay import overlay
from carryover.manage.reachable import Place, Reachable
from carryover.manage.spending import Total, costs_of
from carryover.planning.costs import Costs
from carryover.planning.expand import make_plan
from carryover.planning.load import load
from carryover.planning.plan import Plan, read_reference
from carryover.planning.root import Merged

EVERYTHING = {"readings": False, "seeds": 1}  # one run of every setting


@dataclass(frozen=True)
class Question:
    """What is open in a report or in reference results, and what could be trained about it."""

    merged: Merged  # the config
    source: Path
    from_reference: bool
    asked: Plan
    results: Results
    findings: Findings
    reachable: Reachable

    def candidates(self) -> list[Candidate]:
        """What further seeds may decide."""
        found = (candidate(item, self.findings, self.reachable) for item in self.findings.undecided)
        return [one for one in found if one is not None]


def question(merged: Merged, reference: Path | None) -> Question:
    """Read what is open: in the committed reference results of that folder, or else in the last report of the config.

    Raises UserError where there is neither.
    """
    if reference is not None:
        scale = read_reference(reference, f"--from {reference}").scale
        merged |= {"scale": scale, "reference": str(reference)}  # its costs are known, too
        asked = _everything(merged)
        results, decided, source = Reference(reference, asked).results, set[Any](), reference
    else:
        report = make_plan(load(merged)).report_folder
        if not (report / "plan.json").is_file():
            raise UserError(
                f"{report}: no report here; make one (`make report`), or give --from results/reference/full"
            )
        asked = _everything(merged)
        frames = {name: tables.frame(tables.read(report / "tables", name)) for name in READ}
        results, source = Results(Plan.read(report / "plan.json"), frames), report
        decided = _decided(report / "tables")
    reachable = Reachable(asked, results, Costs.of(asked))
    return Question(
        merged,
        source,
        reference is not None,
        asked,
        results,
        undecided(results, asked, decided),
        reachable,
    )


def _everything(merged: Merged) -> Plan:
    return make_plan(load(merged | EVERYTHING))


def _decided(folder: Path) -> set[tuple[str, str, str, str]]:
    """What the report decides by its own runs or by the reference."""
    rows = [row for name in ("evidence", TIMED["evidence"]) for row in tables.read(folder, name).to_pylist()]
    return {
        (row["study"], row["kind"], row["id"], row["point"] or "")
        for row in rows
        if row["word"] in DECISIONS[row["kind"]]
    }


@dataclass(frozen=True)
class Proposal:
    """Seeds to train, as an overlay on the config and as the plan that it makes.

    expected: what these seeds may decide, with the probability of each. spent: core-seconds of what is not there yet.
    """

    keys: dict[str, Any]
    plan: Plan
    more: dict[Place, int]
    expected: list[tuple[Undecided, float]]
    left: dict[tuple[str, str], Any]

    @property
    def total(self) -> Total:
        """The costs of all jobs that are left."""
        return Total.of(self.left.values())


def within(asking: Question, budget: float) -> Proposal:
    """The seeds that decide the most for so many core-seconds. Raises UserError where nothing fits."""
    candidates = asking.candidates()
    taken = choose(candidates, budget)
    while taken:
        found = proposal(asking, taken)
        if found.total.seconds <= budget:
            return found
        taken.pop()  # evaluations may be on more splits than those of one study
    if not candidates:
        raise UserError(
            f"{asking.source}: no further seeds would decide anything here; see `carryover decide`"
        )
    least = min(sum(cost.seconds for cost in one.costs.values()) for one in candidates)
    raise UserError(
        f"--budget: too little to decide anything; the cheapest claim takes {least / 60:.2g} core-minutes"
    )


def of_claims(asking: Question, names: Sequence[str]) -> Proposal:
    """The seeds that decide these claims, each named `study/id`. Raises UserError where one cannot be decided."""
    taken = []
    for name in names:
        items = [item for item in asking.findings.undecided if f"{item.study}/{item.id}" == name]
        if not items:
            raise UserError(f"--claim {name}: nothing of this name is open; `carryover decide` lists what is")
        found = [candidate(item, asking.findings, asking.reachable) for item in items]
        if not any(found):
            raise UserError(f"--claim {name}: {why_not(asking, items[0])}")
        taken += [one for one in found if one is not None]
    return proposal(asking, taken)


def proposal(asking: Question, taken: Sequence[Candidate]) -> Proposal:
    """The overlay and the plan that train what these candidates need."""
    more = seeds_then(taken)
    seeds = {place: asking.reachable.further(place, number) for place, number in more.items()}
    if not asking.from_reference:  # the new report must have the old runs, too; a reference is merged with it
        seeds = {place: asking.reachable.seeds(place) + new for place, new in seeds.items()}
    seeds = {place: some for place, some in seeds.items() if some}
    keys = overlay(asking.asked, seeds)
    plan = make_plan(load(asking.merged | keys))
    done = {(kind, address) for kind, addresses in present(plan).items() for address in addresses}
    left = {job: cost for job, cost in costs_of(plan, gpu=False).items() if job not in done}
    expected = []
    for item in asking.findings.undecided:
        then = min(
            (seeds + more.get((item.study, label), 0) for label, seeds in item.settings.items()), default=0
        )
        if (probability := chance(item, then, asking.findings)) > 0:
            expected.append((item, probability))
    return Proposal(keys, plan, more, expected, left)


def why_not(asking: Question, item: Undecided) -> str:
    """Why further seeds cannot decide an item; empty where they can."""
    if item.no_use:
        return item.no_use
    if all(asking.reachable.has((item.study, label)) for label in item.settings):
        return ""
    reason = next(iter(asking.asked.unavailable), "its study has no such setting at this scale")
    return f"cannot be trained here: {reason}"


def command(asking: Question, files: Sequence[Path], item: Undecided) -> str:
    """The command that writes an overlay for one item."""
    options = ["--from", str(asking.source)] if asking.from_reference else []
    options += ["--configfile", *map(str, files)] if files else []
    return shlex.join(["carryover", "decide", *options, "--claim", f"{item.study}/{item.id}"])
