"""What the page calls datasets, tests and strata: by their titles, with the names that files have on hover."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from carryover.planning.plan import Titles
from carryover.report import words

Split = tuple[str, str]  # suite, split

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9_.^-]*[A-Za-z0-9_^])?"
# In a sentence of a table: a setting (`cell=rnn`), or a test (`on ten-digits/test`).
_RAW = re.compile(
    rf"\b(?P<key>[a-z_]+)=(?P<value>[{{\[]|[^\s,;:()]+)|(?<=\bon )(?P<suite>{_NAME})/(?P<split>{_NAME})"
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

    def value(self, path: str, content: Any) -> str:
        """A value of a setting: the title of a named dataset, and all others as text."""
        return (
            self.dataset(content) if path == "dataset" and isinstance(content, str) else words.value(content)
        )

    def _suite(self, name: str) -> str:
        return self.titles.suites.get(name) or readable(name)


UNTITLED = Names(Titles())


def readable(name: str) -> str:
    """A name as words: `my-test_set` as `my test set`."""
    return re.sub(r"(?<=[^\W_])[-_]+(?=[^\W_])", " ", name)


def titled(title: str, name: str) -> Markup:
    """A title as HTML, with the name that files and tables have where one points at it."""
    return escape(title) if title == name else Markup('<span title="{}">{}</span>').format(name, title)


def teller(
    names: Names, strata: Mapping[str, str], split_name: Callable[[Split], str]
) -> Callable[[str], Markup]:
    """A function from a sentence of a table, which has names, to the same as HTML, which has titles.

    strata: what a reader calls each stratum. split_name: what the study calls a test.
    """

    def told(text: str) -> Markup:
        parts, end = [], 0
        for match in _RAW.finditer(text):
            if match.start() < end:
                continue  # within the value before it
            raw, html = _told(text, match)
            parts += [escape(text[end : match.start()]), html]
            end = match.start() + len(raw)
        return Markup("").join([*parts, escape(text[end:])])

    def _told(text: str, match: re.Match[str]) -> tuple[str, Markup]:
        if match["suite"]:
            return match[0], titled(split_name((match["suite"], match["split"])), match[0])
        key, value = match["key"], match["value"].rstrip(".")
        raw: str = f"{key}={value}"
        if key == "dataset" and re.fullmatch(_NAME, value):
            how = "training data" if text[: match.start()].endswith(" has ") else "trained on"
            return raw, Markup("{} {}").format(how, titled(names.dataset(value), value))
        if key in strata:
            return raw, titled(f"{strata[key].partition(' (')[0]} {value}", raw)
        if value in "{[":
            try:
                content, stop = json.JSONDecoder().raw_decode(text, match.start("value"))
            except ValueError:
                return match[0], escape(match[0])
            return text[match.start() : stop], escape(f"{words.path_name(key)} {words.value(content)}")
        return raw, escape(f"{words.path_name(key)} {value}")

    return told
