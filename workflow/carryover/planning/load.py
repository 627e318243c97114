"""From files to checked settings. All mistakes of a config are reported at once, each with its file and key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from carryover.data.folders import in_the_way, not_writable
from carryover.data.results_folder import foreign
from carryover.errors import UserError, UserErrors
from carryover.planning import messages, overrides, titles
from carryover.planning.messages import describe, nearest, not_one_of
from carryover.planning.patterns import matching
from carryover.planning.plan import Titles
from carryover.planning.root import Merged, Root, read_root
from carryover.planning.shipped import with_shipped_paths
from carryover.planning.yaml_reader import read_yaml
from carryover.settings.base import Settings
from carryover.settings.study import Study, Suite
from carryover.settings.texts import Name
from carryover.tasks import TASKS

T = TypeVar("T")
Model = TypeVar("Model", bound=Settings)


class DatasetsFile(Settings):
    """A file of config/datasets: names and settings, which stay as they are written, because sweeps change them."""

    datasets: dict[Name, dict[str, Any]] = {}


class SuitesFile(Settings):
    """A file of config/suites: names and their splits."""

    suites: dict[Name, Suite] = {}


_CONTENT: dict[str, type[Settings]] = {"datasets": DatasetsFile, "suites": SuitesFile}


@dataclass(frozen=True)
class Config:
    """A whole config, each part with the file it came from. Datasets are still plain data: sweeps change them.

    Titles are kept apart: they are no settings.
    """

    root: Root
    datasets: dict[str, dict[str, Any]]
    dataset_files: dict[str, Path]
    suites: dict[str, Suite]
    suite_files: dict[str, Path]
    studies: dict[str, Study]
    study_files: dict[str, Path]
    titles: Titles
    seeds_from: str = "config"  # where `seeds` was set


def load_for_snakemake(
    files: list[Path], on_command_line: list[Path], values: Mapping[str, Any], folder: Path = Path()
) -> Config:
    """The config that a Snakefile asks for. Our own reader reads the same files as Snakemake.

    `files` are all config files that Snakemake read, `on_command_line` those of `--configfile`, which come last, and
    `values` what `--config` says. Raises UserErrors with one line a mistake.
    """
    last = [Path(file).resolve() for file in on_command_line]
    first = [Path(file) for file in files if Path(file).resolve() not in last]
    merged = read_root([*first, *map(Path, on_command_line)])
    return load(merged | overrides.settle(values), folder, writes=True)


def load_for_module(config: Mapping[str, Any]) -> Config:
    """The config that a workflow hands over when it uses this one as a module. Raises UserErrors as `load` does."""
    where = "the module's config"
    return load(Merged(overrides.settle(config, where), first=where), writes=True)


def load(merged: Merged, folder: Path = Path(), writes: bool = False) -> Config:
    """Check merged config data and every file that it names.

    `folder` is what relative paths start from; `writes`: results will be made. Raises UserErrors with one line a
    mistake.
    """
    root = with_shipped_paths(_root(merged), merged)
    mistakes = _folders(root, merged, folder, writes)
    datasets, dataset_files = _named("datasets", _files("datasets", root, merged, folder, mistakes), mistakes)
    suites, suite_files = _named("suites", _files("suites", root, merged, folder, mistakes), mistakes)
    before = len(mistakes)
    studies, study_files = _studies(_files("studies", root, merged, folder, mistakes), mistakes)
    all_read = len(mistakes) == before
    for name, study in studies.items():
        file = study_files[name]
        _join("datasets", study.datasets, file, datasets, dataset_files, mistakes)
        _join("suites", study.suites, file, suites, suite_files, mistakes)
    datasets, of_datasets = titles.taken_from(datasets, dataset_files, mistakes)
    mistakes += _unknown_tasks(suites, suite_files, studies, study_files)
    named = {"only": root.only or (), "seeds": root.seeds if isinstance(root.seeds, dict) else ()}
    mistakes += [
        f"{merged.where(key)}: {key}: no study {name!r}{nearest(name, studies)}"
        for key, names in named.items()
        for name in names
        if name not in studies and all_read  # it may be the one that could not be read
    ]
    if mistakes:
        raise UserErrors(mistakes)
    named_so, seeds_from = titles.of_suites(suites, of_datasets), merged.where("seeds")
    return Config(
        root, datasets, dataset_files, suites, suite_files, studies, study_files, named_so, seeds_from
    )


def _unknown_tasks(
    suites: Mapping[str, Suite],
    suite_files: Mapping[str, Path],
    studies: Mapping[str, Study],
    study_files: Mapping[str, Path],
) -> list[str]:
    """Suites and studies whose task does not exist."""
    tasks = {f"{suite_files[name]}: suites.{name}.task": suite.task for name, suite in suites.items()}
    tasks |= {f"{study_files[name]}: task": study.task for name, study in studies.items()}
    return [f"{where}: {not_one_of(task, TASKS)}" for where, task in tasks.items() if task not in TASKS]


def _folders(root: Root, merged: Merged, folder: Path, writes: bool) -> list[str]:
    """Mistakes in the folders for results. Commands that only read results need no permission to write."""
    results, report = folder / root.results, folder / root.results / "reports" / root.name
    problems = {
        "results": in_the_way(report)
        or foreign(results)
        or (not_writable(results) or not_writable(report) if writes else None),
        "data": in_the_way(folder / root.data),
    }
    mistakes = [
        f"{merged.where(key)}: {key}: {problem}; name a folder of its own that can be written to"
        for key, problem in problems.items()
        if problem
    ]
    reference = in_the_way(folder / root.reference) if root.reference else None
    if reference:
        where = f"{merged.where('reference')}: reference"
        mistakes.append(f"{where}: {reference}; name a folder of tables, or leave it out")
    return mistakes


def _join(
    kind: str,
    own: Mapping[str, T],
    file: Path,
    known: dict[str, T],
    known_files: dict[str, Path],
    mistakes: list[str],
) -> None:
    """Add the datasets or suites of a file to those that all studies see."""
    for name, value in own.items():
        if name in known:
            mistakes.append(
                f"{file}: {kind}.{name}: the name is taken by {known_files[name]}; choose another"
            )
        else:
            known[name], known_files[name] = value, file


def _validated(model: type[Model], value: Any, where: str, mistakes: list[str]) -> Model | None:
    try:
        return model.read(value)
    except ValidationError as error:
        mistakes += [f"{where}: {line}" for line in describe(error, model, value)]
    return None


def _root(merged: Merged) -> Root:
    try:
        return Root.read(merged.data)
    except ValidationError as error:
        mistakes = messages.mistakes(error, Root, merged.data)
        raise UserErrors([f"{merged.where(*mistake.keys[:1])}: {mistake}" for mistake in mistakes]) from None


def _files(
    kind: Literal["datasets", "suites", "studies"],
    root: Root,
    merged: Merged,
    folder: Path,
    mistakes: list[str],
) -> Iterator[tuple[Path, Any]]:
    """The files of one kind with their content. Files that are empty or cannot be read are left out."""
    where = f"{merged.where(kind)}: {kind}"
    try:
        files = list(matching(getattr(root, kind), folder))
    except UserError as error:
        mistakes.append(f"{where}: {error}")
        return
    for file in files:
        if isinstance(file, str):
            mistakes.append(f"{where}: no file matches {file!r} (from {folder.resolve()})")
            continue
        try:
            data = read_yaml(file)
        except UserError as error:
            mistakes.append(str(error))
            continue
        if data is not None:
            yield file, data


def _named(
    kind: Literal["datasets", "suites"], files: Iterable[tuple[Path, Any]], mistakes: list[str]
) -> tuple[dict[str, Any], dict[str, Path]]:
    """The named entries of all files of one kind."""
    entries: dict[str, Any] = {}
    origin: dict[str, Path] = {}
    for file, data in files:
        content = _validated(_CONTENT[kind], data, str(file), mistakes)
        if content is not None:
            _join(kind, getattr(content, kind), file, entries, origin, mistakes)
    return entries, origin


def _studies(
    files: Iterable[tuple[Path, Any]], mistakes: list[str]
) -> tuple[dict[str, Study], dict[str, Path]]:
    studies: dict[str, Study] = {}
    origin: dict[str, Path] = {}
    for file, data in files:
        study = _validated(Study, data, str(file), mistakes)
        if study is None:
            continue
        if study.study in studies:
            mistakes.append(
                f"{file}: study: the name {study.study!r} is taken by {origin[study.study]}; choose another"
            )
            continue
        studies[study.study], origin[study.study] = study, file
    return studies, origin
