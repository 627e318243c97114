"""Digit sums against Python's own whole numbers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carryover.data import parquet
from carryover.data.files import read_json
from carryover.errors import UserError
from carryover.planning.runs import RunSettings
from carryover.tasks import generate as making
from carryover.tasks.digit_sum import data as digit_sum
from carryover.tasks.digit_sum.settings import DigitSumDataset
from carryover.tasks.digit_sum.sources import with_file_digest

Numbers = st.integers(min_value=0, max_value=10**40)

DISTRIBUTIONS = {
    "integers": {"kind": "uniform_integers", "high": "10^10"},
    "shifted": {"kind": "uniform_integers", "low": 555_555_555, "high": 999_999_999},
    "large": {"kind": "uniform_integers", "low": "10^30", "high": 3 * 10**30 + 7},
    "digits": {"kind": "uniform_digits", "digits": 11},
    "lengths": {"kind": "uniform_length", "shortest": 2, "longest": 30},
}


# The first rows of two datasets, as NumPy 2.4 draws them.
GOLDEN = {
    "digits": [(72087123613, 13771061113), (43431102462, 81344389368)],
    "large": [
        (2802676489824287514118372109359, 2718806156134451992162725203807),
        (1365171939466983562310659154302, 2354121833475002153466251744552),
    ],
}


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digit_sum, "BLOCK_ROWS", 64)


def dataset(distribution: str | dict[str, Any], **changes: Any) -> DigitSumDataset:
    if isinstance(distribution, str):
        distribution = DISTRIBUTIONS[distribution]
    rows = {"train": 200, "validation": 70, "test": 130}
    return DigitSumDataset.read({"task": "digit_sum", "distribution": distribution, "rows": rows} | changes)


def drawn(settings: DigitSumDataset, split: str = "train", rows: range | None = None) -> pa.Table:
    return pa.Table.from_batches(digit_sum.batches(settings, split, rows), schema=digit_sum.columns())


def pairs(table: pa.Table) -> list[tuple[int, int]]:
    return [(int(a), int(b)) for a, b in zip(table["a"].to_pylist(), table["b"].to_pylist(), strict=True)]


def matrix(values: list[int], width: int) -> np.ndarray:
    return np.array([[value // 10**place % 10 for place in range(width)] for value in values], dtype=np.uint8)


def values_of(digits: np.ndarray) -> list[int]:
    return [sum(int(digit) * 10**place for place, digit in enumerate(row)) for row in digits]


def run_settings(settings: DigitSumDataset, **training: Any) -> RunSettings:
    return RunSettings.read(
        {
            "dataset": settings.complete(),
            "model": {"kind": "tagger", "cell": "rnn"},
            "training": {"steps": 1} | training,
        }
    )


def assert_uniform(counts: Counter[Any] | np.ndarray, kinds: int) -> None:
    """Pearson's statistic within five standard deviations of what uniform draws give."""
    seen = np.array(list(counts.values()) if isinstance(counts, Counter) else counts, dtype=float)
    expected = seen.sum() / kinds
    statistic = ((seen - expected) ** 2 / expected).sum() + (kinds - len(seen)) * expected
    assert abs(statistic - (kinds - 1)) < 5 * (2 * (kinds - 1)) ** 0.5


# --- digits ---


@given(st.lists(st.tuples(Numbers, Numbers), min_size=1, max_size=20))
def test_sums_are_those_of_whole_numbers(operands: list[tuple[int, int]]) -> None:
    a, b = (matrix([pair[side] for pair in operands], 41) for side in (0, 1))
    assert digit_sum.decimals(digit_sum.add(a, b)).to_pylist() == [str(x + y) for x, y in operands]


def test_a_carry_runs_through_thousands_of_digits() -> None:
    nines, one = np.full((2, 5000), 9, dtype=np.uint8), matrix([1, 0], 5000)
    assert digit_sum.decimals(digit_sum.add(nines, one)).to_pylist() == ["1" + "0" * 5000, "9" * 5000]


@given(st.lists(Numbers, max_size=20), st.integers(1, 50))
def test_strings_and_digits_are_the_same_numbers(values: list[int], width: int) -> None:
    text = pa.array([str(value) for value in values], type=pa.string())
    digits = digit_sum.digits_from(text, width)
    assert digits.shape[1] == max([width, *(len(str(value)) for value in values)])
    assert values_of(digits) == values
    assert digit_sum.decimals(digits).to_pylist() == text.to_pylist()


def test_digits_of_strings_in_slices_and_chunks() -> None:
    text = pa.chunked_array(
        [pa.array(["1", "23", "456"]).slice(1), pa.array([], pa.string()), pa.array(["0"])]
    )
    assert values_of(digit_sum.digits_from(text, 5)) == [23, 456, 0]


@given(st.integers(min_value=0, max_value=10**5200))
@settings(max_examples=10)
def test_a_number_too_long_for_python_to_print_has_digits(value: int) -> None:
    assert values_of(digit_sum.digits_of(value, 5201)[None]) == [value]


# --- distributions ---


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_rows_hold_sums_in_canonical_form(name: str, small_blocks: None) -> None:
    table = drawn(dataset(name))
    assert table["index"].to_pylist() == list(range(200))
    assert table["sum"].to_pylist() == [str(a + b) for a, b in pairs(table)]
    for column in ("a", "b", "sum"):
        assert all(text == str(int(text)) for text in table[column].to_pylist())


@pytest.mark.parametrize("name", ["integers", "shifted", "large"])
def test_integers_lie_in_their_range(name: str) -> None:
    chosen = dataset(name)
    low, high = chosen.distribution.bounds()  # type: ignore[union-attr]
    assert all(low <= value < high for pair in pairs(drawn(chosen)) for value in pair)


def draw(distribution: dict[str, Any], rows: int, seed: int = 1) -> list[int]:
    chosen = dataset(distribution)
    return values_of(digit_sum.draw(chosen.distribution, rows, np.random.default_rng(seed)))


@pytest.mark.parametrize(("low", "high"), [(0, 7), (0, 10), (0, 137), (95, 105), (3, 1_000), (999, 1_003)])
def test_every_integer_is_equally_likely(low: int, high: int) -> None:
    counts = Counter(draw({"kind": "uniform_integers", "low": low, "high": high}, 20_000))
    assert set(counts) == set(range(low, high))
    assert_uniform(counts, high - low)


@pytest.mark.parametrize(("low", "high"), [(0, 137), (0, 100), (0, 101), (0, 1_990), (48, 250), (0, 199)])
def test_every_integer_is_equally_likely_where_many_are_drawn_again(
    low: int, high: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digit_sum, "LEADING_DIGITS", 1)
    counts = Counter(draw({"kind": "uniform_integers", "low": low, "high": high}, 40_000))
    assert set(counts) == set(range(low, high))
    assert_uniform(counts, high - low)


def test_long_integers_fill_their_range_evenly() -> None:
    high = 37 * 10**40 + 5
    shares = [
        value * 37 // high for value in draw({"kind": "uniform_integers", "low": 0, "high": high}, 20_000)
    ]
    assert_uniform(Counter(shares), 37)
    assert_uniform(
        Counter(value % 100 for value in draw({"kind": "uniform_integers", "high": high}, 20_000)), 100
    )


def test_every_digit_is_equally_likely() -> None:
    digits = digit_sum.uniform_digits(5, 20_000, np.random.default_rng(3))
    assert digits.shape == (20_000, 5)
    for place in range(5):
        assert_uniform(np.bincount(digits[:, place], minlength=10), 10)
    assert_uniform(Counter(zip(*digits.T[:3].tolist(), strict=True)), 1000)


def test_every_length_is_equally_likely_and_so_is_every_number_of_a_length() -> None:
    values = draw({"kind": "uniform_length", "shortest": 1, "longest": 4}, 80_000)
    lengths = Counter(len(str(value)) for value in values)
    assert set(lengths) == {1, 2, 3, 4}
    assert_uniform(lengths, 4)
    for length, numbers in ((1, 10), (2, 90), (3, 900)):
        assert_uniform(Counter(value for value in values if len(str(value)) == length), numbers)


def test_operands_are_independent() -> None:
    a, b = digit_sum.draw_block(dataset({"kind": "uniform_integers", "high": 10}), "train", 0)
    assert_uniform(Counter(zip(a[:, 0].tolist(), b[:, 0].tolist(), strict=True)), 100)


def test_the_handout_is_two_datasets() -> None:
    below = dataset({"kind": "uniform_integers", "high": 555_555_555}, rows={"train": 5_000})
    above = dataset("shifted", rows={"test": 2_000})
    ten_digits = [a + b >= 10**9 for a, b in pairs(drawn(below))]
    assert 0.01 < np.mean(ten_digits) < 0.03  # 2.0% by the report's account
    assert all(a + b >= 10**9 for a, b in pairs(drawn(above, "test")))


# --- streams ---


@pytest.mark.parametrize("disjoint", [False, True])
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_the_first_rows_of_a_larger_draw_are_the_smaller_draw(
    name: str, disjoint: bool, small_blocks: None
) -> None:
    small = drawn(dataset(name, disjoint=disjoint, rows={"train": 150, "test": 1}))
    large = drawn(dataset(name, disjoint=disjoint, rows={"train": 700, "validation": 9}))
    assert large.slice(0, 150).equals(small)


@pytest.mark.parametrize("disjoint", [False, True])
def test_any_rows_can_be_drawn_alone(disjoint: bool, small_blocks: None) -> None:
    chosen = dataset("lengths", disjoint=disjoint, rows={"train": 700})
    for rows in (range(0, 64), range(64, 128), range(100, 500), range(699, 700), range(0, 0)):
        part = drawn(chosen, rows=rows)
        assert part.combine_chunks().equals(drawn(chosen).slice(rows.start, len(rows)).combine_chunks())


def test_a_block_can_be_drawn_alone(small_blocks: None) -> None:
    chosen = dataset("digits", rows={"train": 400})
    a, b = digit_sum.draw_block(chosen, "train", 3)
    expected = pairs(drawn(chosen).slice(3 * 64, 64))
    assert list(zip(values_of(a), values_of(b), strict=True)) == expected


def test_splits_seeds_and_distributions_have_streams_of_their_own() -> None:
    first = dataset("digits")
    others = [
        drawn(first),
        drawn(first, "validation"),
        drawn(first, "test"),
        drawn(dataset("digits", seed=1)),
        drawn(dataset({"kind": "uniform_integers", "high": "10^11"})),
    ]
    firsts = [tuple(pairs(table)[:5]) for table in others]
    assert len(set(firsts)) == len(firsts)


def test_blocks_shrink_as_numbers_grow() -> None:
    for digits in (1, 11, 100, 5_000, 1_000_000):
        rows = digit_sum.block_rows(dataset({"kind": "uniform_digits", "digits": digits}).distribution)
        assert 1 <= rows <= digit_sum.BLOCK_ROWS
        assert rows == 1 or rows * digits <= digit_sum.BLOCK_DIGITS


def test_streams_are_those_of_the_pinned_numpy() -> None:
    """A change here changes every dataset there is: it needs a new format, and new reference results."""
    assert pairs(drawn(dataset("digits")))[:2] == GOLDEN["digits"]
    assert pairs(drawn(dataset("large", disjoint=True), "test"))[:2] == GOLDEN["large"]


# --- disjoint splits ---


def test_disjoint_splits_share_no_unordered_pair() -> None:
    chosen = dataset(
        {"kind": "uniform_integers", "high": 60},
        disjoint=True,
        rows={"train": 20_000, "validation": 3_000, "test": 3_000},
    )
    seen = {split: {frozenset(pair) for pair in pairs(drawn(chosen, split))} for split in chosen.split_rows()}
    assert not seen["train"] & seen["validation"]
    assert not seen["train"] & seen["test"]
    assert not seen["validation"] & seen["test"]
    everything = 60 * 61 // 2
    assert len(seen["train"] | seen["validation"] | seen["test"]) > 0.99 * everything
    assert 0.75 < len(seen["train"]) / everything < 0.85
    assert 0.07 < len(seen["test"]) / everything < 0.13


def test_disjoint_sides_depend_on_the_seed() -> None:
    small = {"kind": "uniform_integers", "high": 30}
    tables = [drawn(dataset(small, disjoint=True, seed=seed), "test") for seed in (0, 1)]
    sides = [{frozenset(pair) for pair in pairs(table)} for table in tables]
    assert sides[0] != sides[1]


# --- encoding ---


def test_the_example_of_the_docstring() -> None:
    run = run_settings(dataset({"kind": "uniform_digits", "digits": 3}), length=5)
    table = digit_sum.parse("123+958", run)
    encoded = digit_sum.encode(table, run, for_training=True)
    assert encoded.inputs[0].T.tolist() == [[3, 2, 1, 0, 0], [8, 5, 9, 0, 0]]
    assert encoded.targets.tolist() == [[1, 8, 0, 1, 0]]
    assert encoded.lengths.tolist() == encoded.target_lengths.tolist() == [5]
    assert encoded.inputs.dtype == np.uint8
    assert encoded.targets.dtype == np.int8
    assert digit_sum.decode(encoded.targets, table, run) == digit_sum.answer(table) == ["1081"]
    assert digit_sum.question(table) == ["123+958"]


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_encoding_loses_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = dataset(name)
    table, run = drawn(chosen), run_settings(chosen)
    monkeypatch.setattr(digit_sum, "BLOCK_DIGITS", 700)  # encoded in several parts
    encoded = digit_sum.encode(table, run, for_training=True)
    assert encoded.inputs.shape == (200, chosen.longest_sum(), 2)
    assert list(zip(*(values_of(encoded.inputs[:, :, channel]) for channel in (0, 1)), strict=True)) == pairs(
        table
    )
    assert values_of(encoded.targets) == [a + b for a, b in pairs(table)]
    assert digit_sum.sizes(run).target_length == chosen.longest_sum()


def test_training_pads_to_its_length_and_evaluation_to_the_longer() -> None:
    short, long = dataset({"kind": "uniform_digits", "digits": 2}), dataset("digits")
    run = run_settings(short, length=7)
    assert digit_sum.sizes(run).target_length == 7
    assert digit_sum.encode(drawn(short), run, for_training=True).inputs.shape[1] == 7
    assert digit_sum.encode(drawn(short), run).inputs.shape[1] == 7
    assert digit_sum.encode(drawn(short), run, width=9).inputs.shape[1] == 9
    longest = max(len(text) for text in drawn(long)["sum"].to_pylist())
    assert digit_sum.encode(drawn(long), run).targets.shape[1] == longest


def test_a_length_too_short_for_a_sum_is_refused() -> None:
    run = run_settings(dataset({"kind": "uniform_digits", "digits": 2}), length=3)
    with pytest.raises(
        UserError, match=r"training.length: 3 is too short for a sum of 12 digits; set at least 12"
    ):
        digit_sum.encode(drawn(dataset("digits")), run, for_training=True)


def test_no_rows_encode_to_no_rows() -> None:
    chosen = dataset("digits", rows={"train": 1})
    encoded = digit_sum.encode(drawn(chosen, "test"), run_settings(chosen))
    assert encoded.inputs.shape == (0, 12, 2)
    assert digit_sum.seen_key(drawn(chosen, "test")).shape == (0, 2)


@given(Numbers, Numbers)
def test_asking_finds_the_right_answer(a: int, b: int) -> None:
    run = run_settings(dataset("digits"))
    table = digit_sum.parse(f" 00{a} + {b}\n", run)
    assert table.schema.equals(digit_sum.columns())
    assert table.to_pylist() == [{"index": 0, "a": str(a), "b": str(b), "sum": str(a + b)}]


@pytest.mark.parametrize(
    "asked", ["", "12", "12+", "1+2+3", "-1+2", "1-2", "1.5+2", "a+b", "1 2+3", "١+٢", "0x1+2"]
)
def test_what_is_no_sum_of_two_numbers_is_refused(asked: str) -> None:
    with pytest.raises(UserError, match="ask like 123\\+456"):
        digit_sum.parse(asked, run_settings(dataset("digits")))


# --- overlap ---


def test_keys_tell_pairs_apart_as_whole_numbers_do() -> None:
    table = drawn(dataset({"kind": "uniform_integers", "high": 40}, rows={"train": 5_000}))
    for commuted in (False, True):
        keys = [tuple(key) for key in digit_sum.seen_key(table, commuted).tolist()]
        known = [tuple(sorted(pair)) if commuted else pair for pair in pairs(table)]
        assert len(set(zip(keys, known, strict=True))) == len(set(keys)) == len(set(known))


def test_keys_do_not_depend_on_the_other_rows(small_blocks: None) -> None:
    short = digit_sum.parse("12+7", run_settings(dataset("digits")))
    long = pa.concat_tables([short, drawn(dataset({"kind": "uniform_digits", "digits": 700}))])
    assert digit_sum.seen_key(long)[0].tolist() == digit_sum.seen_key(short)[0].tolist()


def test_the_space_counts_ordered_pairs() -> None:
    assert digit_sum.space(dataset({"kind": "uniform_digits", "digits": 2})) == 100**2
    assert digit_sum.space(dataset({"kind": "uniform_integers", "low": 7, "high": 10})) == 9
    assert (
        digit_sum.space(dataset({"kind": "uniform_length", "shortest": 2, "longest": 3})) == (1000 - 10) ** 2
    )
    assert digit_sum.space(dataset({"kind": "uniform_length", "shortest": 1, "longest": 1})) == 100


# --- generation ---


def test_a_dataset_is_three_splits_and_a_summary(tmp_path: Path) -> None:
    chosen = dataset("digits", rows={"train": 10, "test": 3})
    making.generate(chosen, tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    assert sorted(file.name for file in folder.iterdir()) == [
        "dataset.json", "test.parquet", "train.parquet", "validation.parquet",
    ]  # fmt: skip
    summary = read_json(folder / "dataset.json")
    assert summary["rows"] == {"train": 10, "validation": 0, "test": 3}
    assert DigitSumDataset.read(summary["settings"]) == chosen
    for split, digest in summary["digests"].items():
        path = folder / f"{split}.parquet"
        assert parquet.digest(path) == parquet.content_digest(path) == digest
        assert parquet.metadata(path)["distribution"] == '{"digits":11,"kind":"uniform_digits"}'
        assert pq.read_schema(path).metadata[b"seed"] == b"0"
    assert parquet.read_split(folder / "train.parquet").equals(drawn(chosen).combine_chunks())


def test_the_same_settings_give_the_same_files(tmp_path: Path, small_blocks: None) -> None:
    for name in ("one", "two"):
        making.generate(dataset("lengths", disjoint=True), tmp_path / name)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


# --- the user's own pairs ---


def own_pairs(path: Path, **changes: Any) -> DigitSumDataset:
    return with_file_digest(dataset({"kind": "pairs_file", "path": str(path)}, **changes))


def test_every_pair_of_a_file_is_in_one_split(tmp_path: Path, small_blocks: None) -> None:
    known = [(number, 10**number) for number in range(300)]
    path = tmp_path / "pairs.csv"
    path.write_text("b,a\n" + "".join(f"{b},{a}\n" for a, b in known))
    chosen = own_pairs(path, rows={"train": 180, "validation": 50, "test": 70})
    assert chosen.longest_sum() == 301
    found = [pair for split in chosen.split_rows() for pair in pairs(drawn(chosen, split))]
    assert sorted(found) == known
    assert found != known
    smaller = own_pairs(path, rows={"train": 100, "validation": 1, "test": 70})
    assert drawn(smaller).equals(drawn(chosen).slice(0, 100))
    assert drawn(smaller, "test").equals(drawn(chosen, "test"))
    assert not drawn(own_pairs(path, rows={"train": 100}, seed=1)).equals(drawn(smaller))


def test_a_file_that_changed_since_the_plan_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("a,b\n1,2\n")
    chosen = own_pairs(path, rows={"train": 1})
    path.write_text("a,b\n1,3\n")
    with pytest.raises(UserError, match="not the one that was planned"):
        drawn(chosen)
