"""Architectures, one file each; carryover.settings.models lists them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carryover.models.architecture import Architecture
    from carryover.settings.models import Model
    from carryover.tasks.encoded import Sizes


def build(model: Model, sizes: Sizes) -> Architecture:
    """The architecture of these settings, initialised from the global generator of the CPU."""
    module = import_module(f"carryover.models.{model.kind}")
    architecture: type[Architecture] = getattr(module, type(model).__name__)
    return architecture(model, sizes)
