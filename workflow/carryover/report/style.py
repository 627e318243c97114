"""How figures look: sizes, type, and a palette that works for colour-blind readers in light and in dark.

Figures are drawn in the light colours. Every colour has a partner for dark backgrounds, and `dark_rules` writes the CSS
that swaps them, so that one SVG serves a light page, a dark page and paper.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import matplotlib
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

SINGLE = 6.0  # inches: one column of the page
WIDE = 12.4  # both columns
# Inches of a figure's height: a panel with its labels, a line of the legend, and the title with what is around.
LEAST_PANEL, LEGEND_LINE, AROUND_PANELS = 2.4, 0.22, 0.7

INK, MUTED, GRID, PAPER = "#1f2328", "#57606a", "#d9dee4", "#fffffe"
PUBLISHED = "#b3005e"  # what a report printed, everywhere

# Hues after Okabe and Ito; lightness chosen so that the first five stay far apart for colour-blind readers too, each
# with a contrast of at least 3 on white (its partner: on near-black).
SERIES = ("#1a7fcc", "#e35205", "#009a80", "#66005e", "#523b14", "#3b2e8c", "#0f8a9d", "#6b7280")
_SERIES_DARK = ("#8fd0ff", "#e0703f", "#5df0ab", "#e048d4", "#ffd83d", "#a99ff5", "#5fd6e6", "#a6adb8")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h")
DASHES: tuple[Any, ...] = ("-", "-", "-", "-", (0, (5, 1.5)), (0, (5, 1.5)), (0, (5, 1.5)), (0, (1, 1)))

# Viridis without its lightest part for light pages, without its darkest for dark ones: for settings that are ordered.
ORDERED = ("#440155", "#47347f", "#39568d", "#2b748e", "#20928d", "#22a785", "#41a05e", "#7a9e1f")
_ORDERED_DARK = ("#8f7fe0", "#7b93e8", "#5fa8e0", "#46bdd0", "#3fcfae", "#6fdc86", "#abe55a", "#f3e63a")

DARK = {
    INK: "#e6e8eb",
    MUTED: "#a7b0ba",
    GRID: "#3a414a",
    PAPER: "#15181c",
    PUBLISHED: "#ff7ab8",
    **dict(zip(SERIES, _SERIES_DARK, strict=True)),
    **dict(zip(ORDERED, _ORDERED_DARK, strict=True)),
}

# Verdana has the widths of DejaVu Sans, with which the layout is made, and is where DejaVu Sans is not.
FONTS = "DejaVu Sans, Verdana, sans-serif"

RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.titlecolor": MUTED,
    "axes.labelsize": 10,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "legend.fontsize": 9.5,
    "legend.frameon": False,
    "legend.handlelength": 1.8,
    "lines.linewidth": 1.8,
    "figure.dpi": 72,  # of SVG and PDF: the layout then measures text as it is drawn
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "savefig.transparent": True,
    "svg.fonttype": "none",
    "svg.hashsalt": "carryover",
    "pdf.fonttype": 3,  # TrueType (42) would spend more time on subsetting fonts than on all the rest
    "path.simplify": True,
    "path.simplify_threshold": 0.6,
}


@dataclass
class Drawn:
    """A figure with its texts. `name` is the name of its file. A `wide` figure takes both columns of the page.

    measures: the metrics that it shows of each setting. An answer that is told in one of them may stand above it.
    """

    kind: str
    name: str
    title: str
    caption: str
    alt: str
    figure: Figure
    wide: bool = False
    measures: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotDrawn:
    """What stands in the place of a figure that would show nothing: why, in one line."""

    kind: str
    name: str
    title: str
    reason: str


CHARACTERS_ACROSS = 64  # of a legend below a figure of half the page's width
MARK_CHARACTERS = 7  # the room that a legend's mark and the gap after its text take


def use() -> None:
    """Set Matplotlib up for every figure that follows in this process."""
    matplotlib.rcParams.update(RC)  # type: ignore[arg-type]  # its keys are literals


def figure(title: str, height: float, wide: bool = False) -> Figure:
    """An empty figure with its title at the top left; `height` in inches, the title included."""
    fig = Figure(figsize=(WIDE if wide else SINGLE, height), layout=_layout())
    # Wrapped by hand: Matplotlib's own wrapping does not take part in the layout.
    lines = wrap(title, 118 if wide else 56)
    fig.suptitle(lines, x=0.008, ha="left", fontsize=11.5, fontweight="bold", color=INK)
    return fig


def lay_out(fig: Figure) -> None:
    """Compute the figure's layout once. Otherwise Matplotlib computes it again for each file that it writes."""
    _layout().execute(fig)
    fig.set_layout_engine("none")


def _layout() -> ConstrainedLayoutEngine:
    return ConstrainedLayoutEngine(w_pad=0.09, h_pad=0.05, wspace=0.03, hspace=0.04)


def wrap(text: str, width: int, lines: int = 3) -> str:
    """Text from data as a label: at most `lines` lines of `width` characters, and no `$` that starts a formula."""
    import textwrap

    wrapped = "\n".join(textwrap.wrap(text, width, max_lines=lines, placeholder=" …")) or text
    return wrapped.replace("$", r"\$")


def legend_columns(labels: Sequence[str], most: int = 3) -> int:
    """How many columns of these labels fit below a figure of half the page's width, with their marks."""
    longest = max(len(line) for label in labels for line in label.splitlines() or [""])
    return max(1, min(most, CHARACTERS_ACROSS // (longest + MARK_CHARACTERS)))


@cache
def colours(count: int, ordered: bool) -> tuple[str, ...]:
    """One colour for each of `count` series; a scale from dark to bright where they are ordered."""
    if not ordered:
        return tuple(SERIES[i % len(SERIES)] for i in range(count))
    if count <= 1:
        return (ORDERED[2],)
    last = len(ORDERED) - 1
    return tuple(ORDERED[round(i * last / (count - 1))] for i in range(count))


def shares_from(lowest: float, zoom_above: float = 0.75) -> float:
    """Where an axis of shares starts: 0, or just below the lowest value where that lies above `zoom_above`."""
    return math.floor(lowest * 20 - 0.4) / 20 if lowest > zoom_above else 0.0


def share_axis(ax: Axes, low: float = 0.0, vertical: bool = True) -> None:
    """Limits of an axis of shares, so that values of 0 and 1 do not lie on the frame."""
    margin = 0.03 * (1 - low)
    if vertical:
        ax.set_ylim(low - margin, 1 + margin)
    else:
        ax.set_xlim(low - margin, 1 + margin)


def count_axis(ax: Axes) -> None:
    """Whole numbers below a figure, with separators of thousands."""
    from matplotlib.ticker import StrMethodFormatter

    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def row_axis(ax: Axes, names: Sequence[str]) -> None:
    """Name the rows of a figure that has one row for each name, the first on top."""
    ax.set_yticks(range(len(names)), list(names)[::-1])
    ax.set_ylim(-0.7, len(names) - 0.3)
    ax.grid(axis="y", visible=False)


BAR = "¦"  # parts of what `mark` writes


def mark(artist: Artist, series: str = "", texts: Sequence[str] = ()) -> None:
    """Say which series of the legend a shape belongs to, and what a pointer that rests on it is told.

    texts: one for each point of a line with markers, or one for the whole shape.
    """
    artist.set_gid(BAR.join(["series", *(text.replace(BAR, " ") for text in (series, *texts))]))


def legend_of(fig: Figure, *axes: Axes) -> None:
    """A legend below the figure with every label of its panels once; none where nothing was drawn."""
    handle_of: dict[str, Any] = {}
    for ax in axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            handle_of.setdefault(str(label), handle)
    if handle_of:
        labels = [wrap(label, 56, 2) for label in handle_of]
        columns = legend_columns(labels)
        legend = fig.legend(handle_of.values(), labels, loc="outside lower left", ncols=columns)
        _make_room(fig, axes, sum(label.count("\n") + 1 for label in labels) / columns)
        for label, *shapes in zip(handle_of, legend.legend_handles, legend.get_texts(), strict=True):
            for shape in filter(None, shapes):
                shape.set_gid(BAR.join(("legend", label.replace(BAR, " "))))


def _make_room(fig: Figure, axes: Sequence[Axes], lines: float) -> None:
    """A figure as high as its legend of so many lines needs, so that long labels take no room from the panels."""
    specs = [spec for ax in axes if (spec := ax.get_subplotspec()) is not None]
    rows = len({spec.rowspan.start for spec in specs})
    fig.set_figheight(max(fig.get_figheight(), AROUND_PANELS + LEAST_PANEL * rows + LEGEND_LINE * lines))


def hide_unused(axes: Sequence[Axes], used: int) -> None:
    """Hide the axes of panels in which nothing was drawn."""
    for ax in axes[used:]:
        ax.set_axis_off()


def dark_rules(scope: str) -> str:
    """CSS that gives the shapes and text of figures within `scope` their colours for a dark background."""
    rules = []
    for light, dark in DARK.items():
        rules.append(f'{scope} [fill="{light}"]{{fill:{dark}}}')
        rules.append(f'{scope} [stroke="{light}"]{{stroke:{dark}}}')
    return "".join(rules)
