"""Reading runs from their folders: whole, or what another process has trained since."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from studio.model.config import RunConfig
from studio.model.events import TrainingEvent
from studio.paths import Home
from studio.runs import folders, processes
from studio.runs.event_log import START, EventReader, Place
from studio.runs.folders import Run
from studio.runs.readings import read_readings
from studio.runs.training_folder import TrainingProcess
from studio.translation import tr
from studio.tui.training.history import History
from studio.tui.training.status_panel import Shown
from studio.wording import duration

# Seconds without an event after which a training that is not paused looks as if it hangs.
SILENCE = 180.0
# So many events are read at once, then for so many seconds none.
BURST, REST = 500, 0.002


@dataclass(frozen=True, slots=True)
class RunNews:
    """The events of a run from a place on, or its `whole` history if it is read from the start.

    The history is made in the thread that reads: a long one would hold up keys. `config` is read
    with it, and `events` is empty.

    `state` is what the run list says, or a long silence of the process that trains. `process`
    trains it, if that is known; `is_elsewhere`: some process other than this one does. `error` is
    how a process without a terminal failed.
    """

    run: str
    since: Place
    place: Place
    events: tuple[TrainingEvent, ...]
    whole: History | None
    config: RunConfig | None
    state: str
    process: TrainingProcess | None
    is_elsewhere: bool
    error: tuple[str, ...]

    @property
    def is_new(self) -> bool:
        """Whether there are events."""
        return bool(self.events) or (self.whole is not None and self.place != START)

    def add_to(self, history: History) -> History:
        """The history with the news; a new one if the run was rewritten."""
        if self.whole is not None:
            return self.whole
        for event in self.events:
            history.add(event)
        history.place = self.place
        return history

    def shown_by(self, shown: Shown) -> Shown:
        """The run as it is shown, with what the news say of the process."""
        return replace(
            shown,
            state=self.state,
            config=self.config or shown.config,
            total_steps=(self.process and self.process.total_steps) or shown.total_steps,
            process=self.process if self.is_elsewhere else None,
            is_trained_elsewhere=self.is_elsewhere,
            error=self.error,
        )


def read_news(home: Home, name: str, since: Place = START) -> RunNews:
    """Read what was appended to a run's events. Raises StudioError or OSError."""
    run = folders.find(home.runs, name)
    # Before the events: what a process writes before it ends is not missed then.
    process, busy = run.process(), run.is_busy()
    events: tuple[TrainingEvent, ...] = ()
    whole: History | None = None
    config: RunConfig | None = None
    try:
        with EventReader(run.events_file, since) as reader:
            if reader.place == START:
                whole = _whole(run, reader)
            else:
                events = tuple(_unhurried(reader))
            place = reader.place
    except FileNotFoundError:
        whole, place = _whole(run, ()), START
    if whole is not None:
        whole.place = place
        # Another process may have given it more epochs.
        config = run.config()
    if not busy:
        state = folders.summary(run).status
    elif process and process.state != "training":
        state = process.state
    else:
        state = _training(run)
    error = () if busy else tuple(processes.last_error(run))
    is_elsewhere = busy and not (process and process.is_this)
    return RunNews(name, since, place, events, whole, config, state, process, is_elsewhere, error)


def _whole(run: Run, events: Iterable[TrainingEvent]) -> History:
    """The history of these events, with what is known of the device."""
    history = History.of(run.name, _unhurried(events))
    history.take_readings(read_readings(run.folder))
    return history


def _unhurried(events: Iterable[TrainingEvent]) -> Iterator[TrainingEvent]:
    """The events, with rests in which the interface answers keys: a thread holds Python's lock."""
    for number, event in enumerate(events, start=1):
        yield event
        if number % BURST == 0:
            time.sleep(REST)


def _training(run: Run) -> str:
    silence = time.time() - run.events_file.stat().st_mtime if run.events_file.exists() else 0.0
    if silence < SILENCE:
        return "training"
    return tr("nothing heard for {time}", time=duration(silence))


def read_run(home: Home, name: str) -> Shown:
    """Read a run from its folder. A long one has many megabytes of events.

    Raises StudioError or OSError if the folder cannot be read.
    """
    news = read_news(home, name)
    history = news.add_to(History(name))
    limit = news.config.train.max_steps if news.config else 0
    total = history.step if news.state == "finished" else limit
    return news.shown_by(Shown(history, news.state, total_steps=total))


def read_past(home: Home, run: str, step: int) -> History:
    """A run up to the step where it is resumed. Raises like `read_run`."""
    found = folders.find(home.runs, run)
    past = _whole(found, found.each_event())
    past.drop_after(step)
    return past
