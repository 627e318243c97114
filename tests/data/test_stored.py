"""JSON files of results: whatever was damaged, one line says which file it is and how it is made again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carryover.data.stored import CostFile, DatasetFile, HolderFile, ReferenceProvenance, RunFile, Stored
from carryover.errors import UserError

DIGEST = "0123456789abcdef" * 4
WHOLE: dict[type[Stored], dict[str, Any]] = {
    DatasetFile: {
        "task": "digit_sum",
        "settings": {},
        "rows": {"train": 3},
        "digests": {"train": DIGEST},
        "digest": DIGEST,
    },
    RunFile: {
        "task": "digit_sum",
        "settings": {},
        "sizes": {"alphabet": 11, "padding_index": None},
        "parameters": 12,
        "status": "solved",
        "steps": 10,
        "solved_at": 5,
        "dataset_digest": DIGEST,
        "checkpoint_digest": DIGEST,
    },
    CostFile: {
        "stage": "train",
        "seconds": 1.5,
        "cpu_seconds": 1,
        "peak_memory_mb": 90.0,
        "device": "cpu",
        "host": "here",
    },
    HolderFile: {"host": "here", "pid": 7},
    ReferenceProvenance: {"merged": [{"runs": ["a"], "provenance": None}]},
}
SHAPES = [
    "[1, 2]",
    "{}",
    "null",
    '"x"',
    "7",
    "",
    "{",
    "\0\0\0",
    "[" * 100_000,
    '{"digest": ' + "9" * 6000 + "}",
]


def refused(kind: type[Stored], path: Path) -> str:
    with pytest.raises(UserError) as refusal:
        kind.read(path)
    line = str(refusal.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    assert line.endswith(kind.again)
    return line


@pytest.mark.parametrize("kind", WHOLE, ids=lambda kind: kind.__name__)
def test_what_a_job_writes_is_read_and_keys_of_other_versions_are_left_out(
    tmp_path: Path, kind: type[Stored]
) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(WHOLE[kind] | {"of a later version": 1}))
    read = kind.read(path).model_dump(exclude_unset=True)
    assert read == WHOLE[kind]


@pytest.mark.parametrize("kind", WHOLE, ids=lambda kind: kind.__name__)
def test_another_shape_is_one_line_that_names_the_file(tmp_path: Path, kind: type[Stored]) -> None:
    path = tmp_path / "x.json"
    for shape in SHAPES:
        path.write_text(shape)
        refused(kind, path)
    for key in WHOLE[kind]:
        path.write_text(json.dumps({name: value for name, value in WHOLE[kind].items() if name != key}))
        assert key in refused(kind, path)
        for wrong in ("many" if key not in ("task", "stage", "device", "host") else 3, True, 10**30, [[1]]):
            path.write_text(json.dumps(WHOLE[kind] | {key: wrong}))
            if not (key in ("seconds", "cpu_seconds", "peak_memory_mb") and wrong == 10**30):
                assert key in refused(kind, path)


@pytest.mark.parametrize("digest", ["x", "", "None", None, DIGEST[:-1], DIGEST.upper(), DIGEST + "\n"])
def test_a_digest_is_64_hexadecimal_digits(tmp_path: Path, digest: Any) -> None:
    path = tmp_path / "dataset.json"
    path.write_text(json.dumps(WHOLE[DatasetFile] | {"digest": digest}))
    assert "digest" in refused(DatasetFile, path)


@given(
    kind=st.sampled_from(list(WHOLE)),
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    ),
    data=st.data(),
)
def test_whatever_stands_in_a_file_there_is_no_other_error(
    tmp_path_factory: pytest.TempPathFactory, kind: type[Stored], value: Any, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.json"
    key = data.draw(st.sampled_from([None, *WHOLE[kind]]))
    path.write_text(json.dumps(value if key is None else WHOLE[kind] | {key: value}))
    line = None
    try:
        kind.read(path)
    except UserError as error:
        line = str(error)
    assert line is None or (line.startswith(f"{path}: ") and "\n" not in line)


def test_a_missing_file_is_told_with_the_job_that_makes_it(tmp_path: Path) -> None:
    assert "no such file" in refused(DatasetFile, tmp_path / "dataset.json")
    assert "the job generate makes it" in refused(DatasetFile, tmp_path / "dataset.json")
