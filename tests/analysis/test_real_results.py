"""From a config to tables, stage by stage as the rules call them, with real datasets, trainings and evaluations."""

import pyarrow.parquet as pq
import pytest

from carryover.analysis.aggregate import aggregate
from carryover.data.files import write_json
from carryover.evaluation.evaluate import evaluate
from carryover.tasks.generate import generate
from tests.tiny import Tiny


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    from carryover.training.loop import train

    folder = tmp_path_factory.mktemp("tiny")
    tiny = Tiny(folder)
    study = tiny.study
    study["seeds"] = 3
    tiny.datasets["five"]["rows"]["test"] = 60
    at = {"model.cell": "rnn"}
    study["published"] = [
        {
            "id": "p",
            "place": "p",
            "at": at,
            "metric": "exact_match",
            "suite": "lengths",
            "split": "five",
            "value": 1.0,
        }
    ]
    study["claims"] = [
        {"id": "never", "text": "t", "kind": "solves_within", "at": at, "steps": 4},
        {
            "id": "far-is-harder",
            "text": "t",
            "kind": "better_than",
            "a": at,
            "b": at,
            "of": {"metric": "loss", "suite": "lengths", "split": "own"},
            "of_b": {"metric": "loss", "suite": "lengths", "split": "five"},
        },
        {
            "id": "time",
            "text": "t",
            "kind": "faster_than",
            "a": at,
            "b": {"model.cell": "gru"},
            "of": "seconds_per_step",
        },
    ]
    plan = tiny.plan()
    root = folder / "results"
    data = plan.data()
    write_json(root / "reports/plan.json", data)
    for address, dataset in plan.datasets.items():
        generate(dataset.settings, root / "datasets" / address)
    for address, run in plan.runs.items():
        dataset = root / "datasets" / run.dataset
        train(
            run.settings,
            dataset,
            root / "runs" / address,
            root / "state" / address,
            device="cpu",
            log=lambda line: None,
        )
    for address, evaluation in data["evaluations"].items():
        splits = [
            split | {"dataset_dir": root / "datasets" / split["dataset"]} for split in evaluation["splits"]
        ]
        trained_on = root / "datasets" / data["runs"][evaluation["run"]]["dataset"]
        evaluate(
            root / "runs" / evaluation["run"],
            splits,
            trained_on,
            root / "evaluations" / address,
            device="cpu",
        )
    aggregate(root / "reports/plan.json", root, root / "reports/tables")
    return {
        path.stem: pq.read_table(path).to_pandas() for path in (root / "reports/tables").glob("*.parquet")
    }


def test_nothing_is_missing(tables):
    assert tables["missing"].empty
    assert len(tables["runs"]) == 6
    assert set(tables["runs"]["status"]) == {"finished"}
    assert tables["runs"]["checkpoint_digest"].nunique() == 6
    assert tables["datasets"]["digest"].notna().all()


def test_every_point_has_its_statistics(tables):
    rows = tables["summary"].query("stratum == 'all' and metric == 'exact_match'")
    assert sorted(zip(rows["point"], rows["split"], rows["seeds"], strict=True)) == [
        (f"cell={cell}", split, 3) for cell in ("gru", "rnn") for split in ("five", "own")
    ]
    assert tables["curves"].query("metric == 'exact_match'")["step"].unique().tolist() == [2, 4]
    assert set(tables["horizon"]["longest_tested"]) == {5}
    assert tables["costs"].query("stage == 'train'")["seconds_per_step"].notna().all()
    assert len(tables["overlap"]) == 12


def test_verdicts_and_words(tables):
    verdicts = tables["claims"].set_index("id")["verdict"].to_dict()
    assert verdicts["never"] == "inconclusive"  # 0 of 3: Wilson's interval reaches above one half
    assert verdicts["far-is-harder"] in ("supported", "inconclusive", "refuted")
    assert tables["claims_timed"]["id"].tolist() == ["time"]
    assert tables["published"]["word"].tolist() == ["outside"]
