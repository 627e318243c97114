"""What `carryover decide` prints, and the same as plain data."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from carryover.analysis.power import POWER
from carryover.analysis.readings import CLAIM, PUBLISHED
from carryover.analysis.undecided import Undecided
from carryover.manage.choice import Candidate
from carryover.manage.decide import Proposal, Question, command, why_not
from carryover.manage.spending import Total, columns, core_time, jobs_of, lined_up

HOW = (
    "Further runs are simulated from what the runs so far allow: a mean and a deviation are drawn, then normal values "
    "(a share, then runs; or the runs so far again, where values are not normal). The rule of the claim then judges "
    "old and new runs together. docs/statistics.md says more."
)
SECOND_LOOK = (
    "A study with a fixed number of seeds is looked at a second time by this, which errs in more than 5% of cases; "
    "`seeds: {look_at: …}` in its file keeps to 5% (docs/statistics.md)."
)
PLURAL = {CLAIM: "claims", PUBLISHED: "published numbers"}
GREEDY = "Chosen greedily, by claims for each core-second; another set may decide a little more."


def listed(asking: Question, files: Sequence[Path]) -> str:
    """Everything that is open: why, what the runs say, and what would decide it."""
    candidates = {one.item.key: one for one in asking.candidates()}
    lines = [
        f"{asking.source}: {len(asking.findings.undecided)} claims and published numbers are not decided.",
        "",
    ]
    for study, items in groupby(asking.findings.undecided, key=lambda item: item.study):
        lines.append(study)
        for item in items:
            where = f" at {item.label}" if item.label else ""
            lines += [f"  {item.id}{where}: {item.reason} ({item.so_far})"]
            found = candidates.get(item.key)
            lines += [f"    {_price(found)}" if found else f"    no: {why_not(asking, item)}"]
        lines.append("")
    if candidates:
        example = command(asking, files, next(iter(candidates.values())).item)
        lines += [
            "To decide one of them, name its study and itself, then train what the overlay asks for:",
            f"  {example}",
            f"  {_training(files, Path('decide.yaml'))}",
            "To decide as many as possible in a time of one core: carryover decide --budget 6h",
            "",
        ]
    return "\n".join([*lines, *_remarks(asking, asking.findings.undecided, training=False)])


def comment(asking: Question, found: Proposal) -> list[str]:
    """The first lines of an overlay."""
    return [
        f"Written by `carryover decide`: further seeds for what {asking.source} does not decide.",
        f"{core_time(found.total.seconds)} of core time; {sum(p for _, p in found.expected):.1f} decisions expected.",
    ]


def _price(found: Candidate) -> str:
    """What would decide one item, such as `14 seeds (82%): 18 runs, 2.1 core-h (committed reference)`."""
    item, total = found.item, Total.of(found.costs.values())
    runs = f"{len(found.costs)} {'run' if len(found.costs) == 1 else 'runs'}"
    cost = f"{runs}, {'at most ' * total.at_most}{core_time(total.seconds)} ({total.known_from()})"
    if item.prospect.probability:
        return f"{found.item.target} seeds decide it with a probability of {found.chance:.0%}: {cost}"
    untested = "not tested yet" if item.seeds == 0 else "the spread over seeds is not known yet"
    return f"{untested}: {found.item.target} seeds would be the least; cost {cost}"


def _remarks(asking: Question, items: Iterable[Undecided], training: bool) -> list[str]:
    """What a reader must know of the probabilities of these items."""
    items = list(items)
    unknown = dict.fromkeys(item.kind for item in items if not item.prospect.probability and item.target)
    usual = [f"{asking.findings.usual[kind]:.0%} of {PLURAL[kind]}" for kind in unknown]
    looks = {study.name: study.look_at for study in asking.asked.studies}
    fixed = training and any(item.kind == CLAIM and not looks[item.study] for item in items)
    return [
        HOW,
        *(
            [f"Where runs cannot tell: of all with enough seeds, {' and '.join(usual)} are decided."]
            if usual
            else []
        ),
        *([SECOND_LOOK] if fixed else []),
    ]


def proposed(
    asking: Question, found: Proposal, out: Path, files: Sequence[Path], budget: float | None
) -> str:
    """The plan of a proposal: what is trained in each study, what it costs, and what it would decide."""
    heading = ["study", "seeds", "runs to train", "core time", "to be decided", "expected"]
    rows = [heading]
    for study in found.plan.studies:
        if not study.settings:
            continue
        jobs = [job for job in sorted(jobs_of(study)) if job in found.left]
        total = Total.of(found.left[job] for job in jobs)
        ours = [(item, p) for item, p in found.expected if item.study == study.name]
        rows.append(
            [
                study.name,
                _seeds(asking, found, study.name),
                str(sum(kind == "runs" for kind, _ in jobs)),
                f"{'at most ' * total.at_most}{core_time(total.seconds)}",
                str(sum(p >= POWER or not item.prospect.probability for item, p in ours)),
                f"{sum(p for _, p in ours):.1f}",
            ]
        )
    total = found.total
    rows.append(
        [
            "all, shared runs once",
            "",
            str(sum(kind == "runs" for kind, _ in found.left)),
            f"{'at most ' * total.at_most}{core_time(total.seconds)}",
            str(sum(p >= POWER or not item.prospect.probability for item, p in found.expected)),
            f"{sum(p for _, p in found.expected):.1f}",
        ]
    )
    lines = [columns(row) for row in lined_up(rows)] + [""]
    lines += [
        f"  {_named(item)}: {p:.0%}{_unknown(item)}"
        for item, p in found.expected
        if p >= POWER or not item.prospect.probability
    ]
    rest = [p for item, p in found.expected if p < POWER and item.prospect.probability]
    if rest:
        lines.append(f"  and {len(rest)} more that get further seeds, each with less than {POWER:.0%}")
    lines += [
        "",
        f"{out}: {core_time(total.seconds)} of core time, evaluation included"
        + (f", of {core_time(budget)}" if budget else "")
        + ". "
        + (GREEDY if budget else ""),
    ]
    lines += [
        *total.remarks(),
        *_remarks(asking, (item for item, _ in found.expected), training=True),
        "",
        "Next:",
        f"  carryover plan --configfile {shlex.join([*map(str, files), str(out)])}",
        f"  {_training(files, out)}",
    ]
    if asking.from_reference:
        lines.append(f"  carryover reference {found.plan.report_folder / 'tables'} {asking.source}")
    return "\n".join(line.rstrip() for line in lines)


def _training(files: Sequence[Path], out: Path) -> str:
    return f"snakemake --cores all --configfile {shlex.join([*map(str, files), str(out)])}"


def _named(item: Undecided) -> str:
    return f"{item.study}/{item.id}" + (f" at {item.label}" if item.label else "")


def _unknown(item: Undecided) -> str:
    return "" if item.prospect.probability else ", as of the others: the runs so far cannot tell"


def _seeds(asking: Question, found: Proposal, study: str) -> str:
    """`5 → 12`, or `1–3 → 3–5` where settings have different numbers."""
    now = {
        label: seeds
        for item in asking.findings.undecided
        if item.study == study
        for label, seeds in item.settings.items()
    }
    ours = {label: number for (name, label), number in found.more.items() if name == study}
    return (
        f"{_range([now[label] for label in ours])} → {_range([now[label] + ours[label] for label in ours])}"
    )


def _range(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low}–{high}"


def data(asking: Question, found: Proposal | None, files: Sequence[Path]) -> dict[str, Any]:
    """All of it as plain data."""
    candidates = {one.item.key: one for one in asking.candidates()}
    items = [_item(asking, item, candidates.get(item.key), files) for item in asking.findings.undecided]
    proposal = None
    if found is not None:
        total = found.total
        proposal = {
            "overlay": found.keys,
            "runs": sum(kind == "runs" for kind, _ in found.left),
            "core_seconds": total.seconds,
            "at_most": total.at_most,
            "expected": [
                {
                    "study": item.study,
                    "kind": item.kind,
                    "id": item.id,
                    "setting": item.label or None,
                    "probability": p,
                }
                for item, p in found.expected
            ],
        }
    return {
        "source": str(asking.source),
        "undecided": items,
        "usual": asking.findings.usual,
        "proposal": proposal,
    }


def _item(
    asking: Question, item: Undecided, found: Candidate | None, files: Sequence[Path]
) -> dict[str, Any]:
    total = Total.of(found.costs.values()) if found else None
    return {
        "study": item.study,
        "kind": item.kind,
        "id": item.id,
        "setting": item.label or None,
        "reason": item.reason,
        "detail": item.detail,
        "so_far": item.so_far,
        "seeds": item.settings,
        "least": item.prospect.least,
        "enough": item.prospect.needed,
        "probability": {str(seeds): p for seeds, p in item.prospect.probability.items()},
        "drawn": list(item.prospect.methods),
        "no_use": why_not(asking, item) or None,
        "target": found.item.target if found else None,
        "chance": found.chance if found else None,
        "runs": len(found.costs) if found else None,
        "core_seconds": total.seconds if total else None,
        "known_from": total.known_from() if total else None,
        "command": command(asking, files, item) if found else None,
    }
