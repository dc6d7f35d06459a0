"""Texts that are fitted to a width."""

import pytest
from rich.cells import cell_len

from studio.tui.drawing.charts import shortened


def test_a_long_name_loses_its_middle() -> None:
    assert shortened("classic-lstm-1126-1943", 22) == "classic-lstm-1126-1943"
    assert shortened("classic-lstm-1126-1943", 11) == "class…-1943"


@pytest.mark.parametrize("width", range(1, 12))
def test_a_shortened_name_has_the_width_that_it_was_given(width: int) -> None:
    for name in ("classic-lstm-1126", "春江花月夜一二三"):
        assert cell_len(shortened(name, width)) == width
