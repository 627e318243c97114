"""What CONTRIBUTING says of adding things is true: with exactly those edits the workflow takes them to the report.

Each addition is the new files below `new/`, and edits of files that are there, counted.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.workflow.project import Project

NEW = Path(__file__).parent / "new"
PACKAGE = Path("workflow/carryover")


@dataclass(frozen=True)
class Edit:
    """Text put behind a line of a file that is there."""

    file: str
    behind: str
    text: str


@dataclass(frozen=True)
class Addition:
    """New files, and edits of others."""

    new: tuple[str, ...]
    edits: tuple[Edit, ...]

    def touched(self) -> set[str]:
        return {edit.file for edit in self.edits}


ADDITIONS = {
    "a task": Addition(
        new=tuple(f"tasks/reverse/{name}.py" for name in ("__init__", "settings", "data", "strata")),
        edits=(
            Edit("tasks/__init__.py", "from carryover.tasks import digit_sum, expression, ", "reverse, "),
            Edit("tasks/__init__.py", '    "sentiment": sentiment.TASK,', '\n    "reverse": reverse.TASK,'),
            Edit(
                "tasks/datasets.py",
                "from carryover.tasks.expression.settings import ExpressionDataset",
                "\nfrom carryover.tasks.reverse.settings import ReverseDataset",
            ),
            Edit("tasks/datasets.py", "DigitSumDataset | ExpressionDataset | ", "ReverseDataset | "),
        ),
    ),
    "an architecture": Addition(
        new=("models/mixer.py", "settings/models/mixer.py"),
        edits=(
            Edit(
                "settings/models/__init__.py",
                "from carryover.settings.models.classifier import Classifier",
                "\nfrom carryover.settings.models.mixer import Mixer",
            ),
            Edit("settings/models/__init__.py", "    Seq2seq,\n", "    Mixer,\n"),
        ),
    ),
    "an optimizer": Addition(
        new=(),
        edits=(
            Edit(
                "settings/optimizers.py",
                "OPTIMIZERS: dict[str, Rule] = {\n",
                '    "adamax": Rule(\n'
                '        function="adamax.adamax",\n'
                '        kept=("exp_avgs", "exp_infs", "state_steps"),\n'
                '        settings={"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0},\n'
                '        options={"foreach": False, "maximize": False},\n'
                "    ),\n",
            ),
        ),
    ),
    "a metric": Addition(
        new=(),
        edits=(
            Edit(
                "metrics.py",
                "        # How correct answers are.\n",
                '        Metric("error_rate", "error rate", "share", SHARE, "lower", TEST_AND_VALIDATION),\n',
            ),
            Edit(
                "training/metrics.py",
                '        "exact_match": sums["exact"] / examples,\n',
                '        "error_rate": 1 - sums["exact"] / examples,\n',
            ),
        ),
    ),
    "a kind of claim": Addition(
        new=(),
        edits=(
            Edit("settings/claims.py", "Claim = Annotated[\n    ", "Repeated | "),
            Edit(
                "settings/claims.py",
                "== SHARE\n\n"
                "    def quantities(self) -> list[tuple[str, Quantity]]:\n"
                '        return [("of", self.of)]\n',
                "\n\nclass Repeated(OneSided):\n"
                '    """There are at least `runs` runs."""\n\n'
                '    kind: Literal["repeated"] = Field(description="The kind of claim.")\n'
                '    runs: Positive = Field(description="How many runs.")\n\n'
                "    def quantities(self) -> list[tuple[str, Quantity]]:\n"
                '        return [("", Quantity(metric="parameters"))]\n',
            ),
            Edit(
                "analysis/judges/__init__.py",
                "JUDGES: dict[type[ClaimBase], Judge] = {\n",
                "    Repeated: lambda results, claim, sides, design: Finding(\n"
                "        SUPPORTED if len(sides[0]) >= claim.runs else REFUTED, f'{len(sides[0])} runs of the toy.'\n"
                "    ),\n",
            ),
            Edit(
                "analysis/judges/__init__.py",
                "from carryover.settings.claims import (\n",
                "    Repeated,\n",
            ),
        ),
    ),
    "a figure": Addition(
        new=("report/figures/toy.py",),
        edits=(Edit("report/figures/__init__.py", 'KINDS = ("settings", ', '"toy", '),),
    ),
}

# How many files are touched besides new ones, tests and docs apart: the measure of this house.
PROMISED = {
    "a task": {"tasks/__init__.py", "tasks/datasets.py"},
    "an architecture": {"settings/models/__init__.py"},
    "an optimizer": {"settings/optimizers.py"},
    "a metric": {"metrics.py", "training/metrics.py"},
    "a kind of claim": {"settings/claims.py", "analysis/judges/__init__.py"},
    "a figure": {"report/figures/__init__.py"},
}

DATASETS = {
    "datasets": {
        "four-letters": {
            "task": "reverse",
            "letters": 4,
            "rows": {"train": 2000, "validation": 200, "test": 200},
        }
    }
}
SUITES = {"suites": {"strings": {"task": "reverse", "splits": {"own": {"dataset": "own"}}}}}
STUDY = {
    "study": "strings",
    "title": "Strings back to front",
    "question": "Can a model without recurrence reverse strings?",
    "task": "reverse",
    "base": {
        "dataset": "four-letters",
        "model": {"kind": "mixer"},
        "training": {"steps": 20, "batch": 100, "optimizer": "adamax", "lr": 0.01, "validate_every": 10},
    },
    "evaluate": ["strings"],
    "seeds": 2,
    "published": [
        {
            "id": "p",
            "place": "nowhere",
            "metric": "error_rate",
            "suite": "strings",
            "split": "own",
            "value": 0.5,
        }
    ],
    "claims": [{"id": "twice", "kind": "repeated", "text": "It was trained twice.", "runs": 2}],
}


def extend(package: Path, addition: Addition) -> None:
    """Put an addition's new files into a package, and make its edits."""
    for name in addition.new:
        target = package / name
        assert not target.exists()
        target.parent.mkdir(exist_ok=True)
        shutil.copy(NEW / name, target)
    for edit in addition.edits:
        path = package / edit.file
        text = path.read_text(encoding="utf-8")
        assert text.count(edit.behind) == 1, (
            f"{edit.file}: {edit.behind!r} stands {text.count(edit.behind)} times"
        )
        path.write_text(text.replace(edit.behind, edit.behind + edit.text), encoding="utf-8")


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A checkout with all additions and a study that uses them, after its workflow has run."""
    project = Project(tmp_path_factory.mktemp("extended") / "checkout")
    for addition in ADDITIONS.values():
        extend(project.folder / PACKAGE, addition)
    for path in (project.folder / "config").glob("*/*.yaml"):
        path.unlink()
    for name, content in (("datasets", DATASETS), ("suites", SUITES), ("studies", STUDY)):
        (project.folder / "config" / name / "new.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    project.snakemake("--cores", "2")
    return project


@pytest.mark.parametrize("what", ADDITIONS)
def test_no_other_file_is_touched(what: str) -> None:
    assert ADDITIONS[what].touched() == PROMISED[what]


@pytest.mark.workflow
def test_every_addition_is_in_the_report(extended: Project) -> None:
    (report,) = (extended.folder / "results" / "reports").iterdir()
    tables = {
        name: pd.read_parquet(report / "tables" / f"{name}.parquet") for name in ("summary", "claims", "runs")
    }
    assert set(tables["runs"]["task"]) == {"reverse"}
    assert set(tables["runs"]["training.optimizer"]) == {"adamax"}
    assert set(tables["runs"]["model.kind"]) == {"mixer"}
    assert "letters=2" in set(tables["summary"]["stratum"])
    assert list(tables["claims"]["verdict"]) == ["supported"]
    (page,) = (file.read_text(encoding="utf-8") for file in (report / "studies").glob("*.html"))
    for text in (
        "writing strings back to front",
        "different letters",
        "error rate",
        "2 runs of the toy",
        "Toy caption.",
    ):
        assert text in page, text


@pytest.mark.workflow
def test_a_trained_model_of_the_new_kind_answers(extended: Project) -> None:
    run = extended.results("runs")[0]
    asked = subprocess.run(
        [sys.executable, "-m", "carryover", "ask", str(run), "abcd"],
        env=extended.environment(PYTHONPATH=str(extended.folder / "workflow")),
        capture_output=True,
        text=True,
        check=True,
    )
    assert asked.stdout.startswith("abcd → ")


@pytest.mark.workflow
def test_status_and_plan_know_the_new_kinds(extended: Project) -> None:
    for command in ("status", "plan"):
        told = subprocess.run(
            [sys.executable, "-m", "carryover", command],
            cwd=extended.folder,
            env=extended.environment(PYTHONPATH=str(extended.folder / "workflow")),
            capture_output=True,
            text=True,
            check=True,
        )
        assert told.stdout
