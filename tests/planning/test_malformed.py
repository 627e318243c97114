"""A corpus of malformed configs and command lines: each is told in one line a mistake, with its file and key.

Each file in malformed/ is a list of cases, and each case changes the tiny config:

- `set`: values by their path in `file` (parts of a path are split by /); `remove`: such paths that are taken out;
- `text`: the whole `file` as raw text, or as bytes (`!!binary`);
- `also`: further files, as data or text;
- `config`: arguments of `--config`, `configfile`: arguments of `--configfile`;
- `lines`: how each line of the answer begins. `snakemake: true`: Snakemake has to answer alike.

`«x×n»` in a text stands for n times x.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from carryover.cli import main
from tests.tiny import Tiny
from tests.workflow import forks
from tests.workflow.project import Project

CORPUS = Path(__file__).parent / "malformed"
FILES = {
    "config": "config/config.yaml",
    "datasets": "config/datasets/all.yaml",
    "suites": "config/suites/all.yaml",
    "study": "config/studies/cells.yaml",
}


def cases() -> list[Any]:
    """Every case of the corpus as a parameter of a test, named by its file and number."""
    return [
        pytest.param(case, id=f"{path.stem}-{number}")
        for path in sorted(CORPUS.glob("*.yaml"))
        for number, case in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")))
    ]


def repeated(text: str) -> str:
    return re.sub("«(.+?)×([0-9]+)»", lambda match: match[1] * int(match[2]), text)


def write(case: dict[str, Any], tiny: Tiny) -> list[str]:
    """Write the malformed config; returns the options of the command line."""
    file = FILES[case.get("file", "study")]
    for path, value in case.get("set", {}).items():
        *parents, last = parts(path)
        at(tiny.files[file], parents)[last] = value
    for path in case.get("remove", ()):
        *parents, last = parts(path)
        del at(tiny.files[file], parents)[last]
    tiny.files |= case.get("also", {})
    tiny.files = {name: repeated(as_text(data)) for name, data in tiny.files.items()}
    tiny.write()
    if "text" in case:
        text = case["text"]
        (tiny.folder / file).write_bytes(text if isinstance(text, bytes) else repeated(text).encode())
    return [
        option
        for name in ("configfile", "config")
        if name in case
        for option in (f"--{name}", *map(repeated, case[name]))
    ]


def as_text(data: Any) -> str:
    return data if isinstance(data, str) else yaml.safe_dump(data, allow_unicode=True, width=10**6)


def parts(path: str) -> list[Any]:
    return [int(part) if part.isdecimal() else part for part in path.split("/")]


def at(data: Any, keys: list[Any]) -> Any:
    for key in keys:
        data = data[key]
    return data


def check(told: str, lines: list[str]) -> None:
    """One line a mistake, each as expected, and none that only a programmer can read."""
    answer = told.removeprefix("carryover: ").splitlines()
    assert len(answer) == len(lines), told
    for line, beginning in zip(answer, lines, strict=True):
        assert line.startswith(repeated(beginning)), line
        assert len(line) < 600, line
        same = re.search(r"(\S+): unknown key; did you mean '([^']+)'", line)
        assert same is None or same[1].rpartition(".")[2] != same[2], line


def files(folder: Path) -> set[Path]:
    """All that a refused config could leave; Snakemake's notes and Python's compiled modules do not count."""
    return {path for path in folder.rglob("*") if not {".snakemake", "__pycache__"} & {*path.parts}}


@pytest.mark.parametrize("case", cases())
def test_a_malformed_config_is_told_in_one_line_a_mistake(
    case: dict[str, Any], tiny: Tiny, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = write(case, tiny)
    before = files(tiny.folder)
    monkeypatch.chdir(tiny.folder)
    with pytest.raises(SystemExit) as ended:
        main(["plan", *options])
    told = capsys.readouterr()
    assert ended.value.code == 2, told.out
    check(told.err, case["lines"])
    assert told.out == ""
    assert files(tiny.folder) == before


@pytest.mark.workflow
@pytest.mark.parametrize("case", [param for param in cases() if param.values[0].get("snakemake")])
def test_snakemake_tells_the_same(case: dict[str, Any], tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    shutil.rmtree(project.folder / "config")
    tiny = Tiny(project.folder)
    options = write(case, tiny)
    before = files(project.folder)
    ended = forks.snakemake(project.folder, ("--dry-run", *options), project.environment())
    assert ended.returncode == 2, ended.stderr
    of_snakemake = "Using workflow specific profile"
    told = [line for line in ended.stderr.splitlines() if not line.startswith(of_snakemake)]
    # (Snakemake makes the paths of --configfile absolute)
    check("\n".join(told).replace(f"{project.folder}/", ""), case["lines"])
    assert files(project.folder) == before


def test_the_corpus_is_large() -> None:
    assert len(cases()) >= 250
    assert sum(param.values[0].get("snakemake", False) for param in cases()) >= 8
