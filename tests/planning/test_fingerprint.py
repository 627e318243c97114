"""Editing code remakes the results of the stages that run it; comments and docstrings remake nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from carryover.errors import UserError
from carryover.planning import fingerprint
from carryover.planning.runs import RunSettings
from carryover.settings.models import MODELS
from carryover.tasks import TASKS

# Most files stay as they are from test to test, and reading the code of all takes a second.
meaning_of = cache(fingerprint.meaning)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the package that tests may edit."""
    copy = tmp_path / "carryover"
    shutil.copytree(fingerprint.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(fingerprint, "PACKAGE", copy)
    monkeypatch.setattr(fingerprint, "meaning", meaning_of)
    forget()
    yield copy
    forget()


def forget() -> None:
    for cached in (fingerprint._of_task, fingerprint._fingerprint, fingerprint._content):
        cached.cache_clear()


def run(task: str, model: str) -> RunSettings:
    distributions = {
        "digit_sum": {"kind": "uniform_digits", "digits": 3},
        "expression": {
            "kind": "grammar",
            "operators": "+",
            "operands": [2],
            "numbers": {"smallest": 0, "largest": 9},
        },
    }
    dataset = {"task": task, "distribution": distributions[task], "rows": {"train": 10}}
    return RunSettings.read({"dataset": dataset, "model": {"kind": model}, "training": {"steps": 1}})


def stages() -> dict[str, str]:
    forget()
    return {
        "generate digit_sum": fingerprint.generate("digit_sum"),
        "generate sentiment": fingerprint.generate("sentiment"),
        "train tagger": fingerprint.train(run("digit_sum", "tagger")),
        "train classifier": fingerprint.train(run("expression", "classifier")),
        "evaluate tagger": fingerprint.evaluate(run("digit_sum", "tagger")),
        "report": fingerprint.report(),
    }


def changed(before: dict[str, str]) -> set[str]:
    after = stages()
    return {stage for stage in before if before[stage] != after[stage]}


GENERATED = {"generate digit_sum", "generate sentiment"}
TRAINED = {"train tagger", "train classifier"}
EDITS = {
    "training/loop.py": TRAINED,
    "training/metrics.py": TRAINED | {"evaluate tagger"},
    "models/tagger.py": {"train tagger", "evaluate tagger"},
    "models/classifier.py": {"train classifier"},
    "models/recurrent.py": TRAINED | {"evaluate tagger"},
    "tasks/codec.py": TRAINED | {"evaluate tagger"},
    "tasks/digit_sum/drawing.py": {"generate digit_sum"},
    "tasks/digit_sum/pairs.py": {"generate digit_sum"},
    "tasks/digit_sum/settings.py": {"generate digit_sum", "train tagger", "evaluate tagger"},
    "tasks/digit_sum/encoding.py": {"train tagger", "evaluate tagger"},
    "tasks/digit_sum/strata.py": {"evaluate tagger"},
    "tasks/digit_sum/asking.py": set(),
    "tasks/expression/grammar.py": {"train classifier"},
    "tasks/sentiment/settings.py": {"generate sentiment"},
    "tasks/sentiment/stopwords_en.txt": {"generate sentiment"},
    "tasks/sentiment/archive.py": {"generate sentiment"},
    "data/streams.py": GENERATED | TRAINED,
    "settings/canonical.py": GENERATED | TRAINED,
    "analysis/claims.py": {"report"},
    "metrics.py": {"report"},
    "tasks/__init__.py": set(),
    "models/tagger_of_another.py": set(),
    "cli/rules.py": set(),
}


@pytest.mark.parametrize("file", EDITS)
def test_an_edit_remakes_what_runs_it(package: Path, file: str) -> None:
    before = stages()
    path = package / file
    text = path.read_text() if path.exists() else ""
    path.write_text(text + "\n\nEDITED = 1\n")
    assert changed(before) == EDITS[file]


def test_comments_and_docstrings_remake_nothing(package: Path) -> None:
    before = stages()
    path = package / "training/loop.py"
    path.write_text(
        path.read_text() + '\n\n# A comment.\n"""Text that does nothing."""\n'.replace('"""', "#")
    )
    assert changed(before) == set()


@pytest.mark.parametrize("task", TASKS)
def test_a_file_of_a_task_that_its_record_does_not_list_is_an_error(package: Path, task: str) -> None:
    (package / "tasks" / task / "forgotten.py").write_text("X = 1\n")
    forget()
    with pytest.raises(UserError, match=rf"tasks/{task}/__init__.py: code: lists no forgotten.py; add it"):
        fingerprint.generate(task)


@pytest.mark.parametrize("task", TASKS)
def test_a_record_lists_files_that_there_are_and_decides_about_each_once(task: str) -> None:
    code, folder = TASKS[task].code, fingerprint.PACKAGE / "tasks" / task
    files = {path.name for path in folder.iterdir() if path.is_file()}
    decides = {*code.generation, *code.encoding, *code.evaluation}
    assert files == decides | set(code.nothing)
    assert not decides & set(code.nothing)


# Of the rooms above, the files that decide nothing of what a job stores but its cost.
NOTHING = (
    "data/__init__.py",
    "data/files.py",
    "data/folders.py",
    "data/results_folder.py",
    "data/shards.py",
    "data/stored.py",
    "data/table_files.py",
    "evaluation/__init__.py",
    "settings/__init__.py",
    "settings/annotations.py",
    "settings/claims.py",
    "settings/dataset.py",
    "settings/study.py",
    "settings/texts.py",
    "settings/values.py",
    "tasks/__init__.py",
    "tasks/datasets.py",
    "tasks/record.py",
    "tasks/strata_titles.py",
    "training/__init__.py",
    "training/cost.py",
    "training/device.py",
    "training/gpu_slots.py",
    "training/interruption.py",
    "training/lock.py",
    "training/progress.py",
    "training/runs.py",
    "training/state.py",
    "training/trained.py",
)


def test_every_file_that_a_job_may_run_is_listed() -> None:
    """A new file belongs in the lists of the stages that it decides something of, or among those of no stage."""
    stages = {*fingerprint.GENERATE, *fingerprint.ENCODE, *fingerprint.TRAIN, *fingerprint.EVALUATE}
    stages |= {file for model in MODELS for file in model.code}
    assert not stages & set(NOTHING)
    files = [
        str(path.relative_to(fingerprint.PACKAGE))
        for room in ("data", "evaluation", "models", "settings", "tasks", "training")
        for path in (fingerprint.PACKAGE / room).rglob("*.py")
        # The folders of tasks and the settings of architectures list their own files.
        if room != "tasks" or path.parent.name == "tasks"
        if path.parent.name != "models" or room == "models"
    ]
    assert sorted(files) == sorted(stages | set(NOTHING))


def test_the_page_remakes_with_its_templates(package: Path) -> None:
    before = stages()
    template = next((package / "report" / "templates").glob("*.html"))
    template.write_text(template.read_text() + " ")
    assert changed(before) == {"report"}
