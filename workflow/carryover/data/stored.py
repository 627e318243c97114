"""The JSON files that results consist of, and their shapes, which are checked whenever one is read.

A file that was damaged, or is not what its name says, is one line that names the job that makes it again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from carryover.data.files import AGAIN, read_json
from carryover.errors import UserError

LARGEST = 2**63 - 1  # what a column of whole numbers holds

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0, le=LARGEST)]
Measured = Annotated[float, Field(ge=0)]


class Stored(BaseModel):
    """What a JSON file holds. Keys of other versions are left out; a value of another type or NaN is a fault."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, allow_inf_nan=False)
    again: ClassVar[str] = AGAIN  # how the file is made again

    @classmethod
    def read(cls, path: Path) -> Self:
        """The file's content. Raises UserError where it is missing, damaged or of another shape."""
        try:
            return cls.model_validate(read_json(path, cls.again))
        except ValidationError as error:
            raise UserError(f"{path}: {_first(error)}; {cls.again}") from None


def _first(error: ValidationError) -> str:
    """The first fault in a few words: the key, and what is wrong with it."""
    fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
    key = ".".join(map(str, fault["loc"])).replace("\n", "\\n")
    what = fault["msg"][0].lower() + fault["msg"][1:]
    if fault["type"] == "model_type":  # its words name a class of this module
        what = "not a mapping of keys"
    return f"damaged ({key}: {what})" if key else f"damaged ({what})"


class DatasetFile(Stored):
    """dataset.json."""

    again = "remove the dataset's folder and run the workflow again: the job generate makes it"

    task: str
    settings: dict[str, Any]
    rows: dict[str, Count]
    digests: dict[str, Digest]  # split → content digest
    digest: Digest  # of all splits
    vocabulary: list[str] | None = None  # of reviews: the words, by token


class RunFile(Stored):
    """run.json."""

    again = "remove the run's folder and run the workflow again: the job train makes it"

    task: str
    settings: dict[str, Any]
    sizes: dict[str, Count | None]
    parameters: Count
    status: Literal["solved", "finished", "diverged"]
    steps: Count
    solved_at: Count | None
    best_step: Count | None = None
    dataset_digest: Digest
    checkpoint_digest: Digest


class CostFile(Stored):
    """cost.json of a run or an evaluation."""

    again = "remove the folder and run the workflow again: the job train or evaluate makes it"

    stage: str
    seconds: Measured
    cpu_seconds: Measured
    peak_memory_mb: Measured
    device: str
    host: str
    device_name: str | None = None
    device_memory_mb: Measured | None = None
    examples_per_second: Measured | None = None
    training_seconds: Measured | None = None
    seconds_per_step: Measured | None = None
    seconds_per_epoch: Measured | None = None
    torch: str | None = None
    threads: Count | None = None
    alone: bool | None = None
    # Of trainings, for a process that waited for the one that wrote this.
    identity: str | None = None
    status: str | None = None


class HolderFile(Stored):
    """holder.json: who holds a lock."""

    host: str
    pid: Count


class MergedReport(Stored):
    """One report that went into a reference: its runs, and its provenance where it had one."""

    runs: list[str]
    provenance: dict[str, Any] | None


class ReferenceProvenance(Stored):
    """provenance.json of a reference."""

    again = "restore it from the repository"

    merged: list[MergedReport]
