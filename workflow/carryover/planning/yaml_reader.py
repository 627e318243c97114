"""The reader of all YAML files. It refuses YAML that people and programs may read differently.

It works on PyYAML's events, and checks every event before it builds anything. So neither deep nesting nor aliases of
aliases can use up the stack or the memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml
from yaml.events import AliasEvent, Event, MappingStartEvent, ScalarEvent, SequenceStartEvent

from carryover.errors import UserError
from carryover.planning.scalars import resolve, shortened

MOST_BYTES = 50_000_000
MOST_NODES = 1_000_000
LONG_TEXT = 50  # every so many characters of a text count as a further node
DEEPEST = 50

# libyaml reads the shipped files ten times as fast; PyYAML may be built without it.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

TAG = "tag:yaml.org,2002:"
TAG_OF: dict[type, str] = {str: "str", int: "int", float: "float", bool: "bool", type(None): "null"}
NOT_PRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
MERGE = object()


def read_yaml(path: Path) -> Any:
    """The data of a YAML file. Raises UserError where the file cannot be read, or its YAML is wrong or ambiguous."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise UserError(f"{path}: is a folder; name the files in it, such as {path}/*.yaml") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from None
    if len(content) > MOST_BYTES:
        raise UserError(f"{path}: larger than {MOST_BYTES // 1_000_000} MB; divide it into several files")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}, line {line}: not UTF-8 text; save the file as UTF-8") from None
    return parse_yaml(text, str(path))


def parse_yaml(text: str, source: str) -> Any:
    """The data of YAML text, which came from `source`. Raises UserError with source, line and key."""
    return _Reader(text, lambda line: f"{source}, line {line}").document()


def parse_words(text: str, source: str) -> Any:
    """As `parse_yaml`, but every word stays text, quoted or not, and no line is named."""
    return _Reader(text, lambda line: source, words=True).document()


@dataclass(frozen=True)
class _Anchored:
    """What an anchor stands for: the value, how many nodes it has, and how deep it is."""

    value: Any
    nodes: int
    depth: int


class _Reader:
    """Builds plain data from events, depth first."""

    def __init__(self, text: str, place: Callable[[int], str], words: bool = False) -> None:
        self.text = text
        self.place = place
        self.words = words
        self.keys: list[str] = []
        self.anchors: dict[str, _Anchored | None] = {}  # None while it is being built
        self.nodes = 0
        self.depth = 0
        self.deepest = 0
        self.line = 1
        self.events: Iterator[Event] = iter(())

    def document(self) -> Any:
        """The one document of the text; None where it is empty."""
        if control := NOT_PRINTABLE.search(self.text):
            self.line = self.text.count("\n", 0, control.start()) + 1
            self._refuse(f"the character U+{ord(control[0]):04X} is not allowed; remove it")
        try:
            self.events = yaml.parse(self.text, Loader=_Loader)
            self._skip(yaml.StreamStartEvent)
            if isinstance(self._next(), yaml.StreamEndEvent):
                return None
            value = self._value(self._next())
            self._skip(yaml.DocumentEndEvent)
            if not isinstance(self._next(), yaml.StreamEndEvent):
                self._refuse("a second document begins here; a file holds one")
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            # (the end of a text may be told as a line after its last)
            self.line = min(mark.line, self.text.count("\n")) + 1 if mark else self.line
            self._refuse(f"not valid YAML: {_in_words(error)}")
        return value

    def _next(self) -> Event:
        event = next(self.events)
        if event.start_mark is not None:
            self.line = event.start_mark.line + 1
        return event

    def _skip(self, kind: type[Event]) -> None:
        event = self._next()
        assert isinstance(event, kind)

    def _refuse(self, text: str) -> NoReturn:
        where = self.place(self.line)
        raise UserError(f"{where}: {'.'.join(self.keys)}: {text}" if self.keys else f"{where}: {text}")

    # --- nodes ---

    def _value(self, event: Any) -> Any:
        if isinstance(event, AliasEvent):
            return self._aliased(event).value
        anchor, nodes, deepest = event.anchor, self.nodes, self.deepest
        self._count(1 + len(getattr(event, "value", "")) // LONG_TEXT)
        self.deepest = self.depth
        if anchor is not None:
            self.anchors[anchor] = None
        value = self._built(event)
        if anchor is not None:
            self.anchors[anchor] = _Anchored(value, self.nodes - nodes, self.deepest - self.depth)
        self.deepest = max(self.deepest, deepest)
        return value

    def _built(self, event: Any) -> Any:
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        self._go_down(1)
        value = self._list(event) if isinstance(event, SequenceStartEvent) else self._mapping(event)
        self.depth -= 1
        return value

    def _count(self, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > MOST_NODES:
            self._refuse(f"more than {MOST_NODES:,} values, counting what aliases repeat; write less")

    def _go_down(self, levels: int) -> None:
        self.depth += levels
        self.deepest = max(self.deepest, self.depth)
        if self.depth > DEEPEST:
            self.keys = self.keys[:8]
            self._refuse(f"nested more than {DEEPEST} levels deep; nothing here is that deep")

    def _aliased(self, event: AliasEvent) -> _Anchored:
        name = str(event.anchor)
        if name not in self.anchors:
            self._refuse(f"there is no anchor &{name} above this alias")
        anchored = self.anchors[name]
        if anchored is None:
            self._refuse(f"the alias *{name} stands inside what it repeats")
        self._count(anchored.nodes)
        self._go_down(anchored.depth)
        self.depth -= anchored.depth
        return anchored

    def _list(self, event: SequenceStartEvent) -> list[Any]:
        self._check_tag(event, "seq")
        values: list[Any] = []
        while not isinstance(entry := self._next(), yaml.SequenceEndEvent):
            self.keys.append(str(len(values)))
            values.append(self._value(entry))
            self.keys.pop()
        return values

    def _mapping(self, event: MappingStartEvent) -> dict[str, Any]:
        self._check_tag(event, "map")
        own: dict[str, Any] = {}
        merged: list[dict[str, Any]] = []
        keys = set()
        while not isinstance(entry := self._next(), yaml.MappingEndEvent):
            key = self._key(entry)
            if key in keys:
                self._refuse(f"the key {shortened('<<' if key is MERGE else key)!r} occurs twice; keep one")
            keys.add(key)
            self.keys.append("<<" if key is MERGE else key)
            value = self._value(self._next())
            if key is MERGE:
                merged = self._to_merge(value)
            else:
                own[key] = value
            self.keys.pop()
        # What merges bring stands first, and the mapping's own keys win, wherever `<<` stands.
        return {k: v for source in (*reversed(merged), own) for k, v in source.items()} if merged else own

    def _key(self, event: Event) -> Any:
        """A key, which is text, or MERGE."""
        if isinstance(event, AliasEvent):
            value = self._aliased(event).value
        elif not isinstance(event, ScalarEvent):
            kind = "mapping" if isinstance(event, MappingStartEvent) else "list"
            self._refuse(f"a {kind} stands where a key should; put text with brackets in quotes")
        elif event.implicit[0] and event.value == "<<" and not self.words:
            return MERGE
        else:
            value = self._value(event)
        if not isinstance(value, str):
            word = event.value if isinstance(event, ScalarEvent) else str(value)
            self._refuse(
                f"YAML does not read the key {shortened(word)!r} as text; put it in quotes"
                if word
                else "a value without a key"
            )
        return value

    def _to_merge(self, value: Any) -> list[dict[str, Any]]:
        sources = value if isinstance(value, list) else [value]
        if not all(isinstance(source, dict) for source in sources):
            self._refuse("a merge takes a mapping, or a list of them: write such as `<<: *base`")
        return sources

    def _scalar(self, event: ScalarEvent) -> Any:
        quoted = not event.implicit[0] and event.tag is None
        if self.words or quoted or event.tag in ("!", f"{TAG}str"):
            return event.value
        try:
            value = resolve(event.value)
        except ValueError as error:
            self._refuse(str(error))
        self._check_tag(event, TAG_OF[type(value)])
        return value

    def _check_tag(self, event: Any, own: str) -> None:
        """Refuse tags, but for the one that the value has anyway (or `float` for a whole number)."""
        if event.tag is not None and event.tag != TAG + own:
            tag = event.tag.replace(TAG, "!!") if event.tag.startswith(TAG) else event.tag
            self._refuse(f"the tag {shortened(tag)} does not fit here; write the value without a tag")


def _in_words(error: yaml.YAMLError) -> str:
    problem = str(getattr(error, "problem", None) or error).replace("\n", " ")
    if "\\t" in problem or "cannot start any token" in problem:
        return f"{problem}; indent with blanks, not tabs, and put text that begins with @, ` or % in quotes"
    if "mapping values are not allowed" in problem:
        return f"{problem}; put text with a colon in quotes, or begin a new line"
    return problem
