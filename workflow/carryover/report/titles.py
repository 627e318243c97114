"""What the page calls datasets, tests and strata: by their titles, with the names that files have on hover."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from carryover.analysis.setting_titles import setting_title
from carryover.metrics import METRICS
from carryover.planning.plan import Titles
from carryover.report import words
from carryover.tasks.record import Titler

Split = tuple[str, str]  # suite, split

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9_.^-]*[A-Za-z0-9_^])?"
# In a sentence of a table: a setting (`cell=rnn`), a test (`on ten-digits/test`), or a metric (`exact_match`).
_METRICS = "|".join(name for name in METRICS if "_" in name)
_RAW = re.compile(
    rf"\b(?P<key>[a-z_]+)=(?P<value>[{{\[]|[^\s,;:()]+)|(?<=\bon )(?P<suite>{_NAME})/(?P<split>{_NAME})"
    rf"|\b(?P<metric>{_METRICS})\b"
)


@dataclass(frozen=True)
class Names:
    """The titles of a plan. What has none is called by its name, made readable."""

    titles: Titles

    def dataset(self, name: str) -> str:
        """A named dataset."""
        return self.titles.datasets.get(name) or readable(name)

    def split(self, split: Split) -> str:
        """A test split alone, whatever other tests there are."""
        suite, name = split
        return self.titles.splits.get(suite, {}).get(name) or readable(name)

    def splits(self, splits: Sequence[Split]) -> dict[Split, str]:
        """Test splits, told apart by the titles of their suites where their own do not."""
        suites = Counter(suite for suite, _ in splits)
        alone: dict[Split, str] = {}
        for suite, split in splits:
            has_title = split in self.titles.splits.get(suite, {})
            # Of a suite with one split, the suite says more: the split is often called `test`.
            only = suites[suite] == 1 and len(suites) > 1 and not has_title
            alone[suite, split] = self._suite(suite) if only else self.split((suite, split))
        count = Counter(alone.values())
        named = {
            split: name if count[name] == 1 else f"{self._suite(split[0])}: {name}"
            for split, name in alone.items()
        }
        return (
            named if len(set(named.values())) == len(named) else {split: "/".join(split) for split in splits}
        )

    def setting(self, path: str, content: Any) -> str:
        """A setting with its value: `8 layers`, or `trained on 2-digit sums`."""
        if path == "dataset" and isinstance(content, str):
            return f"trained on {self.dataset(content)}"
        return setting_title(path, content)

    def _suite(self, name: str) -> str:
        return self.titles.suites.get(name) or readable(name)


UNTITLED = Names(Titles())


def readable(name: str) -> str:
    """A name as words: `my-test_set` as `my test set`."""
    return re.sub(r"(?<=[^\W_])[-_]+(?=[^\W_])", " ", name)


def titled(title: str, name: str) -> Markup:
    """A title as HTML, with the name that files and tables have where one points at it."""
    return escape(title) if title == name else Markup('<span title="{}">{}</span>').format(name, title)


def metric(name: str) -> Markup:
    """A metric as HTML."""
    return titled(words.metric(name), name)


def teller(
    names: Names, strata: Mapping[str, Titler], split_name: Callable[[Split], str]
) -> Callable[[str], Markup]:
    """A function from a sentence of a table, which has names, to the same as HTML, which has titles.

    strata: what a reader calls a value of each stratum. split_name: what the study calls a test.
    """

    def told(text: str) -> Markup:
        parts, end = [], 0
        for match in _RAW.finditer(text):
            if match.start() < end:
                continue  # within the value before it
            raw, html = _told(text, match)
            between = text[end : match.start()]
            # One stratum within another: `operands=3+1,seen=yes`.
            parts += [escape(", " if between == "," else between), html]
            end = match.start() + len(raw)
        return Markup("").join([*parts, escape(text[end:])])

    def _told(text: str, match: re.Match[str]) -> tuple[str, Markup]:
        if match["suite"]:
            return match[0], titled(split_name((match["suite"], match["split"])), match[0])
        if match["metric"]:
            return match[0], metric(match[0])
        key, value = match["key"], match["value"].rstrip(".")
        raw: str = f"{key}={value}"
        if key == "dataset" and re.fullmatch(_NAME, value):
            how = "training data" if text[: match.start()].endswith(" has ") else "trained on"
            return raw, Markup("{} {}").format(how, titled(names.dataset(value), value))
        if key in strata:
            return raw, titled(strata[key](value), raw)
        if value in "{[":
            try:
                content, stop = json.JSONDecoder().raw_decode(text, match.start("value"))
            except ValueError:
                return match[0], escape(match[0])
            return text[match.start() : stop], escape(setting_title(key, content))
        return raw, titled(setting_title(key, _read(value)), raw)

    return told


def _read(value: str) -> Any:
    """The value that a table writes as text: `8` is a number, `rnn` is not."""
    try:
        return json.loads(value)
    except ValueError:
        return value
