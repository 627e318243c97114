"""The terms of the report, a line each. term_links.py makes links of their first uses."""

from __future__ import annotations

from carryover.report.sections import Section

TERMS = {
    "accuracy": "The share of test examples whose label is correct.",
    "as we read it": "A verdict that rests on values which the report does not state, when no others were run.",
    "claim": "A sentence of a report, or a question of our own, that runs can support or refute.",
    "committed reference": "Tables of earlier runs at published settings, which come with Carryover.",
    "demonstration": "Runs too small to decide anything. They show the task and the model.",
    "evidence": "The runs that decide a verdict: those of this report, or the committed reference.",
    "exact match": "The share of test examples whose whole answer is correct.",
    "false discovery rate": "The share of decisions that are wrong on average, when all claims are decided together.",
    "mixture account": "The score on a mixed test as the sum of the scores on its parts, each weighted by its share.",
    "prediction interval": "Where one further run of ours would lie, in 95% of cases.",
    "reading": "A value that we filled in for a setting that a report does not state.",
    "replicate": "One of the runs of a setting. Replicates differ in their seed alone.",
    "run": "One training of one model, with one seed.",
    "seed": "The number from which all random draws of a run follow.",
    "seen": "A test example that is also in the training data.",
    "setting": "One combination of values in a study, such as a cell and a learning rate. Its runs are its replicates.",
    "solved": "Validation exact match of at least 0.999 at two consecutive validations.",
    "stratum": "A group of test examples that are alike in one property, such as the longest carry.",
    "study": "One question, with the settings that were trained to answer it.",
    "token accuracy": "The share of the symbols of the answers that are correct, each alone.",
    "tuned": "A published number that was used to choose what its report does not state. It is no test.",
}


def anchor_of_term(name: str) -> str:
    """The anchor of a term on the index."""
    return f"term-{name.replace(' ', '-')}"


def section() -> Section:
    """All terms, in the order of the alphabet."""
    content = [(anchor_of_term(name), name, TERMS[name]) for name in sorted(TERMS)]
    return Section("glossary", "Terms", "glossary.html", content)
