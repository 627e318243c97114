"""Comparing two results, and merging results into a reference."""

import hashlib
import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from carryover.analysis.aggregate import aggregate
from carryover.analysis.compare import compare, difference
from carryover.analysis.reference import _without_seeds, _without_texts_of_others, merge
from carryover.errors import UserError
from tests import plans
from tests.analysis.conftest import Report, Run

CLAIM = {
    "id": "half",
    "text": "more than half are right",
    "kind": "value",
    "of": {"metric": "exact_match", "suite": "own", "split": "test"},
    "low": 0.5,
}


def model_of(name):
    """The model that a test calls by its cell, or one of many by a number."""
    return {"cell": name} if name in ("rnn", "lstm", "gru") else {"embedding": int(name.strip("c")) + 1}


@pytest.fixture
def made(tmp_path):
    """Tables of a study with these exact-match values by cell; the folder's name is given."""

    def make(name, first_seed=0, lr=0.1, claims=(CLAIM,), **cells):
        report = Report()
        points = []
        for cell, values in cells.items():
            runs = [
                Run(
                    f"{cell}-lr{lr}-s{seed}",
                    test={
                        ("own", "test", "all", "exact_match"): value,
                        ("own", "test", "digits=2", "loss"): value,
                    },
                    validation={"exact_match": [(100, value)]},
                    settings={
                        "model": model_of(cell),
                        "training": {"batch": 10, "lr": lr},
                        "seed": seed,
                    },
                )
                for seed, value in enumerate(values, first_seed)
            ]
            points.append(({f"model.{key}": value for key, value in model_of(cell).items()}, runs))
        study = report.study("cells", points, claims=list(claims))
        for point in study["points"]:
            for number, replicate in enumerate(point["runs"], first_seed):
                replicate["seed"] = number
        return report.tables(tmp_path / name)

    return make


ALIKE = [0.91, 0.92, 0.93, 0.92, 0.91]


def test_a_result_does_not_differ_from_itself(made):
    tables = made("a", rnn=ALIKE)
    assert difference(tables, tables).is_empty()
    assert "Nothing that both have differs." in compare(tables, tables)


def test_what_the_seeds_explain_is_no_difference(made):
    a, b = made("a", rnn=ALIKE), made("b", rnn=[0.92, 0.91, 0.92, 0.93, 0.93])
    found = difference(a, b)
    assert (found.compared, len(found.metrics), found.runs_in_both) == (1, 0, 5)


def test_what_they_do_not_explain_is_listed(made):
    a, b = made("a", rnn=ALIKE, gru=ALIKE), made("b", rnn=[0.4, 0.41, 0.42, 0.4, 0.4], gru=ALIKE, lstm=ALIKE)
    found = difference(a, b)
    assert found.metrics["point"].tolist() == ["cell=rnn"]
    assert found.metrics["difference"].iloc[0] == pytest.approx(-0.512)
    assert (found.runs_in_a, found.runs_in_b) == (0, 5)
    assert (
        found.words[["id", "a", "b"]].values.tolist() == []
    )  # pooled over cells, the mean is above one half in both
    text = compare(a, b)
    assert "cells: cell=rnn, own/test, exact_match: 0.918 → 0.406" in text
    assert "5 only in B" in text


def test_verdicts_that_changed_and_few_seeds(made):
    a, b = made("a", rnn=[0.9, 0.91]), made("b", rnn=[0.2, 0.21, 0.2])
    found = difference(a, b)
    assert (found.metrics.empty, found.too_few) == (True, 1)  # ranges of two and three often do not touch
    assert found.words[["id", "a", "b"]].values.tolist() == [["half", "inconclusive", "refuted"]]
    assert "means that differ, with too few seeds to tell: 1" in compare(a, b)


def test_digests_that_differ_are_listed(made):
    a, b = made("a", rnn=ALIKE), made("b", rnn=ALIKE)
    for name, column in (("runs", "checkpoint_digest"), ("datasets", "digest")):
        table = pq.read_table(b / f"{name}.parquet").to_pandas()
        table.loc[0, column] = "f" * 64
        table.to_parquet(b / f"{name}.parquet")
    found = difference(a, b)
    assert found.runs["run"].tolist() == ["rnn-lr0.1-s0"]
    assert found.datasets["split"].tolist() == ["test"]
    before = hashlib.sha256(b"rnn-lr0.1-s0").hexdigest()[:12]
    assert f"rnn-lr0.1-s0: {before} → ffffffffffff" in compare(a, b)


def test_many_equal_results_give_few_false_alarms(made):
    import numpy as np

    rng = np.random.default_rng(5)
    sides = [{f"c{i}": list(rng.normal(0.5, 0.05, 4)) for i in range(30)} for _ in "ab"]
    a, b = (made(name, claims=(), **side) for name, side in zip("ab", sides, strict=True))
    assert len(difference(a, b).metrics) <= 1  # at 5% each, one or two would be expected


def test_what_is_no_folder_of_tables(tmp_path):
    with pytest.raises(UserError, match="no such table"):
        compare(tmp_path, tmp_path)


# --- merging ---


def read(folder, name):
    return pq.read_table(folder / f"{name}.parquet").to_pandas()


def test_a_reference_grows_by_seeds_and_statistics_are_made_anew(made, tmp_path):
    reference = tmp_path / "reference"
    assert "2 runs added, 0 replaced, 2 in all" in merge(made("a", rnn=[0.9, 0.92]), reference)
    assert read(reference, "claims")["verdict"].tolist() == ["inconclusive"]
    assert "3 runs added, 0 replaced, 5 in all" in merge(
        made("b", first_seed=2, rnn=[0.93, 0.91, 0.9]), reference
    )
    row = read(reference, "summary").query("stratum == 'all'").iloc[0]
    assert (row["seeds"], row["mean"]) == (5, pytest.approx(0.912))
    assert read(reference, "claims")["verdict"].tolist() == ["supported"]
    assert read(reference, "points")["seed"].tolist() == [0, 1, 2, 3, 4]


def test_merging_again_or_in_another_order_changes_nothing(made, tmp_path):
    a, b = made("a", rnn=[0.9, 0.92]), made("b", first_seed=2, rnn=[0.93, 0.91, 0.9], gru=[0.1, 0.2])
    one, two = tmp_path / "one", tmp_path / "two"
    for tables in (a, b, a):
        merge(tables, one)
    for tables in (b, a, b):
        merge(tables, two)
    for name in ("runs", "metrics", "history", "costs", "overlap", "examples", "datasets"):
        assert (one / f"{name}.parquet").read_bytes() == (two / f"{name}.parquet").read_bytes(), name
    before = {path.name: path.read_bytes() for path in one.iterdir()}
    merge(a, one)
    assert {path.name: path.read_bytes() for path in one.iterdir()} == before
    (one / "claims.parquet").write_bytes(b"made by older rules")
    merge(one, one)  # into itself: its tables are made again, and its provenance stays
    assert {path.name: path.read_bytes() for path in one.iterdir()} == before


def test_new_runs_replace_old_ones_and_other_settings_push_them_out(made, tmp_path):
    reference = tmp_path / "reference"
    merge(made("a", rnn=[0.5, 0.5, 0.5], gru=[0.2, 0.2, 0.2]), reference)
    assert "0 runs added, 3 replaced, 6 in all" in merge(made("b", rnn=[0.9, 0.9, 0.9]), reference)
    means = read(reference, "summary").query("stratum == 'all'").set_index("point")["mean"]
    assert means.to_dict() == pytest.approx({"cell=rnn": 0.9, "cell=gru": 0.2})
    # The same point with another learning rate is another question: its old runs are no replicates.
    merge(made("c", lr=0.5, rnn=[0.7, 0.7, 0.7]), reference)
    means = read(reference, "summary").query("stratum == 'all'").set_index("point")
    assert means["mean"].to_dict() == pytest.approx({"cell=rnn": 0.7, "cell=gru": 0.2})
    assert sorted(read(reference, "runs")["training.lr"]) == [0.1] * 3 + [0.5] * 3


def test_a_setting_that_came_later_has_its_default_in_old_tables():
    settings = (
        {"seed": 3},
        {"seed": 4, "training": {"cuda_graphs": False}},
        {"seed": 4, "training": {"cuda_graphs": True}},
    )
    earlier, later, graphs = (plans.plan(runs={"r": {"settings": one}}).runs["r"] for one in settings)
    assert _without_seeds(earlier) == _without_seeds(later)
    assert _without_seeds(later) != _without_seeds(graphs)


def test_a_reference_is_a_folder_of_tables_with_its_plan_and_provenance(made, tmp_path):
    tables = made("a", rnn=ALIKE)
    (tables.parent / "provenance.json").write_text(json.dumps({"git": "abc"}))
    reference = tmp_path / "reference"
    merge(tables, reference)
    (entry,) = json.loads((reference / "provenance.json").read_text())["merged"]
    assert entry["provenance"] == {"git": "abc"}
    assert len(entry["runs"]) == 5
    assert difference(tables, reference).is_empty()
    copy = tmp_path / "copy"
    merge(reference, copy)  # from one reference into another
    assert (copy / "summary.parquet").read_bytes() == (reference / "summary.parquet").read_bytes()
    assert not [path for path in reference.iterdir() if path.suffix == ".safetensors"]


def test_partial_results_merge_what_they_have(made, tmp_path):
    tables = made("a", rnn=ALIKE)
    root = tables.parent.parent
    shutil.rmtree(root / "runs/rnn-lr0.1-s0")
    aggregate(root / "reports/plan.json", root, tables, partial=True)
    assert "4 runs added" in merge(tables, tmp_path / "reference")
    assert len(read(tmp_path / "reference", "points")) == 4


def test_tables_without_runs_are_refused(made, tmp_path):
    tables = made("a", rnn=ALIKE)
    root = tables.parent.parent
    shutil.rmtree(root / "runs")
    aggregate(root / "reports/plan.json", root, tables, partial=True)
    with pytest.raises(UserError, match="no runs"):
        merge(tables, tmp_path / "reference")


def test_what_others_wrote_is_not_kept():
    examples = pa.table({"run": ["a", "b", "a"], "question": ["1+1", "a fine film", "2+2"]})
    review = {"dataset": {"task": "sentiment"}, "model": {"kind": "classifier"}}
    plan = plans.plan(runs={"a": {}, "b": {"settings": review}})
    assert _without_texts_of_others(examples, plan)["question"].to_pylist() == ["1+1", "2+2"]


def test_whatever_differs_in_a_table_is_told(made):
    a, b = made("a", rnn=ALIKE), made("b", rnn=ALIKE)
    assert "Nothing that both have differs." in compare(a, b)
    table = pq.read_table(b / "summary.parquet").to_pandas()
    table.loc[0, "mean"] += 1e-9
    table.to_parquet(b / "summary.parquet")
    told = compare(a, b)
    assert "tables that are not equal row by row: summary" in told
    assert "Nothing that both have differs" not in told
    (b / "summary.parquet").write_bytes((a / "summary.parquet").read_bytes())
    (b / "curves.parquet").unlink()
    assert "not equal row by row: curves" in compare(a, b)


@pytest.mark.parametrize("name", ["summary", "runs", "metrics", "claims", "curves"])
def test_a_damaged_table_is_not_compared(made, name):
    a, b = made("a", rnn=ALIKE), made("b", rnn=ALIKE)
    path = b / f"{name}.parquet"
    content = bytearray(path.read_bytes())
    column = pq.read_metadata(path).row_group(0).column(0)
    first = (
        column.data_page_offset if column.dictionary_page_offset is None else column.dictionary_page_offset
    )
    content[first + column.total_compressed_size - 1] ^= 1  # the last byte of its values
    path.write_bytes(content)
    with pytest.raises(UserError, match=rf"{name}\.parquet: .*aggregate again"):
        compare(a, b)


def test_a_reference_goes_into_no_folder_of_others(made, tmp_path):
    a = made("a", rnn=ALIKE)
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    (thesis / "chapter.tex").write_text("x")
    with pytest.raises(UserError, match=r"thesis: holds files, but no reference results"):
        merge(a, thesis)
    with pytest.raises(UserError, match=r"chapter\.tex: no folder"):
        merge(a, thesis / "chapter.tex")
    assert [path.name for path in thesis.iterdir()] == ["chapter.tex"]
    merge(a, tmp_path / "new")
    (tmp_path / "new/provenance.json").write_text("[1, 2]")
    with pytest.raises(UserError, match=r"provenance\.json: damaged .*restore it from the repository"):
        merge(a, tmp_path / "new")
