from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from carryover.errors import UserError
from carryover.tasks.digit_sum.bounds import decimal_length
from carryover.tasks.digit_sum.pairs import read_pairs
from carryover.tasks.digit_sum.settings import DigitSumDataset
from carryover.tasks.digit_sum.sources import with_file_digest

ROWS = {"train": 5, "validation": 2, "test": 3}


def dataset(distribution: dict[str, Any], **changes: Any) -> DigitSumDataset:
    return DigitSumDataset.read({"task": "digit_sum", "distribution": distribution, "rows": ROWS} | changes)


def mistake(distribution: dict[str, Any], **changes: Any) -> str:
    with pytest.raises(ValidationError) as error:
        dataset(distribution, **changes)
    assert error.value.error_count() == 1
    return str(error.value.errors()[0]["msg"])


@given(st.integers(0, 10**60))
def test_decimal_length(value: int) -> None:
    assert decimal_length(value) == len(str(value))


@pytest.mark.parametrize("exponent", [0, 1, 15, 16, 17, 300, 5_000, 20_000])
def test_decimal_length_at_powers_of_ten(exponent: int) -> None:
    assert decimal_length(10**exponent) == exponent + 1
    assert decimal_length(10**exponent - 1) == max(exponent, 1)


def test_a_bound_has_one_canonical_form_however_it_is_written() -> None:
    small = [dataset({"kind": "uniform_integers", "high": high}) for high in (10**10, "10^10")]
    large = [dataset({"kind": "uniform_integers", "high": high}) for high in (10**100, "10^100")]
    assert small[0].canonical() == small[1].canonical()
    assert small[0].canonical()["distribution"] == {"kind": "uniform_integers", "high": 10**10}
    assert large[0].canonical() == large[1].canonical()
    assert large[0].canonical()["distribution"] == {"kind": "uniform_integers", "high": "10^100"}
    assert large[0].distribution.bounds() == (0, 10**100)  # type: ignore[union-attr]
    assert DigitSumDataset.read(large[0].complete()) == large[0]


@pytest.mark.parametrize(
    ("distribution", "digits", "numbers"),
    [
        ({"kind": "uniform_integers", "high": 1}, 1, 1),
        ({"kind": "uniform_integers", "high": 5}, 1, 5),
        ({"kind": "uniform_integers", "high": 6}, 2, 6),
        ({"kind": "uniform_integers", "low": 555_555_555, "high": 999_999_999}, 10, 444_444_444),
        ({"kind": "uniform_integers", "high": "10^5000"}, 5_001, "10^5000"),
        ({"kind": "uniform_digits", "digits": 11}, 12, 10**11),
        ({"kind": "uniform_length", "longest": 3}, 4, 10**3),
        ({"kind": "uniform_length", "shortest": 3, "longest": 3}, 4, 900),
    ],
)
def test_the_longest_sum_and_the_space(distribution: dict[str, Any], digits: int, numbers: int | str) -> None:
    # Numbers too long to print, which pytest would, are written as a power.
    count = 10 ** int(numbers.removeprefix("10^")) if isinstance(numbers, str) else numbers
    assert dataset(distribution).longest_sum() == digits
    assert dataset(distribution).space() == count**2


@pytest.mark.parametrize(
    ("distribution", "words"),
    [
        ({"kind": "uniform_integers", "high": 0}, r"low \(0\) is not below high \(0\).*set it above low"),
        ({"kind": "uniform_integers", "low": 7, "high": 7}, r"low \(7\) is not below high \(7\)"),
        ({"kind": "uniform_integers", "low": "10^40", "high": 9}, r"low \(10e40\) is not below high \(9\)"),
        (
            {"kind": "uniform_integers", "low": -1, "high": 9},
            "-1 is negative; operands are whole numbers from 0",
        ),
        ({"kind": "uniform_integers", "high": True}, r"True is not a bound; write a whole number.*10\^N"),
        ({"kind": "uniform_integers", "high": 1.5}, "1.5 is not a bound"),
        ({"kind": "uniform_integers", "high": "1e10"}, "'1e10' is not a bound"),
        ({"kind": "uniform_integers", "high": "10^x"}, "is not a bound"),
        ({"kind": "uniform_integers", "high": "10^1000000"}, r"too large; the largest bound is 10\^100000"),
        ({"kind": "uniform_integers", "high": None}, "required"),
        (
            {"kind": "uniform_length", "shortest": 4, "longest": 3},
            r"shortest \(4\) is above longest \(3\); swap them",
        ),
        ({"kind": "uniform_length", "shortest": 0, "longest": 3}, "greater than or equal to 1"),
        ({"kind": "uniform_digits", "digits": 0}, "greater than or equal to 1"),
        ({"kind": "uniform_digits", "digits": -3}, "greater than or equal to 1"),
        ({"kind": "uniform_digits", "digits": True}, "valid integer"),
        ({"kind": "uniform_digits", "digits": 10**7}, "less than or equal to 100000"),
        ({"kind": "uniform_digits", "digits": 3, "low": 1}, "Extra inputs"),
        ({"kind": "uniform_digits"}, "required"),
        ({"kind": "pairs_file", "path": ""}, "is empty; write a path"),
    ],
)
def test_bad_distributions_are_refused_in_words(distribution: dict[str, Any], words: str) -> None:
    assert re.search(words, mistake(distribution))


def test_rows_in_no_split_are_refused() -> None:
    words = mistake({"kind": "uniform_digits", "digits": 3}, rows={})
    assert "rows in at least one of train, validation and test" in words


def test_a_space_too_small_to_be_parted_is_refused() -> None:
    assert "has 55 different pairs" in mistake({"kind": "uniform_digits", "digits": 1}, disjoint=True)
    assert "has 1 different pairs" in mistake(
        {"kind": "uniform_integers", "low": 8, "high": 9}, disjoint=True
    )
    assert dataset({"kind": "uniform_integers", "high": 20}, disjoint=True).disjoint
    assert "cannot be drawn again" in mistake({"kind": "pairs_file", "path": "x.csv"}, disjoint=True)


def test_slugs_are_short_and_tell_distributions_apart() -> None:
    distributions: list[dict[str, Any]] = [
        {"kind": "uniform_integers", "high": "10^10"},
        {"kind": "uniform_integers", "low": 555_555_555, "high": 999_999_999},
        {"kind": "uniform_integers", "high": 10**4000 + 1},
        {"kind": "uniform_digits", "digits": 11},
        {"kind": "uniform_length", "longest": 30},
        {"kind": "pairs_file", "path": "Some Body's File.csv"},
    ]
    slugs = [dataset(distribution).slug() for distribution in distributions]
    assert slugs[:2] == ["sum-integers-0-10e10", "sum-integers-555555555-999999999"]
    assert len(set(slugs)) == len(slugs)
    assert all(re.fullmatch(r"[a-z0-9_-]{5,50}", slug) for slug in slugs)


def test_canonical_settings_are_frozen() -> None:
    """A change here renames every dataset there is."""
    written = dataset({"kind": "uniform_length", "shortest": 1, "longest": 10}, seed=0, disjoint=False)
    assert written.canonical() == {
        "task": "digit_sum",
        "distribution": {"kind": "uniform_length", "longest": 10},
        "rows": {"train": 5, "validation": 2, "test": 3},
    }


# --- the user's own pairs ---


def planned(path: Path, **changes: Any) -> DigitSumDataset:
    asked = {"rows": {"test": 2}} | changes
    return with_file_digest(dataset({"kind": "pairs_file", "path": path.name}, **asked), path.parent)


def test_pairs_are_read_in_canonical_form(tmp_path: Path) -> None:
    big = "9" * 5_000
    csv = tmp_path / "pairs.csv"
    csv.write_text(f"\ufeffnote, a ,b\nx,007, 12\n,0,000\ny,{big},1\n", encoding="utf-8")
    expected = {"a": ["7", "0", big], "b": ["12", "0", "1"]}
    assert read_pairs(csv).to_pydict() == expected
    pq.write_table(pa.table({"b": ["12", "0", "1"], "a": ["7", "0", big]}), tmp_path / "text.parquet")
    assert read_pairs(tmp_path / "text.parquet").to_pydict() == expected
    whole = pa.table({"a": pa.array([2**64 - 1], pa.uint64()), "b": pa.array([3], pa.int8())})
    pq.write_table(whole, tmp_path / "whole.PARQUET")
    assert read_pairs(tmp_path / "whole.PARQUET").to_pydict() == {"a": [str(2**64 - 1)], "b": ["3"]}


def test_content_names_the_dataset_and_its_place_does_not(tmp_path: Path) -> None:
    for folder, text in (
        ("one", "a,b\n1,2\n3,4\n"),
        ("two", "a,b\n1,2\n3,4\n"),
        ("three", "a,b\n1,2\n3,5\n"),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "pairs.csv").write_text(text)
    one, two, three = (planned(tmp_path / folder / "pairs.csv") for folder in ("one", "two", "three"))
    assert one.canonical() == two.canonical() != three.canonical()
    assert "path" not in one.canonical()["distribution"]
    assert Path(one.distribution.path).is_file()  # type: ignore[union-attr]
    assert one.longest_sum() == 2
    assert one.space() is None
    assert with_file_digest(one) == one
    unread = dataset({"kind": "pairs_file", "path": "pairs.csv"})
    assert unread.canonical()["distribution"]["path"] == "pairs.csv"
    assert unread.longest_sum() is None


def test_other_datasets_are_left_as_they_are() -> None:
    other = dataset({"kind": "uniform_digits", "digits": 3})
    assert with_file_digest(other) is other


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a,b\n1,2\n3,four\n", r"column b, row 2: holds 'four'; it should hold a whole number from 0"),
        ("a,b\n1,2\n-3,4\n", "column a, row 2: holds '-3'"),
        ("a,b\n1,2\n3.0,4\n", "column a, row 2: holds '3.0'"),
        ("a,b\n1,2\n٣,4\n", "column a, row 2: holds '٣'"),
        ("a,b\n1,2\n,4\n", "column a, row 2: holds nothing"),
        ("a,b\n1,2\n1 2,4\n", "column a, row 2: holds '1 2'"),
        (f"a,b\nx{'1' * 500},2\n", r"row 1: holds 'x1{36}…'"),
        ("x,y\n1,2\n", r"needs one column a and one column b; it has x, y\. The first line"),
        ("1,2\n3,4\n", "needs one column a and one column b"),
        ("a,a,b\n1,2,3\n", "needs one column a; it has a, a, b"),
        ("a,b\n", "has no rows; it should have one pair a row"),
        ("", r"not a readable csv file \(Empty CSV file\)"),
        ("a,b\n1,2\n3\n", "not a readable csv file .*Expected 2 columns, got 1"),
        (b"a,b\n1,\xff\n", "not UTF-8; save the file as UTF-8"),
        ("a,b\n1,2\n", "rows asks for 2 pairs and the file has 1; ask for fewer"),
    ],
)
def test_bad_files_are_refused_in_one_line(tmp_path: Path, content: str | bytes, words: str) -> None:
    path = tmp_path / "pairs.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=words) as error:
        planned(path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_bad_parquet_files_are_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "pairs.parquet"
    for column, words in (
        (pa.array([1.0, 2.0]), "column a holds double; it should hold integers, or digits as text"),
        (pa.array([1, None]), "column a, row 2: holds nothing"),
        (pa.array([1, -2]), "column a, row 2: holds '-2'"),
        (pa.array([[1], [2]]), "column a holds list"),
    ):
        pq.write_table(pa.table({"a": column, "b": [1, 2]}), path)
        with pytest.raises(UserError, match=words):
            planned(path)
    path.write_bytes(b"not parquet")
    with pytest.raises(UserError, match="not a readable parquet file"):
        planned(path)


def test_files_that_are_not_there_or_of_another_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.csv: no such file; `path` should name a CSV or Parquet file"):
        planned(tmp_path / "gone.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(UserError, match=r"folder\.csv: cannot be read \(Is a directory\)"):
        planned(tmp_path / "folder.csv")
    (tmp_path / "pairs.xlsx").write_bytes(b"x")
    with pytest.raises(UserError, match=r"neither \.csv, \.tsv, \.txt nor \.parquet by its name"):
        planned(tmp_path / "pairs.xlsx")


def test_a_file_other_than_the_settings_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    first = planned(path)
    path.write_text("a,b\n1,2\n3,5\n")
    with pytest.raises(UserError, match="not the one that was planned"):
        with_file_digest(first)


def test_shares_of_lengths_have_one_canonical_form() -> None:
    mixed = {"kind": "mixed_lengths", "digits": [1, 2]}
    assert dataset(mixed | {"shares": [3, 3]}).canonical() == dataset(mixed).canonical()
    assert dataset(mixed | {"shares": [2, 4]}).canonical()["distribution"]["shares"] == [1, 2]
    assert "draw" not in dataset(mixed).canonical()


@pytest.mark.parametrize(
    ("distribution", "numbers"),
    [
        ({"digits": [1, 3]}, 910),
        ({"digits": [1, 3], "leading_zeros": True}, 1000),
        ({"digits": [2]}, 90),
        ({"digits": [1, 4000], "leading_zeros": True}, 10**4000),
    ],
)
def test_numbers_of_mixed_lengths(distribution: dict[str, Any], numbers: int) -> None:
    settings = dataset({"kind": "mixed_lengths"} | distribution)
    assert settings.space() == numbers**2
    assert settings.longest_sum() == distribution["digits"][-1] + 1
