"""The workflow used from elsewhere: another folder, another workflow, an environment that lacks something."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workflow import forks
from tests.workflow.project import NO_WORK, ROOT, TEST_CONFIG, Project, copy_workflow, jobs_of

pytestmark = pytest.mark.workflow

ONE_STUDY = ("--config", "only=['adder-cells']", "seeds=1")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workflow with its shipped config, as a clone has it."""
    folder = tmp_path_factory.mktemp("elsewhere") / "clone"
    copy_workflow(folder)
    shutil.copytree(ROOT / "config", folder / "config")
    return folder


def snakemake(folder: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return forks.snakemake(folder, options, Project.environment(**environment))


def new_snakemake(folder: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Snakemake in a process of its own, which imports everything that it needs."""
    return subprocess.run(
        [sys.executable, "-m", "snakemake", *options],
        cwd=folder,
        env=Project.environment(**environment),
        capture_output=True,
        text=True,
        check=False,
    )


def files_in(folder: Path) -> set[str]:
    """All files below a folder but those in which Python keeps what it has compiled."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(path) for path in paths if "__pycache__" not in path.parts}


def said(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What Snakemake was told to say, without the profile that it names."""
    return [line for line in done.stderr.splitlines() if "profile" not in line]


# --- another folder ---


def test_a_folder_without_config_gets_the_shipped_one_and_leaves_the_clone_as_it_is(
    clone: Path, tmp_path: Path
) -> None:
    before = files_in(clone)
    done = snakemake(tmp_path, "--dry-run", "--snakefile", f"{clone}/Snakefile", *ONE_STUDY)
    assert done.returncode == 0, done.stderr
    here = snakemake(clone, "--dry-run", *ONE_STUDY)
    assert jobs_of(done.stdout + done.stderr) == jobs_of(here.stdout + here.stderr) != {}
    shutil.rmtree(clone / ".snakemake")  # of the run in the clone
    assert files_in(clone) == before
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    "options",
    [
        ["--snakefile", "{clone}/Snakefile", "--configfile", "{clone}/config/full.yaml"],
        ["--snakefile", "{clone}/workflow/Snakefile", "--configfile", "{clone}/config/config.yaml"],
    ],
)
def test_overlays_of_the_clone_lie_over_its_shipped_config(
    clone: Path, tmp_path: Path, options: list[str]
) -> None:
    named = [option.format(clone=clone) for option in options]
    done = snakemake(tmp_path, "--dry-run", *named, *ONE_STUDY)
    assert done.returncode == 0, done.stderr


def test_another_working_folder(clone: Path, tmp_path: Path) -> None:
    done = snakemake(clone, "--dry-run", "--directory", str(tmp_path), *ONE_STUDY)
    assert done.returncode == 0, done.stderr
    assert not (clone / "results").exists()


def test_paths_on_the_command_line_start_from_the_working_folder(clone: Path, tmp_path: Path) -> None:
    shutil.copytree(TEST_CONFIG / "config", tmp_path / "mine")
    (tmp_path / "mine/studies/tiny-sentiment.yaml").unlink()  # its reviews are not here
    named = [f"{kind}=['mine/{kind}/*.yaml']" for kind in ("datasets", "suites", "studies")]
    command = ("--dry-run", "--snakefile", f"{clone}/Snakefile", "--config", *named)
    done = snakemake(tmp_path, *command)
    assert done.returncode == 0, done.stderr
    assert jobs_of(done.stdout + done.stderr)["train"] == 3


def test_a_folder_with_a_config_that_lacks_config_yaml_is_told_so(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    done = snakemake(tmp_path, "--dry-run", "--snakefile", f"{clone}/Snakefile")
    assert done.returncode != 0
    assert "config/config.yaml" in done.stdout + done.stderr


def test_carryover_plans_what_snakemake_does(clone: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "carryover", "plan", "--json", *ONE_STUDY]
    plans = [
        json.loads(
            subprocess.run(
                command,
                cwd=folder,
                env=Project.environment(PYTHONPATH=f"{clone}/workflow"),
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for folder in (clone, tmp_path)
    ]
    assert plans[0]["runs"] == plans[1]["runs"] != {}
    assert plans[0]["evaluations"] == plans[1]["evaluations"]
    assert [study["file"] for study in plans[1]["studies"]] == [f"{clone}/config/studies/adder-cells.yaml"]
    assert plans[1]["reference"] == f"{clone}/results/reference/full"


# --- another workflow ---

IMPORTER = """
configfile: "config/config.yaml"

module carryover:
    snakefile: "{clone}/workflow/Snakefile"
    config: config

use rule * from carryover as co_*

rule mine:
    default_target: True
    input: "results/reports/tiny/index.html"
    output: "mine.txt"
    shell: "env > {{output}}"
"""


def test_a_workflow_that_has_only_the_config_can_use_this_one_as_a_module(
    clone: Path, tmp_path: Path
) -> None:
    shutil.copytree(TEST_CONFIG / "config", tmp_path / "config")
    for name in ("tiny-sentiment", "tiny-expression"):
        (tmp_path / f"config/studies/{name}.yaml").unlink()
    with (tmp_path / "config/config.yaml").open("a") as config:
        config.write("reference: results/reference/full\n")  # as the shipped config has it; it is not here
    (tmp_path / "Snakefile").write_text(IMPORTER.format(clone=clone))
    done = snakemake(tmp_path, "--cores", "2", "--printshellcmds", PYTHONPATH="")
    assert done.returncode == 0, done.stdout + done.stderr
    jobs = jobs_of(done.stdout + done.stderr)
    assert jobs == {
        "co_generate": 1, "co_train": 2, "co_evaluate": 2, "co_aggregate": 1, "co_render": 1, "mine": 1,
    }  # fmt: skip
    assert str(clone) not in (tmp_path / "mine.txt").read_text()  # the importer's own jobs are as they were
    assert f"PYTHONPATH={clone}/workflow " in done.stderr
    assert json.loads((tmp_path / "results/reports/tiny/plan.json").read_text())["name"] == "tiny"
    assert list((tmp_path / "results/logs/train").glob("*.attempt-1"))
    again = snakemake(tmp_path, "--dry-run")
    assert jobs_of(again.stdout + again.stderr) == {}
    shown = snakemake(tmp_path, "--report", "report.zip")
    assert shown.returncode == 0, shown.stderr


def test_the_rules_of_a_module_make_the_report_by_default(clone: Path, tmp_path: Path) -> None:
    shutil.copytree(TEST_CONFIG, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("results"))
    importer, _, _ = IMPORTER.format(clone=clone).partition("rule mine")
    (tmp_path / "Snakefile").write_text(importer.replace(" as co_*", ""))
    done = snakemake(tmp_path, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert jobs_of(done.stdout + done.stderr)["render"] == 1
    assert "all" in NO_WORK
    assert "\nall " in done.stderr + done.stdout


def test_a_module_may_be_handed_a_config_of_few_keys(clone: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    handed = {"name": "imported", "only": ["adder-cells"], "seeds": 1}
    importer = IMPORTER.format(clone=clone).replace("config: config", f"config: {handed}")
    (tmp_path / "Snakefile").write_text(importer.replace("reports/tiny", "reports/imported"))
    done = snakemake(tmp_path, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert jobs_of(done.stdout + done.stderr)["co_train"] == 3
    (tmp_path / "Snakefile").write_text(importer.replace("adder-cells", "adder-cell"))
    wrong = snakemake(tmp_path, "--dry-run")
    assert wrong.returncode == 2
    assert said(wrong) == ["the module's config: only: no study 'adder-cell'; did you mean 'adder-cells'?"]


# --- an environment that lacks something ---

# Python runs this at its start: nothing of Carryover's may import what ABSENT names. Others, such as Snakemake, may.
STUB = """
import builtins, os

absent, plain = os.environ["ABSENT"].split(), builtins.__import__

def without_absent(name, globals=None, *rest, **named):
    if name.split(".")[0] in absent and (globals or {}).get("__name__", "").startswith("carryover"):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return plain(name, globals, *rest, **named)

builtins.__import__ = without_absent
"""
AS_THE_CATALOG_DOES = (
    ("--snakefile", "workflow/Snakefile", "--lint"),
    ("--snakefile", "workflow/Snakefile", "--rulegraph", "--directory", ".test"),
)


@pytest.fixture
def stub(tmp_path: Path) -> str:
    (tmp_path / "sitecustomize.py").write_text(STUB)
    return str(tmp_path)


@pytest.mark.parametrize("options", AS_THE_CATALOG_DOES, ids=lambda options: options[2])
def test_planning_takes_little_more_than_snakemake_has(stub: str, options: tuple[str, ...]) -> None:
    absent = "filelock matplotlib pandas pooch pyarrow requests safetensors scipy statsmodels torch tqdm"
    done = new_snakemake(ROOT, *options, PYTHONPATH=stub, ABSENT=absent)
    assert done.returncode == 0, done.stderr
    if "--rulegraph" in options:
        for rule in ("generate", "train", "evaluate", "aggregate", "render"):
            assert f'label = "{rule}"' in done.stdout


@pytest.mark.parametrize("absent", ["pydantic", "numpy"])
def test_what_is_missing_is_said_in_one_line(stub: str, absent: str) -> None:
    done = new_snakemake(ROOT, "--lint", PYTHONPATH=stub, ABSENT=absent)
    assert done.returncode == 2
    (line,) = said(done)
    assert line.startswith(f"Carryover needs {absent}, and ")
    assert "make install" in line
