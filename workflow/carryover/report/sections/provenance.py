"""Provenance: where the report comes from, as provenance.json says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from carryover.analysis.setting_titles import value_text
from carryover.planning.sweep import flat
from carryover.report.sections import Section


def section(provenance: Mapping[str, Any]) -> Section:
    """What a reader wants to see. The digests of datasets and checkpoints are in the file alone."""
    seen = {name: value for name, value in provenance.items() if name != "digests"}
    content = {path: value_text(value) for path, value in flat(seen).items()}
    return Section("provenance", "Provenance", "provenance.html", content)
