from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from carryover.data.files import atomic_path, read_json, write_json
from carryover.errors import UserError


def test_a_file_appears_whole_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    with atomic_path(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
        assert temporary.parent == path.parent  # the same file system, so that renaming is atomic
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_an_error_leaves_the_older_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "kept.txt"
    path.write_text("old")

    def fail_midway() -> None:
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_midway()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_json_comes_back_as_it_went(tmp_path: Path) -> None:
    value = {"b": [1, 2.5, None, "é"], "a": {"c": True}}
    write_json(tmp_path / "x.json", value)
    assert read_json(tmp_path / "x.json") == value
    text = (tmp_path / "x.json").read_text(encoding="utf-8")
    assert text.index('"a"') < text.index('"b"')
    assert "é" in text


def test_a_flipped_bit_or_a_cut_in_a_json_file_is_noticed_or_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    value = {"words": ["<pad>", "é"], "rows": {"train": 100, "lr": 1.5e-05, "none": None}, "solved": True}
    write_json(path, value)
    content = path.read_bytes()
    flips = [(at, 1 << (at + turn) % 8) for at in range(len(content)) for turn in (0, 3)]
    flipped = [content[:at] + bytes([content[at] ^ bit]) + content[at + 1 :] for at, bit in flips]
    messages = []
    for damaged in [*flipped, *(content[:end] for end in range(0, len(content), 5))]:
        path.write_bytes(damaged)
        try:
            read = read_json(path)
        except UserError as error:
            messages.append(str(error))
        else:
            # A bit of the key `checksum` itself gives the key another name: nothing of the rest changed.
            assert {key: read[key] for key in value} == value
    assert len(messages) > 2 * len(content)
    assert {line.partition(": ")[0] for line in messages} == {str(path)}
    assert {line.rpartition("; ")[2] for line in messages} == {"remove it and make it again"}


def test_a_checksum_is_the_hash_of_the_rest_which_any_program_can_compute(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    write_json(path, {"b": 1, "a": (2, "é"), "keys": {10: "ten", 9: None}})
    rest = '{"a":[2,"é"],"b":1,"keys":{"10":"ten","9":null}}'
    written = json.loads(path.read_text(encoding="utf-8"))
    assert written["checksum"] == hashlib.sha256(rest.encode()).hexdigest()
    assert read_json(path) == json.loads(rest)


def test_json_without_a_checksum_is_read_as_it_is(tmp_path: Path) -> None:
    for value in ({"a": 1}, {}, [1], "checksum", None, {"b": {"checksum": "x"}}):
        (tmp_path / "x.json").write_text(json.dumps(value))
        assert read_json(tmp_path / "x.json") == value
    for wrong in ("x", None, [], float("nan")):
        (tmp_path / "x.json").write_text(json.dumps({"a": 1, "checksum": wrong}))
        with pytest.raises(UserError, match="its checksum is not that of its content"):
            read_json(tmp_path / "x.json")


def test_what_json_cannot_hold_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        write_json(tmp_path / "x.json", {"loss": float("nan")})
    assert not list(tmp_path.iterdir())


def test_json_that_cannot_be_read_is_the_users_to_mend(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.json: no such file"):
        read_json(tmp_path / "gone.json")
    (tmp_path / "half.json").write_text('{"a": ')
    with pytest.raises(UserError, match=r"half\.json: cannot be read as JSON"):
        read_json(tmp_path / "half.json")
