"""The studio: three panes, one worker."""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import ClassVar, Protocol

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Footer

from studio import paths
from studio.messages import Command, Event
from studio.paths import Home
from studio.settings import Settings, read_settings
from studio.tui.corpus_pane import CorpusPane
from studio.tui.pane import Pane
from studio.tui.playground_pane import PlaygroundPane
from studio.tui.training_pane import TrainingPane


class WorkerLike(Protocol):
    """What the studio asks of a worker, so that a test can put another in its place."""

    def start(self) -> None: ...
    def send(self, command: Command) -> None: ...
    def close(self) -> None: ...


WorkerFactory = Callable[[Home, Callable[[Event], None]], WorkerLike]


class EventsWaiting(Message):
    """The worker has told something: look at the queue. A burst collapses into one message."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, EventsWaiting)


class StudioApp(App[None]):
    """The application."""

    TITLE = "tangshi-studio"
    CSS_PATH = paths.assets() / "studio.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "pane('corpus')", "Corpus", id="studio.corpus"),
        Binding("2", "pane('training')", "Training", id="studio.training"),
        Binding("3", "pane('playground')", "Playground", id="studio.playground"),
        Binding("q,ctrl+q", "quit", "Quit", id="studio.quit"),
    ]

    def __init__(self, home: Home, settings: Settings, worker: WorkerFactory) -> None:
        super().__init__()
        self.home = home
        self.settings = settings
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._worker = worker(home, self._emit)

    def compose(self) -> ComposeResult:
        with Horizontal(id="panes"):
            yield CorpusPane(id="corpus")
            yield TrainingPane(id="training")
            yield PlaygroundPane(id="playground")
        yield Footer()

    def on_mount(self) -> None:
        # The worker imports torch: only once the first frame has been painted.
        self.call_after_refresh(self._worker.start)

    def send(self, command: Command) -> None:
        """Put a command on the worker's queue."""
        self._worker.send(command)

    def _emit(self, event: Event) -> None:
        """Called on the worker's thread."""
        self._events.put(event)
        self.post_message(EventsWaiting())

    def on_events_waiting(self) -> None:
        panes = list(self.query(Pane))
        while True:
            try:
                event = self._events.get_nowait()
            except Empty:
                return
            for pane in panes:
                pane.receive(event)

    def action_pane(self, name: str) -> None:
        """Go to a pane."""
        self.query_one(f"#{name}", Pane).focus_first()


def run_studio() -> None:
    """Open the studio in the user's terminal."""
    from studio.worker import Worker

    home = Home.default()
    StudioApp(home, read_settings(home.settings), Worker).run()
