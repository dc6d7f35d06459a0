"""The one place that knows which run is in training, in what state, how far."""

import pytest

from studio.messages import (
    Event,
    Failed,
    Preparing,
    Resume,
    Stop,
    Train,
    Trained,
    TrainingPaused,
    TrainingResumed,
    TrainingStarted,
)
from studio.model.config import RECIPES
from studio.model.events import StepDone, TrainingEnded
from studio.tui.run_in_training import RunInTraining

STARTED = TrainingStarted(
    "spring", RECIPES["classic"], 0, 1200, 300, 1_000, 5_432, "cpu", "float32"
)
STEP = Trained("spring", StepDone(300, 1, 2.0, 1.0, 0.1, 100, 3.0))


def after(*events: Event) -> RunInTraining:
    run = RunInTraining()
    for event in events:
        run.receive(event)
    return run


def test_at_first_there_is_none() -> None:
    run = after()
    assert not run.is_running
    assert (run.name, run.summary, run.state) == ("", "", "")


def test_its_name_and_progress_are_in_the_summary() -> None:
    assert after(STARTED, STEP).summary == "spring 25%"
    assert after(STARTED, STEP, TrainingPaused("spring")).summary == "spring paused 25%"
    resumed = after(STARTED, TrainingPaused("spring"), TrainingResumed("spring"), STEP)
    assert resumed.summary == "spring 25%"


def test_it_is_known_when_there_is_room_for_the_next_run() -> None:
    ended = Trained("spring", TrainingEnded(10, "finished"))
    assert after(STARTED).receive(ended)
    assert after(STARTED).receive(Failed("training", "A bug.", run_ended=True))
    assert not after(STARTED).receive(Failed("saving", "No space left."))
    asked = RunInTraining()
    asked.sent(Train("spring", RECIPES["classic"]))
    assert asked.is_busy
    assert not asked.receive(Failed("writing", "No such model.", ticket=3))
    assert asked.is_busy
    # The run that was asked for cannot start.
    assert asked.receive(Failed("training spring", "There are no poems."))
    assert not asked.is_busy
    # Nobody asked for this one: trying the next for ever would help nobody.
    assert not asked.receive(Failed("starting autumn", "There are no poems."))


@pytest.mark.parametrize("outcome", ["finished", "stopped", "diverged"])
def test_a_run_that_ended_is_not_running(outcome: str) -> None:
    run = after(STARTED, Trained("spring", TrainingEnded(10, outcome)))  # type: ignore[arg-type]
    assert not run.is_running
    assert run.state == outcome
    assert (run.name, run.summary) == ("", "")


def test_only_a_failure_that_ended_the_run_ends_it() -> None:
    assert after(STARTED, Failed("training", "No space left.")).is_running
    assert after(STARTED, Failed("writing", "No such model.", ticket=3)).is_running
    failed = after(STARTED, Failed("writing", "A bug.", ticket=3, run_ended=True))
    assert not failed.is_running
    assert failed.state == "failed"


def test_what_is_prepared_is_known_until_the_run_starts_or_fails() -> None:
    run = RunInTraining()
    run.sent(Train("spring", RECIPES["classic"]))
    assert run.preparing == "starting spring"
    run.receive(Preparing("reading the poems"))
    assert run.preparing == "reading the poems"
    run.receive(STARTED)
    assert run.preparing == ""
    run.sent(Resume("autumn"))
    assert run.preparing == "resuming autumn"
    run.receive(Failed("resuming autumn", "There is no run called autumn."))
    assert run.preparing == ""


def test_a_run_that_is_paused_is_resumed_without_preparing() -> None:
    run = after(STARTED, TrainingPaused("spring"))
    run.sent(Resume("spring"))
    assert run.preparing == ""


def test_a_run_that_is_stopped_is_stopping_until_it_has_ended() -> None:
    run = after(STARTED)
    run.sent(Stop())
    assert run.state == "stopping"
    assert run.is_running
    run.receive(TrainingPaused("spring"))  # its checkpoint could not be written
    assert run.state == "paused"
    assert not after().is_running
