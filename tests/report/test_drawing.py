"""Each kind of picture is drawn as SVG and as PNG, the same each time."""

import re
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from matplotlib import rc_context

from studio.errors import StudioError
from studio.model.config import ModelConfig
from studio.report import drawing
from studio.report.architecture import stack
from studio.report.catalogue import translator
from studio.report.cells import DIAGRAMS, EQUATIONS
from studio.report.drawing import draw
from studio.report.pictures import Chart, ChartLine, Charts, Drawing
from studio.report.records import Part

LINE = ChartLine("_run $x$", (1.0, 2.0), (0.5, 2.0), 0)
CHARTS = Charts((Chart("loss", "step", "nats", (LINE,)), Chart("p", "x", "y", (), True)))


@pytest.mark.parametrize("drawing", [CHARTS, DIAGRAMS["rnn"], EQUATIONS["rnn"]])
def test_a_picture_is_drawn_in_both_formats_and_is_always_the_same(drawing: Drawing) -> None:
    svg = draw(drawing, "svg")
    assert b"<svg" in svg
    # Its letters are outlines, so that it shows without the font.
    assert b"<text" not in svg
    assert draw(drawing, "svg") == svg
    png = draw(drawing, "png")
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20]) > 300, "pixels wide"


def test_the_users_settings_of_matplotlib_do_not_change_a_picture() -> None:
    svg = draw(CHARTS, "svg")
    with rc_context({"text.usetex": True, "axes.facecolor": "black", "savefig.format": "pdf"}):
        assert draw(CHARTS, "svg") == svg


def test_the_name_of_a_single_run_needs_no_font(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise StudioError("There is no Chinese font.")

    monkeypatch.setattr(drawing, "chinese_family", fail)
    one, other = (ChartLine(name, (1.0,), (1.0,), at) for at, name in enumerate(["记忆", "b"]))
    assert draw(Charts((Chart("a", "b", "c", (one,)),)), "svg")
    with pytest.raises(StudioError):
        draw(Charts((Chart("a", "b", "c", (one, other)),)), "svg")


def test_each_of_twelve_runs_has_a_colour_of_its_own() -> None:
    lines = tuple(ChartLine(str(at), (1.0,), (1.0,), at) for at in range(12))
    svg = draw(Charts((Chart("a", "b", "c", lines),)), "svg").decode()
    figure_and_legend = re.findall(r"stroke: (#[0-9a-f]{6}); stroke-width: 2;", svg)
    assert len(set(figure_and_legend)) == 12


def test_the_legend_names_each_run_once_as_it_is_called() -> None:
    lines = (LINE, ChartLine("other", (1.0,), (1.0,), 1), ChartLine("_run $x$", (), (), 0, True))
    svg = draw(Charts((Chart("a", "b", "c", lines),)), "svg").decode()
    written = re.findall(r"<!-- (.*?) -->", svg)
    assert [each for each in written if "run" in each or "other" in each] == ["_run $x$", "other"]


@pytest.mark.parametrize("is_logarithmic", [False, True])
def test_a_chart_without_a_point_has_no_numbers_at_its_axes(is_logarithmic: bool) -> None:
    chart = Chart("p", "x", "y", (ChartLine("a", (), (), 0),), is_logarithmic)
    written = re.findall(r"<!-- (.*?) -->", draw(Charts((chart,)), "svg").decode())
    assert set(written) == {"p", "x", "y"}


def test_the_ticks_of_steps_are_whole_numbers() -> None:
    line = ChartLine("run", (15.0,), (2.0,), 0)
    chart = Chart("a", "b", "c", (line,))
    assert "14.50" in _ticks(chart)
    assert _ticks(msgspec.structs.replace(chart, by_step=True)) == ["15"]


def _ticks(chart: Chart) -> list[str]:
    return re.findall(r"<!-- (1[45][\d.]*) -->", draw(Charts((chart,)), "svg").decode())


def test_a_single_point_of_a_dashed_line_is_hollow() -> None:
    lines = (LINE, ChartLine("run", (1.0,), (1.0,), 0, dashed=True))
    svg = draw(Charts((Chart("a", "b", "c", lines),)), "svg").decode()
    assert "fill: #ffffff; stroke: #0072b2" in svg


PARTS = [
    Part("embedding.weight", (9, 4)),
    Part("layers.0.weight_ih_l0", (4, 6)),
    Part("layers.0.weight_hh_l0", (4, 4)),
]


@pytest.mark.parametrize(
    ("settings", "labels"),
    [
        ({}, []),
        ({"lines_above": 1}, ["characters of previous lines: 1"]),
        ({"form_input": True, "poet_input": True}, ["form, poet"]),
        (
            {"lines_above": 2, "form_input": True, "title_input": True, "poet_input": True},
            ["characters of previous lines: 2", "form, title, poet"],
        ),
    ],
)
def test_what_the_first_layer_reads_too_is_named_above_its_arrow(
    settings: dict[str, Any], labels: list[str]
) -> None:
    diagram = stack(ModelConfig(cell="rnn", layers=1, **settings), PARTS, translator("en"))
    inputs = [node for node in diagram.nodes if node.label in labels]
    assert [node.label for node in inputs] == labels
    for node in inputs:
        assert node.y < diagram.height
        crossing = [
            wire
            for wire in diagram.wires
            for (x, start), (end_x, end) in pairwise(wire.points)
            if x == end_x == node.x and min(start, end) <= node.y <= max(start, end)
        ]
        assert not crossing
