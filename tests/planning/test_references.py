"""What published numbers and claims name has to be there: a slip is one line with its key, before any job."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.tiny import Tiny

RNN, GRU = {"model.cell": "rnn"}, {"model.cell": "gru"}
TEST = {"suite": "lengths", "split": "five"}


def claim(kind: str, **changes: Any) -> dict[str, Any]:
    return {"id": "c1", "text": "It adds.", "kind": kind, **changes}


def number(**changes: Any) -> dict[str, Any]:
    return {"id": "n1", "place": "Table 1", "metric": "exact_match", "value": 1.0, **TEST, **changes}


def value(**of: Any) -> dict[str, Any]:
    return claim("value", at=RNN, of={"metric": "exact_match", **of}, low=0.5)


@pytest.mark.parametrize(
    ("key", "item", "line"),
    [
        (
            "published",
            number(metric="exact_macth"),
            "published.n1.metric: no metric 'exact_macth'; did you mean",
        ),
        (
            "published",
            number(metric="token_accuracy_padded"),
            "published.n1.metric: metric 'token_accuracy_padded'",
        ),
        (
            "published",
            number(metric="batch_accuracy"),
            "published.n1.metric: metric 'batch_accuracy' is not measured",
        ),
        (
            "published",
            number(metric="parameters"),
            "published.n1.metric: metric 'parameters' is of a training",
        ),
        ("published", number(at_step=5), "published.n1.metric: at_step is for metrics of validation rows"),
        ("published", number(stratum="nonsense=3"), "published.n1.stratum: no stratum 'nonsense=3'"),
        ("published", number(stratum="longest_carry"), "published.n1.stratum: no stratum 'longest_carry'"),
        ("published", number(suite="length"), "suite 'length' is not evaluated; did you mean 'lengths'"),
        ("published", number(split="fife"), "suite 'lengths' has no split 'fife'; did you mean 'five'"),
        (
            "published",
            number(at={"training.lrr": 0.1}),
            "published.n1.at: no setting 'training.lrr'; did you mean 'lr'",
        ),
        (
            "published",
            number(at={"model.cell": "lstm"}),
            "published.n1.at: no setting of the study has cell=lstm",
        ),
        ("published", number(value=None, low=2.0, high=1.0), "low (2) is above high (1)"),
        (
            "claims",
            value(metric="first_wrong"),
            "claims.c1.of.metric: metric 'first_wrong' is measured on test splits",
        ),
        ("claims", value(metric="loss", stratum="digits=3"), "name suite and split"),
        (
            "claims",
            claim("solves_within", metric="exact_macth", steps=3),
            "claims.c1.metric: no metric 'exact_macth'",
        ),
        ("claims", claim("smoother_than", a=RNN, b=GRU, metric="los"), "claims.c1.metric: no metric 'los'"),
        ("claims", claim("better_than", a=RNN, b=RNN, of={"metric": "loss"}), "a and b are the same"),
        ("claims", claim("faster_than", a=RNN, b=RNN, of="seconds"), "a and b are the same"),
        (
            "claims",
            claim("ordered", points=[RNN, GRU, RNN], of={"metric": "loss"}),
            "names the same settings twice",
        ),
        ("claims", value() | {"high": 0.1}, "low (0.5) is above high (0.1)"),
        (
            "published",
            number(metric="loss", stratum="position=2"),
            "published.n1.metric: metric 'loss' has no stratum",
        ),
        ("published", number(metric="baseline_chance", stratum="seen=no"), "has no stratum 'seen=no'"),
        ("claims", claim("solves_within", metric="gap", steps=3), "'gap' is not measured at each validation"),
        (
            "play",
            {"model.cell": "lstm"},
            "play.0: no setting of the sweep has cell=lstm; correct it or the sweep",
        ),
        ("unstated", "training.lrr", "unstated: no setting 'training.lrr'; did you mean 'lr'"),
    ],
)
def test_what_is_not_there_is_one_line(
    tiny: Tiny, mistakes: Callable[[], str], key: str, item: Any, line: str
) -> None:
    tiny.study[key] = [item]
    told = mistakes()
    assert line in told
    assert "config/studies/cells.yaml" in told
    assert "\n" not in told


@pytest.mark.parametrize(
    "item",
    [
        value(),
        value(metric="train_loss", at_step=2),
        value(metric="first_wrong", stratum="position=3", **TEST),
        value(stratum="longest_carry=3", **TEST),
        value(stratum="seen=no", **TEST),
        claim("better_than", a=RNN, b=RNN, of={"metric": "loss"}, of_b={"metric": "train_loss"}),
        claim("smoother_than", a=RNN, b=GRU, metric="loss"),
    ],
)
def test_what_is_there_may_be_named(tiny: Tiny, item: dict[str, Any]) -> None:
    tiny.study["claims"] = [item]
    assert tiny.plan().studies[0].claims[0].id == "c1"
