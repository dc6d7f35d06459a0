"""Each kind of picture is drawn as SVG and as PNG, the same each time."""

import re

import pytest

from studio.report.cells import DIAGRAMS, EQUATIONS
from studio.report.drawing import draw
from studio.report.pictures import Chart, ChartLine, Charts, Drawing

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


def test_the_legend_names_each_run_once_as_it_is_called() -> None:
    lines = (LINE, ChartLine("other", (1.0,), (1.0,), 1), ChartLine("_run $x$", (), (), 0, True))
    svg = draw(Charts((Chart("a", "b", "c", lines),)), "svg").decode()
    written = re.findall(r"<!-- (.*?) -->", svg)
    assert [each for each in written if "run" in each or "other" in each] == ["_run $x$", "other"]
