"""Drawing the pictures of a report with matplotlib: the only module that imports it."""

import io
import math
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Literal

from matplotlib import font_manager, rc_context, rcdefaults, rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyBboxPatch
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from studio.corpus.poem import is_han
from studio.errors import StudioError
from studio.report.pictures import Chart, Charts, Diagram, Drawing, Equations, Node, Wire
from studio.translation import tr
from studio.wording import printable

# Well-known families with simplified characters, and how the names of their files begin.
FAMILIES = {
    "Noto Sans CJK SC": "notosanscjk",
    "Noto Sans SC": "notosanssc",
    "Source Han Sans SC": "sourcehansans",
    "Source Han Sans CN": "sourcehansanscn",
    "PingFang SC": "pingfang",
    "Hiragino Sans GB": "hiraginosansgb",
    "Microsoft YaHei": "msyh",
    "WenQuanYi Micro Hei": "wqy-microhei",
    "WenQuanYi Zen Hei": "wqy-zenhei",
    "SimHei": "simhei",
    "Noto Serif CJK SC": "notoserifcjk",
    "Songti SC": "songti",
    "SimSun": "simsun",
    "Arial Unicode MS": "arialuni",
    "Droid Sans Fallback": "droidsansfallback",
    "Noto Sans CJK JP": "notosanscjk",
}
# The colours of Okabe and Ito, which colour-blind people can tell apart; for more runs than these,
# some of Tol's.
COLOURS = (
    *("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"),
    *("#882255", "#999933", "#332288", "#888888", "#661100"),
)
_INK, _FAINT = "#222222", "#999999"
_FILLS = {
    "gate": "#fff2cc",
    "operation": "#fbd5d5",
    "layer": "#dbe9f6",
    "plain": "none",
    "joint": _INK,
}
# Inches: the width of all charts, the height of one, a row of the legend, a unit of a diagram.
_WIDTH, _CHART, _LEGEND, _UNIT = 8.2, 2.5, 0.3, 0.72
_WIDEST_LEGEND = 80  # characters of names in a row of the legend
# Pixels per inch of a PNG: charts fill the width of a page, others are as large as their letters.
_PIXELS, _CHART_PIXELS = 144, 200
_SETTINGS: dict[Any, Any] = {
    "axes.unicode_minus": False,
    "mathtext.fontset": "stix",
    "svg.fonttype": "path",  # readable without the font
    "svg.hashsalt": "report",  # the same picture is the same file
    "font.size": 9,
}


def draw(drawing: Drawing, kind: Literal["svg", "png"]) -> bytes:
    """The picture as a file; raises StudioError if it needs a Chinese font and there is none."""
    family = ["DejaVu Sans"]
    if any(map(is_han, "".join(_words(drawing)))):
        family.insert(0, chinese_family())
    written = io.BytesIO()
    with rc_context():
        # Settings of the user, such as LaTeX or a dark style, are for other pictures.
        rcdefaults()
        rcParams.update({**_SETTINGS, "font.family": family})
        match drawing:
            case Charts():
                figure = _charts(drawing)
            case Diagram():
                figure = _diagram(drawing)
            case Equations():
                figure = _equations(drawing)
        figure.savefig(
            written,
            format=kind,
            dpi=_CHART_PIXELS if isinstance(drawing, Charts) else _PIXELS,
            bbox_inches="tight",
            pad_inches=0.06,
            metadata={"Date": None} if kind == "svg" else {},
        )
    return written.getvalue()


@cache
def chinese_family() -> str:
    """The first family of `FAMILIES` on this machine; raises StudioError if there is none."""
    known = {each.name for each in font_manager.fontManager.ttflist}
    for family in FAMILIES:
        if family in known:
            return family
    # matplotlib keeps a list of fonts, which lacks those that were installed later.
    files = sorted(Path(each) for each in font_manager.findSystemFonts())
    for family, begin in FAMILIES.items():
        for path in files:
            if path.name.lower().startswith(begin):
                font_manager.fontManager.addfont(path)
                if family in {each.name for each in font_manager.fontManager.ttflist}:
                    return family
    raise StudioError(
        tr(
            "No Chinese font was found, so the pictures of the report would have boxes instead of "
            "characters. Install one (on Debian and Ubuntu: fonts-noto-cjk), or put a font file "
            "such as NotoSansCJK-Regular.ttc into ~/.fonts. Reports in English (--language en) on "
            "runs with plain names need none."
        )
    )


def _words(drawing: Drawing) -> Iterable[str]:
    match drawing:
        case Charts():
            for chart in drawing.charts:
                yield from (chart.title, chart.x_title, chart.y_title)
            names = _names(drawing)
            # One name needs no legend.
            yield from names.values() if len(names) > 1 else ()
        case Diagram():
            yield from (node.label for node in drawing.nodes)
        case Equations():
            yield from drawing.lines


def _charts(drawing: Charts) -> Figure:
    columns = min(drawing.columns, len(drawing.charts))
    rows = math.ceil(len(drawing.charts) / columns)
    names = _names(drawing)
    longest = max(map(len, names.values()), default=1)
    across = max(1, min(len(names), _WIDEST_LEGEND // (longest + 4)))
    legend_rows = math.ceil(len(names) / across) if len(names) > 1 else 0
    height = rows * _CHART + legend_rows * _LEGEND
    figure = Figure((_WIDTH if columns > 1 else _WIDTH / 2, height), layout="constrained")
    for place, chart in enumerate(drawing.charts, start=1):
        _chart(figure.add_subplot(rows, columns, place), chart)
    if legend_rows:
        handles = [Line2D([], [], color=_colour(each), linewidth=2) for each in names]
        labels = [f"run {number}" for number in range(len(names))]
        legend = figure.legend(
            handles, labels, loc="outside lower center", ncols=across, frameon=False
        )
        # Set afterwards: matplotlib leaves out labels that begin with an underscore.
        for label, name in zip(legend.get_texts(), names.values(), strict=True):
            label.set_parse_math(False)
            label.set_text(" ".join(printable(name).split("\n")))
    return figure


def _names(drawing: Charts) -> dict[int, str]:
    """The name of each colour, for the legend."""
    lines = [line for chart in drawing.charts for line in chart.lines]
    return {line.colour: line.name for line in lines if not (line.faint or line.dashed)}


def _chart(axes: Axes, chart: Chart) -> None:
    axes.set_title(chart.title, fontsize=10)
    axes.set_xlabel(chart.x_title)
    axes.set_ylabel(chart.y_title)
    for line in chart.lines:
        axes.plot(
            line.x,
            line.y,
            color=_colour(line.colour),
            linewidth=0.7 if line.faint else 1.4,
            linestyle="--" if line.dashed else "-",
            alpha=0.3 if line.faint else 1,
            # A line of one or few points is hard to see without them.
            marker="o" if len(line.x) <= 30 else None,
            markersize=2.5,
            # A single point has no dashes.
            markerfacecolor="white" if line.dashed else _colour(line.colour),
            zorder=2 if line.faint else 3,
        )
    if not any(line.x for line in chart.lines):
        # Numbers at the axes would be invented.
        axes.set(xticks=[], yticks=[])
    elif chart.logarithmic:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:,g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
    elif chart.from_zero:
        # With room above the highest value; curves of zeros alone are seen at the bottom.
        highest = max((max(line.y, default=0) for line in chart.lines), default=0)
        axes.set_ylim(0, 1.08 * highest or 1)
    else:
        axes.margins(y=0.1)
    if chart.by_step:
        axes.xaxis.set_major_locator(
            MaxNLocator("auto", steps=(1, 2, 5, 10), integer=True, min_n_ticks=1)
        )
    axes.grid(True, which="both", linewidth=0.4, alpha=0.4)
    axes.spines[["top", "right"]].set_visible(False)


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _diagram(drawing: Diagram) -> Figure:
    figure = Figure((drawing.width * _UNIT, drawing.height * _UNIT))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, drawing.width)
    axes.set_ylim(0, drawing.height)
    axes.set_axis_off()
    for wire in drawing.wires:
        _wire(axes, wire)
    for node in drawing.nodes:
        _node(axes, node)
    return figure


def _wire(axes: Axes, wire: Wire) -> None:
    xs, ys = zip(*wire.points, strict=True)
    axes.plot(xs, ys, color=_INK, linewidth=1.1, solid_joinstyle="round", zorder=1)
    if wire.arrow:
        style = {"arrowstyle": "-|>", "color": _INK, "shrinkA": 0, "shrinkB": 0, "linewidth": 1.1}
        axes.annotate("", wire.points[-1], wire.points[-2], arrowprops=style, zorder=2)


def _node(axes: Axes, node: Node) -> None:
    x, y, width, height = node.x, node.y, node.width, node.height
    fill = _FILLS[node.shape]
    if node.shape == "joint":
        axes.add_patch(Circle((x, y), 0.05, facecolor=_INK, edgecolor=_INK, zorder=4))
    elif node.shape == "operation":
        axes.add_patch(Circle((x, y), height / 2, facecolor=fill, edgecolor=_INK, zorder=4))
    elif node.shape != "plain":
        corner = (x - width / 2, y - height / 2)
        style = "round,pad=0,rounding_size=0.08"
        axes.add_patch(
            FancyBboxPatch(corner, width, height, style, facecolor=fill, edgecolor=_INK, zorder=4)
        )
    axes.text(
        x,
        y,
        node.label,
        ha="center",
        va="center",
        fontsize=9,
        color=_INK,
        zorder=5,
        linespacing=1.4,
    )


def _equations(drawing: Equations) -> Figure:
    # Sums and products are taller.
    tall = any("\\sum" in line or "\\prod" in line for line in drawing.lines)
    figure = Figure((6, (0.55 if tall else 0.36) * len(drawing.lines)))
    for number, line in enumerate(reversed(drawing.lines)):
        y = (number + 0.5) / len(drawing.lines)
        figure.text(0.01, y, f"${line}$", fontsize=12, va="center", color=_INK)
    return figure
