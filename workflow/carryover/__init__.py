"""Carryover: what recurrent networks learn from one data distribution, and what of it carries over to another.

In a notebook, `carryover.load_run("results/runs/…")` gives a trained run: its settings, its tables and its model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from carryover.training.runs import load_run

__version__ = "0.1.0"
__all__ = ["load_run"]


def __getattr__(name: str) -> Any:
    """Import what needs PyTorch on first use. The import takes seconds, and most commands do not need it."""
    if name in __all__:
        from carryover.training import runs

        return getattr(runs, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
