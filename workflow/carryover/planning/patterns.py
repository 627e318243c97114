"""The files that the patterns of a config match."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from carryover.errors import UserError


def matching(patterns: Iterable[str], folder: Path) -> Iterator[Path | str]:
    """The files that patterns match, each once, in order. A pattern that matches no file is returned as text.

    `*.yaml` also matches `*.yml`. Hidden files and backups of editors are skipped, unless a pattern gives their full
    name. Relative patterns start from `folder`. Raises UserError for an invalid pattern.
    """
    seen: set[Path] = set()
    for pattern in patterns:
        files = _matching(pattern, folder)
        if not files:
            yield pattern
        for file in files:
            if file not in seen:
                seen.add(file)
                yield file


def _matching(pattern: str, folder: Path) -> list[Path]:
    path = Path(pattern)
    if "*" not in path.name and "?" not in path.name and "[" not in path.name:
        return _glob(path, folder)
    also = [path, path.with_suffix(".yml")] if path.suffix == ".yaml" else [path]
    files = [file for one in also for file in _glob(one, folder)]
    return sorted(file for file in files if not _is_passed_over(file.name))


def _glob(path: Path, folder: Path) -> list[Path]:
    try:
        if not path.is_absolute():
            return sorted(folder.glob(str(path)))
        below = path.relative_to(path.anchor)
        return sorted(Path(path.anchor).glob(str(below))) if below.parts else [path]
    except (ValueError, NotImplementedError, OSError) as error:
        raise UserError(
            f"{str(path)!r} is no pattern of files ({error}); write such as config/studies/*.yaml"
        ) from None


def _is_passed_over(name: str) -> bool:
    """Names that editors and systems leave beside a file: hidden ones, locks and backups."""
    return name.startswith((".", "#", "~")) or name.endswith(("~", "#", ".bak", ".orig", ".swp", ".tmp"))
