"""Every setting says what it is, and the docs say what the settings say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from carryover.cli import main
from carryover.errors import UserError
from carryover.planning.runs import RunSettings
from carryover.planning.schema import FILES
from carryover.planning.setting_tables import MARKED, filled, tables
from carryover.settings.models import Classifier
from carryover.settings.training import Training

README = Path(__file__).parents[2] / "config" / "README.md"


def models_in(annotation: object) -> set[type[BaseModel]]:
    """Every model that an annotation holds, and those that these hold."""
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return {model for argument in get_args(annotation) for model in models_in(argument)}
    inner = {model for field in annotation.model_fields.values() for model in models_in(field.annotation)}
    return {annotation} | inner


WRITTEN = sorted(
    {model for top in (*FILES.values(), RunSettings) for model in models_in(top)}, key=lambda m: m.__name__
)


@pytest.mark.parametrize("model", WRITTEN, ids=lambda model: model.__name__)
def test_every_setting_says_what_it_is(model: type[BaseModel]) -> None:
    if (
        model in (*FILES.values(), RunSettings)
        and model is not FILES["config"]
        and model is not FILES["study"]
    ):
        return  # these are no file's own keys
    for name, field in model.model_fields.items():
        assert field.description, f"{model.__name__}.{name} has no Field(description=…)"
        assert re.match(r"[A-Z`a-z]", field.description), (name, field.description)
        assert field.description.endswith("."), (name, field.description)


def test_the_tables_of_the_docs_are_those_of_the_settings() -> None:
    text = README.read_text(encoding="utf-8")
    assert filled(text) == text, "run `carryover schema` and commit what it writes"


def test_every_table_stands_in_the_docs() -> None:
    assert sorted(match[2] for match in MARKED.finditer(README.read_text(encoding="utf-8"))) == sorted(
        tables()
    )


def test_a_table_says_key_default_and_meaning() -> None:
    training = tables()["training"].splitlines()
    assert training[:2] == ["| key | default | meaning |", "| --- | --- | --- |"]
    assert len(training) == 2 + len(Training.model_fields)
    assert "| `batch` | `200` | Examples in one step. |" in training
    readout = next(line for line in tables()["model"].splitlines() if "`readout`" in line)
    assert readout.startswith("| `readout` (classifier) | `last_state` | `last_state`: ")
    assert all(f"`{choice}`" in readout for choice in get_args(Classifier.model_fields["readout"].annotation))


def test_the_command_brings_a_file_up_to_date(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- table: base -->\nold\n<!-- end of table -->\nafter\n")
    with pytest.raises(SystemExit):
        main(["schema", str(tmp_path / "schemas"), "--readme", str(page)])
    assert (
        page.read_text() == f"before\n<!-- table: base -->\n{tables()['base']}<!-- end of table -->\nafter\n"
    )
    assert len(list((tmp_path / "schemas").glob("*.schema.json"))) == 4
    with pytest.raises(UserError, match="no table 'bass'"):
        filled("<!-- table: bass -->\n<!-- end of table -->")
