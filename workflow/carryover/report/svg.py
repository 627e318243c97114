"""Matplotlib's SVG made small, accessible, repeatable, and fit for light and dark backgrounds.

Style properties become presentation attributes, which CSS can override. That is how a page turns a figure dark.
"""

from __future__ import annotations

import io
import re
import zlib
from xml.etree import ElementTree

from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from carryover.report import style
from carryover.report.svg_size import shrink

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
ElementTree.register_namespace("", SVG)

_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
_FONT = re.compile(r"(?:(?P<style>italic) )?(?:(?P<weight>bold|\d00) )?(?P<size>[\d.]+)px")
_REFERENCE = re.compile(r"(?:^#|url\(#)([\w-]+)")
_DEFAULTS = {("stroke-linecap", "butt"), ("stroke-linejoin", "miter"), ("text-anchor", "start")}
_STANDALONE = (
    f"@media screen and (prefers-color-scheme:dark){{svg{{background:#15181c}}{style.dark_rules('svg')}}}"
)


def write(figure: Figure, name: str, title: str, description: str) -> str:
    """The figure as SVG text with a title and a description for those who cannot see it."""
    buffer = io.StringIO()
    # `savefig` would draw everything twice, the first time only to lay it out, which is done.
    FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Creator": None})
    root = ElementTree.fromstring(buffer.getvalue())
    for metadata in root.findall(f"{{{SVG}}}metadata"):
        root.remove(metadata)
    _drop_styles(root)
    _tell_values(root)
    _rename_ids(root, name)
    for element in root.iter():
        _compact(element)
    _colour_markers_where_they_are_used(root)
    _flatten(root)
    shrink(root)
    root.attrib.pop("width", None)
    root.attrib.pop("height", None)
    root.attrib.pop("version", None)
    width, height = root.attrib["viewBox"].split()[2:]
    root.attrib |= {"width": width, "height": height, "role": "img", "font-family": style.FONTS}
    root.attrib |= {"aria-labelledby": f"{name}-title {name}-desc", "stroke-linejoin": "round"}
    for position, (tag, text) in enumerate((("title", title), ("desc", description), ("style", _STANDALONE))):
        child = ElementTree.Element(f"{{{SVG}}}{tag}")
        child.text = text
        if tag != "style":
            child.set("id", f"{name}-{tag}")
        root.insert(position, child)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def inline(text: str) -> str:
    """SVG text as it stands inside a page, which has its own rules for dark and its own size."""
    text = re.sub(r"<style>.*?</style>", "", text, count=1, flags=re.DOTALL)
    text = re.sub(r' (?:width|height)="[\d.]+"', "", text, count=2)
    return text.replace(f' xmlns="{SVG}"', "").strip()


def _drop_styles(root: ElementTree.Element) -> None:
    """Remove Matplotlib's own style element: it would reach out of the figure into the page."""
    for parent in root.iter():
        for child in list(parent):
            if child.tag == f"{{{SVG}}}style":
                parent.remove(child)


def _rename_ids(root: ElementTree.Element, name: str) -> None:
    """Ids that something refers to, renamed so that no two figures share one; all others dropped."""
    values = (value for element in root.iter() for value in element.attrib.values() if "#" in value)
    referred = [name for value in values for name in _REFERENCE.findall(value)]
    # The name itself would stand in every reference, thousands of times on a page.
    short = _in_letters(zlib.crc32(name.encode()))
    renamed = {old: f"{short}{i}" for i, old in enumerate(dict.fromkeys(referred))}
    for element in root.iter():
        old = element.attrib.pop("id", None)
        if old in renamed:
            element.set("id", renamed[old])
        href = element.attrib.pop(f"{{{XLINK}}}href", "")
        if href.startswith("#"):
            element.set("href", f"#{renamed[href[1:]]}")
        if style.GRID in element.get("style", ""):
            element.attrib.pop("clip-path", None)  # lines of the grid end at the frame
        clip = element.get("clip-path")
        if clip:
            element.set("clip-path", f"url(#{renamed[clip[5:-1]]})")


def _in_letters(number: int) -> str:
    """A number as letters, which may begin an id."""
    letters = ""
    while number:
        number, place = divmod(number, 26)
        letters += chr(ord("a") + place)
    return letters


def _tell_values(root: ElementTree.Element) -> None:
    """Give what `style.mark` has marked its texts, which show where the pointer rests, and the number of its series.

    A legend's entry has the number as `data-legend`, what it speaks of as `data-series`.
    """
    series: dict[str, str] = {}
    for element in root.iter():
        role, bar, rest = element.get("id", "").partition(style.BAR)
        if not bar:
            continue
        name, *texts = rest.split(style.BAR)
        if name:
            element.set(f"data-{role}", series.setdefault(name, str(len(series))))
        shapes = list(element.iter(f"{{{SVG}}}use"))
        shapes = shapes if len(shapes) == len(texts) else [element] if len(texts) == 1 else []
        for shape, text in zip(shapes, texts, strict=bool(shapes)):
            title = ElementTree.Element(f"{{{SVG}}}title")
            title.text = text
            shape.insert(0, title)


def _compact(element: ElementTree.Element) -> None:
    style_text = element.attrib.pop("style", "")
    for declaration in filter(None, style_text.split(";")):
        key, _, content = (part.strip() for part in declaration.partition(":"))
        if key == "font":
            match = _FONT.search(content)
            if match:
                element.set("font-size", match["size"])
                if match["weight"]:
                    element.set("font-weight", match["weight"])
                if match["style"]:
                    element.set("font-style", match["style"])
        elif (
            key,
            content,
        ) not in _DEFAULTS and key != "font-family":  # the root has it, with what to fall back to
            element.set(key, content)
    for key in (
        "d",
        "x",
        "y",
        "transform",
        "width",
        "height",
        "points",
        "stroke-width",
        "stroke-dasharray",
        "viewBox",
    ):
        if key in element.attrib:
            # Markers are small shapes that are moved into place: they need more decimals than a curve of 400 points.
            decimals = 2 if key in ("stroke-width", "transform") or element.get("id") else 1
            element.set(key, " ".join(_rounded(element.attrib[key], decimals).split()))
    if element.get("transform", "").startswith("rotate(-0 "):
        del element.attrib["transform"]
    for key in ("text", "tail"):
        content = getattr(element, key)
        if content is not None and not content.strip():
            setattr(element, key, None)


def _colour_markers_where_they_are_used(root: ElementTree.Element) -> None:
    """Move the colours of markers from their definitions to their uses, because a page's CSS reaches only the uses."""
    for definitions in root.iter(f"{{{SVG}}}defs"):
        for shape in definitions.iter(f"{{{SVG}}}path"):
            shape.attrib.pop("fill", None)
            shape.attrib.pop("stroke", None)


def _rounded(text: str, decimals: int) -> str:
    """Text with every number in it rounded, without zeros at the end."""

    def shorter(match: re.Match[str]) -> str:
        number = f"{float(match.group()):.{decimals}f}".rstrip("0").rstrip(".")
        return "0" if number == "-0" else number

    return _NUMBER.sub(shorter, text)


def _flatten(root: ElementTree.Element) -> None:
    """Take groups without attributes out of the tree, keeping what is in them."""
    for parent in root.iter():
        children: list[ElementTree.Element] = []
        for child in list(parent):
            children += _contents(child)
        parent[:] = children


def _contents(element: ElementTree.Element) -> list[ElementTree.Element]:
    empty_group = element.tag == f"{{{SVG}}}g" and not element.attrib
    if not empty_group:
        empty_defs = element.tag == f"{{{SVG}}}defs" and not len(element)
        return [] if empty_defs else [element]
    return [inner for child in element for inner in _contents(child)]
