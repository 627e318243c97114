"""The answer of a study: one sentence, made from the numbers of the best evidence that there is, and nothing else.

The sentence is of the kind of the question: what carries over from other training data, how soon settings solve their
task, or which scores best.
"""

from __future__ import annotations

from markupsafe import Markup

from carryover.analysis.evidence import REFERENCE, THIS_RUN
from carryover.analysis.statistics import MIN_SEEDS
from carryover.report import answers_of_kinds as kinds
from carryover.report import words
from carryover.report.answer_evidence import Evidence
from carryover.report.sides import is_reference_alone
from carryover.report.view import StudyResults


def answer(study: StudyResults) -> Markup:
    """What the study found, in one sentence that says whose runs it rests on."""
    evidence = _best(study)
    if evidence is None:
        return Markup("Open: ") + _no_runs(study)
    told = words.sentence(_caveat(evidence) + kinds.sentence(evidence))
    counts = [len(evidence.study.rows_of_runs(setting)) for setting in evidence.study.available]
    low, high = min(counts), max(counts)
    missing = len(evidence.study.settings) - len(counts)
    return Markup('{} <span class="seeds">({}, {} {} a setting{})</span>').format(
        told, evidence.by, words.span(low, high), "seed" if high == 1 else "seeds",
        f"; {words.count(missing, 'setting')} not run" if missing else "",
    )  # fmt: skip


def measure(study: StudyResults) -> str | None:
    """The metric in which the answer is told; None without one."""
    evidence = _best(study)
    return None if evidence is None else kinds.measure(evidence)


def _best(study: StudyResults) -> Evidence | None:
    """This report's own runs where they decide, else the committed reference, else whatever runs there are."""
    report = study.report
    own = Evidence(study, words.RUNS_OF[REFERENCE if is_reference_alone(report) else THIS_RUN], own=True)
    if _decides(study) and _seeds(study) >= MIN_SEEDS:
        return own
    reference = report.reference
    other = None if reference is None else reference.by_name.get(study.name)
    better = other is not None and (not _decides(study) or _seeds(other) > _seeds(study))
    if other is not None and better and _has_results(other):
        return Evidence(other, words.RUNS_OF[REFERENCE], own=False)
    return own if _has_results(study) else None


def _has_results(study: StudyResults) -> bool:
    return bool(study.available) and study.metric is not None


def _decides(study: StudyResults) -> bool:
    """Whether the study's own runs may answer: some have its published settings, and are no demonstration."""
    published = not study.planned.report or any(setting.as_published for setting in study.available)
    return _has_results(study) and published and not study.planned.demonstration


def _seeds(study: StudyResults) -> int:
    return min((len(study.rows_of_runs(setting)) for setting in study.available), default=0)


def _no_runs(study: StudyResults) -> Markup:
    if study.available:
        return Markup("its runs have no results of a test.")
    other = " and the committed reference" if study.report.reference else ""
    has = "have" if other else "has"
    return Markup("this report{} {} no results for it.").format(other, has)


def _caveat(evidence: Evidence) -> Markup:
    """What a reader must know first of runs that decide nothing."""
    study = evidence.study
    if not evidence.own or _decides(study):
        return Markup("")
    if study.planned.demonstration:
        return Markup("A demonstration, which decides nothing: ")
    differs = [any(path.startswith("dataset") for path in setting.differs) for setting in study.available]
    smaller = "On a smaller task than the report's: "
    return Markup(smaller if all(differs) else "With other settings than the report's: ")
