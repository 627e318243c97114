"""Tables, plan and provenance of a made-up report, in the exact format that aggregation writes.

The numbers are plausible and random, with every case that a page must survive: one seed, two seeds, diverged runs,
runs without results, one point, 27 points, long labels, markup in text from data.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from carryover.analysis import summaries, tables
from carryover.analysis.comparisons import comparisons
from carryover.analysis.curves import curves
from carryover.analysis.evidence import evidence
from carryover.analysis.horizon import horizon
from carryover.analysis.quantities import Results
from carryover.analysis.seen import seen
from carryover.data.files import read_json, write_json
from carryover.planning.plan import Plan

HOSTILE = "<script>alert('title')</script> & <b>bold</b>"
SETTINGS = {
    "model.kind": "tagger",
    "model.cell": "rnn",
    "model.embedding": 32,
    "model.hidden": 32,
    "model.layers": 2,
    "model.dropout": 0.0,
    "training.steps": 1000,
    "training.batch": 200,
    "training.optimizer": "adam",
    "training.lr": 0.001,
    "training.validate_every": 20,
    "training.stop_when_solved": False,
}


TABLES = (
    "datasets",
    "runs",
    "points",
    "metrics",
    "history",
    "costs",
    "overlap",
    "mixture",
    "examples",
    "published",
    "published_timed",
    "claims",
    "claims_timed",
    "readings",
    "readings_timed",
    "missing",
)


class Made:
    """Collects the rows of every table while studies are added."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.names: dict[str, str] = {}
        self.tables: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        self.plan: dict[str, Any] = {
            "format": 1,
            "name": "synthetic",
            "scale": "quick",
            "results": "results",
            "datasets": {},
            "runs": {},
            "evaluations": {},
            "studies": [],
            "unavailable": [],
        }

    def dataset(self, name: str, task: str, digits: int | None = None, **settings: Any) -> str:
        """Plan a dataset that points call `name`; returns its address."""
        rows = {"train": 200_000, "validation": 2000, "test": 2000}
        settings = {"task": task, "rows": rows, "seed": 0, **settings}
        if task == "digit_sum":
            settings["distribution"] = {"kind": "uniform_digits", "digits": digits}
        elif task == "expression":
            settings["distribution"] = {
                "kind": "grammar",
                "operators": "+-",
                "operands": [3],
                "numbers": {"smallest": 10, "largest": 99},
            }
        key = f"{task}-{digits or 'x'}-{hash_of(settings):012x}"[:40]
        self.names[name] = key
        self.plan["datasets"][key] = {"settings": settings}
        return key

    def study(
        self,
        name: str,
        task: str,
        points: list[dict[str, Any]],
        splits: dict[tuple[str, str], str],
        accuracy: Callable[[dict[str, Any], str, int], float],
        *,
        seeds: int = 3,
        title: str | None = None,
        question: str = "Does it learn, and does it carry over?",
        report: str | None = "adder-prml",
        metric: str = "exact_match",
        strata: Callable[[float, np.random.Generator], dict[str, tuple[str, float]]] | None = None,
        status: Callable[[dict[str, Any], int], str] | None = None,
        published: list[dict[str, Any]] | None = None,
        claims: list[dict[str, Any]] | None = None,
        as_published: bool = True,
        parameters: Callable[[dict[str, Any]], int] = lambda values: 17_610,
        available: bool = True,
        epochs: bool = False,
    ) -> None:
        planned = []
        for values in points:
            label = (
                ", ".join(f"{path.rsplit('.', 1)[-1]}={value}" for path, value in values.items()) or "base"
            )
            replicates = []
            for seed in range(seeds):
                run = f"run-{name}-{hash_of([name, values, seed]):012x}"
                own = self.names.get(values.get("dataset", ""), next(iter(splits.values())))
                settings = {**SETTINGS, **{k: v for k, v in values.items() if k != "dataset"}}
                self.plan["runs"][run] = {
                    "settings": nested(settings)
                    | {"dataset": self.plan["datasets"][own]["settings"], "seed": seed},
                    "dataset": own,
                    "steps": 1000,
                }
                self.plan["evaluations"][f"eval-{run}"] = {
                    "run": run,
                    "splits": [
                        {"suite": suite, "split": split, "dataset": address, "dataset_split": "test"}
                        for (suite, split), address in splits.items()
                    ],
                }
                replicates.append({"run": run, "evaluation": f"eval-{run}", "seed": seed})
                self.tables["points"].append(
                    {"study": name, "point": label, "values": json.dumps(values), "run": run, "seed": seed,
                     "evaluation": f"eval-{run}", "as_published": as_published,
                     "differs": "" if as_published else "training.steps"}
                )  # fmt: skip
                if available:
                    outcome = status(values, seed) if status else "finished"
                    self._run(run, task, own, seed, settings, outcome, parameters(values), epochs)
                    self._evaluate(run, values, splits, accuracy, metric, strata, outcome)
                else:
                    self.tables["missing"].append(
                        {
                            "kind": "run",
                            "address": run,
                            "file": "run.json",
                            "what": "missing",
                            "why": "no such file",
                        }
                    )
            planned.append(
                {
                    "point": label,
                    "values": values,
                    "as_published": as_published,
                    "differs": [] if as_published else ["training.steps", "dataset.distribution.digits"],
                    "runs": replicates,
                }
            )
        self.plan["studies"].append(
            {
                "name": name, "title": title or name.replace("-", " ").capitalize(), "question": question,
                "report": report, "task": task, "notes": "", "file": f"config/studies/{name}.yaml",
                "base": nested(SETTINGS) | {"dataset": "base"}, "swept": list(points[0]),
                "unstated": ["training.batch"],
                "redraw_data": False, "suites": sorted({suite for suite, _ in splits}),
                "published": [{"place": "Table 2", **item} for item in published or []],
                "claims": [planned_claim(claim) for claim in claims or []], "points": planned,
            }
        )  # fmt: skip
        for item in published or []:
            self._published(name, report, item, planned, as_published)
        for claim in claims or []:
            self.tables["claims"].append(
                {"study": name, "id": claim["id"], "report": report, "place": claim.get("place", "page 3"),
                 "text": claim["text"], "kind": claim.get("kind", "better_than"), "verdict": claim["verdict"],
                 "readings": claim.get("readings", ""), "evidence": claim.get("evidence", ""),
                 "reason": claim.get("reason", ""),
                 "detail": claim.get("detail", ""),
                 "because": claim.get("because"), "note": ""}
            )  # fmt: skip

    def _run(
        self, run: str, task: str, dataset: str, seed: int, settings: dict[str, Any], status: str, parameters: int,
        epochs: bool,
    ) -> None:  # fmt: skip
        solved_at = int(self.rng.integers(8, 30) * 20) if status == "solved" else None
        steps = (solved_at or 1000) + (20 if solved_at else 0)
        if status == "diverged":
            steps = 300
        self.tables["runs"].append(
            {"run": run, "task": task, "dataset": dataset, "seed": seed, **settings, "parameters": parameters,
             "status": status, "steps": steps, "solved_at": solved_at, "best_step": None,
             "dataset_digest": "d" * 64, "checkpoint_digest": "c" * 64}
        )  # fmt: skip
        middle = (solved_at or 500) * 0.6
        for step in range(20, steps + 1, 20):
            rise = 1 / (1 + np.exp(-(step - middle) / 40))
            noisy = float(np.clip(rise + self.rng.normal(0, 0.01), 0, 1))
            bad = status == "diverged" and step > 240
            for split, metric, value in (
                ("train", "loss", 2.3 * (1 - rise) + 0.004),
                ("validation", "loss", 2.3 * (1 - rise) + 0.005 + abs(self.rng.normal(0, 0.01))),
                ("validation", "exact_match", noisy),
                ("validation", "token_accuracy", 0.1 + 0.9 * noisy),
            ):
                self.tables["history"].append(
                    {"run": run, "step": step, "epoch": step / 200, "examples": step * 200, "split": split,
                     "metric": metric, "value": float("nan") if bad else float(value)}
                )  # fmt: skip
        for stage, seconds in (("train", 12.0), ("evaluate", 2.0)):
            seconds = float(seconds * self.rng.uniform(0.8, 1.3) * (parameters / 17_610) ** 0.3)
            self.tables["costs"].append(
                {"run": run, "stage": stage, "seconds": seconds, "cpu_seconds": seconds * 0.98,
                 "peak_memory_mb": 310.5, "device": "cpu", "host": "node-1", "examples_per_second": 200_000 / seconds,
                 "threads": 1, "alone": False}
            )  # fmt: skip

    def _evaluate(
        self, run: str, values: dict[str, Any], splits: dict[tuple[str, str], str],
        accuracy: Callable[[dict[str, Any], str, int], float], metric: str,
        strata: Callable[[float, np.random.Generator], dict[str, tuple[str, float]]] | None, status: str,
    ) -> None:  # fmt: skip
        for (suite, split), address in splits.items():
            distribution = self.plan["datasets"][address]["settings"].get("distribution", {})
            digits = distribution.get("digits", 0) if distribution.get("kind") == "uniform_digits" else 0
            mean = accuracy(values, split, digits)
            value = float(np.clip(mean + self.rng.normal(0, 0.08 * np.sqrt(mean * (1 - mean)) + 1e-9), 0, 1))
            if status == "diverged":
                value = float("nan")
            found = {
                "all": [(metric, value), ("token_accuracy", 0.1 + 0.9 * value), ("loss", 2.3 * (1 - value))]
            }
            if metric == "accuracy":
                found["all"] += [("batch_accuracy", value), ("baseline_majority", 0.5)]
            for stratum, (name, number) in (strata(value, self.rng) if strata else {}).items():
                found[stratum] = [(name, number)]
            for stratum, rows in found.items():
                for name, number in rows:
                    self.tables["metrics"].append(
                        {"run": run, "suite": suite, "split": split, "stratum": stratum, "metric": name,
                         "value": number, "n": 2000 if stratum == "all" else 180}
                    )  # fmt: skip
            self.tables["overlap"].append(
                {"dataset": address, "run": run, "suite": suite, "split": split, "rows": 2000, "shared": 12,
                 "shared_commuted": 25, "share": 0.006, "share_commuted": 0.0125,
                 "shared_tokens": 14, "share_tokens": 0.007, "coverage": 0.02}
            )  # fmt: skip
            if value < 1 and metric != "accuracy":
                for index in range(3):
                    self.tables["examples"].append(
                        {"run": run, "suite": suite, "split": split, "index": index, "question": "4821+777",
                         "answer": "5598", "prediction": "5498" if index else "<img src=x onerror=alert(1)>"}
                    )  # fmt: skip

    def _published(
        self,
        study: str,
        report: str | None,
        item: dict[str, Any],
        planned: list[dict[str, Any]],
        decides: bool,
    ) -> None:
        matching = [
            point
            for point in planned
            if all(point["values"].get(path) == v for path, v in item["at"].items())
        ]
        runs = [replicate["run"] for point in matching for replicate in point["runs"]]
        values = np.array(
            [
                row["value"] for row in self.tables["metrics"]
                if row["run"] in runs and row["stratum"] == "all" and row["metric"] == item["metric"]
                and (row["suite"], row["split"]) == (item["suite"], item["split"])
            ],
            dtype=float,
        )  # fmt: skip
        found = spread(values)
        published = item.get("value")
        word = "too few seeds" if len(values) < 3 else "inside"
        if word == "inside" and published is not None:
            inside = found["prediction_low"] <= published <= found["prediction_high"]
            word = "inside" if inside else "outside"
        self.tables["published"].append(
            {"study": study, "id": item["id"], "report": report, "place": "Table 2",
             "point": matching[0]["point"] if matching else None, "suite": item["suite"], "split": item["split"],
             "stratum": "all", "metric": item["metric"], "at_step": None, "published": published,
             "published_low": item.get("low"), "published_high": item.get("high"),
             **{key: found[key] for key in
                ("mean", "low", "high", "prediction_low", "prediction_high", "minimum", "maximum", "seeds")},
             "word": word if decides else "not tested", "readings": "",
             "reason": "" if decides else "other settings than published",
             "detail": "" if decides else "the runs here differ from the published settings in training.steps",
             "note": ""}
        )  # fmt: skip

    def write(self, folder: Path) -> Path:
        """Write tables, plan and provenance under `folder`, as aggregation does; returns `folder`."""
        raw = {name: tables.as_table(name, rows) for name, rows in self.tables.items() if name != "runs"}
        settings = [nested({k: v for k, v in row.items() if "." in k}) for row in self.tables["runs"]]
        fixed = [{k: v for k, v in row.items() if "." not in k} for row in self.tables["runs"]]
        raw["runs"] = tables.runs_table(fixed, settings)
        frames = {name: table.to_pandas() for name, table in raw.items()}
        plan = Plan.model_validate_json(json.dumps(self.plan))
        results = Results(plan, frames)
        points = frames["points"][frames["points"]["run"].isin(frames["runs"]["run"])]
        made = {
            "summary": summaries.summary(plan, points, frames["metrics"]),
            "curves": curves(points, frames["history"]),
            "solved": summaries.solved(results),
            "comparisons": comparisons(results),
            "horizon": horizon(plan, points, frames["metrics"]),
            "seen": seen(plan, points, frames["metrics"]),
            "costs_summary": summaries.costs_summary(results),
        }
        written = raw | {name: tables.as_table(name, rows) for name, rows in made.items()}
        tables.write(written | evidence(plan, written, None), folder / "tables")
        plan.write(folder / "plan.json")
        (folder / "provenance.json").write_text(json.dumps(PROVENANCE), encoding="utf-8")
        return folder


PROVENANCE = {
    "command": "snakemake --cores all",
    "config": {"name": "synthetic", "scale": "quick"},
    "git": {"commit": "0123456789abcdef", "dirty": False},
    "hardware": {"cpu": "Example CPU", "cores": 2, "memory_gb": 16.0, "gpus": []},
    "versions": {"carryover": "0.1.0", "python": "3.11.7", "torch": "2.13.0"},
    "seeds": [0, 1, 2],
    "digests": {"datasets": {"digit_sum-10-abc": "ff" * 32}, "checkpoints": {"run-a": "ee" * 32}},
}


def hash_of(content: Any) -> int:
    """A stable small number from plain data (not Python's salted hash)."""
    import zlib

    return zlib.crc32(json.dumps(content, sort_keys=True).encode())


def planned_claim(claim: dict[str, Any]) -> dict[str, Any]:
    """A claim as a plan has it: with the settings that its kind needs."""
    kind = claim.get("kind", "better_than")
    quantity = {"metric": "exact_match"}
    sides = {"a": {"model.cell": "rnn"}, "b": {"model.cell": "gru"}}
    needs = {
        "solves_within": {"steps": 300},
        "better_than": {**sides, "of": quantity},
        "smoother_than": {**sides},
        "faster_than": {**sides, "of": "solved_at"},
        "value": {"of": quantity, "low": 0.9},
    }[kind]
    return {"kind": kind, **needs, **{key: claim[key] for key in ("id", "text", "because") if key in claim}}


def nested(flat: dict[str, Any]) -> dict[str, Any]:
    """Dotted paths as nested mappings."""
    found: dict[str, Any] = {}
    for path, value in flat.items():
        *parents, last = path.split(".")
        place = found
        for part in parents:
            place = place.setdefault(part, {})
        place[last] = value
    return found


def spread(values: np.ndarray) -> dict[str, Any]:
    """Mean, intervals and range as the table `summary` has them; no interval with fewer than 3 values."""
    values = values[~np.isnan(values)]
    none = dict.fromkeys(("mean", "low", "high", "prediction_low", "prediction_high", "sd"))
    if not values.size:
        return {**none, "minimum": None, "maximum": None, "seeds": 0}
    found = {
        **none,
        "mean": float(values.mean()),
        "minimum": float(values.min()),
        "maximum": float(values.max()),
    }
    if values.size >= 2:
        found["sd"] = float(values.std(ddof=1))
    if values.size >= 3:
        t = stats.t.ppf(0.975, values.size - 1)
        half, wide = (t * found["sd"] * f for f in (1 / np.sqrt(values.size), np.sqrt(1 + 1 / values.size)))
        found |= {"low": max(0.0, found["mean"] - half), "high": found["mean"] + half}
        found |= {"prediction_low": max(0.0, found["mean"] - wide), "prediction_high": found["mean"] + wide}
        for name in ("high", "prediction_high"):
            found[name] = min(1.0, found[name]) if found["maximum"] <= 1 else found[name]
    return {**found, "seeds": int(values.size)}


def carries(value: float, rng: np.random.Generator) -> dict[str, tuple[str, float]]:
    """Strata of an adder: worse with longer carry chains and at higher positions."""
    found = {
        f"longest_carry={i}": (
            "exact_match",
            float(np.clip(value ** (0.3 + 0.35 * i) + rng.normal(0, 0.01), 0, 1)),
        )
        for i in range(8)
    }
    for i in range(10):
        found[f"position={i}"] = ("token_accuracy", float(np.clip(1 - (1 - value) * (i / 9) ** 2, 0, 1)))
    found["seen=yes"] = ("exact_match", float(min(1, value + 0.05)))
    found["seen=no"] = ("exact_match", value)
    return found


def operators(value: float, rng: np.random.Generator) -> dict[str, tuple[str, float]]:
    """Strata of an expression task."""
    found = {}
    for text in ("+-", "-+", "++", "--"):
        found[f"operators={text}"] = ("exact_match", float(np.clip(value + rng.normal(0, 0.05), 0, 1)))
    for text in ("1-1-1", "1-2-2", "2-1-2", "2-2-2"):
        found[f"digits={text}"] = ("exact_match", float(np.clip(value + rng.normal(0, 0.1), 0, 1)))
    for text in ("negative", "zero", "positive"):
        found[f"sign={text}"] = ("exact_match", float(np.clip(value + rng.normal(0, 0.03), 0, 1)))
    found["seen=yes"] = ("exact_match", float(min(1, value + 0.3 * (1 - value))))
    found["seen=no"] = ("exact_match", value)
    for text in ("1-1-1", "1-2-2"):
        for kind in ("yes", "no"):
            found[f"digits={text},seen={kind}"] = found[f"digits={text}"]
    return found


def build(folder: Path, copies: int = 1) -> Path:
    """The made-up report: eight studies, repeated `copies` times under other names. 142 runs a copy."""
    results = Made()
    ten = results.dataset("ten", "digit_sum", 10)
    lengths = {n: results.dataset(f"digits-{n}", "digit_sum", n) for n in (1, 2, 3, 4, 5, 6, 10, 20, 50, 100)}
    reviews = results.dataset("reviews", "sentiment")
    numbers = [results.dataset(f"numbers-{i}", "expression", seed=i) for i in range(3)]
    for copy in range(copies):
        suffix = f"-{copy + 1}" if copy else ""
        _adders(results, suffix, ten, lengths)
        _others(results, suffix, reviews, numbers, lengths)
    return results.write(folder)


def _adders(results: Made, suffix: str, ten: str, lengths: dict[int, str]) -> None:
    cells = [{"model.cell": cell} for cell in ("rnn", "lstm", "gru")]
    results.study(
        f"adder-cells{suffix}", "digit_sum", cells, {("own", "test"): ten},
        lambda values, split, digits: 0.9995, seeds=5, title="Which cell learns to add",
        question="Do RNN, LSTM and GRU all learn 10-digit addition within 1,000 steps, and which is fastest?",
        strata=carries, status=lambda values, seed: "solved",
        published=[{"id": f"{v['model.cell']}-exact", "at": v, "suite": "own", "split": "test",
                    "metric": "exact_match", "value": 1.0} for v in cells],
        claims=[
            {"id": "rnn-fast", "text": "The RNN reaches accuracy 1 in under 300 steps.", "kind": "solves_within",
             "verdict": "refuted", "evidence": "cell=rnn: 1 of 5 runs reached validation exact_match at least 0.999 "
             "within 300 steps (share [0.036, 0.624])."},
            {"id": "gru-lstm", "text": "The GRU is better than the LSTM.", "verdict": "supported",
             "readings": "supported as we read it (batch 200); inconclusive with batch 64",
             "evidence": "cell=gru: mean 260 [200, 320]; cell=lstm: mean 420 [380, 460]; difference -160 [-240, -80]."},
            {"id": "gru-smooth", "text": "The GRU's curve is less smooth than the RNN's.", "kind": "smoother_than",
             "verdict": "inconclusive", "evidence": "difference 0.0012 [-0.003, 0.005].",
             "reason": "too close to call", "detail": "the interval holds 0", "because": "one_draw"},
        ],
    )  # fmt: skip
    trained = [{"dataset": f"digits-{n}"} for n in (1, 2, 3, 4, 5, 6)]
    tests = {("lengths", f"digits-{n}"): address for n, address in lengths.items()}

    def transfer(values: dict[str, Any], split: str, digits: int) -> float:
        known = int(values["dataset"].partition("-")[2])
        return float(np.clip(1 if digits <= known else np.exp(-(digits - known) / (6 * known**2)), 0, 1))

    results.study(
        f"adder-threshold{suffix}", "digit_sum", trained, tests, transfer, title="How many digits are enough",
        question="From how many digits in training on does addition carry over to any length?", strata=carries,
        claims=[
            {"id": "threshold", "text": "Once training numbers have more than 3 digits, perfect at any test length.",
             "kind": "value", "verdict": "not tested", "because": "extrapolation",
             "reason": "other settings than published",
             "detail": "the runs here differ from the published settings in training.steps"},
        ],
        as_published=False,
        published=[{"id": "two-ten", "at": {"dataset": "digits-2"}, "suite": "lengths", "split": "digits-10",
                    "metric": "exact_match", "value": 0.7635}],
    )  # fmt: skip
    results.study(
        f"adder-lr{suffix}", "digit_sum", [{"training.lr": lr} for lr in (0.001, 0.01, 0.05, 0.1)],
        {("own", "test"): ten}, lambda values, split, digits: 0.99 if values["training.lr"] < 0.05 else 0.4, seeds=2,
        title="Learning rates", question="Which learning rates work?",
        status=lambda values, seed: "diverged" if values["training.lr"] == 0.1 and seed == 0 else "finished",
        published=[{"id": "lr-0.1", "at": {"training.lr": 0.1}, "suite": "own", "split": "test",
                    "metric": "exact_match", "high": 0.5}],
    )  # fmt: skip


def _others(results: Made, suffix: str, reviews: str, numbers: list[str], lengths: dict[int, str]) -> None:
    grid = [
        {"model.layers": layers, "model.hidden": hidden, "model.embedding": embedding}
        for layers, hidden, embedding in itertools.product((1, 2, 3), (100, 200, 300), (32, 64, 128))
    ]

    def sentiment(values: dict[str, Any], split: str, digits: int) -> float:
        failed = values["model.layers"] == 3 and values["model.hidden"] > 100
        return 0.52 if failed else 0.87

    results.study(
        f"imdb-compound{suffix}", "sentiment", grid, {("own", "test"): reviews}, sentiment, report="imdb-sweeps",
        title="Compound scaling", question="Which of 27 sizes of an LSTM reads film reviews best?", metric="accuracy",
        parameters=lambda v: 37_996 * v["model.embedding"] + 4 * v["model.hidden"] ** 2 * v["model.layers"],
        published=[{"id": f"trial-{i + 1}", "at": values, "suite": "own", "split": "test",
                    "metric": "batch_accuracy", "value": 0.51 if i == 7 else round(0.86 + 0.001 * (i % 20), 4)}
                   for i, values in enumerate(grid)],
        claims=[{"id": "small-is-fast", "text": "The smallest model trains fastest.", "kind": "faster_than",
                 "of": "solved_at", "verdict": "inconclusive", "evidence": "", "reason": "too few seeds",
                 "detail": "1 seed"}],
        epochs=True,
    )  # fmt: skip
    tests = {("numbers", name): numbers[i] for i, name in enumerate(("one-digit", "two-digit", "mixed"))}
    right = {"one-digit": 0.01, "two-digit": 0.84, "mixed": 0.61}
    results.study(
        f"three-number-transfer{suffix}", "expression", [{"dataset": "numbers-0"}, {"dataset": "numbers-1"}], tests,
        lambda values, split, digits: right[split], report="three-number", title="Hard sums, easy sums",
        question="Does training on two-digit sums carry over to one-digit ones?", strata=operators,
        published=[{"id": f"test-{i}", "at": {"dataset": "numbers-0"}, "suite": "numbers", "split": split,
                    "metric": "exact_match", "value": value}
                   for i, (split, value) in enumerate((("one-digit", 0.00328), ("two-digit", 0.84567)))],
        claims=[{"id": "mixed", "text": "A mixed-range test is worse than a matched one.", "verdict": "supported",
                 "evidence": "difference -0.23 [-0.28, -0.18].", "because": "mixture"}],
    )  # fmt: skip
    runs = {r["run"] for p in results.plan["studies"][-1]["points"] for r in p["runs"]}
    for run in sorted(runs):
        for component, weight, accuracy in (
            ("2-2-2", 0.729, 0.84),
            ("1-2-2", 0.243, 0.02),
            ("1-1-1", 0.028, 0.01),
        ):
            results.tables["mixture"].append(
                {"run": run, "suite": "numbers", "split": "mixed", "component": component, "weight": weight,
                 "accuracy": accuracy, "rows": 2000, "source": "numbers/two-digit", "predicted": 0.6175,
                 "predicted_low": 0.595, "predicted_high": 0.64, "measured": 0.6151, "explained": True}
            )  # fmt: skip
    results.study(
        f"one-run{suffix}", "digit_sum", [{}], {("own", "test"): lengths[10]}, lambda values, split, digits: 0.93,
        seeds=1, title=HOSTILE, question="What does one run of one setting look like? " + HOSTILE, report=None,
        strata=carries,
    )  # fmt: skip
    results.study(
        f"long-labels{suffix}", "digit_sum",
        [{"dataset": f"digits-{n}", "training.length": 100 + n, "model.embedding": 16,
          "training.schedule": "exponential", "training.decay_rate": 0.95, "training.decay_steps": 100}
         for n in (2, 3)],
        {("a-rather-long-suite-name", f"a-rather-long-split-name-{n}"): lengths[n] for n in (2, 5, 50)},
        lambda values, split, digits: 0.5, title="A study with long labels",
        question="What happens to labels that are far too long for a figure that has to fit on a phone?", report=None,
    )  # fmt: skip
    results.study(
        f"not-there{suffix}", "digit_sum", [{"model.layers": n} for n in (1, 2)], {("own", "test"): lengths[10]},
        lambda values, split, digits: 0.5, seeds=2, title="A study without results", available=False,
        question="What if no run finished?",
        claims=[{"id": "deeper", "text": "Deeper is better.", "verdict": "not tested",
                 "reason": "no such run in this report",
                 "detail": "no run of one side has results"}],
    )  # fmt: skip


SINGLE = "carryover-synthetic.html"  # all pages in one file


def rendered(tmp_path_factory: Any) -> Path:
    """The made-up report with figures, pages, and all pages in one file. Made once for all processes of a session."""
    from filelock import FileLock

    from carryover.report.export import export_single
    from carryover.report.parts import check
    from carryover.report.render import render

    worker = tmp_path_factory.getbasetemp()
    shared = worker.parent if "PYTEST_XDIST_WORKER" in os.environ else worker
    folder = shared / "made-up-report"
    with FileLock(f"{folder}.lock"):
        if not (folder / "index.html").exists():
            render(build(folder))
            check(folder, "above")
            export_single(folder)
    return folder


def keep_studies(folder: Path, names: Collection[str]) -> None:
    """Leave only these studies in the plan of a copy of the made-up report, whose pages are then soon made."""
    plan = read_json(folder / "plan.json")
    plan["studies"] = [study for study in plan["studies"] if study["name"] in names]
    assert len(plan["studies"]) == len(names)
    write_json(folder / "plan.json", plan)
