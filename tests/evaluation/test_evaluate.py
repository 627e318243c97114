"""Evaluation against asking the model one question at a time, with nothing shared but the checkpoint."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import torch

from carryover.data.files import read_json, write_json
from carryover.data.parquet import read_split, write_split
from carryover.errors import UserError
from carryover.evaluation.evaluate import QUESTIONS_KEPT, evaluate
from carryover.planning.runs import read_dataset
from carryover.tasks.digit_sum import data as digit_sum
from carryover.training.runs import load_run
from tests.evaluation.conftest import ADDER, DIGITS, settings, split, untrained

FIVE = DIGITS | {"distribution": {"kind": "uniform_digits", "digits": 5}, "rows": {"test": 60}}


def results(folder):
    return {
        name: pq.read_table(folder / f"{name}.parquet").to_pandas()
        for name in ("examples", "metrics", "overlap")
    }


def metric(metrics: pd.DataFrame, name: str, stratum: str = "all", where: str = "test") -> float:
    (value,) = metrics.query("metric == @name and stratum == @stratum and split == @where")["value"]
    return value


def one_at_a_time(run_folder, data, length):
    """Rows of a test split with what the model says to each, digit by digit."""
    model = load_run(run_folder).model
    for row in read_split(data / "test.parquet").to_pylist():
        a, b, right = (row[name].zfill(length)[::-1] for name in ("a", "b", "sum"))
        inputs = torch.tensor([[[int(x), int(y)] for x, y in zip(a, b, strict=True)]])
        with torch.no_grad():
            logits = model(inputs, torch.tensor([length]), None)[0].double().numpy()
        said = [int(place.argmax()) for place in logits]
        losses = [
            math.log(np.exp(place).sum()) - place[int(digit)]
            for place, digit in zip(logits, right, strict=True)
        ]
        yield row | {"said": said, "right": [int(digit) for digit in right], "losses": losses}


@pytest.fixture(scope="module")
def evaluated(adder, make_dataset, tmp_path_factory):
    """The adder's results on its own test and on longer numbers, and the same found one at a time."""
    run, _, own = adder
    far = make_dataset(FIVE)
    out = tmp_path_factory.mktemp("evaluation")
    evaluate(run, [split(own), split(far, "five", "far")], own, out, device="cpu")
    return results(out), {"test": list(one_at_a_time(run, own, 3)), "five": list(one_at_a_time(run, far, 6))}


@pytest.mark.parametrize("name", ["test", "five"])
def test_examples_are_what_the_model_says_one_at_a_time(evaluated, name):
    found, wanted = evaluated
    examples = found["examples"].query("split == @name")
    assert len(examples) == len(wanted[name])
    asked = 0
    for mine, row in zip(examples.to_dict("records"), wanted[name], strict=True):
        hits = [said == right for said, right in zip(row["said"], row["right"], strict=True)]
        assert mine["index"] == row["index"]
        assert mine["exact_match"] == all(hits)
        assert mine["token_accuracy"] == pytest.approx(sum(hits) / len(hits))
        assert mine["loss"] == pytest.approx(np.mean(row["losses"]), rel=1e-4)
        if all(hits):
            assert pd.isna(mine["first_wrong"])
            assert pd.isna(mine["prediction"])
            continue
        assert mine["first_wrong"] == 1 + hits.index(False)
        assert int(mine["prediction"]) == sum(digit * 10**place for place, digit in enumerate(row["said"]))
        asked += 1
        if asked <= QUESTIONS_KEPT:
            assert mine["question"] == f"{row['a']}+{row['b']}"
            assert mine["answer"] == row["sum"]
        else:
            assert pd.isna(mine["question"])
    assert asked > 0  # there is something to see


def test_the_adder_is_neither_hopeless_nor_perfect(evaluated):
    assert 0.05 < metric(evaluated[0]["metrics"], "exact_match") < 0.95


@pytest.mark.parametrize("name", ["test", "five"])
def test_metrics_of_a_split_and_its_strata(evaluated, name):
    found, wanted = evaluated
    metrics, rows = found["metrics"], wanted[name]

    def check(stratum, part):
        exact = [row["said"] == row["right"] for row in part]
        tokens = [
            said == right for row in part for said, right in zip(row["said"], row["right"], strict=True)
        ]
        losses = [loss for row in part for loss in row["losses"]]
        assert metric(metrics, "exact_match", stratum, name) == pytest.approx(np.mean(exact))
        assert metric(metrics, "token_accuracy", stratum, name) == pytest.approx(np.mean(tokens))
        assert metric(metrics, "loss", stratum, name) == pytest.approx(np.mean(losses), rel=1e-4)
        n = metrics.query("stratum == @stratum and split == @name and metric == 'exact_match'")["n"].item()
        assert n == len(part)

    check("all", rows)
    for length in {max(len(row["a"]), len(row["b"])) for row in rows}:
        check(f"digits={length}", [row for row in rows if max(len(row["a"]), len(row["b"])) == length])


def test_accuracy_by_position_from_either_end(evaluated):
    found, wanted = evaluated
    for place in range(6):
        hits = [row["said"][place] == row["right"][place] for row in wanted["five"]]
        assert metric(found["metrics"], "token_accuracy", f"position={place + 1}", "five") == pytest.approx(
            np.mean(hits)
        )
    for back in range(1, 6):
        rows = [row for row in wanted["five"] if len(row["sum"]) >= back]
        hits = [row["said"][len(row["sum"]) - back] == row["right"][len(row["sum"]) - back] for row in rows]
        stratum = f"position_from_end={back}"
        assert metric(found["metrics"], "token_accuracy", stratum, "five") == pytest.approx(np.mean(hits))


def test_first_wrong_position_is_a_distribution_over_wrong_answers(evaluated):
    found, wanted = evaluated
    first = Counter(
        next(i for i in range(3) if row["said"][i] != row["right"][i])
        for row in wanted["test"]
        if row["said"] != row["right"]
    )
    for place in range(3):
        value = metric(found["metrics"], "first_wrong", f"position={place + 1}")
        assert value == pytest.approx(first[place] / first.total())


def test_baselines_by_counting(evaluated):
    found, wanted = evaluated
    rows = wanted["test"]
    commonest = Counter(row["sum"] for row in rows).most_common(1)[0][1]
    assert metric(found["metrics"], "baseline_majority") == pytest.approx(commonest / len(rows))
    by_place = [Counter(row["right"][place] for row in rows).most_common(1)[0][1] for place in range(3)]
    assert metric(found["metrics"], "baseline_majority_token") == pytest.approx(
        sum(by_place) / (3 * len(rows))
    )
    assert metric(found["metrics"], "baseline_chance") == pytest.approx(1e-3)
    assert metric(found["metrics"], "baseline_chance_token") == pytest.approx(0.1)
    assert metric(found["metrics"], "outside_classes") == 0


def test_seen_examples_and_overlap_are_counted_by_hand(adder, evaluated):
    _, _, own = adder
    read = {(row["a"], row["b"]) for row in read_split(own / "train.parquet").to_pylist()}
    rows = evaluated[1]["test"]
    shared = [(row["a"], row["b"]) in read for row in rows]
    commuted = [seen or (row["b"], row["a"]) in read for seen, row in zip(shared, rows, strict=True)]
    found = evaluated[0]["overlap"].query("split == 'test'").iloc[0]
    assert (found["rows"], found["shared"], found["shared_commuted"]) == (120, sum(shared), sum(commuted))
    assert found["coverage"] == pytest.approx(len(read) / 10_000)
    assert evaluated[0]["examples"].query("split == 'test'")["seen"].tolist() == shared
    assert 0 < sum(shared) < 120
    exact = [row["said"] == row["right"] for row, seen in zip(rows, shared, strict=True) if seen]
    assert metric(evaluated[0]["metrics"], "exact_match", "seen=yes") == pytest.approx(np.mean(exact))
    assert evaluated[0]["overlap"].query("split == 'five'")["shared"].item() == 0


def test_seen_and_unseen_are_told_apart_within_equal_digits_of_both_operands(adder, evaluated):
    _, _, own = adder
    read = {(row["a"], row["b"]) for row in read_split(own / "train.parquet").to_pylist()}
    wanted: dict[str, list[bool]] = {}
    for row in evaluated[1]["test"]:
        short, long = sorted((len(row["a"]), len(row["b"])))
        seen = "yes" if (row["a"], row["b"]) in read else "no"
        wanted.setdefault(f"operands={long}+{short},seen={seen}", []).append(row["said"] == row["right"])
    metrics = evaluated[0]["metrics"]
    metrics = metrics[metrics["stratum"].str.contains(",")]
    assert set(metrics["split"]) == {"test"}  # no example of the other was seen
    assert set(metrics["metric"]) == {"exact_match"}
    found = {row.stratum: (row.n, row.value) for row in metrics.itertuples()}
    assert found == {name: (len(hits), pytest.approx(np.mean(hits))) for name, hits in wanted.items()}
    assert {"operands=2+1,seen=yes", "operands=2+1,seen=no", "operands=2+2,seen=no"} <= found.keys()


def test_a_fresh_run_has_seen_only_the_rows_that_it_read(make_dataset, tmp_path):
    data = make_dataset(DIGITS)
    run = settings(DIGITS, ADDER, order="fresh")
    front = {(row["a"], row["b"]) for row in read_split(data / "train.parquet", rows=range(700)).to_pylist()}
    stopped = untrained(tmp_path / "run", run, data, steps=7)
    evaluate(stopped, [split(data, which="train")], data, tmp_path / "out", device="cpu")
    found = results(tmp_path / "out")["overlap"].iloc[0]
    assert found["coverage"] == pytest.approx(len(front) / 10_000)
    assert found["shared"] < 3000


# --- what must not matter ---


def test_how_a_split_is_cut_into_blocks_changes_nothing(adder, tmp_path):
    """Rows of several lengths, in one row group and in five: every block has to be as wide as the widest."""
    run, _, own = adder
    numbers = read_dataset(
        DIGITS | {"distribution": {"kind": "uniform_length", "shortest": 1, "longest": 12}}
    )
    (batch,) = digit_sum.batches(numbers, "test")
    folders = []
    for name, size in (("one", 120), ("five", 25)):
        folder = tmp_path / name
        folder.mkdir()
        parts = [batch.slice(start, size) for start in range(0, 120, size)]
        digest = write_split(folder / "test.parquet", digit_sum.columns(), parts)
        about = read_json(own / "dataset.json") | {"digests": {"test": digest}}
        write_json(folder / "dataset.json", about)
        evaluate(run, [split(folder)], own, folder / "out", device="cpu")
        folders.append(folder / "out")
    one, five = (results(folder) for folder in folders)
    pd.testing.assert_frame_equal(one["examples"], five["examples"], rtol=1e-5)
    pd.testing.assert_frame_equal(one["metrics"], five["metrics"], rtol=1e-6)
    assert len(one["examples"]) == 120


def test_the_same_evaluation_twice_gives_the_same_bytes(adder, tmp_path):
    run, _, own = adder
    for name in ("a", "b"):
        evaluate(run, [split(own)], own, tmp_path / name, device="cpu")
    for name in ("examples", "metrics", "overlap"):
        assert (tmp_path / f"a/{name}.parquet").read_bytes() == (tmp_path / f"b/{name}.parquet").read_bytes()


# --- the other architectures ---

EXPRESSIONS = {
    "task": "expression",
    "distribution": {
        "kind": "grammar",
        "operators": "+-",
        "operands": [2],
        "numbers": {"smallest": 0, "largest": 9},
    },
    "rows": {"train": 150, "validation": 10, "test": 40},
}


def test_answers_outside_the_classes_are_wrong_and_counted(make_dataset, tmp_path):
    data = make_dataset(EXPRESSIONS)
    larger = EXPRESSIONS["distribution"] | {"operators": "+", "numbers": {"smallest": 0, "largest": 40}}
    wider = make_dataset(EXPRESSIONS | {"distribution": larger})
    run = settings(EXPRESSIONS, {"kind": "classifier", "cell": "gru", "hidden": 8, "embedding": 4})
    evaluate(untrained(tmp_path / "run", run, data), [split(wider)], data, tmp_path / "out", device="cpu")
    found = results(tmp_path / "out")
    answers = read_split(wider / "test.parquet")["answer"].to_numpy()
    outside = answers > 18  # sums and differences of 0 to 9 lie within -9 and 18
    assert metric(found["metrics"], "outside_classes") == pytest.approx(outside.mean())
    assert 0 < outside.sum() < 40
    examples = found["examples"]
    assert not examples["exact_match"][outside].any()
    assert examples["loss"].isna().tolist() == outside.tolist()
    assert metric(found["metrics"], "loss") == pytest.approx(examples["loss"].mean(), rel=1e-5)
    assert metric(found["metrics"], "baseline_chance") == pytest.approx((~outside).mean() / 28)
    commonest = Counter(answers[~outside].tolist()).most_common(1)[0][1]
    assert metric(found["metrics"], "baseline_majority") == pytest.approx(commonest / 40)


@pytest.mark.parametrize("decoder", ["repeat_state", "teacher_forcing"])
def test_seq2seq_has_token_accuracy_with_and_without_padding(make_dataset, tmp_path, decoder):
    data = make_dataset(EXPRESSIONS)
    model = {"kind": "seq2seq", "cell": "gru", "hidden": 8, "embedding": 4, "decoder": decoder}
    run = settings(EXPRESSIONS, model)
    folder = untrained(tmp_path / "run", run, data)
    evaluate(folder, [split(data)], data, tmp_path / "out", device="cpu")
    metrics = results(tmp_path / "out")["metrics"]
    network = load_run(folder).model
    counted, padded, exact = [], [], []
    for row in read_split(data / "test.parquet").to_pylist():
        text = row["expression"] + "="
        inputs = torch.tensor([[[1 + "0123456789+-*()=".index(one)] for one in text]])
        with torch.no_grad():
            said = network(inputs, torch.tensor([len(text)]), None)[0].argmax(1).tolist()
        right = [2 + "0123456789-".index(one) for one in str(row["answer"])] + [1]
        hits = [a == b for a, b in zip(said, right + [0] * (len(said) - len(right)), strict=True)]
        counted += hits[: len(right)]
        padded += hits
        exact.append(all(hits[: len(right)]))
    assert metric(metrics, "token_accuracy") == pytest.approx(np.mean(counted))
    assert metric(metrics, "token_accuracy_padded") == pytest.approx(np.mean(padded))
    assert metric(metrics, "exact_match") == pytest.approx(np.mean(exact))


# --- what cannot be evaluated ---


def test_missing_and_damaged_files_are_named(make_dataset, tmp_path):
    data = make_dataset(DIGITS)
    run = untrained(tmp_path / "run", settings(DIGITS, ADDER), data)
    with pytest.raises(UserError, match="no finished run here"):
        evaluate(tmp_path / "nowhere", [split(data)], data, tmp_path / "out", device="cpu")
    with pytest.raises(UserError, match="no such file"):
        evaluate(run, [split(tmp_path)], data, tmp_path / "out", device="cpu")
    whole = (run / "model.safetensors").read_bytes()
    (run / "model.safetensors").write_bytes(whole[:100])
    with pytest.raises(UserError, match="not a checkpoint"):
        evaluate(run, [split(data)], data, tmp_path / "out", device="cpu")
    assert not list((tmp_path / "out").glob("*"))  # nothing half-written is left


def test_an_empty_split_is_refused(make_dataset, tmp_path):
    data = make_dataset(DIGITS | {"rows": {"train": 100, "validation": 10}})
    run = untrained(tmp_path / "run", settings(DIGITS, ADDER), data)
    with pytest.raises(UserError, match="the split is empty"):
        evaluate(run, [split(data)], data, tmp_path / "out", device="cpu")


@pytest.mark.parametrize("where", [0.2, 0.6, 0.99])
def test_a_flipped_bit_in_a_checkpoint_is_noticed(make_dataset, tmp_path, where):
    data = make_dataset(DIGITS)
    run = untrained(tmp_path / "run", settings(DIGITS, ADDER), data)
    path = run / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[int(len(content) * where)] ^= 1
    path.write_bytes(content)
    with pytest.raises(
        UserError, match=r"model\.safetensors: (damaged|not a checkpoint).*the job train makes it"
    ):
        load_run(run)


@pytest.mark.parametrize(
    "damage",
    [
        {"sizes": {"alphabet": 10**9, "channels": 2, "classes": 10, "target_length": 3, "padding_index": 10}},
        {"sizes": {"alphabet": 1, "channels": 2, "classes": 10, "target_length": 3, "padding_index": 10}},
        {"sizes": {"alphabet": 11}},
        {"sizes": {"alphabet": 11, "more": 1}},
        {"settings": {}},
        {"settings": {"dataset": None}},
        {"steps": "many"},
        {"checkpoint_digest": "None"},
    ],
)
def test_a_damaged_run_json_is_one_line(make_dataset, tmp_path, damage):
    data = make_dataset(DIGITS)
    run = untrained(tmp_path / "run", settings(DIGITS, ADDER), data, **damage)
    with pytest.raises(UserError, match=r"run\.json: .*the job train makes it") as refused:
        load_run(run)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["train", "test"])
def test_rows_that_the_dataset_did_not_draw_are_not_evaluated(make_dataset, tmp_path, name):
    data, other = make_dataset(DIGITS), make_dataset(DIGITS | {"seed": 1})
    run = untrained(tmp_path / "run", settings(DIGITS, ADDER), data)
    (data / f"{name}.parquet").write_bytes((other / f"{name}.parquet").read_bytes())
    with pytest.raises(UserError, match=rf"{name}\.parquet: damaged"):
        evaluate(run, [split(data)], data, tmp_path / "out", device="cpu")
    assert not (tmp_path / "out/cost.json").exists()
