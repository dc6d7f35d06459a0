"""Reading runs from their folders: whole, or what another process has trained since."""

import time
from dataclasses import dataclass

from studio.model.events import TrainingEvent
from studio.paths import Home
from studio.runs import folders
from studio.runs.event_log import START, EventReader, Place
from studio.runs.folders import Run
from studio.tui.training.history import History
from studio.tui.training.status_panel import Shown
from studio.wording import duration

# Seconds without an event after which a training that is not paused looks as if it hangs.
SILENCE = 180.0


@dataclass(frozen=True, slots=True)
class RunNews:
    """The events of a run from a place on. `is_whole`: they are all of it, from its start.

    `state` is what the run list says, with a pause or a long silence of the process that trains.
    """

    run: str
    since: Place
    place: Place
    events: tuple[TrainingEvent, ...]
    is_whole: bool
    state: str
    total_steps: int

    def add_to(self, history: History) -> History:
        """The history with the news; a new one if the run was rewritten."""
        if self.is_whole:
            history = History(self.run)
        for event in self.events:
            history.add(event)
        history.place = self.place
        return history


def read_news(home: Home, name: str, since: Place = START) -> RunNews:
    """Read what was appended to a run's events. Raises StudioError or OSError."""
    run = folders.find(home.runs, name)
    # Before the events: what a process writes before it ends is not missed then.
    process, busy = run.process(), run.is_busy()
    try:
        with EventReader(run.events_file, since) as reader:
            is_whole = reader.place == START
            events = tuple(reader)
            place = reader.place
    except FileNotFoundError:
        is_whole, events, place = True, (), START
    if not busy:
        state = folders.summary(run).status
        total = 0
    else:
        state = "paused" if process and process.paused else _training(run)
        total = process.total_steps if process else 0
    return RunNews(name, since, place, events, is_whole, state, total)


def _training(run: Run) -> str:
    silence = time.time() - run.events_file.stat().st_mtime if run.events_file.exists() else 0.0
    return "training" if silence < SILENCE else f"nothing heard for {duration(silence)}"


def read_run(home: Home, name: str) -> Shown:
    """Read a run from its folder. A long one has many megabytes of events.

    Raises StudioError or OSError if the folder cannot be read.
    """
    config = folders.find(home.runs, name).config()
    news = read_news(home, name)
    history = news.add_to(History(name))
    ended = history.step if news.state == "finished" else config.train.max_steps
    return Shown(history, news.state, config, None, news.total_steps or ended)


def read_past(home: Home, run: str, step: int) -> list[TrainingEvent]:
    """The events of a run up to the step where it is resumed. Raises like `read_run`."""
    return [event for event in folders.find(home.runs, run).events() if event.step <= step]
