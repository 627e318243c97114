"""Files of reviews as other people write them: what is told from the file, what is set, and what is said."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from carryover.errors import UserError
from carryover.tasks.sentiment import packed
from carryover.tasks.sentiment.settings import SentimentDataset
from carryover.tasks.sentiment.table import read_table
from tests.tasks.sentiment import small_reviews

LABELS = ["negative", "positive"]


def dataset(path: Path, labels: list[Any], **source: Any) -> SentimentDataset:
    source = {"kind": "file", "path": str(path), **source}
    return SentimentDataset.read(small_reviews.settings(path, source=source, labels=labels))


def read(
    path: Path, content: str | bytes, labels: list[Any] = LABELS, **source: Any
) -> list[tuple[str, str]]:
    small_reviews.write(path, content)
    settings = dataset(path, labels, **source)
    return read_table(settings.source, settings.labels)  # type: ignore[arg-type]


def refused(path: Path, content: str | bytes, labels: list[Any] = LABELS, **source: Any) -> str:
    with pytest.raises(UserError) as caught:
        read(path, content, labels, **source)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- what is told from the file ---


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["r.csv", "r.tsv"])
def test_delimiter_is_told_from_the_header(tmp_path: Path, ending: str, delimiter: str):
    content = 'id;review;sentiment\n1;"one; two, three";negative\n2;four;positive\n'.replace(";", delimiter)
    text = f"one{delimiter} two, three"
    if delimiter == ",":
        text = "one, two, three"
    assert read(tmp_path / ending, content) == [(text, "negative"), ("four", "positive")]


def test_quotes_escaped_by_a_backslash(tmp_path: Path):
    content = 'id\tsentiment\treview\n"0"\t0\t"\\"Title\\" is a film."\n"1"\t1\t"Seen \\"twice\\"."\n"2"\t1\tplain\n'
    assert read(tmp_path / "r.tsv", content, [0, 1]) == [
        ('"Title" is a film.', "0"),
        ('Seen "twice".', "1"),
        ("plain", "1"),
    ]


@pytest.mark.parametrize(
    "reviews",
    [
        ['"A slow film', '"Well made" they say, a film', "plain"],
        ['"A slow film', 'they say "no"', "plain"],  # with quoting, two lines would be one row
    ],
)
def test_tabs_without_quoting_keep_every_row(tmp_path: Path, reviews: list[str]):
    content = "review\tsentiment\n" + "".join(f"{review}\tnegative\n" for review in reviews)
    assert read(tmp_path / "r.tsv", content) == [(review, "negative") for review in reviews]


def test_quotes_in_a_file_with_tabs_are_quotes_where_they_hold_a_line_end(tmp_path: Path):
    content = 'review\tsentiment\n"one\ntwo ""three"""\tnegative\n'
    assert read(tmp_path / "r.tsv", content) == [('one\ntwo "three"', "negative")]


def test_labels_that_are_numbers(tmp_path: Path):
    lines = "review,sentiment\na,0\nb,1.0\nc,0.0\n"
    assert [label for _, label in read(tmp_path / "r.csv", lines, [0, 1])] == ["0", "1", "0"]
    assert [label for _, label in read(tmp_path / "r.csv", lines, ["0", "1"])] == ["0", "1", "0"]
    assert "'0.5' is none of '0', '1'" in refused(tmp_path / "r.csv", lines + "d,0.5\n", [0, 1])


def test_labels_that_yaml_reads_as_truth_values_are_refused(tmp_path: Path):
    with pytest.raises(ValidationError, match="put the word in quotes") as caught:
        dataset(tmp_path / "r.csv", [False, True])
    assert caught.value.error_count() == 1


# --- Parquet and .zip ---


def parquet(**columns: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


@pytest.mark.parametrize("values", [pa.array([0, 1]), pa.array([0.0, 1.0]), pa.array(["0", "1"])])
def test_parquet(tmp_path: Path, values: pa.Array):
    content = parquet(text=["bad", "good\nfilm"], label=values)
    columns = {"review": "text", "sentiment": "label"}
    rows = [("bad", "0"), ("good\nfilm", "1")]
    assert read(tmp_path / "r.parquet", content, [0, 1], columns=columns) == rows
    assert "set source.columns: {review: text, sentiment: label}" in refused(
        tmp_path / "r.parquet", content, [0, 1]
    )
    assert "not a readable Parquet file" in refused(tmp_path / "r.parquet", b"PAR1 and no more")
    assert "row 1: the review is empty" in refused(
        tmp_path / "r.parquet", parquet(review=[None], sentiment=["negative"])
    )


@pytest.mark.parametrize("member", ["folder/IMDB Dataset.csv", "train.parquet"])
def test_archive_of_a_download_button(tmp_path: Path, member: str):
    content = b"review,sentiment\nbad,negative\n"
    if member.endswith(".parquet"):
        content = parquet(review=["bad"], sentiment=["negative"])
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.writestr("README.md", "about")
        archive.writestr(member, content)
    settings = dataset(tmp_path / "archive.zip", LABELS)
    assert read_table(settings.source, settings.labels) == [("bad", "negative")]  # type: ignore[arg-type]


# --- settings ---


def test_settings_of_a_file(tmp_path: Path):
    latin = "text;label\n'na\u00efve;neg\nb\"ad;pos\n".encode("latin-1")
    assert read(
        tmp_path / "r.csv",
        latin,
        ["neg", "pos"],
        encoding="latin-1",
        delimiter=";",
        quoting="none",
        columns={"review": "text", "sentiment": "label"},
    ) == [("'na\u00efve", "neg"), ('b"ad', "pos")]
    assert read(
        tmp_path / "r.csv",
        '"1","one, ""two"""\n"2","b"\n',
        [1, 2],
        header=False,
        columns={"review": 2, "sentiment": 1},
    ) == [('one, "two"', "1"), ("b", "2")]
    content = "review,sentiment\nna\u00efve,positive\n".encode("utf-16")
    assert read(tmp_path / "r.csv", content, encoding="utf-16") == [("na\u00efve", "positive")]


def test_settings_at_their_default_leave_the_identity_as_it_was(tmp_path: Path):
    digest = "0" * 64
    plain = dataset(tmp_path / "r.csv", LABELS, digest=digest).source
    assert plain.canonical() == {"kind": "file", "digest": digest}
    tab = dataset(tmp_path / "r.csv", LABELS, digest=digest, delimiter="tab", encoding="UTF8").source
    assert tab.canonical() == {"kind": "file", "digest": digest, "delimiter": "\t"}


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ({"delimiter": ", "}, "no delimiter"),
        ({"delimiter": '"'}, "no delimiter"),
        ({"encoding": "klingon"}, "no encoding"),
        ({"encoding": "base64"}, "no encoding"),
        ({"quoting": "single"}, "double"),
        ({"header": False}, "numbered from 1"),
        ({"columns": {"review": "a", "sentiment": "a"}}, "name two columns"),
    ],
)
def test_wrong_settings_of_a_file(tmp_path: Path, source: dict[str, Any], word: str):
    with pytest.raises(ValidationError, match=word):
        dataset(tmp_path / "r.csv", LABELS, **source)


# --- what is said ---


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            "Review,Sentiment\na,negative\n",
            "capital letters differ: set source.columns: {review: Review, sentiment",
        ),
        (",text,label\n0,a,negative\n", "set source.columns: {review: text, sentiment: label}"),
        (
            '"negative","one two three"\n',
            "source.header: false and source.columns: {review: 2, sentiment: 1}",
        ),
        ("review~sentiment\na~negative\n", "set source.delimiter"),
        ("review,sentiment\na,Negative\n", "capital letters differ; set labels"),
        ("review,sentiment\nnegative,a film\n", "swap the two in source.columns"),
        ('review,sentiment\n"a" b,negative\n', "source.quoting: backslash"),
        ("review,sentiment\na,b,negative\n", "3 fields, the header 2: 'a,b,negative'; quote reviews"),
        ("review,sentiment\nna\u00efve,negative\n".encode("latin-1"), "set source.encoding, such as cp1252"),
        ("review,sentiment\na,negative\n".encode("utf-16"), "set source.encoding, such as utf-16"),
    ],
)
def test_message_names_the_setting_that_mends_it(tmp_path: Path, content: str | bytes, words: str):
    assert words in refused(tmp_path / "r.csv", content)


# --- limits ---


@pytest.mark.parametrize("ending", ["r.csv", "r.csv.gz", "r.csv.xz", "r.csv.zip"])
def test_more_than_the_limit_is_refused_wherever_it_is_packed(
    tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(packed, "LARGEST_TABLE", 3 << 20)
    content = "review,sentiment\n" + "a,negative\n" * 300_000
    assert "holds more than 3 MB" in refused(tmp_path / ending, content)
    assert len(read(tmp_path / ending, content[: 2 << 20].rpartition("\n")[0])) > 1000


def test_one_endless_line_is_refused(tmp_path: Path):
    assert "a line is longer than" in refused(tmp_path / "r.csv.gz", b"a" * (9 << 20))
