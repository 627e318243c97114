"""From files to checked settings: every mistake of a config found at once, each with its file and key."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import AfterValidator, Field, ValidationError

from carryover.data.folders import in_the_way, not_writable
from carryover.data.results_folder import foreign
from carryover.data.shards import BLOCK_ROWS
from carryover.errors import UserError, UserErrors
from carryover.settings.base import NotNegative, Positive, Settings
from carryover.settings.study import Name, Study, Suite

T = TypeVar("T")
Patterns = Annotated[tuple[str, ...], Field(min_length=1)]


def _no_wildcard(folder: str) -> str:
    if "{" in folder or "}" in folder:
        raise ValueError("a folder's name must have no { or }, which Snakemake reads as wildcards")
    return folder


Folder = Annotated[str, AfterValidator(_no_wildcard)]


class Root(Settings):
    """The keys of config.yaml. Paths are relative to the folder that the workflow runs in."""

    name: Name
    scale: Literal["quick", "full"] = "quick"
    results: Folder = "results"
    data: Folder = "data"
    datasets: Patterns = ("config/datasets/*.yaml",)
    suites: Patterns = ("config/suites/*.yaml",)
    studies: Patterns = ("config/studies/*.yaml",)
    only: tuple[str, ...] | None = None
    seeds: (
        Annotated[int, Field(ge=1, le=1000)] | Annotated[tuple[NotNegative, ...], Field(min_length=1)] | None
    ) = None
    device: Literal["auto", "cpu", "cuda"] = "auto"
    jobs_per_gpu: Positive = 1
    shard_rows: Positive = 64 * BLOCK_ROWS
    reference: str | None = None


@dataclass(frozen=True)
class Config:
    """A whole config, each part with the file it came from. Datasets are still plain data: sweeps change them."""

    root: Root
    datasets: dict[str, dict[str, Any]]
    dataset_files: dict[str, Path]
    suites: dict[str, Suite]
    suite_files: dict[str, Path]
    studies: dict[str, Study]
    study_files: dict[str, Path]


# libyaml reads the shipped files ten times as fast; PyYAML may be built without it.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):
    """YAML without duplicate keys, which would silently drop what the user wrote first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> Any:
    """The data of a YAML file. Raises UserError where the file is missing, not UTF-8 or not YAML."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (UnicodeDecodeError, IsADirectoryError, PermissionError) as error:
        raise UserError(f"{path}: cannot be read as UTF-8 text ({error})") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise UserError(f"{path}{line}: not valid YAML: {getattr(error, 'problem', error)}") from None


def read_root(files: Iterable[Path], overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """config.yaml and its overlays as Snakemake merges them: later files and overrides win, mappings merge."""
    merged: dict[str, Any] = {}
    for file in files:
        data = read_yaml(file)
        if data is None:
            continue
        if not isinstance(data, dict):
            raise UserError(f"{file}: a config file is a mapping of keys, this is a {type(data).__name__}")
        merged |= data
    return merged | dict(overrides or {})


def load(
    data: Mapping[str, Any], files: Iterable[Path] = (), folder: Path = Path(), writes: bool = False
) -> Config:
    """Check merged config data and every file that it names.

    `files` are the config files that `data` was merged from, for naming the one at fault; `folder` is what relative
    paths start from; `writes`: results will be made. Raises UserErrors with one line a mistake.
    """
    mistakes: list[str] = []
    root = _root(dict(data), list(files), mistakes)
    if root is None:
        raise UserErrors(mistakes)
    mistakes += _folders(root, list(files), folder, writes)
    datasets, dataset_files = _named(root.datasets, "datasets", folder, mistakes)
    raw_suites, suite_files = _named(root.suites, "suites", folder, mistakes)
    suites = {}
    for name, value in raw_suites.items():
        suite = _validated(Suite.read, value, f"{suite_files[name]}: suites.{name}", mistakes)
        if suite is not None:
            suites[name] = suite
    studies, study_files = _studies(root.studies, folder, mistakes)
    for name, study in studies.items():
        file = study_files[name]
        _join("datasets", study.datasets, file, datasets, dataset_files, mistakes)
        _join("suites", study.suites, file, suites, suite_files, mistakes)
    for name in root.only or ():
        if name not in studies:
            mistakes.append(
                f"{_at_fault(list(files), 'only')}: only: no study {name!r}{nearest(name, studies)}"
            )
    if mistakes:
        raise UserErrors(mistakes)
    return Config(root, datasets, dataset_files, suites, suite_files, studies, study_files)


def _folders(root: Root, files: list[Path], folder: Path, writes: bool) -> list[str]:
    """Mistakes in where things are to land. Who only looks at results need not be able to write them."""
    results, report = folder / root.results, folder / root.results / "reports" / root.name
    problems = {
        "results": in_the_way(report)
        or foreign(results)
        or (not_writable(results) or not_writable(report) if writes else None),
        "data": in_the_way(folder / root.data),
    }
    problems |= {key: "empty" for key in problems if not getattr(root, key).strip()}
    return [
        f"{_at_fault(files, key)}: {key}: {problem}; name a folder of its own that can be written to"
        for key, problem in problems.items()
        if problem
    ]


def _join(
    kind: str,
    own: Mapping[str, T],
    file: Path,
    known: dict[str, T],
    known_files: dict[str, Path],
    mistakes: list[str],
) -> None:
    """Add the datasets or suites that a study brings to those that all studies see."""
    for name, value in own.items():
        if name in known:
            mistakes.append(
                f"{file}: {kind}.{name}: the name is taken by {known_files[name]}; choose another"
            )
        else:
            known[name], known_files[name] = value, file


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?`, or the names there are when none is near."""
    names = sorted(known)
    close = difflib.get_close_matches(str(name), names, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there are {', '.join(names[:12])}{' …' if len(names) > 12 else ''}" if names else ""


def describe(error: ValidationError, model: type[Settings] | None = None) -> list[str]:
    """The mistakes of a pydantic error, each as `key: what is wrong and what would be right`."""
    return [_describe_one(dict(item), model) for item in error.errors()]


def _describe_one(item: dict[str, Any], model: type[Settings] | None) -> str:
    # Locations of tagged unions carry the tag (`model.tagger.cell`), which the user never wrote as a key.
    tags = {"digit_sum", "expression", "sentiment", "tagger", "classifier", "seq2seq", "grammar", "mixture"}
    tags |= {"uniform_integers", "uniform_digits", "uniform_length", "pairs_file"}
    location = [
        str(part)
        for part in item["loc"]
        if part not in tags and not str(part).startswith(("function-", "tuple["))
    ]
    key = ".".join(location)
    value, context = item.get("input"), item.get("ctx", {})
    match item["type"]:
        case "extra_forbidden":
            known = _fields_at(model, location[:-1])
            text = f"unknown key{nearest(location[-1], known)}"
        case "missing":
            text = "missing; this key is needed"
        case "literal_error":
            choices = str(context.get("expected", ""))
            close = difflib.get_close_matches(
                str(value), [c.strip("' ") for c in choices.replace(" or ", ",").split(",")], n=1
            )
            text = f"{value!r} is not one of {choices}" + (f"; did you mean {close[0]!r}?" if close else "")
        case "union_tag_invalid":
            tag = context.get("tag")
            choices = str(context.get("expected_tags", ""))
            text = f"{context.get('discriminator')} {tag!r} is not one of {choices}" + _close(
                str(tag), choices
            )
        case "union_tag_not_found":
            text = f"the key {context.get('discriminator')} is missing, which says what kind this is"
        case "value_error":
            text = str(context.get("error", item["msg"]))
        case "float_type" | "float_parsing" | "int_type" | "int_from_float" if isinstance(value, str):
            text = f"{value!r} is text, not a number" + (
                "; YAML reads 1e-3 as text: write 1.0e-3 or 0.001" if "e" in value.lower() else ""
            )
        case "finite_number":
            text = f"{value} is not a finite number"
        case _:
            text = f"{item['msg'][0].lower()}{item['msg'][1:]}, not {_short(value)}"
    return f"{key}: {text}" if key else text


def _close(name: str, choices: str) -> str:
    close = difflib.get_close_matches(name, [c.strip("' ") for c in choices.split(",")], n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _fields_at(model: type[Settings] | None, location: list[str]) -> list[str]:
    """The keys that `model` has at `location`, so that an unknown one can be answered with the nearest."""
    from carryover.planning.fields import known_keys

    return known_keys(model, location) if model is not None else []


def _validated(read: Callable[[Any], T], value: Any, where: str, mistakes: list[str]) -> T | None:
    try:
        return read(value)
    except ValidationError as error:
        model = getattr(read, "__self__", None)
        mistakes += [f"{where}: {line}" for line in describe(error, model)]
    except (TypeError, ValueError) as error:  # what JSON cannot hold: NaN, dates, keys that are no text
        mistakes.append(f"{where}: {error}")
    return None


def _root(data: dict[str, Any], files: list[Path], mistakes: list[str]) -> Root | None:
    try:
        return Root.read(data)
    except ValidationError as error:
        for item, line in zip(error.errors(), describe(error, Root), strict=True):
            key = str(item["loc"][0]) if item["loc"] else ""
            mistakes.append(f"{_at_fault(files, key)}: {line}")
    except (TypeError, ValueError) as error:
        mistakes.append(f"{_at_fault(files, '')}: {error}")
    return None


def _at_fault(files: list[Path], key: str) -> str:
    """The last config file that sets `key`: merging made that one win."""
    for file in reversed(files):
        content = read_yaml(file)
        if isinstance(content, dict) and key in content:
            return str(file)
    return str(files[0]) if files else "config"


def _files(patterns: tuple[str, ...], kind: str, folder: Path, mistakes: list[str]) -> list[Path]:
    found: dict[Path, None] = {}
    for pattern in patterns:
        path = Path(pattern)
        start = Path(path.anchor) if path.is_absolute() else folder
        matches = sorted(start.glob(str(path.relative_to(path.anchor)) if path.is_absolute() else pattern))
        if not matches:
            mistakes.append(f"{kind}: no file matches {pattern!r} (from {folder.resolve()})")
        found |= dict.fromkeys(matches)
    return list(found)


def _named(
    patterns: tuple[str, ...], kind: Literal["datasets", "suites"], folder: Path, mistakes: list[str]
) -> tuple[dict[str, Any], dict[str, Path]]:
    """The named entries of all files of one kind; each file has the one key `kind`."""
    entries: dict[str, Any] = {}
    origin: dict[str, Path] = {}
    for file in _files(patterns, kind, folder, mistakes):
        try:
            data = read_yaml(file)
        except UserError as error:
            mistakes.append(str(error))
            continue
        if data is None:
            continue
        if not isinstance(data, dict) or set(data) != {kind} or not isinstance(data[kind], dict):
            mistakes.append(
                f"{file}: the one key of this file is `{kind}:`, a mapping from names to settings"
            )
            continue
        for name, value in data[kind].items():
            if name in entries:
                mistakes.append(f"{file}: {kind}.{name}: the name is taken by {origin[name]}; choose another")
            elif not isinstance(value, dict):
                mistakes.append(
                    f"{file}: {kind}.{name}: should be a mapping of settings, not {_short(value)}"
                )
            else:
                entries[str(name)], origin[str(name)] = value, file
    return entries, origin


def _studies(
    patterns: tuple[str, ...], folder: Path, mistakes: list[str]
) -> tuple[dict[str, Study], dict[str, Path]]:
    studies: dict[str, Study] = {}
    origin: dict[str, Path] = {}
    for file in _files(patterns, "studies", folder, mistakes):
        try:
            data = read_yaml(file)
        except UserError as error:
            mistakes.append(str(error))
            continue
        study = _validated(Study.read, data, str(file), mistakes)
        if study is None:
            continue
        if study.study in studies:
            mistakes.append(
                f"{file}: study: the name {study.study!r} is taken by {origin[study.study]}; choose another"
            )
            continue
        studies[study.study], origin[study.study] = study, file
    return studies, origin
