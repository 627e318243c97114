from __future__ import annotations

import html
import math
import re
import shutil
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from matplotlib.lines import Line2D

from carryover.cli import main
from carryover.errors import UserError
from carryover.planning.plan import Setting
from carryover.report import figures, style
from carryover.report.breakdown import breakdown, family_of
from carryover.report.export import export_figures
from carryover.report.figures import (
    cost,
    curves,
    errors,
    extrapolation,
    headline,
    mixture,
    published,
    seen,
    settings,
    transfer,
)
from carryover.report.figures.findings import extremes
from carryover.report.names import numeric_order, short_names
from carryover.report.parts import check
from carryover.report.render import render
from carryover.report.view import Report, StudyResults
from tests.report import synthetic


@pytest.fixture(scope="module")
def report(made: Path) -> Report:
    style.use()
    return Report.read(made)


def study(report: Report, name: str) -> StudyResults:
    return next(one for one in report.studies if one.name == name)


def fails(*_: object) -> NoReturn:
    raise ValueError("<b>nothing</b> to draw\nand more")


def exit_code(command: list[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        main(command)
    return int(ended.value.code or 0)


def the_one(made: figures.Made) -> style.Drawn:
    (drawn,) = made
    assert isinstance(drawn, style.Drawn)
    return drawn


def reason(made: figures.Made) -> str:
    """Why a figure was not drawn; empty where there is nothing to say."""
    (place,) = made or [style.NotDrawn("", "", "", "")]
    assert isinstance(place, style.NotDrawn)
    return place.reason


def lines(drawn: style.Drawn) -> list[Line2D]:
    return [line for ax in drawn.figure.axes for line in ax.lines]


def test_which_figures_each_study_gets(made: Path) -> None:
    kinds: dict[str, set[str]] = {}
    for entry in figures.read_index(made / "figures").values():
        if "nothing" not in entry:
            kinds.setdefault(entry["study"] or "", set()).add(entry["kind"])
    assert kinds == {
        "": {"headline", "published"},
        "adder-cells": {"settings", "curves"},
        "adder-threshold": {"settings", "curves", "transfer", "extrapolation", "errors"},
        "adder-lr": {"settings", "curves"},
        "imdb-compound": {"settings", "curves", "cost"},
        "three-number-transfer": {"settings", "curves", "transfer", "errors", "mixture", "seen"},
        "one-run": {"settings", "curves", "errors"},
        "long-labels": {"settings", "curves", "transfer", "extrapolation"},
    }


def test_each_figure_is_there_as_svg_alone(made: Path) -> None:
    folder = made / "figures"
    for name, entry in figures.read_index(folder).items():
        assert "nothing" in entry or (folder / f"{name}.svg").read_text().startswith("<svg")
    assert {path.suffix for path in folder.iterdir()} == {".svg", ".json"}


@pytest.mark.parametrize(("formats", "starts"), [("pdf,png", (b"%PDF", b"\x89PNG")), ("png", (b"\x89PNG",))])
def test_figures_are_exported_until_they_are_drawn_anew(
    made: Path, tmp_path: Path, formats: str, starts: tuple[bytes, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    copy = shutil.copytree(made, tmp_path / "report")
    synthetic.keep_studies(copy, ("adder-lr", "one-run"))
    command = ["export", str(copy), "--figures", formats, "--study", "one-run"]
    assert exit_code(command) == 0
    written = [Path(line) for line in capsys.readouterr().out.splitlines()]
    kinds = ("settings", "curves", "errors")
    names = [f"one-run-{kind}.{one}" for kind in kinds for one in formats.split(",")]
    assert [path.name for path in written] == names
    for path, start in zip(written, starts * len(kinds), strict=True):
        assert path.read_bytes().startswith(start)
    render(copy, study="adder-lr")
    assert all(path.is_file() for path in written)
    render(copy, study="one-run")
    assert not any(path.exists() for path in written)


@pytest.mark.parametrize("formats", ["svg", "", "pdf,jpg"])
def test_other_formats_are_refused(formats: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["export", str(tmp_path), "--figures", formats]) == 2
    assert "is not pdf, png or pdf,png" in capsys.readouterr().err


def test_a_figure_that_fails_leaves_the_other_exports(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copytree(made, tmp_path / "report")
    monkeypatch.setattr(curves, "draw", fails)
    with pytest.raises(UserError, match=r"1 figure could not be drawn: adder-lr-curves \(ValueError: "):
        export_figures(copy, ["png"], study="adder-lr")
    assert [path.name for path in copy.glob("figures/*.png")] == ["adder-lr-settings.png"]


def test_a_study_without_results_has_no_figures(report: Report) -> None:
    assert figures.draw(study(report, "not-there")) == []


def test_no_interval_is_drawn_for_one_or_two_seeds(report: Report) -> None:
    for name in ("one-run", "adder-lr"):
        (drawn,) = settings.draw(study(report, name))
        assert not [line for line in lines(drawn) if line.get_linewidth() == 4.5], name
    (drawn,) = settings.draw(study(report, "adder-cells"))
    assert len([line for line in lines(drawn) if line.get_linewidth() == 4.5]) == 3


def test_one_seed_says_so(report: Report) -> None:
    (drawn,) = curves.draw(study(report, "one-run"))
    assert "One seed" in drawn.caption
    assert not [patch for ax in drawn.figure.axes for patch in ax.collections]


def test_diverged_runs_are_marked(report: Report) -> None:
    for draw in (settings.draw, curves.draw):
        (drawn,) = draw(study(report, "adder-lr"))
        assert [line for line in lines(drawn) if line.get_marker() == "x"]
        (drawn,) = draw(study(report, "adder-cells"))
        assert not [line for line in lines(drawn) if line.get_marker() == "x"]


def test_the_mean_that_is_drawn_is_the_mean_of_the_runs(made: Path, report: Report) -> None:
    (drawn,) = settings.draw(study(report, "adder-cells"))
    metrics = pd.read_parquet(made / "tables/metrics.parquet")
    points = pd.read_parquet(made / "tables/points.parquet").query("study == 'adder-cells'")
    whole = metrics.query("stratum == 'all' and metric == 'exact_match'").merge(points, on="run")
    expected = whole.groupby("point", sort=False)["value"].mean().to_numpy()
    big = [line for line in lines(drawn) if line.get_markersize() == 6.5]
    np.testing.assert_allclose([line.get_xdata()[0] for line in big], expected)  # type: ignore[index]


def test_captions_quote_the_tables(made: Path, report: Report) -> None:
    (drawn,) = settings.draw(study(report, "adder-cells"))
    summary = pd.read_parquet(made / "tables/summary.parquet")
    row = summary.query("study == 'adder-cells' and point == 'cell=lstm' and stratum == 'all'")
    row = row[row["metric"] == "exact_match"].iloc[0]
    quoted = re.search(r"LSTM (\S+) \[(\S+), (\S+)\], 5 seeds", drawn.caption)
    assert quoted
    for text, name in zip(quoted.groups(), ("mean", "low", "high"), strict=True):
        assert abs(float(text.lstrip(">")) - row[name]) < 0.0011


def test_the_heatmap_has_a_number_in_every_cell(report: Report) -> None:
    (drawn,) = transfer.draw(study(report, "adder-threshold"))
    texts = [text.get_text() for text in drawn.figure.axes[0].texts]
    assert len(texts) == 2 * 6 * 10  # a mean and an interval for each of 6 training and 10 test distributions
    assert not {"1", ".00"} & {t for t in texts[::2] if t not in ("1", "0")}


def test_a_share_below_one_is_never_shown_as_one() -> None:
    assert transfer._short(0.9999, "exact_match") == ">.99"
    assert transfer._short(1.0, "exact_match") == "1"
    assert transfer._short(0.0001, "exact_match") == "<.01"


def test_extrapolation_goes_by_length_and_tells_the_horizon(made: Path, report: Report) -> None:
    (drawn,) = extrapolation.draw(study(report, "adder-threshold"))
    curve = next(line for line in lines(drawn) if line.get_label() == "trained on digits 6")
    assert list(curve.get_xdata()) == [1, 2, 3, 4, 5, 6, 10, 20, 50, 100]
    horizon = pd.read_parquet(made / "tables/horizon.parquet")
    row = horizon.query("study == 'adder-threshold' and point == 'dataset=digits-6'").iloc[0]
    assert re.search(rf"digits 6: {int(row['horizon'])}\b", drawn.caption)


def test_errors_are_shown_where_there_are_some(report: Report) -> None:
    assert reason(errors.draw(study(report, "imdb-compound"))) == ""
    drawn = the_one(errors.draw(study(report, "one-run")))
    assert [ax.get_xlabel() for ax in drawn.figure.axes] == [
        "longest carry chain (digits)",
        "digit position (1 = lowest)",
    ]


def test_ranges_stand_in_the_order_of_their_numbers() -> None:
    family = family_of(
        "position", "token_accuracy", [f"position={v}" for v in ("33-64", "9", "129-256", "10")]
    )
    assert family.values == ("9", "10", "33-64", "129-256")
    assert family.ordered
    patterns = family_of("digits", "exact_match", ["digits=2-1", "digits=1-2"])  # of two operands, no range
    assert patterns.values == ("1-2", "2-1")
    assert not patterns.ordered
    family = family_of("sign", "exact_match", ["sign=positive", "sign=negative", "sign=zero"])
    assert family.values == ("negative", "zero", "positive")


def test_seen_and_unseen_are_compared_like_with_like(made: Path, report: Report) -> None:
    drawn = the_one(seen.draw(study(report, "three-number-transfer")))
    # Within equal digits the made-up examples are alike, though all seen ones are better than all unseen ones.
    assert drawn.caption.startswith("Seen examples are answered better in 0 of 6 rows")
    table = pd.read_parquet(made / "tables/seen.parquet").query("study == 'three-number-transfer'")
    row = table.loc[table["difference"].abs().idxmax()]
    assert f"all seen minus all unseen examples would be {row['crude']:+.3g}." in drawn.caption
    dots = [line for line in lines(drawn) if line.get_marker() == "o"]
    found = [float(np.asarray(line.get_xdata())[0]) for line in dots]
    assert sorted(found) == pytest.approx(sorted(table["difference"]))


def test_seen_and_unseen_are_not_compared_across_lengths(report: Report) -> None:
    """Where examples of equal length were not told apart, there is no figure, but the reason."""
    assert "memory cannot be told from ease" in reason(seen.draw(study(report, "adder-threshold")))
    assert seen.draw(study(report, "imdb-compound")) == []


def test_the_mixture_adds_up(report: Report) -> None:
    (drawn,) = mixture.draw(study(report, "three-number-transfer"))
    bars = drawn.figure.axes[0].patches
    assert sum(bar.get_width() for bar in bars) == pytest.approx(
        2 * (0.729 * 0.84 + 0.243 * 0.02 + 0.028 * 0.01)
    )
    assert "The parts explain 2 of 2 tests: none is further than 0.0024" in drawn.caption


def test_published_numbers_have_a_figure_a_report(report: Report) -> None:
    drawn = published.draw_report(report)
    assert [one.name for one in drawn] == [
        "adder-prml-published",
        "imdb-sweeps-published",
        "three-number-published",
    ]
    words = report.tables["published"].query("report == 'imdb-sweeps'")["word"].value_counts()
    assert f"{words['inside']} inside" in drawn[1].caption


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), min_size=1, max_size=12))
def test_the_front_is_what_nothing_beats(values: list[tuple[int, int]]) -> None:
    setting = Setting(label="", values={}, as_published=True, differs=(), replicates=())
    dots = [cost.Dot(setting, float(price), float(mean), ()) for price, mean in values]
    kept = {(dot.cost, dot.mean) for dot in cost.front(dots)}
    expected = {
        (a.cost, a.mean)
        for a in dots
        if not any(
            b.cost <= a.cost and b.mean >= a.mean and (b.cost < a.cost or b.mean > a.mean) for b in dots
        )
    }
    assert kept == expected


def test_one_studys_figures_can_be_made_anew_alone(made: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(made, tmp_path / "report")
    before = figures.read_index(copy / "figures")
    (copy / "figures/one-run-settings.svg").unlink()
    others = {
        p.name: p.stat().st_mtime_ns for p in (copy / "figures").glob("*.svg") if "one-run" not in p.name
    }
    figures.make(Report.read(copy), copy / "figures", study="one-run")
    assert (copy / "figures/one-run-settings.svg").exists()
    assert others == {name: (copy / "figures" / name).stat().st_mtime_ns for name in others}
    assert figures.read_index(copy / "figures") == before


def test_a_study_that_is_not_there_is_refused(report: Report, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no study 'nonsense'.*adder-cells"):
        figures.make(report, tmp_path, study="nonsense")


def test_curves_do_not_end_in_a_run_that_never_was(report: Report) -> None:
    """Means come from the table of curves, single lines from the runs themselves."""
    (drawn,) = curves.draw(study(report, "adder-cells"))
    upper = drawn.figure.axes[0]
    thick = [line for line in upper.lines if line.get_label() == "RNN"]
    table = report.tables["curves"].query(
        "study == 'adder-cells' and point == 'cell=rnn' and split == 'validation'"
    )
    table = table[table["metric"] == "exact_match"]
    assert len(thick) == 1
    assert math.isclose(float(np.asarray(thick[0].get_ydata())[-1]), table["mean"].iloc[-1])


def test_published_sizes_stand_beside_ours_and_failures_are_crosses(report: Report) -> None:
    compound = study(report, "imdb-compound")
    assert (compound.metric, compound.headline) == ("accuracy", "batch_accuracy")
    drawn = the_one(cost.draw(compound))
    by_size = drawn.figure.axes[0]
    printed = [line for line in by_size.lines if line.get_markeredgecolor() == style.PUBLISHED]
    assert len(printed) == len(compound.settings)
    crosses = [line for line in printed if line.get_marker() == "x"]
    assert [float(np.asarray(line.get_ydata())[0]) for line in crosses] == [0.51]
    assert "1 of 27 published ones" in drawn.caption


def test_a_published_number_lies_within_the_axis(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    """An axis of shares begins near our runs where all of them are good, but not above what was printed."""
    one = study(report, "adder-cells")
    printed = {(one.settings[0].label, *split): [(0.3, None, None)] for split in one.measured_splits}
    monkeypatch.setattr(StudyResults, "published_values", lambda self, metric: printed)
    (drawn,) = settings.draw(one)
    diamonds = [
        (ax, line)
        for ax in drawn.figure.axes
        for line in ax.lines
        if line.get_markeredgecolor() == style.PUBLISHED
    ]
    assert diamonds
    assert all(ax.get_xlim()[0] <= line.get_xdata()[0] for ax, line in diamonds)


def test_long_names_in_a_legend_leave_room_for_the_panel() -> None:
    for count in (2, 5):
        fig = style.figure("A title", 3.6)
        ax = fig.subplots()
        for number in range(count):
            ax.plot([0, 1], [0, number], label=f"{number}: " + "a name that takes two lines " * 3)
        style.legend_of(fig, ax)
        style.lay_out(fig)
        assert ax.get_position().height * fig.get_figheight() > 1.5


def test_a_setting_looks_the_same_in_every_figure(report: Report) -> None:
    drawn: dict[str, set[tuple[str, str]]] = {}
    of_study = study(report, "adder-threshold")
    names = set(of_study.names.values())
    for draw in (curves.draw, extrapolation.draw, errors.draw):
        for line in lines(the_one([*draw(of_study)])):
            if (name := str(line.get_label())) in names:
                drawn.setdefault(name, set()).add((str(line.get_color()), str(line.get_marker())))
    assert len(drawn) > 1
    assert all(len(looks) == 1 for looks in drawn.values()), drawn
    assert len({colour for looks in drawn.values() for colour, _ in looks}) == len(drawn)


def test_settings_of_one_number_stand_in_its_order() -> None:
    def ordered(*names: str) -> list[str]:
        return [names[position] for position in numeric_order(names)]

    assert ordered("digits-10", "digits-2", "digits-5") == ["digits-2", "digits-5", "digits-10"]
    assert ordered("lr 0.1", "lr 0.01", "lr 1") == ["lr 0.01", "lr 0.1", "lr 1"]
    assert ordered("rnn", "gru", "lstm") == ["rnn", "gru", "lstm"]
    assert ordered("digits-10", "uniform-2") == ["digits-10", "uniform-2"]


def test_a_figure_that_fails_leaves_the_others_and_the_page(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    copy = shutil.copytree(made, tmp_path / "report")

    monkeypatch.setattr(errors, "draw", fails)
    reason = "ValueError: <b>nothing</b> to draw"
    render(copy, study="one-run")
    with pytest.raises(UserError) as caught:
        check(copy, "above")
    message = str(caught.value)
    assert message.startswith(f"{copy / 'index.html'}: 1 part could not be made")
    assert f"figure one-run-errors ({reason})" in message
    assert "\n" not in message
    assert "Traceback" in capfd.readouterr().err
    page = (copy / "studies/one-run.html").read_text(encoding="utf-8")
    place = html.escape(f"Not available: the figure one-run-errors could not be made ({reason}).")
    assert place in page
    assert 'id="figure-one-run-settings"' in page
    assert {path.name for path in made.glob("figures/*.svg")} - {
        path.name for path in copy.glob("figures/*.svg")
    } == {"one-run-errors.svg"}


def test_the_legend_names_what_any_panel_has(made: Path) -> None:
    chosen = study(Report.read(made), "adder-threshold")
    broken_down = breakdown(chosen)
    assert broken_down is not None
    before = the_one(errors.draw(chosen))
    labels = [text.get_text() for text in before.figure.legends[0].get_texts()]
    for key in [key for key in chosen._spreads if key[3].partition("=")[0] == broken_down.families[0].name]:
        if key[0] == broken_down.settings[0].label:
            del chosen._spreads[key]
    after = the_one(errors.draw(chosen))
    assert sorted(text.get_text() for text in after.figure.legends[0].get_texts()) == sorted(labels)


def test_where_nothing_was_drawn_there_is_no_legend() -> None:
    figure = style.figure("Empty", 2.0)
    style.legend_of(figure, figure.subplots())
    assert not figure.legends


def test_errors_are_shown_of_a_test_that_has_some(made: Path) -> None:
    # Two tests are solved, in the third nothing is correct: none tells strata apart, but one has errors.
    chosen = study(Report.read(made), "three-number-transfer")
    for (_, _, split, _, metric), row in chosen._spreads.items():
        if metric == chosen.metric:
            row["mean"] = 0.0 if split == "two-digit" else 1.0
    broken_down = breakdown(chosen)
    assert broken_down is not None
    assert broken_down.split == ("numbers", "two-digit")
    assert broken_down.settings


def test_settings_that_are_mappings_have_short_names() -> None:
    swept = ["dataset.distribution"]
    distributions: list[dict[str, Any]] = [
        {"kind": "uniform_digits", "digits": 3},
        {"kind": "uniform_length", "longest": 6},
        {"kind": "grammar", "numbers": {"smallest": 0, "largest": 9}, "operators": "+-"},
    ]
    values = [{swept[0]: distribution} for distribution in distributions]
    assert short_names(values, ["a", "b", "c"], swept) == [
        "uniform digits (digits 3)",
        "uniform length (longest 6)",
        "grammar (numbers smallest 0, largest 9, operators +-)",
    ]
    with_cells = [{**value, "model.cell": cell} for value in values for cell in ("rnn", "gru")]
    names = short_names(with_cells, list("abcdef"), [*swept, "model.cell"])
    assert names[0] == "distribution uniform digits (digits 3), RNN"


@pytest.mark.parametrize(("text", "boxes"), [("Größe ±1", False), ("三位数", True)])
def test_an_export_says_where_the_font_has_no_characters(tmp_path: Path, text: str, boxes: bool) -> None:
    style.use()
    drawn = style.Drawn("settings", "a", "A", "Means.", "A", style.figure(text, 2.0))
    for formats in (["pdf"], ["png"]):
        assert figures._export(formats, drawn, "study", tmp_path)["without"] == boxes


def test_the_headline_of_lengths_quotes_the_runs(made: Path, report: Report) -> None:
    # A study of published settings comes first. Without it, there is one of smaller settings, which says so.
    assert headline.draw_report(report)[0].title.startswith("A study with long labels: ")
    others = tuple(one for one in report.plan.studies if one.name != "long-labels")
    drawn = headline.draw_report(Report(report.tables, report.plan.model_copy(update={"studies": others})))[0]
    assert drawn.name == "headline-length"
    assert drawn.caption.endswith("From runs of this report, not at published settings.")
    points = pd.read_parquet(made / "tables/points.parquet").query("study == 'adder-threshold'")
    metrics = pd.read_parquet(made / "tables/metrics.parquet")
    found = metrics.query("stratum == 'all' and metric == 'exact_match'").merge(points, on="run")
    for digits in (1, 3, 6):
        quoted = re.search(rf"digits {digits}: \S+ and ([\d.<>]+)[;.] ", drawn.caption)
        mean = found.query(f"point == 'dataset=digits-{digits}' and split == 'digits-100'")["value"].mean()
        assert quoted
        assert abs(float(quoted[1].strip("<>")) - mean) < 0.001
    thin = [line for line in lines(drawn) if line.get_linewidth() == 0.6]
    assert len(thin) == points["run"].nunique()


def test_the_headline_of_mixtures_quotes_the_account(report: Report) -> None:
    drawn = headline.draw_report(report)[1]
    assert drawn.name == "headline-mixture"
    # The table has one prediction for each run: 0.6175, and 0.6151 measured.
    assert (
        "the parts predict 0.618, measured 0.615; 72.9% of the test are three 2-digit numbers,"
        in drawn.caption
    )
    assert "6 predictions of 6 runs: none is further than 0.002 from what was measured" in drawn.caption


def test_the_reference_has_the_headline_where_a_report_has_none(
    made: Path, report: Report, tmp_path: Path
) -> None:
    for file in (made / "plan.json", *(made / "tables").glob("*.parquet")):
        (tmp_path / file.name).symlink_to(file)
    nothing = report.plan.model_copy(update={"studies": ()})
    assert headline.draw_report(Report(report.tables, nothing)) == []
    with_reference = nothing.model_copy(update={"reference": str(tmp_path)})
    drawn = headline.draw_report(Report(report.tables, with_reference))
    assert [one.name for one in drawn] == ["headline-length", "headline-mixture"]
    assert all("From runs of the committed reference." in one.caption for one in drawn)


def test_what_was_published_of_parts_predicts_the_whole(made: Path) -> None:
    report = Report.read(made)
    published = report.tables.frames["published"]
    whole = published[published["id"] == "test-1"].assign(id="test-2", split="mixed", published=0.61516)
    report.tables.frames["published"] = pd.concat([published, whole], ignore_index=True)
    drawn = headline.draw_report(report)[1]
    # The two-digit test is the one part with a published number: 0.729 × 0.84567 = 0.6165.
    assert "parts that make up 72.9% of that test predict 0.616 (line)" in drawn.caption
    assert "printed for the whole 0.615 (diamond)" in drawn.caption


def test_a_figure_that_would_show_nothing_says_so(made: Path) -> None:
    index = figures.read_index(made / "figures")
    place = index["adder-threshold-seen"]
    assert not (made / "figures/adder-threshold-seen.svg").exists()
    page = Markup((made / "studies/adder-threshold.html").read_text(encoding="utf-8")).striptags()
    assert f"No figure “{place['title']}”: {place['nothing']}." in page
    # All runs of all settings are equally good: there is nothing to weigh up against their cost.
    compound = study(Report.read(made), "imdb-compound")
    for row in compound._spreads.values():
        row["mean"] = 0.875
    for values in compound.report.whole.values():
        values.update(dict.fromkeys(values, 0.875))
    compound.report.tables.frames["published"] = compound.report.tables["published"].iloc[:0]
    assert reason(cost.draw(compound)) == "every run has 0.875 on test, whatever it cost"
    # Errors that are the same everywhere.
    threshold = study(Report.read(made), "adder-threshold")
    for row in threshold._spreads.values():
        row["mean"] = 0.25
    assert "no breakdown differs by 0.01 or more" in reason(errors.draw(threshold))


def test_extremes_name_all_that_tie() -> None:
    values = [(0.5, "a"), (1.0, "b"), (1.0, "c"), (0.99999, "d"), (1.0, "e")]
    assert extremes(values, "exact_match") == "from 0.500 (a) to 1 (b, c and 1 more)"
    assert extremes([(0.3, "a"), (0.3, "b, c")], "exact_match") == "0.300 everywhere"


def test_the_heatmap_names_who_is_right_everywhere(report: Report) -> None:
    chosen = study(report, "adder-threshold")
    (drawn,) = transfer.draw(chosen)
    summary = report.tables["summary"].query("study == 'adder-threshold' and stratum == 'all'")
    summary = summary[summary["metric"] == "exact_match"]
    worst = summary.groupby("point")["mean"].min()
    named = {label: f"trained on {label.removeprefix('dataset=').replace('-', ' ')}" for label in worst.index}
    right = [named[label] for label in worst.index[worst >= 0.99]]
    assert f"0.99 or more on every test: {' and '.join(right) or 'no setting'}." in drawn.caption
    lowest = summary.loc[summary["mean"].idxmin()]
    assert re.search(rf"Lowest: [\d.<]+ \({named[lowest['point']]}, on", drawn.caption)
