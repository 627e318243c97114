"""The meaning of an unquoted word of YAML: text, a number, true or false, or nothing. Ambiguous words are refused.

PyYAML and Snakemake read YAML 1.1, which gives some words a meaning that nobody expects: 010 is 8, 1:30 is 90, 2026_11
is a number, and 2024-01-05 is a date.
"""

from __future__ import annotations

import re
import sys

# Python neither reads nor prints longer numbers.
MOST_DIGITS = 4_300

BOOLEANS = {
    spelling: value
    for words, value in (("yes true on", True), ("no false off", False))
    for word in words.split()
    for spelling in (word, word.capitalize(), word.upper())
}
NULLS = ("", "~", "null", "Null", "NULL")

WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*|[1-9][0-9]{0,2}(_[0-9]{3})+)")
BASE_2_OR_16 = re.compile(r"[-+]?0(b[01]+|x[0-9a-fA-F]+)")
REAL = re.compile(r"[-+]?((0|[1-9][0-9]*)\.[0-9]*|\.[0-9]+)([eE][-+][0-9]+)?")
LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+(\.[0-9_]*([eE][-+]?[0-9]+)?)?")
UNDERSCORES = re.compile(
    r"([-+]?[0-9]+_[0-9_]*(\.[0-9_]*)?|[-+]?[0-9]+\.[0-9]*_[0-9_]*|\.[0-9]+_[0-9_]*)([eE][-+][0-9]+)?"
    r"|[-+]?0[bx][0-9a-fA-F_]+"
)
BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt\s].*)?", re.DOTALL)
NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def resolve(word: str) -> str | int | float | bool | None:
    """The value of an unquoted word. Raises ValueError, with what to write instead, where it is ambiguous."""
    if not word or word[0] not in "+-.0123456789":
        return BOOLEANS.get(word, None if word in NULLS else word)
    if REAL.fullmatch(word):
        return _finite(word)
    if len(word) > MOST_DIGITS and re.fullmatch(r"[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+", word):
        raise ValueError(f"a number of {len(word):,} digits; it may have {MOST_DIGITS:,}")
    if WHOLE.fullmatch(word):
        return int(word.replace("_", ""))
    if BASE_2_OR_16.fullmatch(word):
        return int(word, 0)
    _refuse_ambiguous(word)
    return word


def _finite(word: str) -> float:
    value = float(word)
    if abs(value) > sys.float_info.max:
        raise ValueError(f"{shortened(word)} is too large; the largest number is about 1.8e308")
    return value


def _refuse_ambiguous(word: str) -> None:
    if NOT_FINITE.fullmatch(word):
        raise ValueError(f"{word} is not a finite number")
    if LEADING_ZERO.fullmatch(word):
        plain = word.replace("_", "").lstrip("+-0") or "0"
        raise ValueError(
            f"{shortened(word)} begins with 0, which may mean base 8; "
            f"write {shortened(plain if plain[0].isdigit() else '0' + plain)}, or put it in quotes"
        )
    if UNDERSCORES.fullmatch(word):
        raise ValueError(
            f"{shortened(word)} may mean a number or a text; "
            f"write {shortened(word.replace('_', ''))}, or put it in quotes"
        )
    if BASE_60.fullmatch(word):
        raise ValueError(f"{shortened(word)} is a number in base 60 to YAML; put it in quotes")
    if DATE.fullmatch(word):
        raise ValueError(f"{shortened(word)} is a date to YAML; put it in quotes")


def shortened(text: str) -> str:
    """A text, cut where it is long."""
    return text if len(text) <= 40 else text[:37] + "…"
