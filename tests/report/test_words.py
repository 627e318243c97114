from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from carryover.report import words


def test_a_cut_text_ends_with_a_whole_word() -> None:
    assert words.shorten("exact match at least 0.999 on", 26) == "exact match at least…"
    assert words.shorten("exact match at least 0.999 on", 27) == "exact match at least 0.999…"
    assert words.shorten("123456789", 5) == "1234…"


@given(st.text("ab 1.,", max_size=30), st.integers(2, 20))
def test_a_cut_text_is_within_its_limit_and_begins_the_whole(text: str, limit: int) -> None:
    cut = words.shorten(text, limit)
    assert len(cut) <= limit
    assert text.startswith(cut.removesuffix("…"))
    assert (cut == text) == (len(text) <= limit)
