"""Settings of sentiment datasets: labelled reviews, how they are split, and how words become tokens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from carryover.settings.base import Positive, Settings
from carryover.settings.dataset import DatasetSettings
from carryover.settings.models import Model
from carryover.settings.rows import Rows
from carryover.settings.texts import FilePath, Line
from carryover.settings.training import Training
from carryover.tasks.sentiment.file_source import FileSource, whole_number_as_text

# The Large Movie Review Dataset v1.0 (Maas et al., ACL 2011), as its authors publish it.
ARCHIVE_URL = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
ARCHIVE_MD5 = "7c2ac02c03563afcf9b574c7e56c153a"
ARCHIVE_BYTES = 84_125_825
ARCHIVE_LABELS = ("negative", "positive")

# Both splits of imdb-sweeps use random_state=42; a redrawn dataset (another seed) counts on from there.
REPORT_RANDOM_STATE = 42

_Text = Annotated[Line, Field(min_length=1, max_length=60)]
Label = Annotated[_Text, BeforeValidator(whole_number_as_text, json_schema_input_type=_Text | int)]


class ArchiveSource(Settings):
    """The public archive: a local copy at `path`, or else fetched once into the data folder.

    Its MD5 identifies it; where it lies or comes from is no part of a dataset's identity.
    """

    kind: Literal["archive"] = Field(
        default="archive", description="The public review archive, fetched once."
    )
    path: FilePath | None = Field(
        default=None, description="A local copy of the archive, instead of fetching it."
    )
    url: Annotated[str, Field(pattern=r"^https?://[^/]+/.*[^/]$")] = Field(
        default=ARCHIVE_URL, description="Where it is fetched from."
    )
    md5: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] = Field(
        default=ARCHIVE_MD5, description="MD5 of the archive."
    )
    size: Positive = Field(default=ARCHIVE_BYTES, description="Bytes of the archive.")

    def canonical(self) -> dict[str, Any]:
        return {key: value for key, value in super().canonical().items() if key not in ("path", "url")}

    def file(self, data_root: Path) -> Path:
        """Where the archive lies, or will lie once fetched."""
        return Path(self.path) if self.path is not None else data_root / self.url.rsplit("/", 1)[-1]


class SentimentDataset(DatasetSettings):
    """Reviews with labels, split at random as imdb-sweeps does, with a vocabulary from the training split.

    The defaults are that report's: 50,000 reviews split 7:1:2 by two shuffles with random state 42, not stratified;
    lower-cased words without the characters that `remove` matches, seen at least 5 times in training; stop words
    become `<unk>` (`unknown`) and count towards the 256 tokens that are kept of a review. `dropped` takes stop words
    out of the text, `kept` treats them like any word. `disjoint` keeps reviews in one split whose tokens are the same
    with a vocabulary of all reviews. Class i is `labels[i]`. Seed s splits with random state 42 + s.
    """

    task: Literal["sentiment"] = Field(default="sentiment", description="A review is positive or negative.")
    source: Annotated[ArchiveSource | FileSource, Field(discriminator="kind")] = Field(
        default=ArchiveSource(), description="Where the reviews come from."
    )
    labels: Annotated[tuple[Label, ...], Field(min_length=2, max_length=1000)] = Field(
        default=ARCHIVE_LABELS, description="Class 0, class 1, and so on, as the file writes them."
    )
    rows: Rows = Field(
        default=Rows(train=35_000, validation=5_000, test=10_000),
        description="Rows of `train`, `validation` and `test`; a split that is left out is empty.",
    )
    stratified: bool = Field(default=False, description="Keep the shares of labels equal in all splits.")
    disjoint: bool = Field(default=False, description="Keep each example in one split only.")
    lowercase: bool = Field(default=True, description="Make words lower-case.")
    remove: str = Field(
        default=r"[^\w\s]", description="A regular expression of the characters that are taken out of words."
    )
    stop_words: Literal["unknown", "dropped", "kept"] = Field(
        default="unknown",
        description="`unknown`: stop words become `<unk>`, as published. `dropped`: they are taken out. `kept`: "
        "they are words like others.",
    )
    minimum_frequency: Positive = Field(
        default=5, description="How often a word must stand in the training split to be known."
    )
    max_tokens: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=256, description="Where a review is cut."
    )
    seed: Annotated[int, Field(ge=0, lt=2**32 - REPORT_RANDOM_STATE)] = Field(
        default=0, description="Another seed, another draw."
    )

    @field_validator("labels", mode="before")
    @classmethod
    def _are_no_truth_values(cls, labels: Any) -> Any:
        if not isinstance(labels, list):
            return labels
        for label in labels:
            whole_number_as_text(label)  # one mistake, however many labels are yes or no
        return tuple(labels)

    @field_validator("labels")
    @classmethod
    def _labels_differ(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(labels)) < len(labels):
            raise ValueError("a label occurs twice; each label is one class")
        return labels

    @field_validator("remove")
    @classmethod
    def _is_a_pattern(cls, remove: str) -> str:
        try:
            re.compile(remove)
        except re.error as error:
            raise ValueError(
                rf"{remove!r} is not a regular expression ({error}); the default is [^\w\s]"
            ) from None
        return remove

    @model_validator(mode="after")
    def _archive_has_its_labels(self) -> SentimentDataset:
        if self.source.kind == "archive" and set(self.labels) != set(ARCHIVE_LABELS):
            raise ValueError(
                "labels: the archive's are negative and positive; other labels need source.kind: file"
            )
        return self

    def canonical(self) -> dict[str, Any]:
        known = super().canonical()
        if (
            known.get("source") == ArchiveSource().canonical()
        ):  # a copy of the public archive is the public archive
            del known["source"]
        return known

    def split_rows(self) -> dict[str, int]:
        return self.rows.by_split()

    def positions(self, model: Model, training: Training) -> int:
        """The tokens that are kept of a review."""
        return self.max_tokens

    def estimated_bytes(self) -> int:
        """About how large the Parquet files will be: a review takes about 850 bytes, its tokens among them."""
        return 850 * sum(self.split_rows().values())

    def drawn_by_row(self) -> bool:
        """Whether any rows can be drawn alone; reviews are read as a whole."""
        return False

    def slug(self) -> str:
        return f"sentiment-{self.source.kind}-{self.rows.train}-s{self.seed}"

    def random_state(self) -> int:
        """The seed of NumPy's legacy generator for both shuffles."""
        return REPORT_RANDOM_STATE + self.seed
