"""What a plan asks for, and which of it the results folder already has."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from carryover.planning.plan import Plan

# The files of each kind of result. A result that lacks one of them is not complete.
FILES: dict[str, tuple[str, ...]] = {
    "datasets": ("train.parquet", "validation.parquet", "test.parquet", "dataset.json"),
    "runs": ("model.safetensors", "history.parquet", "run.json", "cost.json"),
    "evaluations": ("examples.parquet", "metrics.parquet", "overlap.parquet", "cost.json"),
}
KINDS = tuple(FILES)


def addresses(plan: Plan) -> dict[str, list[str]]:
    """The content addresses that a plan asks for, by kind."""
    return {"datasets": list(plan.datasets), "runs": list(plan.runs), "evaluations": list(plan.evaluations)}


def complete(results: Path, kind: str, address: str) -> bool:
    """Whether a result has all its files."""
    return all((results / kind / address / name).is_file() for name in FILES[kind])


def present(plan: Plan) -> dict[str, list[str]]:
    """The addresses of a plan whose results are complete, by kind."""
    results = Path(plan.results)
    return {
        kind: [key for key in keys if complete(results, kind, key)] for kind, keys in addresses(plan).items()
    }


def size_of(folders: Iterable[Path]) -> int:
    """Bytes in the files below some folders."""
    return sum(file.stat().st_size for folder in folders for file in folder.rglob("*") if file.is_file())


def readable_bytes(size: float) -> str:
    """A size in the largest unit that leaves at least 1, such as `12.3 MB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def describe(plan: Plan) -> str:
    """The plan as text for a person: counts, what studies share, what already exists, and the disk space it takes."""
    asked, made, results = addresses(plan), present(plan), Path(plan.results)
    references = sum(len(study.replicates) + len(study.replicates_of_readings) for study in plan.studies)
    lines = [f"config {plan.name!r} at scale {plan.scale!r}, results in {plan.results}", ""]
    width = max((len(study.name) for study in plan.studies), default=0)
    for study in plan.studies:
        if not study.settings:
            continue
        seeds = max((len(setting.replicates) for setting in study.settings), default=0)
        others = len(set(study.runs_of_readings) - set(study.runs))
        lines.append(
            f"  {study.name:<{width}}  {len(study.settings):>3} settings × {seeds} seeds = {len(study.runs):>4} runs"
            + (f" + {others:>3} of other readings" if others else "")
            + f"  {study.title}"
        )
    lines += ["", f"{'':12}{'asked for':>10}{'there':>8}{'left':>8}"]
    for kind in KINDS:
        lines.append(
            f"{kind:<12}{len(asked[kind]):>10}{len(made[kind]):>8}{len(asked[kind]) - len(made[kind]):>8}"
        )
    shared = references - len(plan.runs)
    if shared > 0:
        lines.append(
            f"\n{shared} of the {references} runs that the studies list are shared and trained once."
        )
    nothing = [study.name for study in plan.studies if not study.settings]
    if nothing:
        lines.append(f"\nNothing is trained for {len(nothing)} studies: {', '.join(nothing)}.")
    absent = [key for key in plan.datasets if key not in set(made["datasets"])]
    on_disk = size_of(results / kind / key for kind in KINDS for key in made[kind])
    expected = sum(plan.datasets[key].settings.estimated_bytes() for key in absent)
    lines.append(
        f"\nOn disk: {readable_bytes(on_disk)}; datasets still to be made: about {readable_bytes(expected)}."
    )
    lines += [f"left out: {reason}" for reason in plan.unavailable]
    return "\n".join(lines)
