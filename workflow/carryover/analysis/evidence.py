"""The best evidence for each claim and each published number: this report's own runs, or the committed reference.

Own runs win where they decide. Where they do not, the reference is judged by the same rules, on today's wording of the
claim. A claim that neither decides stays open, with the reason of the side that has more seeds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from carryover.analysis import claims, readings, tables
from carryover.analysis.false_discovery import with_false_discovery
from carryover.analysis.judges import DECIDED
from carryover.analysis.published import INSIDE, OUTSIDE
from carryover.analysis.quantities import Results
from carryover.analysis.readings import CLAIM, PUBLISHED
from carryover.analysis.schemas import SIDE, TIMED
from carryover.data.stored import ReferenceProvenance
from carryover.planning.plan import Plan, PlannedStudy

THIS_RUN, REFERENCE, NOTHING = "this run", "reference", "none"
DECISIONS = {CLAIM: DECIDED, PUBLISHED: (INSIDE, OUTSIDE)}
RULE = ("rule", "design", "p")  # what decides a claim
MEASURED = ("mean", "prediction_low", "prediction_high")  # of a published number: ours, and one further run's
READ = ("runs", "metrics", "history", "costs")  # what verdicts are made from


def side_of(source: str) -> str:
    """How the columns of the side begin that a `source` names; those of this run where nothing decides."""
    return "reference" if source == REFERENCE else "own"


Row = dict[str, Any]
Key = tuple[str, str, str, str]  # study, claim or published, id, label of a setting (published numbers)


class Reference:
    """The committed reference: its runs under today's claims, and who trained them."""

    def __init__(self, folder: Path, today: Plan) -> None:
        """Raises UserError where `folder` holds damaged tables, or tables of another version."""
        plan = Plan.read(folder / "plan.json")
        provenance = folder / "provenance.json"
        merged = ReferenceProvenance.read(provenance).model_dump()["merged"] if provenance.exists() else []
        self._commits = _commits(merged)
        frames = {name: tables.frame(tables.read(folder, name)) for name in READ}
        self.results = Results(_asked_today(plan, today), frames)

    @classmethod
    def of(cls, plan: Plan) -> Reference | None:
        """The reference that a plan names. None where it names none, or its folder holds none."""
        folder = None if plan.reference is None else Path(plan.reference)
        return cls(folder, plan) if folder is not None and (folder / "plan.json").is_file() else None

    def commits(self, runs: Iterable[str]) -> str:
        """The commits that trained these runs, such as `21de8a3, a124bc0`."""
        return ", ".join(sorted({self._commits[run] for run in runs if run in self._commits}))


def evidence(plan: Plan, made: Mapping[str, pa.Table], reference: Reference | None) -> dict[str, pa.Table]:
    """The table `evidence`: a row for each claim, and for each published number and setting.

    made: the report's own tables. What is about measured time has a table of its own.
    """
    own = _own(plan, made)
    theirs: dict[Key, Row] = {}
    if reference is not None:
        judged = readings.judged(reference.results)
        theirs = _said(reference.results, judged["claims"], judged["published"])
    keys = list(dict.fromkeys([*own, *theirs]))
    with_setting = {key[:3] for key in keys if key[3]}
    # A number that no setting here has stands without a setting, unless the other side has one.
    keys = [key for key in keys if key[3] or key[:3] not in with_setting]
    order = {study.name: position for position, study in enumerate(plan.studies)}
    rows = [
        _beside(key, own.get(key), theirs.get(key), reference)
        for key in sorted(keys, key=lambda key: order[key[0]])
    ]
    of_claims, of_published = ([row for row in rows if row["kind"] == kind] for kind in (CLAIM, PUBLISHED))
    rows = with_false_discovery(of_claims, "word") + of_published  # published numbers are no tests
    return {name: tables.as_table(name, part) for name, part in tables.apart("evidence", rows).items()}


def _own(plan: Plan, made: Mapping[str, pa.Table]) -> dict[Key, Row]:
    """What the report's own runs say."""
    both = {
        name: [
            {**row, "timed": file != name}
            for file in (name, TIMED[name])
            if file in made
            for row in made[file].to_pylist()
        ]
        for name in ("claims", "published")
    }
    # Everything is judged already. What is asked here is which runs there are.
    results = Results(plan, {name: tables.frame(made[name]) for name in made if name == "runs"})
    return _said(results, both["claims"], both["published"])


def _said(results: Results, of_claims: list[Row], of_published: list[Row]) -> dict[Key, Row]:
    """What one side says of each claim and number: word, sentence, reason, and the runs that it rests on."""
    studies = {study.name: study for study in results.plan.studies}
    said: dict[Key, Row] = {}
    for row in of_claims:
        study = studies[row["study"]]
        claim = next(one for one in study.claims if one.id == row["id"])
        runs = claims.available_sides(results, study, claim)
        said[row["study"], CLAIM, row["id"], ""] = {
            "word": row["verdict"],
            "evidence": row["evidence"],
            **{name: row[name] for name in RULE},
            "reason": row["reason"],
            "detail": row["detail"],
            "readings": row["readings"],
            "seeds": min(map(len, runs), default=0),
            "runs": [run for side in runs for run in side],
            "timed": row["timed"],
        }
    for row in of_published:
        settings = {setting.label: setting for setting in studies[row["study"]].settings}
        label = row["point"] or ""
        said[row["study"], PUBLISHED, row["id"], label] = {
            "word": row["word"],
            "evidence": "",
            "reason": row["reason"],
            "detail": row["detail"],
            "readings": row["readings"],
            "seeds": row["seeds"],
            "runs": results.available(settings[label].runs) if label else [],
            "timed": row["timed"],
            **{name: row.get(name) for name in MEASURED},
        }
    return said


def _beside(key: Key, own: Row | None, theirs: Row | None, reference: Reference | None) -> Row:
    study, kind, name, label = key
    sides = {THIS_RUN: own, REFERENCE: theirs}
    best = next((side for side, said in sides.items() if said and said["word"] in DECISIONS[kind]), None)
    if best is None:
        seeds = {side: said["seeds"] for side, said in sides.items() if said}
        best = max(seeds, key=lambda side: seeds[side])
    chosen = sides[best]
    assert chosen is not None
    return {
        "study": study,
        "kind": kind,
        "id": name,
        "point": label or None,
        "word": chosen["word"],
        "source": best if chosen["seeds"] else NOTHING,
        "reason": chosen["reason"],
        "detail": chosen["detail"],
        **{name: chosen.get(name) for name in RULE},
        **_columns("own", own),
        **_columns("reference", theirs),
        "reference_commits": reference.commits(theirs["runs"]) if reference and theirs else "",
        "timed": chosen["timed"],
    }


def _columns(side: str, said: Row | None) -> Row:
    said = said or {"seeds": 0}
    return {f"{side}_{column}": said.get(column) for column in SIDE}


def _asked_today(reference: Plan, today: Plan) -> Plan:
    """The reference's settings under today's claims. A study whose base is another one now is left out."""
    now = {study.name: study for study in today.studies}
    studies = tuple(
        now[study.name].model_copy(
            update={"settings": study.settings, "suites": study.suites, "readings": study.readings}
        )
        for study in reference.studies
        if study.name in now and _same_base(study, now[study.name])
    )
    return reference.model_copy(update={"studies": studies})


def _same_base(a: PlannedStudy, b: PlannedStudy) -> bool:
    return a.base.complete() == b.base.complete()


def _commits(merged: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Run → the commit that trained it, shortened. An entry may hold the provenance of another reference."""
    commits: dict[str, str] = {}
    for entry in merged:
        provenance = entry["provenance"] or {}
        if "merged" in provenance:
            commits |= _commits(provenance["merged"])
        elif (provenance.get("git") or {}).get("commit"):
            commits |= dict.fromkeys(entry["runs"], provenance["git"]["commit"][:7])
    return commits
