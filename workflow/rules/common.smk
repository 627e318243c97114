# Loads the plan, which every rule looks its job up in, and what all rules share.
import shlex
import sys
from functools import cache
from pathlib import Path

from snakemake.io import IOFile
from snakemake.utils import min_version
from snakemake_interface_executor_plugins.settings import DeploymentMethod

min_version("9.0")

PACKAGE = Path(workflow.basedir) / "workflow"
sys.path.insert(0, str(PACKAGE))

from carryover.planning import estimate

from carryover.planning import fingerprint

from carryover.data import shards
from carryover.settings.canonical import canonical_json, content_hash
from carryover.planning.load import load_for_snakemake
from carryover.planning.expand import make_plan
from carryover.planning.sources import places
from carryover.manage.inventory import complete
from carryover.data.results_folder import mark
from carryover.errors import UserError
from carryover.training.device import local_gpus
from carryover.warm import server

try:
    # The files are read anew: Snakemake's own reader takes keys that stand twice, and 2026_11 for a number.
    given = workflow.config_settings
    CONFIG = load_for_snakemake(workflow.configfiles, given.configfiles, given.config)
    PLAN = make_plan(CONFIG)
except UserError as error:
    # One line a mistake, and exit code 2: Snakemake adds nothing to a plain exit.
    print(error, file=sys.stderr)
    sys.exit(2)

RESULTS = PLAN.results
REPORT = f"{RESULTS}/reports/{PLAN.name}"
LOGS = f"{RESULTS}/logs"
ENVIRONMENT = "../../envs/environment.yaml"

# Conda environments do not hold the package itself, so every job is told where it is. Without conda, jobs use the Python that
# runs Snakemake, whether its environment was activated or not.
USES_CONDA = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
PREFIX = f"set -euo pipefail; export PYTHONPATH={shlex.quote(str(PACKAGE))}; "
if not USES_CONDA:
    PREFIX += f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH; "
# Every job begins with `log_to LOG`. Snakemake deletes a job's log when it starts the job again, so each attempt's log has a
# second name, numbered over all attempts of all calls of Snakemake. (Where there are no hard links, only the last one stays.)
PREFIX += (
    'log_to() { rm -f "$1"; exec > "$1" 2>&1; local n=1; '
    'while [ -e "$1.attempt-$n" ]; do n=$((n + 1)); done; ln "$1" "$1.attempt-$n" || true; }; '
)
shell.prefix(PREFIX.replace("{", "{{").replace("}", "}}"))

# Whether to ask for a GPU is detected for local jobs alone: on a cluster the node that plans is not the one that trains,
# and the profile asks (see profiles/slurm).
EXECUTES_LOCALLY = workflow.executor_plugin is None or workflow.executor_plugin.common_settings.local_exec
GPUS = local_gpus() if EXECUTES_LOCALLY and CONFIG.root.device != "cpu" else 0
TRAINS_ON_GPU = GPUS > 0 or (not EXECUTES_LOCALLY and CONFIG.root.device != "cpu")

# Settings that decide where and how a job runs, and nothing of its result, are resources: a changed one remakes nothing.


wildcard_constraints:
    dataset=r"[a-z0-9_.-]+-[0-9a-f]{12}",
    run=r"[a-z0-9_.-]+-[0-9a-f]{12}",
    evaluation=r"[a-z0-9_.-]+-[0-9a-f]{12}",
    split="train|validation|test",
    start="[0-9]+",
    stop="[0-9]+",


onstart:
    for line in PLAN.unavailable:
        logger.info(f"left out: {line}")
    mark(Path(RESULTS))
    PLAN.write(Path(REPORT) / "plan.json")
    if EXECUTES_LOCALLY and not USES_CONDA:
        server.start()  # local jobs then start at once


# What the rules look up in the plan, by the content address in their wildcard.
@cache
def shard_rows(dataset):
    """`shard_rows` for one dataset. Where it is there, and made by this code, that is what it was made with.

    For Snakemake would make a dataset again whose list of inputs is another, and all that hangs on it.
    """
    settings = PLAN.datasets[dataset].settings
    if not shards.shards(settings, shard_rows=1) or not complete(Path(RESULTS), "datasets", dataset):
        return CONFIG.root.shard_rows
    made = workflow.persistence.metadata(IOFile(f"{RESULTS}/datasets/{dataset}/dataset.json"))
    if made is None or repr(fingerprint.generate(settings.task)) not in (made.params or ()):
        return CONFIG.root.shard_rows
    return shards.rows_per_shard(made.input or ()) or max(settings.split_rows().values())


def shards_of(dataset):
    return shards.shards(PLAN.datasets[dataset].settings, shard_rows(dataset))


def shard_files(wildcards):
    folder = f"{RESULTS}/datasets/{wildcards.dataset}"
    return [
        f"{folder}/{shards.file_name(split, rows)}"
        for split, ranges in shards_of(wildcards.dataset).items()
        for rows in ranges
    ]


def run_of(wildcards):
    return PLAN.runs[wildcards.run]


def training_files(wildcards):
    folder = f"{RESULTS}/datasets/{run_of(wildcards).dataset}"
    return multiext(f"{folder}/", "train.parquet", "validation.parquet", "dataset.json")


def evaluation_of(wildcards):
    return PLAN.evaluations[wildcards.evaluation]


def evaluated_run(wildcards):
    run = evaluation_of(wildcards).run
    return multiext(f"{RESULTS}/runs/{run}/", "model.safetensors", "run.json")


def evaluated_files(wildcards):
    evaluation = evaluation_of(wildcards)
    trained_on = PLAN.runs[evaluation.run].dataset
    tests = dict.fromkeys(
        f"{RESULTS}/datasets/{s.dataset}/{s.dataset_split}.parquet" for s in evaluation.splits
    )
    return [*multiext(f"{RESULTS}/datasets/{trained_on}/", "train.parquet", "dataset.json"), *tests]


def evaluated_splits(wildcards):
    return canonical_json([split.model_dump() for split in evaluation_of(wildcards).splits])


def evaluation_code(wildcards):
    return fingerprint.evaluate(PLAN.runs[evaluation_of(wildcards).run].settings)


# Time and memory that a job asks for; each attempt asks for more.
@cache
def generation_need(dataset):
    return estimate.generation(PLAN.datasets[dataset].settings, shards_of(dataset))


def shard_need(wildcards):
    rows = range(int(wildcards.start), int(wildcards.stop))
    return estimate.shard(PLAN.datasets[wildcards.dataset].settings, rows)


@cache
def training_need(run):
    return estimate.training(PLAN.runs[run].settings, TRAINS_ON_GPU)


@cache
def evaluation_need(evaluation):
    planned = PLAN.evaluations[evaluation]
    datasets = [(PLAN.datasets[split.dataset].settings, split.dataset_split) for split in planned.splits]
    tests = [(dataset, dataset.split_rows()[split]) for dataset, split in datasets]
    return estimate.evaluation(PLAN.runs[planned.run].settings, tests)
