"""What planning asks of a user's file of pairs: what it holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from carryover.errors import UserError
from carryover.tasks.digit_sum.distributions import PairsFile
from carryover.tasks.digit_sum.pairs import OPERANDS, RIGHT_FILE, file_digest, read_pairs
from carryover.tasks.digit_sum.settings import DigitSumDataset

if TYPE_CHECKING:
    import pyarrow as pa


def located(dataset: DigitSumDataset, folder: Path, data_root: Path) -> tuple[DigitSumDataset, None]:
    """The dataset with the content of its pairs_file, if it has one; a file that is missing is a mistake."""
    return with_file_digest(dataset, folder), None


def with_file_digest(dataset: DigitSumDataset, folder: Path = Path()) -> DigitSumDataset:
    """The dataset with the content of its pairs_file, if it has one, filled into its settings.

    `folder` is what a relative path starts from. Raises UserError where the file is missing, holds anything but pairs,
    has fewer of them than `rows` asks for, or is not the one that the settings name already.
    """
    source = dataset.distribution
    if not isinstance(source, PairsFile):
        return dataset
    if source.path is None:
        raise UserError(
            f"dataset.distribution: there is no path, and only the digest of a file; {RIGHT_FILE}"
        )
    path = folder / source.path
    digest = file_digest(path)
    if source.digest is not None and source.digest != digest:
        raise UserError(
            f"{path}: the file is not the one that was planned (SHA-256 {digest}); leave out `digest`"
        )
    pairs = read_pairs(path)
    asked = sum(dataset.split_rows().values())
    if asked > pairs.num_rows:
        raise UserError(
            f"{path}: rows asks for {asked:,} pairs and the file has {pairs.num_rows:,}; ask for fewer"
        )
    planned = source.model_copy(
        update={"path": str(path), "digest": digest, "longest_sum_digits": _longest_sum_at_most(pairs)}
    )
    return dataset.model_copy(update={"distribution": planned})


def _longest_sum_at_most(pairs: pa.Table) -> int:
    """The digits that the longest operand allows a sum to have."""
    import pyarrow.compute as pc

    return max(pc.max(pc.binary_length(pairs.column(name))).as_py() for name in OPERANDS) + 1
