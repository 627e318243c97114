"""The example study of different questions in config/README.md is planned, and its dataset is made."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from carryover.data.parquet import read_split
from carryover.tasks.generate import generate
from tests.tiny import Tiny

README = Path(__file__).parents[2] / "config" / "README.md"


def test_the_example_study_draws_no_question_twice(tiny: Tiny, tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (study,) = (block for block in blocks if block.startswith("study: different-questions"))
    tiny.files["config/studies/cells.yaml"] = yaml.safe_load(study)
    tiny.files["config/suites/all.yaml"] = {
        "suites": {"own-digits": {"task": "digit_sum", "splits": {"test": {"dataset": "own"}}}}
    }
    plan = tiny.plan()
    (planned,) = plan.datasets.values()
    generate(planned.settings, tmp_path / "set")
    questions: set[tuple[int, ...]] = set()
    rows = {"train": 45_000, "validation": 5_000, "test": 1_000}
    lengths = {}
    for split, count in rows.items():
        table = read_split(tmp_path / "set" / f"{split}.parquet")
        pairs = zip(table["a"].to_pylist(), table["b"].to_pylist(), strict=True)
        drawn = {tuple(sorted(map(int, pair))) for pair in pairs}
        assert len(drawn) == count
        assert not drawn & questions
        questions |= drawn
        lengths[split] = sum(b > 99 for _, b in drawn) / count
    assert max(max(question) for question in questions) == 999
    # The smaller a split, the fewer of its short questions are used up.
    assert lengths["train"] > lengths["validation"] > lengths["test"] > 0.5
