"""The keys of config.yaml and its overlays, each with where it was set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from carryover.data.shards import BLOCK_ROWS
from carryover.errors import UserError, UserErrors
from carryover.planning.yaml_reader import read_yaml
from carryover.settings.base import Positive, Settings
from carryover.settings.study import FixedSeeds
from carryover.settings.texts import FilePath, Name, Title

Patterns = Annotated[tuple[FilePath, ...], Field(min_length=1)]


def _no_wildcard(folder: str) -> str:
    if "{" in folder or "}" in folder:
        raise ValueError("a folder's name must have no { or }, which Snakemake reads as wildcards")
    return folder


SeedsBySetting = Annotated[dict[Title, FixedSeeds], Field(min_length=1)]
SeedsByStudy = Annotated[dict[Name, FixedSeeds | SeedsBySetting], Field(min_length=1)]
Folder = Annotated[FilePath, AfterValidator(_no_wildcard)]


class Root(Settings):
    """The keys of config.yaml. Paths are relative to the folder that the workflow runs in."""

    name: Name = Field(description="Names the report's folder, `results/reports/<name>/`.")
    scale: Literal["quick", "full"] = Field(
        default="quick", description="`quick` or `full`: which part of each study's `scales` holds."
    )
    results: Folder = Field(
        default="results", description="The folder where all results land. It belongs to Carryover alone."
    )
    data: Folder = Field(
        default="data", description="The folder where the review archive is kept once it was fetched."
    )
    datasets: Patterns = Field(
        default=("config/datasets/*.yaml",),
        description="Patterns of the files that describe datasets. `*.yaml` stands for `*.yml` too; hidden files "
        "are skipped.",
    )
    suites: Patterns = Field(
        default=("config/suites/*.yaml",), description="Patterns of the files that describe suites."
    )
    studies: Patterns = Field(
        default=("config/studies/*.yaml",),
        description="Patterns of the files that describe studies. Add your own beside the shipped ones.",
    )
    only: tuple[str, ...] | None = Field(
        default=None, description="Names of the studies to run. Left out: all."
    )
    seeds: FixedSeeds | SeedsByStudy | None = Field(
        default=None,
        description="For every study, a number of seeds (3 means 0, 1, 2) or a list of them; or such a number or list "
        "for some studies, as in `{adder-cells: 12}`, or for some settings of a study by their labels, as in "
        "`{adder-cells: {cell=rnn: [5, 6, 7]}}`; its other settings are left out. Left out: each study's own.",
    )
    readings: bool = Field(
        default=True,
        description="At full scale, run each study also under the other readings of what its report does not "
        "state. `false`: under its own alone.",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto",
        description="Where trainings run: `auto` takes a GPU where there is one, else the CPU.",
    )
    jobs_per_gpu: Positive = Field(
        default=1,
        description="How many trainings share one GPU, each with its part of the memory "
        "([docs/gpu.md](../docs/gpu.md)).",
    )
    shard_rows: Positive = Field(
        default=64 * BLOCK_ROWS,
        description="A split with more rows than this is drawn in parts, each by a job of its own, and put "
        "together ([docs/large.md](../docs/large.md)). Rounded up to a multiple of 65,536.",
    )
    reference: FilePath | None = Field(
        default=None, description="Folder of committed tables that the report compares with."
    )

    def seeds_of(self, study: str) -> FixedSeeds | dict[str, FixedSeeds] | None:
        """The seeds that the config asks for in place of a study's own, for all its settings or for each that is
        named; None where it asks for none.
        """
        return self.seeds.get(study) if isinstance(self.seeds, dict) else self.seeds


@dataclass(frozen=True)
class Merged:
    """config.yaml and its overlays as plain data, and where each key was set last: a file, or `--config`."""

    data: dict[str, Any] = field(default_factory=dict)
    origin: dict[str, str] = field(default_factory=dict)
    first: str = "config"

    def where(self, key: str) -> str:
        """Where a key was set; for one that is missing, the first file."""
        return self.origin.get(key, self.first)

    def __or__(self, overrides: Mapping[str, Any]) -> Merged:
        """With the keys of `--config` over those of the files."""
        origin = self.origin | dict.fromkeys(overrides, "--config")
        return Merged(self.data | dict(overrides), origin, self.first)


def read_root(files: Iterable[Path]) -> Merged:
    """Config files, merged as Snakemake merges them: if several files have a key, the last one counts.

    Raises UserErrors with one line a file that cannot be read.
    """
    data: dict[str, Any] = {}
    origin: dict[str, str] = {}
    mistakes = []
    files = list(files)
    for file in files:
        try:
            content = read_yaml(file)
        except UserError as error:
            mistakes.append(str(error))
            continue
        if isinstance(content, dict):
            data |= content
            origin |= dict.fromkeys(content, str(file))
        elif content is not None:
            mistakes.append(f"{file}: a config file is a mapping of keys, such as `name: mine`; this is none")
    if mistakes:
        raise UserErrors(mistakes)
    return Merged(data, origin, str(files[0]) if files else "config")
