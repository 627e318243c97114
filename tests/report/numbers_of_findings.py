"""Which numbers of a text of findings stand in no table: an oracle that reads the files itself.

A line about a claim may have the numbers of this claim alone, a line about a printed number those of its rows alone.
Other prose may have the numbers of the report that its heading names. A mean with
its interval and seeds must be one row.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml

NUMBER = re.compile(r"(?<![\w.])[<>+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[+-]?\d+)?")
SPREAD_OF = ("mean", "low", "high", "seeds")
SPREAD = re.compile(r"([\d.,<>e-]+) \[([\d.,<>e-]+), ([\d.,<>e-]+)\] with (\d+) seeds")
PRODUCT = re.compile(r"(\d[\d.]*) × (\d[\d.]*) = (\d[\d.]*\d)")
JUDGED = re.compile(
    r"\b(supported|refuted|not reproduced as we read it|inconclusive)"
    r"(?: as we read it| in [a-z0-9 ]*readings(?: that were run)?)? \(((?:[^()]|\([^()]*\))*)\)"
)
HOLDS = re.compile(r"\*[A-Z][a-z ]* in (?:both|all \d+|\d+ of \d+) readings")
COUNTED = re.compile(r"(\d+) of “([^”]*)”")
Row = dict[str, Any]


class Files:
    """The rows of the tables in a folder, and the titles in `config`."""

    def __init__(self, folder: Path, config: Path) -> None:
        def rows(*names: str, columns: list[str] | None = None) -> list[Row]:
            tables = [pq.read_table(folder / f"{name}.parquet", columns=columns) for name in names]
            return [row for table in tables for row in table.to_pylist()]

        self.claims = rows("claims", "claims_timed")
        self.published = rows("published", "published_timed")
        self.readings = rows("readings", "readings_timed")
        self.measured = rows("summary", columns=["study", *SPREAD_OF]) + self.published
        plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
        files = [*config.glob("datasets/*.yaml"), *config.glob("suites/*.yaml")]
        named = [one for path in files for one in _titles(yaml.safe_load(path.read_text(encoding="utf-8")))]
        self.names = sorted(named, key=len, reverse=True)
        self.titles = {study["name"]: study["title"] for study in plan["studies"]}
        predicted = [row for row in rows("mixture") if row["predicted"] is not None]
        tests = {(row["run"], row["suite"], row["split"]): row["explained"] for row in predicted}
        self.values = [row["weight"] for row in predicted] + [row["share"] for row in rows("overlap")]
        self.values += [len(rows("runs")), sum(tests.values()), len(tests)]


def _titles(content: Any) -> list[str]:
    if not isinstance(content, dict):
        return []
    below = [title for value in content.values() for title in _titles(value)]
    return [content["title"], *below] if isinstance(content.get("title"), str) else below


def unknown_numbers(text: str, files: Files) -> list[str]:
    """The numbers of `text` that the tables do not have, each with its line."""
    report, unknown = None, []
    for line in text.splitlines():
        if line.startswith("## "):
            named = re.match(r"## `([a-z0-9-]+)`", line)
            report = named[1] if named else None
            continue
        of_report = line.startswith("- The report ") and line.split()[3]
        source = of_report if of_report in {row["report"] for row in files.claims} else report
        claims = [row for row in files.claims if row["report"] == source]
        published = [row for row in files.published if row["report"] == source]
        studies = {row["study"] for row in claims + published}
        about = [row for row in claims if line.startswith(f"- {row['text']} *")]
        printed = [row for row in published if row["place"] and line.startswith(f"- {row['place']}: ")]
        rest, wrong = _without_what_is_checked(line, files, claims, studies)
        if line.startswith("- ") and rest and not (about or printed or of_report):
            wrong.append("a line about no row")
        if about:
            told, values = _texts(about), []
            wrong += [] if any(_verdict_fits(line, row, files) for row in about) else ["the verdict"]
            rest = HOLDS.sub("*", rest)
        elif printed:
            told, values = _texts(printed), _values(printed)
        else:
            told = _texts(claims + published)
            values = _values(published + [row for row in files.readings if row["study"] in studies])
            values += [*files.values, 95, 5]  # the last two: the levels of intervals and of false discoveries
        wrong += [
            one for one in NUMBER.findall(rest) if one not in told and not any(_is(one, v) for v in values)
        ]
        unknown += [f"{one}: {line}" for one in wrong]
    return unknown


def _without_what_is_checked(
    line: str, files: Files, claims: list[Row], studies: set[str]
) -> tuple[str, list[str]]:
    """The line without code, and without spreads, products and counts; and those of them that are wrong."""
    wrong = []
    line = re.sub(r"`[^`]*`", "", line)
    for name in [] if COUNTED.search(line) else files.names:
        line = line.replace(name, "")
    measured = [row for row in files.measured if row["study"] in studies]
    for found in SPREAD.finditer(line):
        names = ("mean", "low", "high", "seeds")
        if not any(
            all(_is(t, row[n]) for t, n in zip(found.groups(), names, strict=True)) for row in measured
        ):
            wrong.append(found[0])
    line = SPREAD.sub("", line)
    for found in PRODUCT.finditer(line):
        if not _is(found[3], float(found[1]) * float(found[2])):
            wrong.append(found[0])
    line = PRODUCT.sub(lambda one: f"{one[1]} and {one[2]}", line)
    for verdict, shown in JUDGED.findall(line):
        if not any(
            row["verdict"] == verdict and set(NUMBER.findall(shown)) <= _texts([row]) for row in claims
        ):
            wrong.append(shown)
    line = JUDGED.sub("", line)
    counts: dict[str, int] = {}
    for row in claims:
        counts[row["verdict"]] = counts.get(row["verdict"], 0) + 1
    if line.startswith("Of its "):
        numbers = [int(one) for one in re.findall(r"\d+", line)]
        wrong += [] if numbers[0] == sum(numbers[1:]) == len(claims) else [line]
        wrong += [
            line
            for one, verdict in re.findall(r"(\d+) (?:is |are )?([a-z ]+?)(?:,| and|\.)", line)
            if verdict in counts and counts[verdict] != int(one)
        ]
        line = ""
    if COUNTED.search(line):
        reason, _, told = line.removeprefix("- ").partition(": ")
        reason = "no such run in this report" if reason == "No run has results yet" else reason.lower()
        open_ones = [row for row in claims if (row["reason"] or "").lower() == reason]
        by_title = {
            title: sum(row["study"] == study for row in open_ones) for study, title in files.titles.items()
        }
        wrong += [title for count, title in COUNTED.findall(told) if by_title.get(title) != int(count)]
        wrong += [] if re.match(rf"{len(open_ones)} claims?, ", told) else [line]
        line = ""
    return line, wrong


def _verdict_fits(line: str, row: Row, files: Files) -> bool:
    verdict = f"*{row['verdict'][0].upper()}{row['verdict'][1:]}"
    said = line.partition(f"{row['text']} {verdict}")[2].partition(":*")[0].strip()
    stays = ("does not stay" in line) == (row["stays"] is False)
    return verdict in line and stays and said in _how_it_holds(row, files)


def _how_it_holds(row: Row, files: Files) -> set[str]:
    """What may stand between a verdict and its colon."""
    if row["verdict"] not in ("supported", "refuted"):
        return {""}
    mine = [
        one["verdict"]
        for one in files.readings
        if (one["study"], one["kind"], one["id"]) == (row["study"], "claim", row["id"])
    ]
    run = [verdict for verdict in mine if verdict not in ("not run", "not tested")]
    if len(run) < 2:
        return {"as we read it"} if mine else {"as we read it", ""}
    same = sum(verdict == row["verdict"] for verdict in run)
    count = {(2, 2): "both"}.get(
        (same, len(run)), f"all {len(run)}" if same == len(run) else f"{same} of {len(run)}"
    )
    return {f"in {count} readings" + (" that were run" if "not run" in mine else "")}


def _texts(rows: list[Row]) -> set[str]:
    """Every number in the texts of rows, as it stands there and as words have it (`1e-05` as 0.00001)."""
    return {
        form
        for row in rows
        for name in ("text", "evidence", "place", "point", "id")
        for number in NUMBER.findall((row.get(name) or "").replace("=", " "))
        for form in (number, format(Decimal(number), "f") if "e-" in number else number)
    }


def _values(rows: list[Row]) -> list[float]:
    return [value for row in rows for value in row.values() if isinstance(value, int | float)]


def _is(told: str, value: float | None) -> bool:
    """Whether a value, rounded as `told` is, is what was told."""
    if value is None:
        return False
    if told[0] in "<>":
        edge = float(told[1:])
        return value < edge if told[0] == "<" else value > edge
    plain = told.replace(",", "").lstrip("+")
    mantissa, _, exponent = plain.partition("e")
    decimals = len(mantissa.partition(".")[2])
    unit = 10.0 ** (int(exponent or 0) - decimals)
    return abs(float(plain) - value) <= unit * 0.5000001
