"""The same SVG in fewer bytes: shorter paths, and what many shapes have in common said once."""

from __future__ import annotations

import re
from xml.etree import ElementTree

SVG = "http://www.w3.org/2000/svg"
GROUP, USE, PATH, DEFS = (f"{{{SVG}}}{tag}" for tag in ("g", "use", "path", "defs"))
_STEP = re.compile(r"([MLC])((?: ?-?[\d.]+)+)|(z)")
_PLACE = {"x", "y", "href"}  # of a use: its own


def shrink(root: ElementTree.Element) -> None:
    """Make a figure smaller; what it shows stays the same."""
    _drop_empty_paths(root)
    for element in root.iter():
        if element.tag == PATH and "d" in element.attrib:  # without one, a shape with no points
            element.set("d", path(element.attrib["d"]))
    for group in root.iter(GROUP):
        _hoist(group)
    for parent in root.iter():
        _merge(parent)


def path(d: str) -> str:
    """Straight lines relative to the point before, and no space that a letter or a sign makes unnecessary.

    d: absolute, rounded coordinates with single spaces, as `M 1 2 L 3 4 z`. Curves stay as they are.
    """
    if "C" in d or "Q" in d:
        return re.sub(r" ?([A-Za-z]) ?", r"\1", d)
    shorter, command = "", ""
    before = (0.0, 0.0)
    for letter, numbers, close in _STEP.findall(d):
        if close:
            shorter, command = f"{shorter}z", "z"
            continue
        values = [float(text) for text in numbers.split()]
        for point in zip(values[::2], values[1::2], strict=True):
            x, y = point if letter == "M" else (point[0] - before[0], point[1] - before[1])
            now = "M" if letter == "M" else "l"
            # A letter counts for all numbers after it, but after M these would be absolute lines.
            first = now + _number(x) if now == "M" or now != command else _next(_number(x))
            shorter, command, before = f"{shorter}{first}{_next(_number(y))}", now, point
    return shorter


def _number(value: float) -> str:
    """Two decimals at most, and no zero before the point."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    if text in ("-0", ""):
        return "0"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def _next(text: str) -> str:
    """A number after another one: a sign parts the two, else a space does."""
    return text if text.startswith("-") else f" {text}"


def _drop_empty_paths(root: ElementTree.Element) -> None:
    """Lines of a single point, which Matplotlib writes beside their marker."""
    for parent in root.iter():
        if parent.tag != DEFS:
            for child in list(parent):
                if child.tag == PATH and re.fullmatch(r"M -?[\d.]+ -?[\d.]+", child.get("d", "")):
                    parent.remove(child)


def _hoist(group: ElementTree.Element) -> None:
    """What all uses in a group have in common becomes the group's own."""
    children = list(group)
    if not children or any(child.tag != USE for child in children):
        return
    for name, value in list(children[0].attrib.items()):
        if (
            name not in _PLACE
            and name not in group.attrib
            and all(child.get(name) == value for child in children)
        ):
            group.set(name, value)
            for child in children:
                del child.attrib[name]


def _merge(parent: ElementTree.Element) -> None:
    """Groups of uses that stand side by side and have the same attributes become one."""
    last: ElementTree.Element | None = None
    for child in list(parent):
        plain = child.tag == GROUP and "id" not in child.attrib and all(one.tag == USE for one in child)
        if plain and last is not None and last.attrib == child.attrib:
            last.extend(list(child))
            parent.remove(child)
        else:
            last = child if plain else None
