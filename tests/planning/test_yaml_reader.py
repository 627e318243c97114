"""The one way in for YAML: what people mean is read, and what they would differ about is refused in one line."""

from __future__ import annotations

import math
import re
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from carryover.errors import UserError
from carryover.planning import yaml_reader
from carryover.planning.scalars import resolve
from carryover.planning.yaml_reader import parse_words, parse_yaml, read_yaml

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", sorted((ROOT / "config").rglob("*.yaml")), ids=lambda path: path.name)
def test_shipped_files_are_read_as_pyyaml_reads_them(path: Path) -> None:
    assert read_yaml(path) == yaml.safe_load(path.read_text())


# Refused: the text, the line, the key, and words of the message.
REFUSED = [
    ("a: 1\nb: 2\na: 3\n", 3, "", "the key 'a' occurs twice"),
    ("x:\n  - {a: 1, a: 2}\n", 2, "x.0", "the key 'a' occurs twice"),
    ("{a: 1, 'a': 2}", 1, "", "the key 'a' occurs twice"),
    ("7: a", 1, "", "YAML does not read the key '7' as text"),
    ("x:\n  ~: a", 2, "x", "YAML does not read the key '~' as text"),
    ("on: a", 1, "", "YAML does not read the key 'on' as text"),
    ("0.5: a", 1, "", "YAML does not read the key '0.5' as text"),
    ("? \n: a", 1, "", "a value without a key"),
    ("? [a, b]\n: c", 1, "", "a list stands where a key should"),
    ("a: {{ b }}", 1, "a", "a mapping stands where a key should"),
    ("a: 2024-01-05", 1, "a", "is a date to YAML"),
    ("a: 2024-13-45", 1, "a", "is a date to YAML"),
    ("a: 2024-01-05 10:00:00", 1, "a", "is a date to YAML"),
    ("2024-01-05: a", 1, "", "is a date to YAML"),
    ("a: [1, 010]", 1, "a.1", "010 begins with 0, which may mean base 8; write 10, or put it in quotes"),
    ("a: 08", 1, "a", "write 8,"),
    ("a: -0_7", 1, "a", "write 7,"),
    ("a: 00.50", 1, "a", "write 0.50,"),
    ("a: 1:30", 1, "a", "base 60"),
    ("a: 12:30:45.5", 1, "a", "base 60"),
    ("a: 2026_11", 1, "a", "write 202611, or put it in quotes"),
    ("a: 0x_FF", 1, "a", "write 0xFF"),
    ("a: 1_000.5", 1, "a", "write 1000.5"),
    ("a: .nan", 1, "a", ".nan is not a finite number"),
    ("a: [-.INF]", 1, "a.0", "-.INF is not a finite number"),
    ("a: 1.0e+999", 1, "a", "is too large"),
    ("a: " + "9" * 4_301, 1, "a", "a number of 4,301 digits; it may have 4,300"),
    ("a: 0x" + "f" * 9_000, 1, "a", "a number of 9,002 digits"),
    ("a: !!int abc", 1, "a", "the tag !!int does not fit"),
    ("a: !!bool maybe", 1, "a", "the tag !!bool does not fit"),
    ("a: !!binary aGVsbG8=", 1, "a", "the tag !!binary does not fit"),
    ("a: !!set {x}", 1, "a", "the tag !!set does not fit"),
    ("a: !!python/object/apply:os.system [ls]", 1, "a", "the tag !!python/object/apply:os.system"),
    ("a: !include other.yaml", 1, "a", "the tag !include does not fit"),
    ("a: *b", 1, "a", "no anchor &b"),
    ("a: &n [1, *n]", 1, "a.1", "the alias *n stands inside what it repeats"),
    ("a: &n {b: {<<: *n}}", 1, "a.b.<<", "stands inside what it repeats"),
    ("<<: 5", 1, "<<", "a merge takes a mapping"),
    ("a: &a {x: 1}\nb: {<<: *a, <<: *a}", 2, "b", "the key '<<' occurs twice"),
    ("a: 1\n---\nb: 2", 2, "", "a second document begins here"),
    ("a:\n\tb: 1", 2, "", "indent with blanks"),
    ("a: [1, 2", 1, "", "not valid YAML"),
    ("a: b: c", 1, "", "put text with a colon in quotes"),
    ("a: 1\nb: '\x1b[31m'", 2, "", "the character U+001B is not allowed"),
    ("%YAML 3.0\n---\na: 1", 1, "", "not valid YAML"),
    ("[" * 100_000, 1, "0.0.0.0.0.0.0.0", "nested more than 50 levels"),
    ("{a: " * 100_000, 1, "a.a.a.a.a.a.a.a", "nested more than 50 levels"),
    ("\n".join(" " * i + "a:" for i in range(3_000)), 51, "a.a.a.a.a.a.a.a", "nested more than 50 levels"),
    ("- " * 60 + "a", 1, "0.0.0.0.0.0.0.0", "nested more than 50 levels"),
]


@pytest.mark.parametrize(("text", "line", "key", "words"), REFUSED, ids=lambda case: str(case)[:30])
def test_what_is_refused_is_one_line_with_line_and_key(text: str, line: int, key: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_yaml(text, "some.yaml")
    message = str(caught.value)
    assert re.match(rf"some\.yaml, line {line}: {re.escape(key)}", message), message
    assert words in message
    assert "\n" not in message


# Read: the text and the value.
READ = [
    ("", None),
    ("# nothing\n", None),
    ("a: [1, -2, +3, 0, 0x1F, 0b11, 1_000_000]", {"a": [1, -2, 3, 0, 31, 3, 1_000_000]}),
    ("a: [1.5, -0.5, .5, 2., 1.0e-3, 1.0e+3]", {"a": [1.5, -0.5, 0.5, 2.0, 0.001, 1000.0]}),
    ("a: [yes, Off, TRUE, ~, null, ]", {"a": [True, False, True, None, None]}),
    ("a: ['010', \"1:30\", '2024-01-05', '7']", {"a": ["010", "1:30", "2024-01-05", "7"]}),
    ("a: [1e-3, 10^5000, 1.2.3, 12-3, +-]", {"a": ["1e-3", "10^5000", "1.2.3", "12-3", "+-"]}),
    ("a: [!!str 010, !!int 5, ! x, =]", {"a": ["010", 5, "x", "="]}),
    ("'7': a", {"7": "a"}),
    ("a: |\n  010\n", {"a": "010\n"}),
    ("a: &x {p: 1, q: 2}\nb: {q: 3, <<: *x}", {"a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 3}}),
    ("a: &x {p: 1}\nb: {q: 2}\nc: {<<: [*x, {p: 2}]}", {"a": {"p": 1}, "b": {"q": 2}, "c": {"p": 1}}),
    ("a: &x [1, 2]\nb: *x", {"a": [1, 2], "b": [1, 2]}),
    ("'<<': 1", {"<<": 1}),
    ("a: " + "9" * 4_300, {"a": int("9" * 4_300)}),
]


@pytest.mark.parametrize(("text", "value"), READ, ids=lambda case: str(case)[:30])
def test_what_is_read(text: str, value: Any) -> None:
    assert parse_yaml(text, "some.yaml") == value


def test_merged_keys_stand_in_the_order_of_pyyaml() -> None:
    text = "a: &x {p: 1, q: 2}\nb: &y {r: 1, p: 5}\nc: {s: 1, q: 9, <<: [*x, *y]}"
    ours, theirs = parse_yaml(text, ""), yaml.safe_load(text)
    assert [*ours["c"].items()] == [*theirs["c"].items()]


def bomb(levels: int, inner: str = "lol") -> str:
    """Lists of ten aliases of lists of ten aliases …"""
    lines = [f"a0: &a0 {inner}"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels + 1)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        bomb(9),
        bomb(4, inner="x" * 100_000),
        "a: &a [&b [&c x, *c], *b]\n" + "\n".join(f"k{n}: [{'*a, ' * 1000}]" for n in range(300)),
        "a0: &a0 {x: 1}\n"
        + "\n".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 20)}]}}" for n in range(1, 9)),
    ],
    ids=["levels", "long text", "wide", "merges"],
)
def test_bombs_are_refused_in_little_memory(text: str) -> None:
    tracemalloc.start()
    with pytest.raises(UserError, match=r"more than 1,000,000 values, counting what aliases repeat"):
        parse_yaml(text, "some.yaml")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100e6


def test_aliases_count_towards_the_depth() -> None:
    lines = ["a0: &a0 [[[[[[[[[[x]]]]]]]]]]"]
    lines += [f"a{n}: &a{n} [[[[[[[[[*a{n - 1}]]]]]]]]]" for n in range(1, 6)]
    with pytest.raises(UserError, match="nested more than 50 levels"):
        parse_yaml("\n".join(lines), "some.yaml")
    parse_yaml("\n".join(lines[:4]), "some.yaml")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a: \xe9\n", "line 1: not UTF-8 text"),
        (b"a: 1\nb: \xff", "line 2: not UTF-8 text"),
        ("a: 1".encode("utf-16"), "line 1: not UTF-8 text"),
        (b"a: \0", "line 1: the character U+0000 is not allowed"),
    ],
)
def test_files_that_are_no_text(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "some.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError, match=re.escape(f"{path}, {words}")):
        read_yaml(path)


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"gone\.yaml: no such file"):
        read_yaml(tmp_path / "gone.yaml")
    with pytest.raises(UserError, match=r"is a folder; name the files in it"):
        read_yaml(tmp_path)
    (tmp_path / "mark.yaml").write_bytes("\ufeffa: ü\r\nb: 1\r\n".encode())
    assert read_yaml(tmp_path / "mark.yaml") == {"a": "ü", "b": 1}
    monkeypatch.setattr(yaml_reader, "MOST_BYTES", 5)
    with pytest.raises(UserError, match="larger than"):
        read_yaml(tmp_path / "mark.yaml")
    with pytest.raises(UserError, match="cannot be read"):
        read_yaml(Path("a\0b"))


def test_words_of_the_command_line_stay_text() -> None:
    assert parse_words("[0, 'x', null, {a: 010}]", "--config") == ["0", "x", "null", {"a": "010"}]
    with pytest.raises(UserError, match=r"--config: seeds: not valid YAML"):
        parse_words("[0", "--config: seeds")


# --- generated input ---

plain_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(plain_data)
def test_what_pyyaml_writes_is_read_back(value: Any) -> None:
    text = yaml.safe_dump(value)
    assert parse_yaml(text, "some.yaml") == value


WORDS = """a b: 1 - [ ] { } , ? & &x *x << <<: ! !! !!int !!str | > ' " # % @ ` ~ null 010 1:30 2024-01-01 .nan 1e3 0x
--- ... : \\\\ é"""
spaces = ["\n", "\n  ", " ", "\t", "\r\n", "\ufeff", "\x85", "\u2028", "\0", "\x1b", "\udc80"]
yaml_pieces = st.lists(st.sampled_from([*WORDS.split(), *spaces]), max_size=40).map("".join)


@given(yaml_pieces | st.text())
@example("[" * 2_000)
@example("- - - - ? ? ? : : :")
@example("!<!> a")
@example("&a *a")
def test_fuzz_of_texts_each_is_read_or_refused_in_one_line(text: str) -> None:
    message = ""
    try:
        assert_plain(parse_yaml(text, "some.yaml"))
    except UserError as error:
        message = str(error)
    assert "\n" not in message
    assert not message or message.startswith("some.yaml, line ")


def assert_plain(value: Any) -> None:
    """Text keys, no numbers but finite ones, nothing but what JSON has."""
    if isinstance(value, dict):
        for key, item in value.items():
            assert isinstance(key, str)
            assert_plain(item)
    elif isinstance(value, list):
        for item in value:
            assert_plain(item)
    else:
        assert value is None or isinstance(value, bool | int | float | str)
        assert not isinstance(value, float) or math.isfinite(value)


@example(".0_")
@example("1_0.5e+3")
@given(st.text(alphabet="0123456789+-._eExXabob:~", max_size=12))
def test_a_word_is_read_as_pyyaml_reads_it_or_refused(word: str) -> None:
    try:
        value = resolve(word)
    except ValueError:
        return
    loader = yaml.SafeLoader("")
    node = yaml.ScalarNode(loader.resolve(yaml.ScalarNode, word, (True, False)), word)
    theirs = word if node.tag.endswith(":value") else loader.construct_object(node)
    if not re.match(r"[-+]\.[0-9]", word):  # PyYAML wants a digit before the point of a number with a sign
        assert (type(value), value) == (type(theirs), theirs)
