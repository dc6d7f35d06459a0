"""What a training without the studio writes to its terminal."""

from unittest.mock import Mock

import pytest
from rich.progress import Progress

from studio.cli import headless
from studio.messages import TrainingStarted
from studio.model.config import RECIPES
from studio.model.events import TrainingEnded


def test_the_bar_of_a_training_is_not_drawn_ten_times_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # It would send two kilobytes a second over SSH, even while nothing changes.
    bar = Mock(wraps=Progress)
    monkeypatch.setattr(headless, "Progress", bar)
    started = TrainingStarted("a", RECIPES["classic"], 0, 9, 1, 1, "processor", "float32")
    headless._watch(started, iter([(TrainingEnded(9, "finished"),)]))
    assert bar.call_args.kwargs["refresh_per_second"] <= 2
