"""The table of figures says what falls short, and its sides train the same model."""

from __future__ import annotations

from pathlib import Path

import pytest

from carryover.models import build
from carryover.planning.runs import read_run
from carryover.tasks import TASKS
from carryover.tasks.generate import generate
from tests.benchmarks import __main__ as page
from tests.benchmarks import bench_training, cases, sides
from tests.benchmarks.bare import Bare, Products
from tests.benchmarks.scripts import SCRIPTS
from tests.benchmarks.table import Row

# How many symbols the script may have more or less: padding, the end, words of other reviews.
SYMBOLS = {
    "adder-prml": 0,
    "adder-lengths": 0,
    "three-number": 6,
    "expression-seq2seq": 6,
    "imdb-sweeps": 300,
}


@pytest.mark.parametrize(
    ("figure", "target", "more", "reached"),
    [
        (2.0, 2.0, True, "yes"),
        (1.99, 2.0, True, "**no**"),
        (0.4, 0.4, False, "yes"),
        (0.41, 0.4, False, "**no**"),
        (5.0, None, True, ""),
    ],
)
def test_a_figure_that_falls_short_is_marked(
    figure: float, target: float | None, more: bool, reached: str
) -> None:
    line = Row("what", figure, "×", "how", target, more).line()
    assert [cell.strip() for cell in line.split("|")][4] == reached


def test_a_benchmark_that_fails_has_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tests/benchmarks").mkdir(parents=True)
    (tmp_path / "tests/benchmarks/bench_broken.py").write_text("raise SystemExit(3)")
    monkeypatch.setattr(page, "ROOT", tmp_path)
    (line,), failed = page.measured("broken")
    assert failed
    assert "bench_broken.py" in line
    assert "**no**" in line
    assert "exit code 3" in line


def test_sides_take_turns_and_the_first_of_each_does_not_count(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = (
        "from tests.benchmarks.sides import serve; log = open({!r}, 'a'); "
        "serve(lambda: print({!r}, file=log, flush=True))"
    )
    commands = {name: ["-c", code.format(str(log), name)] for name in "ab"}
    seconds = sides.take_turns(commands, 2)
    assert {name: len(turns) for name, turns in seconds.items()} == {"a": 2, "b": 2}
    assert log.read_text().split() == ["a", "b"] * 3


def test_a_side_that_ends_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="'short' ended with exit code 0"):
        sides.take_turns({"short": ["-c", "pass"]}, 1)


@pytest.mark.parametrize("report", cases.REPORTS)
def test_all_sides_of_a_training_have_the_same_model(
    tmp_path: Path, report: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CARRYOVER_IMDB", raising=False)
    settings = cases.run_settings(report, tmp_path)
    settings["dataset"]["rows"] |= {"train": 1400, "validation": 20}
    if "steps" in settings["training"]:
        settings["training"] |= {"steps": 2, "validate_every": 1}
    monkeypatch.setattr(cases, "run_settings", lambda report, folder: settings)
    run = read_run(settings)
    generate(run.dataset, tmp_path / "data")
    sizes = TASKS[run.dataset.task].data.sizes(run, tmp_path / "data")
    own = [weight.shape for weight in build(run.model, sizes).parameters()]
    job = bench_training.opened(report, tmp_path)
    script, bare = SCRIPTS[report](settings, tmp_path / "data").model, Bare(job).model
    for model, allowed in ((script, SYMBOLS[report]), (bare, 0)):
        theirs = [weight.shape for weight in model.parameters()]
        for shape, other in zip(sorted(own), sorted(theirs), strict=True):
            assert shape[1:] == other[1:]
            assert abs(shape[0] - other[0]) <= allowed

    if run.model.kind == "tagger":
        # Forward, every weight but the embedding's is multiplied once for each position; backward twice.
        weights = sum(weight.numel() for name, weight in script.named_parameters() if "bias" not in name)
        weights -= script.embed_layer.weight.numel()
        trained, validated = 2 * 200 * 11, 2 * 20 * 11
        products = Products(job)
        assert multiplications(products.forward) == weights * (trained + validated)
        assert multiplications(products.backward) == 2 * weights * trained


def multiplications(products: dict[tuple[int, ...], int]) -> int:
    return sum(rows * inner * columns * times for (rows, inner, columns), times in products.items())
