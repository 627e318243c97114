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
    """Import what needs PyTorch when it is first asked for: most commands do without, and it takes seconds."""
    if name in __all__:
        from carryover.training import runs

        return getattr(runs, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
