from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carryover.report import style, svg, svg_size
from carryover.report.figures import transfer
from carryover.report.view import Report

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def pictures(made: Path) -> dict[str, str]:
    found = {path.stem: path.read_text(encoding="utf-8") for path in sorted((made / "figures").glob("*.svg"))}
    assert len(found) > 20
    return found


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("light", [*style.SERIES, *style.ORDERED, style.PUBLISHED])
def test_colours_stand_out_from_both_backgrounds(light: str) -> None:
    assert contrast(light, "#ffffff") >= 3
    assert contrast(style.DARK[light], style.DARK[style.PAPER]) >= 3


@pytest.mark.parametrize("light", [style.INK, style.MUTED])
def test_text_is_readable_on_both_backgrounds(light: str) -> None:
    assert contrast(light, "#ffffff") >= 4.5
    assert contrast(style.DARK[light], style.DARK[style.PAPER]) >= 4.5


@pytest.mark.parametrize("matrix", ["deuteranopia", "protanopia"])
def test_the_first_five_colours_can_be_told_apart_by_colour_blind_readers(matrix: str) -> None:
    # Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
    seen = {
        "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
        "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    }
    for palette in (style.SERIES[:5], [style.DARK[colour] for colour in style.SERIES[:5]]):
        points = [_lab(np.array(seen[matrix]) @ _linear(colour)) for colour in palette]
        nearest = min(np.linalg.norm(a - b) for i, a in enumerate(points) for b in points[:i])
        assert nearest > 8, "markers and dashes differ too, but colours should not be the same"


def _linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _lab(linear: np.ndarray) -> np.ndarray:
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.clip(linear, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_every_figure_has_a_title_and_a_description_made_of_numbers(pictures: dict[str, str]) -> None:
    for name, text in pictures.items():
        root = ElementTree.fromstring(text)
        assert root.get("role") == "img"
        labels = root.get("aria-labelledby", "").split()
        found = {element.get("id"): element.text or "" for element in root}
        assert [bool(found.get(label)) for label in labels] == [True, True], name
        assert re.search(r"\d", found[labels[1]]), name


def test_ids_are_unique_over_all_figures_and_every_reference_lands(pictures: dict[str, str]) -> None:
    ids: list[str] = []
    for name, text in pictures.items():
        own = re.findall(r'\bid="([^"]+)"', text)
        referred = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text))
        assert {a or b for a, b in referred} <= set(own), name
        ids += own
    assert len(ids) == len(set(ids))


def test_every_colour_has_a_partner_in_the_dark_or_is_part_of_a_heatmap(pictures: dict[str, str]) -> None:
    for name, text in pictures.items():
        colours = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', text))
        assert "style=" not in text
        if not name.endswith("-transfer"):
            assert colours <= style.DARK.keys(), name


def test_no_figure_has_a_date_or_reaches_out_of_itself(pictures: dict[str, str]) -> None:
    for text in pictures.values():
        inline = svg.inline(text)
        assert "<style" not in inline
        assert "<metadata" not in inline
        assert "http" not in inline
        assert len(text) < 150_000


def test_the_same_tables_give_the_same_bytes(made: Path) -> None:
    style.use()
    (drawn,) = transfer.draw(Report.read(made).by_name["adder-threshold"])
    style.lay_out(drawn.figure)
    again = svg.write(drawn.figure, drawn.name, drawn.title, drawn.alt)
    assert again == (made / "figures" / f"{drawn.name}.svg").read_text(encoding="utf-8")


def test_what_looks_like_a_formula_is_text() -> None:
    style.use()
    figure = style.figure("x", 2.0)
    figure.subplots().set_xlabel(style.wrap("costs $5 and $6 <b>", 60))
    style.lay_out(figure)
    text = svg.write(figure, "name", "a < b", "5 > 4 & more")
    assert "costs $5 and $6 &lt;b&gt;" in text
    assert ElementTree.fromstring(text).find(f"{SVG}desc").text == "5 > 4 & more"  # type: ignore[union-attr]


@given(
    st.lists(
        st.tuples(st.sampled_from("ML"), st.integers(-9999, 9999), st.integers(-9999, 9999)), max_size=30
    )
)
def test_shorter_paths_lead_through_the_same_points(steps: list[tuple[str, int, int]]) -> None:
    steps = [("M", 0, 0), *steps]
    written = " ".join(f"{letter} {x / 10:g} {y / 10:g}" for letter, x, y in steps) + " z"
    short = svg_size.path(written)
    assert len(short) <= len(written)
    points, place, letter = [], (0.0, 0.0), ""
    tokens = re.findall(r"[A-Za-z]|-?\d*\.?\d+", short)
    while tokens and tokens[0] != "z":
        letter = tokens.pop(0) if tokens[0].isalpha() else letter
        x, y = float(tokens.pop(0)), float(tokens.pop(0))
        place = (x, y) if letter == "M" else (place[0] + x, place[1] + y)
        points.append(place)
    assert tokens == ["z"]
    np.testing.assert_allclose(points, [(x / 10, y / 10) for _, x, y in steps], atol=1e-6)


def drawn(*marked: bool) -> ElementTree.Element:
    style.use()
    figure = style.figure("x", 3.0)
    ax = figure.subplots()
    for number, texts in enumerate(marked):
        (line,) = ax.plot([1, 2, 3], [number, 1, 2], "o-", label=f"line {number}")
        style.mark(line, f"line {number}", [f"<{number}> at {x}" for x in (1, 2, 3)] if texts else [])
    style.legend_of(figure, ax)
    style.lay_out(figure)
    return ElementTree.fromstring(svg.write(figure, "name", "title", "description"))


def test_a_marked_line_tells_its_values_and_its_place_in_the_legend() -> None:
    root = drawn(True, False)
    series = [element for element in root.iter() if element.get("data-series") is not None]
    assert [element.get("data-series") for element in series] == ["0", "1"]
    told = [[title.text for title in element.iter(f"{SVG}title")] for element in series]
    assert told == [["<0> at 1", "<0> at 2", "<0> at 3"], []]
    legend = [element for element in root.iter() if element.get("data-legend") is not None]
    assert sorted(element.get("data-legend", "") for element in legend) == ["0", "0", "1", "1"]
    texts = {element.get("data-legend"): "".join(element.itertext()) for element in legend}
    assert texts == {"0": "line 0", "1": "line 1"}


def test_a_figure_says_once_what_its_shapes_have_in_common() -> None:
    root = drawn(False)
    groups = [group for group in root.iter(f"{SVG}g") if len(group.findall(f"{SVG}use")) == 3]
    assert groups
    assert all(
        group.get("fill") and set(use.attrib) == {"x", "y", "href"} for group in groups for use in group
    )


def test_a_path_without_points_stays_as_it_is() -> None:
    root = ElementTree.fromstring(
        f'<svg xmlns="{svg_size.SVG}"><g><path id="a"/><path d="M 1 2 L 3 4"/></g></svg>'
    )
    svg_size.shrink(root)
    assert [path.attrib for path in root.iter(svg_size.PATH)] == [{"id": "a"}, {"d": "M1 2l2 2"}]
