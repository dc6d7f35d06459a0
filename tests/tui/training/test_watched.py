"""The runs that the training pane knows."""

from studio.messages import TrainingStarted
from studio.model.config import RECIPES
from studio.model.events import Noted
from studio.paths import Home
from studio.tui.run_in_training import RunInTraining
from studio.tui.training.history import History
from studio.tui.training.log_panel import event_line
from studio.tui.training.run_reader import read_past, read_run
from studio.tui.training.status_panel import Shown
from studio.tui.training.watched import Watched
from tests.tui.fake_worker import a_run, write_run


def started(run: str = "spring", step: int = 0) -> TrainingStarted:
    return TrainingStarted(run, RECIPES["classic"], step, 1200, 300, 1_000, 5_432, "cpu", "float32")


def watching(*runs: TrainingStarted) -> Watched:
    """The state after these runs have started, one after the other."""
    run = RunInTraining()
    watched = Watched(run)
    for each in runs:
        run.receive(each)
        watched.start_run(each)
    return watched


def test_at_first_no_run_is_shown() -> None:
    assert watching().shown() is None
    assert watching().histories() == []


def test_the_run_in_training_is_shown_until_another_is_opened() -> None:
    run = RunInTraining()
    watched = Watched(run)
    run.receive(started())
    watched.start_run(started())
    shown = watched.shown()
    assert shown is not None
    assert shown.history.run == "spring"
    watched.opened = Shown(History("autumn"), "stopped")
    assert watched.shown() is watched.opened
    run.receive(started("winter"))
    watched.start_run(started("winter"))
    shown = watched.shown()
    assert shown is not None
    assert shown.history.run == "winter"


def test_what_was_unusual_in_a_training_is_in_its_log() -> None:
    history = History.of("spring", [*a_run(3), Noted(2, "Steps are slower.")])
    assert "Steps are slower." in map(event_line, history.notable)
    history.drop_after(1)
    assert not history.notable


def test_a_run_compared_with_itself_is_drawn_once() -> None:
    watched = watching(started())
    assert watched.live is not None
    watched.compared = {"spring": watched.live, "autumn": History("autumn")}
    assert [each.run for each in watched.histories()] == ["spring", "autumn"]


def test_events_before_an_earlier_interruption_that_are_read_late_leave_no_gap() -> None:
    watched = watching(started(step=20), started(step=40))
    for event in a_run(10, first=41):
        watched.add(event)
    watched.join_past(History.of("spring", a_run(20)), 20)
    watched.join_past(History.of("spring", a_run(40)), 40)
    assert watched.live is not None
    assert list(watched.live.steps) == [*range(1, 51)]


def test_earlier_events_come_before_those_since_the_run_was_resumed() -> None:
    watched = watching(started(step=20))
    for event in a_run(10, first=21):
        watched.add(event)
    watched.join_past(History.of("spring", a_run(20)), 20)
    assert watched.live is not None
    assert list(watched.live.steps) == list(range(1, 31))


def test_what_is_known_of_a_run_stays_until_its_earlier_events_are_read() -> None:
    watched = watching()
    watched.opened = Shown(History.of("spring", a_run(400)), "training")
    watched.start_run(started(step=300))
    assert watched.live is not None
    assert list(watched.live.steps) == list(range(1, 301))
    assert [each.step for each in watched.live.checkpoints] == [200]
    for event in a_run(10, first=301):
        watched.add(event)
    watched.join_past(History.of("spring", a_run(300)), 300)
    assert watched.live.steps == History.of("spring", a_run(310)).steps


def test_earlier_events_of_a_run_that_was_replaced_are_ignored() -> None:
    watched = watching(started(step=20), started("winter"))
    watched.join_past(History.of("spring", a_run(20)), 20)
    watched.join_past(History.of("winter", a_run(20)), 20)
    assert watched.live is not None
    assert list(watched.live.steps) == []


def test_a_deleted_run_is_shown_nowhere() -> None:
    watched = watching(started())
    watched.opened = Shown(History("autumn"), "stopped")
    watched.compared = {"autumn": watched.opened.history}
    watched.forget("autumn")
    assert watched.opened is None
    assert [each.run for each in watched.histories()] == ["spring"]
    watched.forget("spring")
    assert watched.shown() is None


def test_a_run_is_read_from_its_folder_alone(home: Home) -> None:
    run = write_run(home, "autumn", 30)
    shown = read_run(home, "autumn")
    assert list(shown.history.steps) == list(range(1, 31))
    assert shown.config == run.config()
    assert list(read_past(home, "autumn", 12).steps) == list(range(1, 13))
