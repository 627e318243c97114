"""Links from a page to its glossary: the first use of each term says what it means, and leads to its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup

# An element whose text is no text of the page, a comment, a tag, or text.
_PIECE = re.compile(
    r"<(?P<whole>script|style|svg|pre|template)\b.*?</(?P=whole)\s*>|<!--.*?-->|<(?P<end>/?)(?P<tag>[a-zA-Z][\w-]*)[^>]*>",
    re.DOTALL,
)
# Elements in which no link may stand, or where it would hide what a click does.
_CLOSED = {"a", "button", "label", "option", "select", "summary", "textarea", "title", "th", "dt", "code"}
_CLOSED |= {f"h{level}" for level in range(1, 7)}
_FOLDED = "details"
# How a term stands in a sentence, where that is not its name with or without `s`. Of words that are also verbs or
# have another meaning, only what is surely the term.
FORMS = {
    "as we read it": r"as we read it",
    "accuracy": r"accuracy",
    "evidence": r"evidence",
    "reading": r"(?<=other )readings?|(?<=\d )readings?|(?<=base )reading",
    "run": r"(?<=\d )runs?|(?<=(?:All|all) )runs|(?<=(?:one|the|ach|ery) )run",
    "seen": r"(?:not )?seen(?= (?:and|test|in training|examples|ones))",
    "solved": r"(?:not )?solved",
    "stratum": r"strat(?:um|a)",
    "study": r"stud(?:y|ies)",
    "tuned": r"tuned",
}


@dataclass(frozen=True)
class _Use:
    """Where a term is used: its place in the HTML, and whether that is folded away at first."""

    term: str
    start: int
    end: int
    folded: bool


def with_links(html: str, terms: Mapping[str, str], address: Callable[[str], str]) -> Markup:
    """A page's HTML in which the first use of each term is a link; one on sight goes before one that is folded away.

    terms: each with its meaning. address: where the line of a term is.
    """
    first: dict[str, _Use] = {}
    for use in _uses(html, terms):
        known = first.get(use.term)
        if known is None or (known.folded and not use.folded):
            first[use.term] = use
    parts, end = [], 0
    for use in sorted(first.values(), key=lambda one: one.start):
        link = Markup('<a class="term" href="{}" title="{}">{}</a>').format(
            address(use.term), terms[use.term], Markup(html[use.start : use.end])
        )
        parts += [html[end : use.start], link]
        end = use.end
    return Markup("".join([*parts, html[end:]]))


def _uses(html: str, terms: Mapping[str, str]) -> Iterator[_Use]:
    """Every use of a term in text that may hold a link, in the order of the page."""
    # The longer of two terms that start alike comes first: `token accuracy` is not `accuracy`.
    names = sorted(terms, key=len, reverse=True)
    one_of = "|".join(f"(?P<t{i}>{FORMS.get(name, f'{re.escape(name)}s?')})" for i, name in enumerate(names))
    pattern = re.compile(rf"\b(?:{one_of})\b", re.IGNORECASE)
    for start, end, folded in _texts(html):
        for match in pattern.finditer(html, start, end):
            assert match.lastgroup is not None
            yield _Use(names[int(match.lastgroup[1:])], *match.span(), folded)


def _texts(html: str) -> Iterator[tuple[int, int, bool]]:
    """Start and end of each piece of text that may hold a link, and whether it is folded away."""
    closed = folded = at = 0
    for piece in _PIECE.finditer(html):
        if closed == 0 and piece.start() > at:
            yield at, piece.start(), folded > 0
        at = piece.end()
        tag = (piece["tag"] or "").lower()
        step = -1 if piece["end"] else 1
        closed += step * (tag in _CLOSED)
        folded += step * (tag == _FOLDED)
    if closed == 0 and at < len(html):
        yield at, len(html), folded > 0
