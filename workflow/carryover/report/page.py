"""The page: one self-contained HTML file made from tables, plan, provenance and figures."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup, escape

from carryover.analysis.statistics import MIN_SEEDS
from carryover.analysis.wording import number
from carryover.planning.sweep import flat
from carryover.report import answers, style, svg, words
from carryover.report import markup as html
from carryover.report.figures import errors
from carryover.report.figures.settings import splits_of, telling_splits
from carryover.report.markup import Cell, Head, Table
from carryover.report.reference import Comparison
from carryover.report.tables import records
from carryover.report.view import Point, Report, Study

HERE = Path(__file__).parent
MOST_TESTS = 3  # that the table of settings has columns for: those on which settings differ most
MOST_ROWS = 600  # of a table on the page; tables/ has all
MOST_FINDINGS = 3  # refuted, and as many supported, on the first screen
MOST_EXAMPLES = 60  # wrong answers of a study
LONGEST_ANSWER = 64  # characters of a question or an answer that are shown
_DARK_FIGURES = f"@media screen and (prefers-color-scheme:dark){{{style.dark_rules('figure svg')}}}"


def write(
    report: Report,
    index: Mapping[str, Mapping[str, Any]],
    figures: Path,
    provenance: Mapping[str, Any],
    reference: Comparison | None,
    out: Path,
) -> None:
    """Write the page. index: figures.json. figures: the folder with the SVG files."""
    from carryover.data.files import atomic_path

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals |= {"words": words}
    shown = {
        name: {**entry, "name": name, "svg": _svg(figures / f"{name}.svg")} for name, entry in index.items()
    }
    content = environment.get_template("page.html").render(
        plan=report.plan,
        first=_first_screen(report),
        answers=_answers(report),
        claims=_claims(report, claims_of(report), "claims"),
        published=_published(report, published_of(report), "published"),
        published_figures=[entry for entry in shown.values() if entry["study"] is None and entry["svg"]],
        studies=[_study(report, study, shown) for study in report.studies],
        overlap=_overlap(report),
        costs=_costs(report),
        runs=_runs(report),
        missing=_missing(report),
        reference=reference,
        provenance=_provenance(provenance),
        style=_asset("page.css") + Markup(_DARK_FIGURES),
        scripts=[_asset("datatables.min.js"), _asset("page.js")],
        license=_asset("datatables.LICENSE.txt"),
        many=MIN_SEEDS,
    )
    with atomic_path(out) as path:
        path.write_text(content, encoding="utf-8")


@cache
def _asset(name: str) -> Markup:
    return Markup((HERE / "assets" / name).read_text(encoding="utf-8"))


def _svg(path: Path) -> Markup | None:
    return Markup(svg.inline(path.read_text(encoding="utf-8"))) if path.is_file() else None


def anchor(study: str) -> str:
    """The anchor of a study's section."""
    return f"study-{study}"


# --- what the first screen says ---


def _first_screen(report: Report) -> dict[str, Any]:
    """Counts for the first screen, each with the place it comes from."""
    claims, published = claims_of(report), published_of(report)
    points = report.tables["points"].drop_duplicates(["study", "point"])
    there = report.tables["points"]
    there = there[there["run"].isin(list(report.runs))]
    seeds = there.groupby(["study", "point"], observed=True)["run"].nunique()
    statuses = report.tables["runs"]["status"].astype(str).value_counts()
    sources = list(
        dict.fromkeys(study.planned["report"] for study in report.studies if study.planned.get("report"))
    )
    return {
        "scale": report.plan.get("scale", ""),
        "studies": len(report.studies),
        "tasks": words.listed(
            [words.TASKS.get(task, task) for task in dict.fromkeys(s.task for s in report.studies)]
        ),
        "sources": sources,
        "verdicts": _tally(claims, "verdict", words.VERDICTS),
        "claims": len(claims),
        "own_claims": int(claims["report"].isna().sum()),
        "findings": _findings(claims, _about_parameters(report)),
        "places": _tally(published, "word", words.PLACES),
        "published": len(published),
        "runs": html.count(len(report.tables["runs"]), "runs", {}),
        "statuses": [
            (html.count(int(count), "runs", {"status": status}), words.STATUSES.get(str(status), str(status)))
            for status, count in statuses.items()
        ],
        "planned_runs": len(report.plan.get("runs", {})),
        "points": html.count(len(points), "points", {}, ["study", "point"]),
        "as_published": html.count(
            int(points["as_published"].astype(bool).sum()),
            "points",
            {"as_published": True},
            ["study", "point"],
        ),
        "seeds": _range(int(seeds.min()), int(seeds.max())) if len(seeds) else "no",
        "few_seeds": int((seeds < MIN_SEEDS).sum()) if len(seeds) else 0,
        "missing": len(report.plan.get("runs", {})) - len(report.tables["runs"]),
    }


def _about_parameters(report: Report) -> set[tuple[str, str]]:
    """(study, id) of the claims about a number of trainable weights."""
    return {
        (study.name, claim["id"])
        for study in report.studies
        for claim in study.planned.get("claims", [])
        if isinstance(claim.get("of"), dict) and claim["of"].get("metric") == "parameters"
    }


def _findings(claims: pd.DataFrame, counted: set[tuple[str, str]]) -> list[dict[str, str]]:
    """Some claims that were decided: refuted ones first, no two of one study before every study had its turn."""
    decided = claims[claims["verdict"].astype(str).isin(["refuted", "supported"])]
    # That a model has so many weights is checked, but is nobody's finding.
    decided = decided[[(row.study, row.id) not in counted for row in decided.itertuples()]]
    if decided.empty:
        return []
    turn = decided.groupby(["verdict", "study"], sort=False, observed=True).cumcount()
    decided = decided.assign(turn=turn).sort_values("turn", kind="stable")
    chosen = pd.concat(
        [decided[decided["verdict"] == word].head(MOST_FINDINGS) for word in ("refuted", "supported")]
    )
    return [
        {
            "verdict": row["verdict"],
            "sign": words.VERDICTS[row["verdict"]][0],
            "kind": words.VERDICTS[row["verdict"]][1],
            "anchor": anchor(row["study"]),
            "text": words.shorten(str(row["text"]), 110),
        }
        for row in records(chosen)
    ]


def _range(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low} to {high}"


def _tally(frame: pd.DataFrame, column: str, kinds: Mapping[str, tuple[str, str]]) -> list[dict[str, Any]]:
    """How many rows have each word, in the order of `kinds`, words that no row has left out."""
    counts = frame[column].astype(str).value_counts() if len(frame) else pd.Series(dtype=int)
    return [
        {
            "word": word,
            "sign": sign,
            "kind": kind,
            "count": int(counts[word]),
            "share": counts[word] / len(frame),
        }
        for word, (sign, kind) in kinds.items()
        if counts.get(word, 0)
    ]


def _answers(report: Report) -> list[dict[str, Any]]:
    """Every study with its question, its answer, and how its claims and published numbers fared."""
    return [
        {
            "anchor": anchor(study.name),
            "title": study.title,
            "question": study.planned.get("question", ""),
            "answer": answers.answer(study),
            "claims": _signs(claims_of(report, study), "verdict", words.VERDICTS),
            "published": _signs(published_of(report, study), "word", words.PLACES),
        }
        for study in report.studies
    ]


def _signs(frame: pd.DataFrame, column: str, kinds: Mapping[str, tuple[str, str]]) -> Markup | None:
    found = [
        Markup('<span class="chip {}"><span aria-hidden="true">{}</span> {}&nbsp;{}</span>').format(
            one["kind"], one["sign"], one["count"], one["word"]
        )
        for one in _tally(frame, column, kinds)
    ]
    return Markup(" ").join(found) if found else None


# --- claims and published numbers ---


def claims_of(report: Report, study: Study | None = None) -> pd.DataFrame:
    """Claims, those about time included; `_table` and `_row` say where each stands."""
    return _both(report, "claims", study)


def published_of(report: Report, study: Study | None = None) -> pd.DataFrame:
    """Published numbers, those about time included; `_table` and `_row` say where each stands."""
    return _both(report, "published", study)


def _both(report: Report, name: str, study: Study | None) -> pd.DataFrame:
    frames = [
        report.tables[table].assign(_table=table, _row=report.tables[table].index)
        for table in (name, f"{name}_timed")
    ]
    frame = pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)
    frame = frame if study is None else frame[frame["study"].astype(str) == study.name]
    order = {planned["name"]: place for place, planned in enumerate(report.plan.get("studies", []))}
    return frame.sort_values("study", key=lambda names: names.map(order), kind="stable")


def _claims(report: Report, frame: pd.DataFrame, name: str) -> Table:
    everywhere = name == "claims"
    heads = [
        Head("Verdict"),
        Head("Claim", wide=True),
        Head("Evidence", wide=True),
        Head("Where it stands", middle=True),
    ]
    table = Table(
        name,
        "Claims of the reports and their verdicts, with the numbers that decide them"
        if everywhere
        else "Claims",
        [Head("Study"), *heads] if everywhere else heads,
    )
    titles = {study.name: study.title for study in report.studies}
    for row in records(frame):
        evidence = Markup("<p>{}</p>").format(row["evidence"]) if row["evidence"] else Markup("")
        if row["reason"]:
            evidence += Markup('<p class="why">{}</p>').format(_sentence(row["reason"]))
        evidence += _note(row["note"])
        because = words.none_if_nan(row["because"])
        if because is not None:
            evidence += Markup('<p class="why">Bears on it: <a href="#because-{}">{}</a>.</p>').format(
                because, words.BECAUSE.get(because, because)
            )
        cells = [
            Cell(html.chip(row["verdict"], words.VERDICTS), row["verdict"]),
            html.text(row["text"]),
            Cell(evidence or html.NOTHING),
            html.text(_place(row)),
        ]
        link = Markup('<a href="#{}">{}</a>').format(
            anchor(row["study"]), titles.get(row["study"], row["study"])
        )
        table.rows.append([Cell(link), *cells] if everywhere else cells)
    return table


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _published(report: Report, frame: pd.DataFrame, name: str) -> Table:
    everywhere = name == "published"
    heads = [
        Head("Ours"),
        Head("Number", wide=True),
        Head("Published", numeric=True),
        Head("Our mean [95% interval]", numeric=True),
        Head("One further run (95%)", numeric=True),
        Head("Range of our runs", numeric=True),
        Head("Seeds", numeric=True),
    ]
    table = Table(
        name,
        "Published numbers beside ours",
        [Head("Study"), *heads] if everywhere else heads,
    )
    by_name = {study.name: study for study in report.studies}
    titles = {study.name: study.title for study in report.studies}
    names = {study.name: {point.label: point.name for point in study.points} for study in report.studies}
    for row in records(frame):
        metric, source = str(row["metric"]), str(row["_table"])
        point = names.get(row["study"], {}).get(row["point"], words.none_if_nan(row["point"]) or "")
        what = f"{words.metric(metric)}{_on(row, by_name.get(row['study']))}"
        what = f"{point}: {what}" if point else what
        cells = [
            Cell(html.chip(row["word"], words.PLACES), row["word"]),
            Cell(escape(what) + _note(row["reason"]) + _note(row["note"]) + _stands(row)),
            _printed(row, metric, source),
            html.spread_cell(source, row, metric),
            _interval(row, "prediction_low", "prediction_high", metric, source),
            _interval(row, "minimum", "maximum", metric, source),
            html.cell(source, row, "seeds"),
        ]
        link = Markup('<a href="#{}">{}</a>').format(
            anchor(row["study"]), titles.get(row["study"], row["study"])
        )
        table.rows.append([Cell(link), *cells] if everywhere else cells)
    return table


def _place(row: Mapping[str, Any]) -> str:
    """Report and place of a claim or a number, as `adder-prml: Figure 12`."""
    return ": ".join(str(row[name]) for name in ("report", "place") if words.none_if_nan(row[name]))


def _on(row: Mapping[str, Any], study: Study | None) -> str:
    where = ""
    if words.none_if_nan(row["suite"]):
        split = (str(row["suite"]), str(row["split"]))
        where = f" on {study.split_name(split) if study else '/'.join(split)}"
    if words.none_if_nan(row["stratum"]) not in (None, "all"):
        where += f", {row['stratum']}"
    return where + (
        f" at step {int(row['at_step']):,}" if words.none_if_nan(row["at_step"]) is not None else ""
    )


def _stands(row: Mapping[str, Any]) -> Markup:
    place = _place(row)
    return Markup('<p class="why">{}</p>').format(place) if place else Markup("")


def _note(content: Any) -> Markup:
    return (
        Markup('<p class="why">{}</p>').format(_sentence(str(content)))
        if words.none_if_nan(content)
        else Markup("")
    )


def _printed(row: Mapping[str, Any], metric: str, source: str) -> Cell:
    value, low, high = (
        words.none_if_nan(row[name]) for name in ("published", "published_low", "published_high")
    )
    if value is not None:
        # As the report prints it: its digits say how exact it is.
        shown = f"{value:,.0f}" if value == int(value) and abs(value) >= 10 else f"{value:.10g}"
        return Cell(
            Markup("<span {}>{}</span>").format(html.source(source, row, "published"), shown),
            html.order(value),
        )
    ends = [html.figure(source, row, f"published_{end}", metric) for end in ("low", "high")]
    if low is None:
        return Cell(Markup("at most ") + ends[1], html.order(high))
    return Cell(
        Markup("at least ") + ends[0] if high is None else ends[0] + Markup(" to ") + ends[1], html.order(low)
    )


def _interval(row: Mapping[str, Any], low: str, high: str, metric: str, source: str) -> Cell:
    if words.none_if_nan(row[low]) is None and words.none_if_nan(row[high]) is None:
        return Cell(html.NOTHING, "")
    ends = (html.figure(source, row, low, metric), html.figure(source, row, high, metric))
    return Cell(Markup("{} to {}").format(*ends), html.order(words.none_if_nan(row[low])))


# --- one study ---


def _study(report: Report, study: Study, shown: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    figures = [entry for entry in shown.values() if entry["study"] == study.name and entry["svg"]]
    kinds = ("settings", "curves", "transfer", "extrapolation", "errors", "mixture", "seen", "cost")
    figures.sort(key=lambda entry: kinds.index(entry["kind"]) if entry["kind"] in kinds else len(kinds))
    name = anchor(study.name)
    published = published_of(report, study)
    claims = claims_of(report, study)
    return {
        "anchor": name,
        "study": study,
        "planned": study.planned,
        "answer": answers.answer(study),
        "claims": _claims(report, claims, f"{name}-claims") if len(claims) else None,
        "published": _published(report, published, f"{name}-published") if len(published) else None,
        "narrow": [entry for entry in figures if not entry["wide"]],
        "wide": [entry for entry in figures if entry["wide"]],
        "settings": _settings(study, f"{name}-settings"),
        "everything": _everything(study, f"{name}-everything"),
        "comparisons": _comparisons(study, f"{name}-comparisons"),
        "mixture": _mixture(study, f"{name}-mixture-table"),
        "strata": _strata(study, f"{name}-strata"),
        "wrong": _wrong_answers(study, f"{name}-wrong"),
        "base": _base(study),
        "command": _command(report, study),
        "decides": sum(point.as_published for point in study.points),
        "missing": len(study.points) - len(study.available),
    }


def _settings(study: Study, name: str) -> Table:
    metrics = [metric for metric in dict.fromkeys((study.metric, study.headline)) if metric is not None]
    splits = telling_splits(study, MOST_TESTS)
    heads = [
        Head("Setting"),
        Head("As published"),
        Head("Seeds", numeric=True),
        Head("Parameters", numeric=True),
    ]
    solvable = study.task in answers.SOLVABLE
    if solvable:
        heads += [
            Head("Solved", numeric=True, note="runs"),
            Head("Median steps", numeric=True, note="to solve"),
        ]
    heads += [
        # A zero-width space lets a long name break after its suite.
        Head(f"on {study.split_name(split)}".replace("/", "/\u200b"), numeric=True, note=words.metric(metric))
        for split in splits
        for metric in metrics
    ]
    table = Table(name, f"Settings of “{study.title}”, with mean and 95% interval over seeds", heads)
    more = len(splits_of(study)) - len(splits)
    if more:
        table.note = (
            f"The tests on which settings differ most; {words.count(more, 'other')} below, under all numbers."
        )
    solved = {row["point"]: row for row in records(study.table("solved"))}
    for point in study.points:
        row = solved.get(point.label)
        cells = [
            html.text(point.name),
            Cell(
                "yes"
                if point.as_published
                else Markup('no <p class="why">differs in {}</p>').format(_differs(point))
            ),
            html.cell("solved", row, "seeds") if row else Cell(html.NOTHING, ""),
            _parameters(study, point),
        ]
        if solvable:
            cells += [
                _solved(row),
                html.cell("solved", row, "median_steps", "steps") if row else Cell(html.NOTHING, ""),
            ]
        cells += [
            html.spread_cell("summary", study.spread(point, split, metric), metric)
            for split in splits
            for metric in metrics
        ]
        table.rows.append(cells)
    return table


def _differs(point: Point) -> str:
    return ", ".join(point.differs) or "nothing named"


def _parameters(study: Study, point: Point) -> Cell:
    rows = [study.report.runs[run] for run in point.runs if run in study.report.runs]
    if not rows:
        return Cell(html.NOTHING, "")
    least, most = (end(rows, key=lambda row: row["parameters"]) for end in (min, max))
    if least["parameters"] == most["parameters"]:
        return html.cell("runs", least, "parameters")
    ends = (html.figure("runs", row, "parameters") for row in (least, most))
    return Cell(Markup("{} to {}").format(*ends), html.order(least["parameters"]))


def _solved(row: Mapping[str, Any] | None) -> Cell:
    if row is None or not row["seeds"]:
        return Cell(html.NOTHING, "")
    shown = Markup("{} of {}").format(
        html.figure("solved", row, "solved"), html.figure("solved", row, "seeds")
    )
    if words.none_if_nan(row["low"]) is not None:
        shown += Markup(' <span class="interval">[{}, {}]</span>').format(
            html.figure("solved", row, "low", "share"), html.figure("solved", row, "high", "share")
        )
    if row["diverged"]:
        shown += Markup('<p class="why">{} diverged</p>').format(html.figure("solved", row, "diverged"))
    return Cell(shown, html.order(row["share"]))


def _everything(study: Study, name: str) -> Table | None:
    """Every metric on every whole test split."""
    heads = [
        Head("Setting"),
        Head("Test"),
        Head("Metric"),
        Head("Mean", numeric=True),
        Head("95% interval", numeric=True),
        Head("One further run", numeric=True, note="95% prediction interval"),
        Head("Lowest", numeric=True),
        Head("Highest", numeric=True, note="shows what choosing the best seed does"),
        Head("Seeds", numeric=True),
    ]
    table = Table(name, f"All metrics of “{study.title}” on whole test splits", heads)
    frame = study.summary[study.summary["stratum"].astype(str) == "all"]
    names = {point.label: point.name for point in study.points}
    for row in records(frame.head(MOST_ROWS)):
        metric = str(row["metric"])
        table.rows.append(
            [
                html.text(names.get(row["point"], row["point"])),
                html.text(study.split_name((row["suite"], row["split"]))),
                html.text(words.metric(metric)),
                html.cell("summary", row, "mean", metric),
                _interval(row, "low", "high", metric, "summary"),
                _interval(row, "prediction_low", "prediction_high", metric, "summary"),
                html.cell("summary", row, "minimum", metric),
                html.cell("summary", row, "maximum", metric),
                html.cell("summary", row, "seeds"),
            ]
        )
    table.note = _first_of(frame, "summary")
    return table if table.rows else None


def _first_of(frame: pd.DataFrame, name: str, most: int = MOST_ROWS) -> str:
    return f"The first {most} of {len(frame):,} rows; tables/{name}.csv has all." if len(frame) > most else ""


def _comparisons(study: Study, name: str) -> Table | None:
    frame = study.table("comparisons")
    heads = [
        Head("A"),
        Head("B"),
        Head("Test"),
        Head("Metric"),
        Head("A − B", numeric=True),
        Head("95% interval", numeric=True),
        Head("P(A beats B)", numeric=True, note="for one run of each"),
        Head("A is"),
        Head("Method"),
    ]
    table = Table(name, f"Settings of “{study.title}” compared two by two", heads)
    names = {point.label: point.name for point in study.points}
    for row in records(frame.head(MOST_ROWS)):
        split = (row["suite"], row["split"]) if words.none_if_nan(row["suite"]) else None
        table.rows.append(
            [
                html.text(names.get(row["a"], row["a"])),
                html.text(names.get(row["b"], row["b"])),
                html.text(study.split_name(split) if split else "training"),
                html.text(words.metric(str(row["metric"]))),
                html.cell("comparisons", row, "difference", "gap"),
                _interval(row, "low", "high", "gap", "comparisons"),
                html.cell("comparisons", row, "probability", "share"),
                html.text(words.none_if_nan(row["decided"]) or "undecided"),
                html.text(row["method"]),
            ]
        )
    table.note = _first_of(frame, "comparisons")
    return table if table.rows else None


def _mixture(study: Study, name: str) -> Table | None:
    frame = study.of_runs("mixture")
    heads = [
        Head("Setting"),
        Head("Seed", numeric=True),
        Head("Test"),
        Head("Component", note="digits of the operands"),
        Head("Weight", numeric=True),
        Head("Accuracy", numeric=True),
        Head("Measured on"),
        Head("Predicted", numeric=True),
        Head("95% interval", numeric=True),
        Head("Measured", numeric=True),
        Head("Explained"),
    ]
    table = Table(name, f"The mixture account of “{study.title}”, by run and component", heads)
    for row in records(frame.head(MOST_ROWS)):
        explained = words.none_if_nan(row["explained"])
        table.rows.append(
            [
                html.text(study.point_of[row["run"]].name),
                Cell(str(study.seed_of[row["run"]]), html.order(study.seed_of[row["run"]])),
                html.text(study.split_name((row["suite"], row["split"]))),
                html.text(row["component"]),
                html.cell("mixture", row, "weight", "share"),
                html.cell("mixture", row, "accuracy", "share"),
                html.text(row["source"]),
                html.cell("mixture", row, "predicted", "share"),
                _interval(row, "predicted_low", "predicted_high", "share", "mixture"),
                html.cell("mixture", row, "measured", "share"),
                html.text("" if explained is None else "yes" if explained else "no"),
            ]
        )
    table.note = _first_of(frame, "mixture")
    return table if table.rows else None


def _strata(study: Study, name: str) -> Table | None:
    """What the error figure shows, in numbers."""
    chosen = errors.choose(study)
    if chosen is None:
        return None
    split, points, families = chosen
    heads = [
        Head("Broken down by"),
        Head("Value"),
        Head("Metric"),
        *(Head(point.name, numeric=True) for point in points),
    ]
    where = f" on {study.split_name(split)}" if len(study.splits) > 1 else ""
    table = Table(name, f"Where the errors of “{study.title}” are{where}", heads)
    for family in families:
        for value, stratum in zip(family.values, family.strata, strict=True):
            spreads = [study.spread(point, split, family.metric, stratum) for point in points]
            table.rows.append(
                [
                    html.text(words.stratum(family.name, study.task)),
                    Cell(
                        escape(f"{value:g}" if isinstance(value, float) else value),
                        f"{value:09.0f}" if family.numeric else value,
                    ),
                    html.text(words.metric(family.metric)),
                    *(html.spread_cell("summary", row, family.metric) for row in spreads),
                ]
            )
    return table


def _wrong_answers(study: Study, name: str) -> Table | None:
    frame = study.of_runs("examples")
    heads = [
        Head("Setting"),
        Head("Seed", numeric=True),
        Head("Test"),
        Head("Question", wide=True),
        Head("Right answer"),
        Head("Answered") if study.task == "sentiment" else Head("Answered", note="wrong symbols marked"),
    ]
    table = Table(name, f"Wrong answers in “{study.title}”", heads)
    # A class is wrong as a whole; symbols are compared where an answer is made of them.
    answered = _classes if study.task == "sentiment" else _answered
    for row in records(_spread_out(frame, MOST_EXAMPLES)):
        table.rows.append(
            [
                html.text(study.point_of[row["run"]].name),
                Cell(str(study.seed_of[row["run"]]), html.order(study.seed_of[row["run"]])),
                html.text(study.split_name((row["suite"], row["split"]))),
                Cell(
                    Markup("<code>{}</code>").format(words.shorten(str(row["question"]), 4 * LONGEST_ANSWER))
                ),
                *answered(
                    str(row["answer"]), "" if words.absent(row["prediction"]) else str(row["prediction"])
                ),
            ]
        )
    shown = len(table.rows)
    if len(frame) > shown:
        table.note = (
            f"{shown} of {len(frame):,} wrong answers that were kept, spread over settings and tests."
        )
    return table if table.rows else None


def _spread_out(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """Rows of a frame, as evenly over runs and tests as `most` allows."""
    if len(frame) <= most:
        return frame
    place = frame.groupby(["run", "suite", "split"], sort=False, observed=True).cumcount()
    return frame.loc[sorted(place.sort_values(kind="stable").index[:most])]


def _classes(right: str, wrong: str) -> list[Cell]:
    return [html.text(right), html.text(wrong)]


def _answered(right: str, wrong: str) -> list[Cell]:
    """Both answers, the symbols in which they differ marked; long ones around the first difference."""
    if right.lstrip("-").isdigit() and wrong.lstrip("-").isdigit():
        # Numbers are compared digit by digit from the lowest.
        width = max(len(right), len(wrong))
        right, wrong = right.rjust(width, "\u2007"), wrong.rjust(width, "\u2007")
    differs = [i for i, (a, b) in enumerate(zip(right, wrong, strict=False)) if a != b]
    start, end = 0, max(len(right), len(wrong))
    if end > LONGEST_ANSWER:
        first = differs[0] if differs else 0
        start = max(0, min(first - LONGEST_ANSWER // 2, end - LONGEST_ANSWER))
        end = start + LONGEST_ANSWER
    marked = [
        Markup("<mark>{}</mark>").format(symbol) if i >= len(right) or symbol != right[i] else escape(symbol)
        for i, symbol in enumerate(wrong[start:end], start)
    ]
    before = "…" if start else ""
    after = "…" if max(len(right), len(wrong)) > end else ""
    return [
        Cell(Markup("<code>{}{}{}</code>").format(before, right[start:end], after)),
        Cell(Markup("<code>{}{}{}</code>").format(before, Markup("").join(marked), after)),
    ]


def _base(study: Study) -> list[tuple[str, str]]:
    return [
        (path, words.value(value))
        for path, value in flat(study.planned.get("base", {})).items()
        if value is not None
    ]


def _command(report: Report, study: Study) -> str:
    config = (
        "" if report.plan.get("scale") == "quick" else f" --configfile config/{report.plan.get('scale')}.yaml"
    )
    only = shlex.quote(f"only=[{study.name}]")
    return f"snakemake --cores all{config} --config name={shlex.quote(study.name)} {only}"


# --- over all studies ---


def _overlap(report: Report) -> Table | None:
    frame = report.tables["overlap"]
    trained = {run: row["dataset"] for run, row in report.runs.items()}
    frame = frame.assign(trained=frame["run"].astype(str).map(trained)).drop_duplicates(
        ["trained", "dataset", "suite", "split"]
    )
    heads = [
        Head("Trained on"),
        Head("Data seed", numeric=True),
        Head("Test"),
        Head("Test rows", numeric=True),
        Head("Seen", numeric=True),
        Head("Share seen", numeric=True),
        Head("Seen, either order", numeric=True, note="operands swapped"),
        Head("Space covered", numeric=True, note="share of all possible examples that training has"),
    ]
    table = Table("overlap-table", "How much of each test stands in the training data", heads)
    for row in records(frame.head(MOST_ROWS)):
        table.rows.append(
            [
                html.text(report.dataset_names.get(row["run"], row["trained"])),
                _data_seed(report, row["run"]),
                html.text(f"{row['suite']}/{row['split']}"),
                html.cell("overlap", row, "rows"),
                html.cell("overlap", row, "shared", "rows"),
                html.cell("overlap", row, "share"),
                html.cell("overlap", row, "share_commuted", "share"),
                html.cell("overlap", row, "coverage", "share"),
            ]
        )
    table.note = _first_of(frame, "overlap")
    return table if table.rows else None


def _data_seed(report: Report, run: str) -> Cell:
    settings = report.plan.get("runs", {}).get(run, {}).get("settings", {})
    seed = settings.get("dataset", {}).get("seed")
    return Cell(html.NOTHING, "") if seed is None else Cell(str(seed), html.order(seed))


def _costs(report: Report) -> dict[str, Any]:
    heads = [
        Head("Study"),
        Head("Setting"),
        Head("Parameters", numeric=True),
        Head("Seconds", numeric=True),
        Head("Seconds a step", numeric=True),
        Head("CPU seconds", numeric=True),
        Head("Peak memory (MB)", numeric=True),
        Head("Examples a second", numeric=True),
        Head("Device"),
        Head("Alone", note="no other job of this workflow ran beside it: only then may times be compared"),
        Head("Seeds", numeric=True),
    ]
    table = Table("costs-table", "What training one run cost, mean over seeds", heads)
    names = {study.name: {point.label: point.name for point in study.points} for study in report.studies}
    frame = report.tables["costs_summary"]
    frame = frame[frame["seeds"].fillna(0) > 0]
    for row in records(frame.head(MOST_ROWS)):
        numbers = (
            "parameters",
            "seconds",
            "seconds_per_step",
            "cpu_seconds",
            "peak_memory_mb",
            "examples_per_second",
        )
        table.rows.append(
            [
                Cell(Markup('<a href="#{}">{}</a>').format(anchor(row["study"]), row["study"])),
                html.text(names.get(row["study"], {}).get(row["point"], row["point"])),
                *(html.cell("costs_summary", row, name) for name in numbers),
                html.text(row["device"]),
                html.text("" if words.absent(row["alone"]) else "yes" if row["alone"] else "no"),
                html.cell("costs_summary", row, "seeds"),
            ]
        )
    table.note = _first_of(frame, "costs_summary")
    sums = {
        name: Markup('<span data-sum="costs:{}">{}</span>').format(name, number(float(total), name))
        for name in ("seconds", "cpu_seconds")
        if math.isfinite(total := report.tables["costs"][name].astype(float).sum())
    }
    return {"table": table if table.rows else None, "sums": sums}


def _runs(report: Report) -> Table | None:
    heads = [
        Head("Run"),
        Head("Task"),
        Head("Seed", numeric=True),
        Head("Status"),
        Head("Steps", numeric=True),
        Head("Solved at", numeric=True),
        Head("Parameters", numeric=True),
        Head("Seconds", numeric=True),
        Head("Peak memory (MB)", numeric=True),
        Head("Device"),
    ]
    table = Table("runs-table", "Every run", heads)
    for run, row in list(report.runs.items())[:MOST_ROWS]:
        cost = report.training_costs.get(run)
        table.rows.append(
            [
                Cell(Markup("<code>{}</code>").format(run)),
                html.text(row["task"]),
                html.cell("runs", row, "seed"),
                html.text(row["status"]),
                *(html.cell("runs", row, name, "steps") for name in ("steps", "solved_at", "parameters")),
                *(
                    html.cell("costs", cost, name) if cost else Cell(html.NOTHING, "")
                    for name in ("seconds", "peak_memory_mb")
                ),
                html.text(cost["device"] if cost else None),
            ]
        )
    table.note = _first_of(report.tables["runs"], "runs")
    return table if table.rows else None


def _missing(report: Report) -> dict[str, list[str]]:
    """One line for everything that should be here and is not: first what a reader asks for, then file by file."""
    lines = [f"not available: {problem}" for problem in report.tables.problems]
    lines += [f"not available: {line}" for line in report.plan.get("unavailable", [])]
    for study in report.studies:
        absent = [point.name for point in study.points if point not in study.available]
        if absent:
            lines.append(
                f"not available: study {study.name}: {len(absent)} of {words.count(len(study.points), 'setting')} "
                f"without results ({words.shorten(', '.join(absent), 160)})"
            )
    files = [
        f"not available: {row['kind']} {row['address']}, {row['file']}: {row['what']} ({row['why']})"
        for row in records(report.tables["missing"])
    ]
    return {"lines": lines, "files": files} if lines or files else {}


def _provenance(provenance: Mapping[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """Provenance as two lists of rows: what a reader wants to see, and the digests."""
    rows = [(path, words.value(value)) for path, value in flat(provenance).items()]
    digests = [row for row in rows if row[0].startswith("digests.")]
    return {"main": [row for row in rows if not row[0].startswith("digests.")], "digests": digests}
