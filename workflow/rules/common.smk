# Loads the plan, in which every rule looks up its jobs, and defines what several rules use.
import shlex
import sys
from functools import cache
from pathlib import Path

from snakemake.io import IOFile
from snakemake.utils import min_version
from snakemake_interface_executor_plugins.settings import DeploymentMethod

min_version("9.0")


def stop(line):
    """End with one line and exit code 2. Snakemake adds nothing to a plain exit."""
    print(line, file=sys.stderr)
    sys.exit(2)


def stop_for_lack_of(module):
    stop(
        f"Carryover needs {module}, and {sys.executable} does not have it: "
        "run `make install` in a clone, then that clone's .venv/bin/snakemake"
    )


# Snakemake looks for `carryover` beside workflow/Snakefile first, so rules and package have the same version. A Snakefile that
# github() loads has no folder on this machine. It uses the installed package.
try:
    import carryover
    from carryover.data import shards
    from carryover.data.results_folder import mark
    from carryover.errors import UserError
    from carryover.manage import capacity
    from carryover.manage.inventory import complete
    from carryover.planning import estimate, fingerprint
    from carryover.planning.expand import make_plan
    from carryover.planning.load import load_for_module, load_for_snakemake
    from carryover.planning.shipped import config_file
    from carryover.planning.sources import places
    from carryover.settings.canonical import canonical_json, content_hash
    from carryover.training.device import local_gpus
    from carryover.warm import server
except ModuleNotFoundError as error:
    stop_for_lack_of(error.name)


# Our reader reads the config files before Snakemake does. Snakemake does not say where a mistake is, accepts keys that occur
# twice, and reads 2026_11 as a number. A module gets its config from the workflow that imports it.
is_module = not workflow.modifier.is_main_snakefile()
try:
    if not is_module:
        given = workflow.config_settings
        CONFIG = load_for_snakemake([config_file()], given.configfiles, given.config)
except UserError as error:
    stop(error)


# The config of the working folder. If that folder has no config/, the config that is shipped with the workflow.
configfile: str(config_file())


try:
    if is_module:
        CONFIG = load_for_module(config)
    PLAN = make_plan(CONFIG)
except UserError as error:
    stop(error)
except ModuleNotFoundError as error:
    stop_for_lack_of(error.name)

RESULTS = PLAN.results
REPORT = f"{RESULTS}/reports/{PLAN.name}"
LOGS = f"{RESULTS}/logs"
ENVIRONMENT = "../../envs/environment.yaml"


wildcard_constraints:
    dataset=r"[a-z0-9_.-]+-[0-9a-f]{12}",
    run=r"[a-z0-9_.-]+-[0-9a-f]{12}",
    evaluation=r"[a-z0-9_.-]+-[0-9a-f]{12}",
    split="train|validation|test",
    start="[0-9]+",
    stop="[0-9]+",


def executes_locally():
    return workflow.executor_plugin is None or workflow.executor_plugin.common_settings.local_exec


def uses_conda():
    return DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method


def check_capacity():
    """Stop where the jobs that are left to do cannot fit this machine."""
    # The address of what a job makes is in its wildcards, whatever a workflow that uses this one calls its rule.
    asked = {pair for job in workflow.dag.needrun_jobs() for pair in job.wildcards.items()}
    of = {
        kind: sorted(value for name, value in asked if name == kind)
        for kind in ("dataset", "run", "evaluation")
    }
    try:
        capacity.check(PLAN, of["dataset"], of["run"], of["evaluation"], gpu=trains_on_gpu())
    except UserError as error:
        stop(error)


def before_first_job(log=None):
    """Write the plan, which `aggregate` and `render` read, and start the warm parent of local jobs."""
    for line in PLAN.unavailable:
        logger.info(f"left out: {line}")
    if executes_locally():
        check_capacity()
    mark(Path(RESULTS))
    PLAN.write(Path(REPORT) / "plan.json")
    if executes_locally() and not uses_conda():
        server.start()


# Snakemake ignores the `onstart:` of a module. A module therefore adds its own to that of the workflow that imports it.
if is_module:
    of_the_importer = workflow._onstart
    workflow._onstart = lambda log: (before_first_job(), of_the_importer(log))

# A job gets its values in one of two ways. `params` decide the result: when one changes, the result is made again.
# `resources` say where and how a job runs: when one changes, nothing is made again.


def carryover_command(wildcards, output):
    """The start of a job's command: the package that made the plan, run by Snakemake's Python or by that of conda.

    It does not decide the result, so a change must not make the result again. Snakemake does not compare parameters
    that are functions of `output`.
    """
    python = "python" if uses_conda() else shlex.quote(sys.executable)
    folder = Path(carryover.__file__).parents[1]
    # With `exec`, signals (such as that of a time limit) reach Python, and not a shell around it.
    return f"exec env PYTHONPATH={shlex.quote(str(folder))} {python} -m carryover"


@cache
def training_gpus():
    """GPUs of this machine that training asks for. On a cluster other machines train, and the profile asks for GPUs."""
    return local_gpus() if executes_locally() and CONFIG.root.device != "cpu" else 0


def trains_on_gpu():
    return training_gpus() > 0 or (not executes_locally() and CONFIG.root.device != "cpu")


# The functions below look up values in the plan, by the content address in a rule's wildcard.
@cache
def shard_rows(dataset):
    """How many rows a shard of a dataset has. A finished dataset keeps the number that it was made with.

    Another number would change the list of its inputs (the shards). Snakemake would then make the dataset again, and
    every result that depends on it.
    """
    settings = PLAN.datasets[dataset].settings
    if not shards.shards(settings, shard_rows=1) or not complete(Path(RESULTS), "datasets", dataset):
        return CONFIG.root.shard_rows
    made = workflow.persistence.metadata(IOFile(f"{RESULTS}/datasets/{dataset}/dataset.json"))
    if made is None or repr(fingerprint.generate(settings.task)) not in (made.params or ()):
        return CONFIG.root.shard_rows  # other code made it, so it will be made again
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


def dataset_settings(wildcards):
    return canonical_json(PLAN.datasets[wildcards.dataset].settings.canonical())


def dataset_places(wildcards):
    return canonical_json(places(PLAN.datasets[wildcards.dataset].settings))


def dataset_code(wildcards):
    return fingerprint.generate(PLAN.datasets[wildcards.dataset].task)


# A content address names the content of a file. The modification time of a large file says nothing, because the file may have
# been copied. It is marked `ancient`: Snakemake ignores its time, and compares the content of the small JSON file beside it.
def dataset_files(dataset, *splits):
    folder = f"{RESULTS}/datasets/{dataset}"
    return [f"{folder}/dataset.json", *(ancient(f"{folder}/{split}.parquet") for split in splits)]


def run_of(wildcards):
    return PLAN.runs[wildcards.run]


def training_files(wildcards):
    return dataset_files(run_of(wildcards).dataset, "train", "validation")


def training_settings(wildcards):
    return canonical_json(run_of(wildcards).settings.canonical())


def training_code(wildcards):
    return fingerprint.train(run_of(wildcards).settings)


def evaluation_of(wildcards):
    return PLAN.evaluations[wildcards.evaluation]


def trained_on(wildcards):
    return PLAN.runs[evaluation_of(wildcards).run].dataset


def evaluated_run(wildcards):
    folder = f"{RESULTS}/runs/{evaluation_of(wildcards).run}"
    return [f"{folder}/run.json", ancient(f"{folder}/model.safetensors")]


def evaluated_files(wildcards):
    splits = {trained_on(wildcards): {"train": None}}
    for split in evaluation_of(wildcards).splits:
        splits.setdefault(split.dataset, {})[split.dataset_split] = None
    return [file for dataset, names in splits.items() for file in dataset_files(dataset, *names)]


def evaluated_splits(wildcards):
    return canonical_json([split.model_dump() for split in evaluation_of(wildcards).splits])


def evaluation_code(wildcards):
    return fingerprint.evaluate(PLAN.runs[evaluation_of(wildcards).run].settings)


# Time and memory that a job asks for. Each attempt asks for more.
@cache
def generation_need(dataset):
    return estimate.generation(PLAN.datasets[dataset].settings, shards_of(dataset))


def shard_need(wildcards):
    rows = range(int(wildcards.start), int(wildcards.stop))
    return estimate.shard(PLAN.datasets[wildcards.dataset].settings, rows)


@cache
def training_need(run):
    return estimate.training(PLAN.runs[run].settings, trains_on_gpu())


@cache
def evaluation_need(evaluation):
    run = PLAN.runs[PLAN.evaluations[evaluation].run].settings
    return estimate.evaluation(run, PLAN.tests(evaluation))
