"""What a run would come to, by some trial steps."""

import gc
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from types import SimpleNamespace

import pytest
import torch

from studio.errors import RunError
from studio.model import learner
from studio.paths import Home
from studio.runs import folders, trial
from studio.runs.session import start_run
from studio.runs.trial import estimate
from tests.model.recording import Recordings
from tests.small import small

CONFIG = small()


def test_the_estimate_names_what_the_run_then_has(home: Home) -> None:
    estimated = estimate(home, CONFIG)
    session = start_run(home, "a", CONFIG)
    started = session.started()
    session.close()
    assert estimated.config == CONFIG
    assert estimated.steps == started.total_steps
    assert estimated.parameters == started.parameters
    assert estimated.device == started.device
    assert estimated.seconds > 0 and estimated.memory > 0


def test_nothing_is_left_of_it(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    estimate(home, CONFIG)
    assert folders.all_runs(home.runs) == []
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("settings", [{"longest_poem": 1}, {"min_count": 10**6}])
def test_settings_that_cannot_be_trained_are_refused_as_those_of_a_run(
    home: Home, settings: dict[str, object]
) -> None:
    (name,) = settings
    with pytest.raises(RunError, match=f"There is nothing to train on.*{name}"):
        estimate(home, small(**settings))


def test_the_time_of_recording_a_step_is_not_that_of_a_step(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]

    class SlowRecordings(Recordings):
        def record(self, work: Callable[[], None]) -> Callable[[], None]:
            clock[0] += 1e6
            return super().record(work)

    recordings = SlowRecordings()
    monkeypatch.setattr(learner, "recorder_for", lambda *_: recordings)
    monkeypatch.setattr(trial, "time", SimpleNamespace(perf_counter=lambda: clock[0] + monotonic()))
    estimated = estimate(home, small(optimizer="adamw", max_steps=7))
    assert recordings.recorded == 1
    assert estimated.seconds < 1e6


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
def test_the_memory_is_not_that_of_an_earlier_estimate(home: Home) -> None:
    large = estimate(home, small(hidden=1024, batch_size=64)).memory
    gc.collect()
    assert estimate(home, CONFIG).memory < large
