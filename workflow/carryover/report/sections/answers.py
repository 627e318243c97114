"""Answers: every study with its question, its answer, and how its claims and published numbers fared."""

from __future__ import annotations

from functools import partial

from carryover.analysis.readings import CLAIM, PUBLISHED
from carryover.report import words
from carryover.report.answer import answer
from carryover.report.parts import Parts
from carryover.report.sections import Section
from carryover.report.sections.tallies import chips
from carryover.report.view import Report


def section(report: Report, parts: Parts) -> Section:
    """An entry a study."""
    content = [
        {
            "study": study.name,
            "title": study.title,
            "question": study.planned.question,
            "answer": parts.make(f"answer of study {study.name}", partial(answer, study)),
            "claims": chips(study.evidence(CLAIM), "word", words.VERDICTS),
            "published": chips(study.evidence(PUBLISHED), "word", words.PUBLISHED),
        }
        for study in report.studies
    ]
    return Section("answers", "Answers", "answers.html", content)
