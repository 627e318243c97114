"""Strata of expressions, against sums done by hand digit by digit."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from carryover.tasks.expression.columns import columns
from carryover.tasks.expression.strata import strata
from tests.tasks.expression.corpora import asked, dataset, table, three


def one(text: str) -> dict[str, object]:
    return {name: values.tolist()[0] for name, values in strata(asked(text)).items()}


def test_an_expression_of_every_kind() -> None:
    assert one("12+3-45") == {
        "operators": "+-",
        "parentheses": "none",
        "digits": "2-1-2",
        "sign": "negative",
        "carries": 0,
        "borrows": 0,
    }
    assert one("(95+5)*10")["parentheses"] == "1-2"
    assert one("10*(5-95)")["parentheses"] == "2-3"
    assert one("4-(2*2)")["sign"] == "zero"
    assert one("7+8")["carries"] == 1
    assert one("95+5")["carries"] == 2
    assert one("12-7")["borrows"] == 1
    assert one("7-12")["borrows"] == 1  # done as 12 - 7
    assert one("2-7-5") == {**one("2-7-5"), "carries": 1, "borrows": 0}  # -5 - 5: five and five carry
    assert one("99*99")["carries"] == 0


def schoolbook(a: int, b: int) -> tuple[int, int]:
    """Carries and borrows of a + b for whole numbers of any sign."""
    if a * b > 0:
        x, y, carries, carry = abs(a), abs(b), 0, 0
        while x or y:
            carry = int(x % 10 + y % 10 + carry > 9)
            carries += carry
            x, y = x // 10, y // 10
        return carries, 0
    x, y, borrows, borrow = max(abs(a), abs(b)), min(abs(a), abs(b)), 0, 0
    while x or y:
        borrow = int(x % 10 - borrow < y % 10)
        borrows += borrow
        x, y = x // 10, y // 10
    return 0, borrows


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([1, -1]), st.integers(0, 9999)), min_size=2, max_size=5))
def test_carries_and_borrows_are_those_done_by_hand(terms: list[tuple[int, int]]) -> None:
    text = str(terms[0][1]) + "".join(f"{'+' if sign > 0 else '-'}{value}" for sign, value in terms[1:])
    total, carries, borrows = terms[0][1], 0, 0
    for sign, value in terms[1:]:
        carried, borrowed = schoolbook(total, sign * value)
        total, carries, borrows = total + sign * value, carries + carried, borrows + borrowed
    found = one(text)
    assert (found["carries"], found["borrows"]) == (carries, borrows)
    assert found["digits"] == "-".join(str(len(str(value))) for _, value in terms)


def test_components_are_a_stratum_of_mixtures_only() -> None:
    mixture = {"kind": "mixture", "components": [three(0, 9), three(10, 99)]}
    rows = table(dataset(mixture, rows={"train": 40}))
    assert strata(rows)["component"].tolist() == rows["component"].to_pylist()
    assert "component" not in strata(table(dataset({"kind": "grammar", **three(0, 9)}, rows={"train": 5})))


def test_no_rows() -> None:
    assert {len(values) for values in strata(columns().empty_table()).values()} == {0}
