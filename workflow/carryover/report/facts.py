"""Facts of a report's tables as words, by name, for the text of findings.

Each method is what a template calls. A name that no row has is an error that says the name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from carryover.analysis import wording
from carryover.analysis.claims import without_bound
from carryover.analysis.judges import DECIDED, Reason
from carryover.analysis.published import INSIDE, OUTSIDE, TUNED
from carryover.analysis.surprising import Surprise, findings, surprising
from carryover.errors import UserError
from carryover.planning.plan import Setting
from carryover.report import words
from carryover.report.agreement import of_verdict
from carryover.report.shown_in import figure_of_claim
from carryover.report.tables import Row, records
from carryover.report.view import Report, StudyResults
from carryover.settings.claims import ClaimBase

SAYS = {
    INSIDE: "so that the printed number cannot be excluded",
    OUTSIDE: "so that the printed number lies outside",
    TUNED: "but the number was used to choose what the report does not state, and counts neither way",
}
WITHOUT_NUMBERS = (Reason.NO_SUCH_RUN, Reason.NO_SUCH_VALUE)  # reasons that leave nothing to be shown
NO_RUN = "no run has results yet"


class Facts:
    """Claims, published numbers and measurements of reference tables, as text."""

    def __init__(self, report: Report) -> None:
        self.report = report

    # --- one row by its name ---

    @cached_property
    def _claims(self) -> dict[tuple[str, str], Row]:
        return {(row["study"], row["id"]): row for row in records(self.report.tables["claims"])}

    @cached_property
    def _published(self) -> dict[tuple[str, str], Row]:
        """By study and id. Of several settings that a number speaks of, the first."""
        rows = records(self.report.tables["published"])
        return {(row["study"], row["id"]): row for row in reversed(rows)}

    def verdict(self, study: str, claim: str) -> str:
        """`supported`."""
        return str(_row(self._claims, "claim", study, claim)["verdict"])

    def judged(self, study: str, claim: str) -> str:
        """The verdict with what shows it, for a sentence that names the setting: `supported (difference +0.1 …)`."""
        row = _row(self._claims, "claim", study, claim)
        verdict = self._verdict(row)
        if not words.none_if_nan(row["evidence"]) or row["reason"] in WITHOUT_NUMBERS:
            reason = words.none_if_nan(row["reason"])
            return f"{verdict} ({NO_RUN if reason in (None, Reason.NO_SUCH_RUN) else reason})"
        told = f"{verdict} ({self._briefly(row)})"
        return told + ("" if words.none_if_nan(row["stays"]) is not False else ", but does not stay")

    def _verdict(self, row: Row) -> str:
        """The verdict, and how far it hangs on our reading of the report: `supported as we read it`."""
        results = self.report.by_name[row["study"]]
        claim = self._asked(row)
        agrees = "" if claim is None else of_verdict(results, claim, row["verdict"])
        return f"{row['verdict']} {agrees}".strip()

    def _asked(self, row: Row) -> ClaimBase | None:
        """The claim that a row of `claims` is about."""
        claims = self.report.by_name[row["study"]].planned.claims
        return next((claim for claim in claims if claim.id == row["id"]), None)

    def printed(self, study: str, number: str) -> str:
        """A published number as it is printed: `0.7635`, or `at most 0.005`."""
        return _printed(_row(self._published, "published number", study, number))

    def ours(self, study: str, number: str) -> str:
        """What our runs have in place of a published number: `0.3555 [0.1766, 0.5344] with 5 seeds`."""
        return _ours(_row(self._published, "published number", study, number))

    def compared(self, study: str, number: str) -> str:
        """A published number beside ours: `0.7635 for exact match, and ours is …`."""
        return _compared(_row(self._published, "published number", study, number))

    def measured(self, study: str, test: str, metric: str, stratum: str = "all", **settings: Any) -> str:
        """The mean of a metric on `suite/split` in the setting with these values, with its interval and seeds.

        settings: values by the last part of their paths, such as `embedding=16`. Of several settings that have them,
        the one that sets the fewest others.
        """
        suite, _, split = test.partition("/")
        for results, setting in self._settings(study, settings):
            row = results.spread(setting, (suite, split), metric, stratum)
            if row is not None and not words.absent(row["mean"]):
                return _spread(row, metric)
        raise _no_row("summary", study, f"{test}, {stratum}, {metric}", settings)

    def overlap(self, study: str, test: str, **settings: Any) -> str:
        """Which share of the rows of `suite/split` stands in the training data, in the setting with these values."""
        suite, _, split = test.partition("/")
        frame = self.report.tables["overlap"]
        for _, setting in self._settings(study, settings):
            rows = frame[
                frame["run"].isin(setting.runs) & (frame["suite"] == suite) & (frame["split"] == split)
            ]
            if len(rows):
                ends = dict.fromkeys(
                    wording.number(end, "share") for end in (rows["share"].min(), rows["share"].max())
                )
                return " to ".join(ends)
        raise _no_row("overlap", study, test, settings)

    def _settings(self, study: str, asked: Mapping[str, Any]) -> Iterator[tuple[StudyResults, Setting]]:
        """The settings of a study with these values, those that set the fewest others first."""
        results = self.report.by_name.get(study)
        if results is None:
            return
        for setting in sorted(results.settings, key=lambda one: len(one.values)):
            values = {path.rpartition(".")[2]: value for path, value in setting.values.items()}
            if all(name in values and values[name] == value for name, value in asked.items()):
                yield results, setting

    @cached_property
    def studies(self) -> list[str]:
        """The names of the studies that have results."""
        return [study.name for study in self.report.studies if study.available]

    # --- all rows of a source report (None: our own studies) ---

    def counted(self, source: str | None) -> str:
        """How many claims there are, by verdict, as one sentence."""
        rows = self._of(source, self._claims.values())
        if not rows:
            return "It makes no claim that we test."
        counts = Counter(row["verdict"] for row in rows)
        told = [f"{counts[verdict]} {verdict}" for verdict in words.VERDICTS if counts[verdict]]
        number, _, verdict = told[0].partition(" ")
        told[0] = f"{number} {'is' if number == '1' else 'are'} {verdict}"
        return f"Of its {words.count(len(rows), 'claim')}, {words.listed(told)}."

    def claims(self, source: str | None) -> list[str]:
        """A line for each claim that is decided: sentence, verdict, numbers, figure. Those against come first."""
        rows = [row for row in self._of(source, self._claims.values()) if row["verdict"] in DECIDED]
        return [self._claim(row) for row in sorted(rows, key=lambda row: DECIDED.index(row["verdict"]))]

    def _claim(self, row: Row) -> str:
        line = f"{row['text']} *{words.sentence(self._verdict(row))[:-1]}:* {self._shown(row)}"
        if words.none_if_nan(row["stays"]) is False:
            line += "; it does not stay when all claims are counted together"
        figure = figure_of_claim(self.report.by_name[row["study"]], row["id"])
        return f"{line} (`{figure}`)." if figure else f"{line}."

    def numbers(self, source: str | None) -> list[str]:
        """A line for each printed number that our runs are compared with, those outside first."""
        order = list(SAYS)[1::-1] + list(SAYS)[2:]
        known = [row for row in records(self.report.tables["published"]) if row["word"] in SAYS]
        rows = sorted(self._of(source, known), key=lambda row: order.index(row["word"]))
        # Studies that share a setting share its number.
        return list(dict.fromkeys(f"{row['place']}: {_compared(row)}." for row in rows))

    def still_open(self, source: str | None) -> list[str]:
        """A line for each reason that leaves claims open, with the studies that they belong to."""
        rows = [row for row in self._of(source, self._claims.values()) if row["verdict"] not in DECIDED]
        by_reason: dict[str, Counter[str]] = {}
        for row in rows:
            reason = words.none_if_nan(row["reason"]) or row["verdict"]
            by_reason.setdefault(reason, Counter())[row["study"]] += 1
        lines = []
        for reason, studies in sorted(by_reason.items(), key=lambda one: (-one[1].total(), one[0])):
            told = [f"{count} of “{self._title(study)}”" for study, count in studies.items()]
            why = words.sentence(NO_RUN if reason == Reason.NO_SUCH_RUN else reason)[:-1]
            lines.append(f"{why}: {words.count(studies.total(), 'claim')}, {words.listed(told)}.")
        return lines

    @cached_property
    def _findings(self) -> list[Surprise]:
        return findings(self.report.tables.frames)

    def surprises(self, source: str) -> list[str]:
        """What no claim says, and the tables show: mixtures, and settings that decide a number."""
        found = [one for one in self._findings if one.report == source and one.tells_more]
        return [self.told(one.study, one.text) for one in found]

    def most_surprising(self) -> list[str]:
        """The most surprising findings of all reports."""
        return [self.told(one.study, one.text) for one in surprising(self.report.tables.frames)]

    def told(self, study: str, text: str) -> str:
        """A sentence of a table with titles in place of names."""
        results = self.report.by_name.get(study)
        return text if results is None else results.told(text).striptags()

    def mixtures(self, source: str) -> str:
        """In how many mixed tests of our models the parts predict the accuracy: `40 of 40`."""
        runs = {run for study in self._studies(source) for run in study.setting_of}
        rows = [row for row in records(self.report.tables["mixture"]) if row["run"] in runs]
        known = {
            (row["run"], row["suite"], row["split"]): bool(row["explained"])
            for row in rows
            if not words.absent(row["predicted"])
        }
        if not known:
            raise UserError(
                f"findings: no row of mixture has a prediction for {source}; give tables that have one"
            )
        return f"{sum(known.values())} of {len(known)}"

    def _shown(self, row: Row) -> str:
        """What shows a verdict, as a sentence without its full stop."""
        return self.told(row["study"], wording.in_short(str(row["evidence"]))).removesuffix(".")

    def _briefly(self, row: Row) -> str:
        """What shows a verdict: of two settings the difference alone, of one setting without its name."""
        claim = self._asked(row)
        ours = [f"we set {claim.bound}"] if claim is not None and claim.our_bound else []
        evidence = str(row["evidence"]) if claim is None else without_bound(claim, str(row["evidence"]))
        first, *others = self._shown({**row, "evidence": evidence}).split("; ")
        differences = [one for one in others if one.startswith("difference ")]
        if differences:
            seeds = re.search(r"\d+ seeds?$", first)
            return "; ".join([", ".join([differences[0], *([seeds[0]] if seeds else [])]), *ours])
        brief = first if "claimed best first" in first else first.partition(": ")[2] or first
        return "; ".join([brief, *others, *ours])

    def _studies(self, source: str | None) -> list[StudyResults]:
        return [study for study in self.report.studies if study.planned.report == source]

    def _of(self, source: str | None, rows: Iterable[Row]) -> list[Row]:
        names = {study.name for study in self._studies(source)}
        return [row for row in rows if row["study"] in names]

    def _title(self, study: str) -> str:
        return self.report.by_name[study].title


def _row(rows: Mapping[tuple[str, str], Row], kind: str, study: str, name: str) -> Row:
    if (study, name) not in rows:
        raise UserError(
            f"findings: no {kind} {name} of study {study} in the tables; mend the name in the text, or give tables "
            "that have it"
        )
    return rows[study, name]


def _no_row(table: str, study: str, what: str, settings: Mapping[str, Any]) -> UserError:
    asked = ", ".join(f"{name}={value}" for name, value in settings.items()) or "base"
    return UserError(
        f"findings: no row of {table} is {what} of study {study} ({asked}); mend the name in the text, or give "
        "tables with such a run"
    )


def _printed(row: Row) -> str:
    value, low, high = (
        words.none_if_nan(row[name]) for name in ("published", "published_low", "published_high")
    )
    if value is not None:
        return f"{value:,.0f}" if value == int(value) and abs(value) >= 10 else f"{value:g}"
    if low is None or high is None:
        return f"at least {low:g}" if high is None else f"at most {high:g}"
    return f"{low:.10g} to {high:g}"


def _spread(row: Row, metric: str) -> str:
    ends = wording.bounds(row)
    told = wording.number(row["mean"], metric)
    if ends == ("low", "high"):
        told += wording.interval(row["low"], row["high"], metric)
    elif ends is not None:
        told += f" (range {wording.number(row[ends[0]], metric)} to {wording.number(row[ends[1]], metric)})"
    return f"{told} with {wording.seeds(int(row['seeds']))}"


def _ours(row: Row) -> str:
    return "not measured yet" if words.absent(row["mean"]) else _spread(row, row["metric"])


def _compared(row: Row) -> str:
    printed = f"{_printed(row)} for {wording.metric(row['metric'])}"
    if words.absent(row["mean"]):
        return f"{printed}; ours is not measured yet"
    told = f"{printed}, and ours is {_ours(row)}"
    low, high = (words.none_if_nan(row[end]) for end in ("prediction_low", "prediction_high"))
    if row["word"] not in SAYS or low is None or high is None:
        return f"{told}, which is too little to compare"
    between = (wording.number(end, row["metric"]) for end in (low, high))
    return f"{told}; one further run would lie between {' and '.join(between)}, {SAYS[row['word']]}"
