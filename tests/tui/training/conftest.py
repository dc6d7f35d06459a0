"""A studio with the training pane only."""

from functools import partial

import pytest

from tests.tui.conftest import Open
from tests.tui.only import OnlyTraining


@pytest.fixture
def open_studio(open_studio: Open) -> Open:
    """A studio whose other panes are empty."""
    return partial(open_studio, studio=OnlyTraining)
