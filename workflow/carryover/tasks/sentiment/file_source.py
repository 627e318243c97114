"""Settings of a user's own file of reviews: where it lies, and how it is written."""

from __future__ import annotations

import codecs
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from carryover.settings.base import Settings
from carryover.settings.texts import FilePath

TABLE_SUFFIXES = (".csv", ".tsv")
PACKED_SUFFIXES = ("", ".gz", ".xz", ".zip")
ENDINGS = (*(table + packed for table in TABLE_SUFFIXES for packed in PACKED_SUFFIXES), ".parquet", ".zip")

Quoting = Literal["double", "backslash", "none"]


def whole_number_as_text(value: Any) -> Any:
    """A whole number as its digits: YAML reads `0` as a number, and files hold it as text.

    Raises ValueError for yes and no, which YAML reads as true and false.
    """
    if isinstance(value, bool):
        raise ValueError(
            "YAML reads yes, no, true and false as truth values; put the word in quotes, as in ['no', 'yes']"
        )
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return str(int(value))
    return value


_Name = Annotated[str, Field(min_length=1, max_length=200)]
# The JSON Schema that editors read allows numbers, too.
ColumnName = Annotated[_Name, BeforeValidator(whole_number_as_text, json_schema_input_type=_Name | int)]


class ColumnNames(Settings):
    """What the file calls its columns. In a file without a header they are numbered from 1."""

    review: ColumnName = Field(default="review", description="The column of the texts.")
    sentiment: ColumnName = Field(default="sentiment", description="The column of the labels.")

    @model_validator(mode="after")
    def _differ(self) -> ColumnNames:
        if self.review == self.sentiment:
            raise ValueError(f"review and sentiment are both column {self.review!r}; name two columns")
        return self

    def names(self) -> tuple[str, str]:
        """The column of the texts, then that of the labels."""
        return self.review, self.sentiment


class FileSource(Settings):
    """A CSV, TSV or Parquet file of reviews; text may be packed (.gz, .xz), and any may be the one table of a .zip.

    `digest` is the SHA-256 of the file; the plan fills it in, and it stands for the path in a dataset's identity.
    Settings with the digest alone tell datasets apart, but not where to read the reviews.
    """

    kind: Literal["file"] = Field(description="Your own reviews.")
    path: FilePath | None = Field(
        default=None,
        description="A CSV, TSV or Parquet file (text also `.gz`, `.xz`; or a `.zip` with one table), 256 MB at most.",
    )
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        default=None, description="The plan fills it in: SHA-256 of the file."
    )
    columns: ColumnNames = Field(
        default=ColumnNames(),
        description="What the file calls the columns `review` and `sentiment`, such as `{review: text, sentiment: "
        "label}`; numbers from 1 in a file without a header.",
    )
    header: bool = Field(default=True, description="Whether the first line names the columns.")
    delimiter: str | None = Field(
        default=None,
        description="The character between columns, such as `';'` or `tab`. Left out: it is told from the header.",
    )
    quoting: Quoting | None = Field(
        default=None,
        description='How a quotation mark is written within quotes: `double` (`""`), `backslash` (`\\"`); `none`: '
        "quotation marks mean nothing. Left out: the reading that every row allows.",
    )
    encoding: str = Field(
        default="utf-8",
        description="How characters are stored, such as `utf-8`, `cp1252`, `latin-1`, `utf-16`.",
    )

    @field_validator("path")
    @classmethod
    def _has_a_known_ending(cls, path: str | None) -> str | None:
        if path is not None and not path.lower().endswith(ENDINGS):
            raise ValueError(
                f"{path!r} ends in neither .csv nor .tsv (with or without .gz, .xz or .zip) nor .parquet nor .zip; "
                "the public archive is {kind: archive, path: …}"
            )
        return path

    @field_validator("delimiter")
    @classmethod
    def _is_one_character(cls, delimiter: str | None) -> str | None:
        if delimiter in ("tab", r"\t"):
            return "\t"
        if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0\\'):
            raise ValueError(f"{delimiter!r} is no delimiter; write one character such as ';', or tab")
        return delimiter

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str) -> str:
        try:
            known = codecs.lookup(encoding)
            "".encode(encoding)  # refuses what encodes bytes and no text, such as base64
        except (LookupError, ValueError):
            raise ValueError(
                f"{encoding!r} is no encoding; write one such as utf-8, cp1252, latin-1 or utf-16"
            ) from None
        return known.name

    @model_validator(mode="after")
    def _is_named(self) -> FileSource:
        if self.path is None and self.digest is None:
            raise ValueError(
                "source.kind: file needs a path: a CSV, TSV or Parquet file with the columns review and sentiment"
            )
        return self

    @model_validator(mode="after")
    def _numbers_columns_without_header(self) -> FileSource:
        wrong = [name for name in self.columns.names() if not (name.isdecimal() and int(name) > 0)]
        if not self.header and wrong:
            raise ValueError(
                "without a header columns are numbered from 1; set columns, such as {review: 2, sentiment: 1}"
            )
        return self

    def canonical(self) -> dict[str, Any]:
        return {
            key: value for key, value in super().canonical().items() if key != "path" or self.digest is None
        }
