"""An answer is one sentence that answers its question, with numbers from the tables, and says whose runs they are."""

from __future__ import annotations

import copy
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from markupsafe import Markup

from carryover.report import answers_of_kinds as kinds
from carryover.report import figures
from carryover.report.answer import answer
from carryover.report.answer_evidence import Evidence
from carryover.report.parts import Parts
from carryover.report.sections.published import _width
from carryover.report.sections.study import section as study_section
from carryover.report.view import Report, StudyResults
from carryover.settings.claims import Published
from tests.report.synthetic import Made


@pytest.fixture(scope="module")
def report(made: Path) -> Report:
    return Report.read(made)


def told(report: Report, study: str) -> str:
    return Markup(answer(report.by_name[study])).striptags()


def test_every_answer_is_one_sentence_that_says_whose_runs_it_rests_on(report: Report) -> None:
    for study in report.studies:
        shown = told(report, study.name)
        if shown != "Open: this report has no results for it.":
            assert re.fullmatch(r"[A-Z].*[^.]\. \(this run, \d( to \d)? seeds? a setting\)", shown), shown
        assert ". " not in re.sub(r"\. \(this run.*", "", shown), shown


def test_an_answer_names_the_best_and_the_worst_with_their_means(report: Report, made: Path) -> None:
    summary = pd.read_parquet(made / "tables/summary.parquet")
    mine = summary.query("study == 'imdb-compound' and metric == 'batch_accuracy' and stratum == 'all'")
    shown = told(report, "imdb-compound")
    assert shown.startswith("Accuracy of a batch on the test is highest with ")
    for extreme in (mine["mean"].idxmin(), mine["mean"].idxmax()):
        size = dict(pair.split("=") for pair in mine.loc[extreme, "point"].split(", "))
        layers = "1 layer" if size["layers"] == "1" else f"{size['layers']} layers"
        called = {"layers": layers, "hidden": f"hidden size {size['hidden']}"}
        called["embedding"] = f"embedding size {size['embedding']}"
        first, *others = (called[name] for name in size)
        names = f"{first} ({', '.join(others)})"
        assert re.search(rf"{mine.loc[extreme, 'mean']:.3f}\b", shown)
        assert f"with {names}" in shown


def test_an_answer_says_how_soon_the_task_is_solved(report: Report, made: Path) -> None:
    solved = pd.read_parquet(made / "tables/solved.parquet").query("study == 'adder-cells'")
    rows = solved.sort_values("median_steps")
    steps = [f"{row['median_steps']:.0f}" for _, row in rows.iterrows()]
    cells = [row["point"].removeprefix("cell=").upper() for _, row in rows.iterrows()]
    first, *others = zip(steps, cells, strict=True)
    expected = (
        f"All 5 runs of each setting solve the task, the median one after {first[0]} steps with {first[1]}"
    )
    shown = told(report, "adder-cells")
    assert shown.startswith(expected + "".join(f", {a} with {b}" for a, b in others))
    assert re.search(r"; (too close to rank|\w+ is sooner than )", shown), shown


def test_an_answer_says_how_many_settings_were_not_run(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = report.by_name["adder-cells"]
    assert "not run" not in told(report, "adder-cells")
    monkeypatch.setitem(vars(study), "available", study.available[:-1])
    assert told(report, "adder-cells").endswith("seeds a setting; 1 setting not run)")


def test_few_seeds_rank_nothing(report: Report) -> None:
    assert told(report, "adder-lr").startswith(
        "Too few seeds to rank settings (3 are needed): exact match on the test is"
    )


Accuracy = Callable[[dict[str, Any], str, int], float]


def made_up(folder: Path, accuracy: Accuracy, points: list[dict[str, Any]], **more: Any) -> Report:
    """A report of one study with these accuracies, on sums of 2 and of 10 digits."""
    one = Made()
    tests = {("lengths", f"digits-{n}"): one.dataset(f"digits-{n}", "digit_sum", n) for n in (2, 10)}
    one.study("mine", "digit_sum", points, tests, accuracy, **more)
    return Report.read(one.write(folder))


LENGTHS = [{"dataset": "digits-2"}, {"dataset": "digits-10"}]


def test_what_carries_over_is_told_by_test_and_training_data(tmp_path: Path) -> None:
    def accuracy(values: dict[str, Any], split: str, digits: int) -> float:
        return 1.0 if values["dataset"] == "digits-10" or digits == 2 else 0.0

    shown = told(made_up(tmp_path, accuracy, LENGTHS), "mine")
    assert shown.startswith(
        "Mean exact match stays at 0.99 or more on every test (2 tests, with 2 to 10 digits of the longest operand) "
        "when trained on digits 10; "
    )
    assert re.search(r"; when trained on digits 2, it falls to <0.001 .* on digits 10\.", shown)


def test_training_data_that_are_all_enough_are_told_so(tmp_path: Path) -> None:
    shown = told(made_up(tmp_path, lambda values, split, digits: 1.0, LENGTHS), "mine")
    assert shown.startswith(
        "Every setting keeps a mean exact match of 0.99 or more on every test (2 tests, with 2 to 10 "
    )
    assert "); the lowest is " in shown


def test_scores_that_overlap_are_too_close_to_rank(tmp_path: Path) -> None:
    points = [{"model.cell": "rnn"}, {"model.cell": "gru"}]
    shown = told(made_up(tmp_path, lambda values, split, digits: 0.5, points), "mine")
    assert shown.startswith("Too close to rank: exact match on digits")


SEVERAL = [{"model.cell": cell} for cell in ("rnn", "gru", "lstm")]


def test_several_settings_are_told_in_their_order(tmp_path: Path) -> None:
    means = {"rnn": 0.2, "gru": 0.9, "lstm": 0.55}
    report = made_up(tmp_path, lambda values, split, digits: means[values["model.cell"]], SEVERAL, seeds=5)
    names = re.findall(r"(?:best|then) (\w+) \(0\.\d+\)", told(report, "mine"))
    assert names == ["GRU", "LSTM", "RNN"]


def test_settings_that_are_not_told_apart_share_a_place(tmp_path: Path) -> None:
    means = {"rnn": 0.2, "gru": 0.8, "lstm": 0.8}
    report = made_up(tmp_path, lambda values, split, digits: means[values["model.cell"]], SEVERAL, seeds=5)
    shown = told(report, "mine")
    assert re.search(r": best (\w+) \(0\.\d+\), too close to rank with (\w+) \(0\.\d+\); then RNN", shown), (
        shown
    )


def test_many_settings_name_the_ends_and_who_comes_close(report: Report) -> None:
    shown = told(report, "imdb-compound")
    assert re.search(r"; \d+ of the other 26 settings are too close to rank with the first\. ", shown), shown


def test_the_answer_and_the_figure_beside_it_have_one_measure(report: Report, made: Path) -> None:
    """The metric of the sentence is on the axis of the figure, whatever the study asks."""
    index = figures.read_index(made / "figures")
    drawn = [{**entry, "name": name} for name, entry in index.items() if isinstance(entry, dict)]
    words_of = {
        "exact_match": "exact match",
        "accuracy": "accuracy",
        "batch_accuracy": "accuracy of a batch",
    }
    leads = {}
    for study in report.studies:
        lead = study_section(study, drawn, Parts()).content["lead"]
        if lead is None or "Open" in told(report, study.name):
            continue
        leads[study.name] = lead["kind"]
        if lead["kind"] == "curves":
            assert "solve" in told(report, study.name)
        else:
            (metric,) = lead["measures"]
            assert words_of[metric] in lead["title"].lower()
            assert words_of[metric] in told(report, study.name).lower()
    assert len(leads) > 5
    assert leads["imdb-compound"] == "settings"
    assert leads["adder-cells"] == "curves"


def test_the_committed_reference_answers_where_own_runs_decide_nothing(tmp_path: Path) -> None:
    def accuracy(values: dict[str, Any], split: str, digits: int) -> float:
        return 0.9 if values["model.cell"] == "gru" else 0.2

    points = [{"model.cell": "rnn"}, {"model.cell": "gru"}]
    reference = made_up(tmp_path / "reference", accuracy, points)
    folder = tmp_path / "reference"
    for table in (folder / "tables").glob("*.parquet"):
        shutil.copy(table, folder)
    own = made_up(tmp_path / "own", lambda values, split, digits: 0.5, points, as_published=False)
    alone = told(own, "mine")
    assert alone.startswith("On a smaller task than the report's: too close to rank: ")
    assert alone.endswith("(this run, 3 seeds a setting)")
    beside = Report(own.tables, own.plan.model_copy(update={"reference": str(folder)}))
    html = answer(beside.by_name["mine"])
    assert "is highest with GRU: 0.8" in html.striptags()
    assert html.striptags().endswith("(committed reference, 3 seeds a setting)")
    assert "data-from" not in html  # its numbers are in no table of this report
    assert html.striptags() == told(reference, "mine").replace("this run", "committed reference")


def test_a_wide_interval_excludes_little_and_says_so() -> None:
    row = {
        "word": "inside",
        "source": "this run",
        "own_mean": 0.36,
        "own_prediction_low": 0.0,
        "own_prediction_high": 0.87,
    }
    assert (
        _width(row, "exact_match")
        == "the interval is 0.87 wide: the number cannot be excluded, which says little"
    )
    narrow = row | {"own_mean": 1.0, "own_prediction_low": 0.999, "own_prediction_high": 1.0}
    assert _width(narrow, "exact_match") == "the interval is 0.001 wide"
    assert _width(row | {"word": "outside"}, "exact_match") == ""
    steps = {"word": "inside", "source": "reference", "reference_mean": 400.0}
    steps |= {"reference_prediction_low": 292.5, "reference_prediction_high": 507.5}
    assert _width(steps, "solved_at").startswith("the interval is 215 wide: the number cannot be excluded")


def test_a_single_run_ranks_nothing_and_is_told_so(report: Report, made: Path) -> None:
    study = copy.copy(report.by_name["adder-cells"])
    rows = study.table("solved").copy()
    rows.loc[rows.index[1:], "seeds"] = 1
    rows.loc[rows.index[1:], "solved"] = [1, 0]
    study.table = lambda name: rows if name == "solved" else StudyResults.table(study, name)  # type: ignore[method-assign]
    shown = Markup(kinds.sentence(Evidence(study, "this run", own=False))).striptags()
    assert " (1 run)" in shown
    assert "; too few seeds to rank; the only run does not with " in shown


def test_a_report_that_prints_losses_of_training_alone_is_answered_in_them(tmp_path: Path) -> None:
    study = copy.copy(made_up(tmp_path, lambda values, split, digits: 0.5, SEVERAL[:2]).by_name["mine"])
    printed = [
        Published(id=name, place="p", metric=name, better="lower", value=0.7)
        for name in ("train_loss", "loss")
    ]
    study.planned = study.planned.model_copy(update={"published": tuple(printed)})
    ours = [("train_loss", "cell=rnn", 0.61), ("loss", "cell=rnn", 0.72), ("loss", "cell=gru", 0.75)]
    fixed = {"low": 0.5, "high": 0.9, "minimum": 0.5, "maximum": 0.9, "seeds": 5}
    rows = pd.DataFrame(
        [{"metric": name, "point": point, "mean": mean, **fixed} for name, point, mean in ours]
    )
    study.table = lambda name: rows if name == "published" else StudyResults.table(study, name)  # type: ignore[method-assign]
    evidence = Evidence(study, "this run", own=False)
    shown = kinds.sentence(evidence)
    assert shown == (
        "validation cross-entropy at the end is 0.72 [0.5, 0.9] with RNN and 0.75 [0.5, 0.9] with GRU; "
        "training cross-entropy at the end is 0.61 [0.5, 0.9] with RNN"
    )
    assert kinds.measure(evidence) == "loss"
