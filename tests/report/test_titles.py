"""The page calls things by their titles, and has the names of files on hover."""

from __future__ import annotations

from markupsafe import Markup

from carryover.planning.plan import Titles
from carryover.report.names import numeric_order, short_names
from carryover.report.titles import UNTITLED, Names, readable, teller, titled
from carryover.tasks import TASKS

NAMES = Names(
    Titles(
        datasets={"digits-2": "2-digit sums", "digits-10": "10-digit sums", "twin": "2-digit sums"},
        suites={"lengths": "All lengths", "ten": "Ten"},
        splits={"lengths": {"two": "2-digit sums", "ten": "10-digit sums"}, "ten": {"test": "10-digit sums"}},
    )
)


def told(text: str) -> str:
    return str(teller(NAMES, TASKS["digit_sum"].titlers(), NAMES.split)(text))


def test_a_name_without_a_title_is_made_readable() -> None:
    assert readable("my-test_set-2") == "my test set 2"
    assert readable("10^10") == "10^10"
    assert UNTITLED.dataset("digits-2") == "digits 2"
    assert UNTITLED.splits([("own", "test")]) == {("own", "test"): "test"}
    assert UNTITLED.splits([("own", "test"), ("ten-digits", "test")]) == {
        ("own", "test"): "own",
        ("ten-digits", "test"): "ten digits",
    }


def test_splits_of_one_title_are_told_apart_by_their_suites() -> None:
    assert NAMES.splits([("lengths", "two"), ("lengths", "ten")]) == {
        ("lengths", "two"): "2-digit sums",
        ("lengths", "ten"): "10-digit sums",
    }
    assert NAMES.splits([("lengths", "two"), ("lengths", "ten"), ("ten", "test")]) == {
        ("lengths", "two"): "2-digit sums",
        ("lengths", "ten"): "All lengths: 10-digit sums",
        ("ten", "test"): "Ten: 10-digit sums",
    }


def test_settings_that_differ_in_their_dataset_say_what_they_were_trained_on() -> None:
    values = [{"dataset": "digits-10"}, {"dataset": "digits-2"}]
    names = short_names(values, ["a", "b"], ["dataset"], NAMES)
    assert names == ["trained on 10-digit sums", "trained on 2-digit sums"]
    assert numeric_order(names) == [1, 0]
    assert numeric_order(["1,000-digit sums", "5-digit sums", "99-digit sums"]) == [1, 2, 0]
    # Two datasets of the same title keep their own names.
    twins = short_names([{"dataset": "digits-2"}, {"dataset": "twin"}], ["a", "b"], ["dataset"], NAMES)
    assert twins == ["trained on digits 2", "trained on twin"]


def test_titles_are_text_and_names_stand_on_hover() -> None:
    assert titled("<b>", "a") == '<span title="a">&lt;b&gt;</span>'
    assert titled("same", "same") == "same"


def test_a_sentence_of_a_table_is_told_with_titles() -> None:
    assert told("dataset=digits-2: exact match on lengths/ten (position=3) 0.5, 5 seeds.") == (
        'trained on <span title="digits-2">2-digit sums</span>: exact match on '
        '<span title="lengths/ten">10-digit sums</span> (<span title="position=3">digit 3 from the lowest</span>) '
        "0.5, 5 seeds."
    )
    assert told("no run here has dataset=digits-2.") == (
        'no run here has training data <span title="digits-2">2-digit sums</span>.'
    )
    assert told("cell=rnn, stop_words=<unk>: 1 < 2") == (
        '<span title="cell=rnn">RNN</span>, '
        '<span title="stop_words=&lt;unk&gt;">stop words &lt;unk&gt;</span>: 1 &lt; 2'
    )
    assert (
        told("validation exact_match of 1") == 'validation <span title="exact_match">exact match</span> of 1'
    )
    assert Markup(told("first_wrong (operands=3+1,seen=no)")).striptags() == (
        "first wrong (3- and 1-digit numbers, not seen in training)"
    )
    distribution = 'distribution={"kind":"uniform_length","longest":4,"shortest":1}: 1 of 2 runs'
    assert told(distribution) == "distribution uniform length (longest 4, shortest 1): 1 of 2 runs"
    assert told("readout={broken") == "readout={broken"


def test_settings_that_differ_in_one_number_stand_in_its_order() -> None:
    values = [{"model.layers": layers} for layers in (8, 1, 2)]
    names = short_names(values, ["a", "b", "c"], ["model.layers"])
    assert names == ["8 layers", "1 layer", "2 layers"]
    assert numeric_order(names) == [1, 2, 0]
