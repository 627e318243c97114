"""The config that is shipped beside the workflow. It serves a folder that has no config/ of its own."""

from __future__ import annotations

from pathlib import Path

from carryover.planning.root import Merged, Root

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = ROOT / "config" / "config.yaml"
PATHS = ("datasets", "suites", "studies", "reference")


def config_file(folder: Path = Path()) -> Path:
    """config/config.yaml of a folder, or the shipped one where the folder has no config/."""
    own = folder / "config"
    return SHIPPED if SHIPPED.is_file() and not own.exists() else own / "config.yaml"


def with_shipped_paths(root: Root, merged: Merged) -> Root:
    """The config with the paths that the shipped config sets starting from the folder that holds its config/.

    All other paths start from the folder that the workflow runs in: those of an overlay or of the command line, and
    `results` and `data` always.
    """
    paths = {key: getattr(root, key) for key in PATHS if merged.origin.get(key) == str(SHIPPED)}
    return root.model_copy(update={key: _from_root(value) for key, value in paths.items() if value})


def _from_root(value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    return str(ROOT / value) if isinstance(value, str) else tuple(str(ROOT / path) for path in value)
