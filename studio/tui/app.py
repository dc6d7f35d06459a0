"""The studio: three panes, one worker."""

import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, ClassVar, Protocol, cast

import msgspec
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.dom import DOMNode
from textual.errors import NoWidget
from textual.events import Event as TerminalEvent
from textual.events import MouseDown
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.screen import Screen

from studio import paths
from studio.errors import StudioError
from studio.messages import (
    CancelCompose,
    Command,
    Compose,
    ComposeCancelled,
    Composed,
    Event,
    Failed,
    Stop,
    Trained,
    TrainingPaused,
    TrainingResumed,
    TrainingStarted,
)
from studio.model.config import RECIPES
from studio.model.events import StepDone, TrainingEnded
from studio.paths import Home
from studio.runs import folders
from studio.settings import Settings, read_settings, write_settings
from studio.tui.closing import Closing
from studio.tui.corpus_pane import CorpusPane
from studio.tui.help_screen import HelpScreen, own_bindings
from studio.tui.key_bar import KeyBar
from studio.tui.keys_in_order import KeysInOrder
from studio.tui.modal import Palette
from studio.tui.pane import Pane
from studio.tui.pinyin_input import PinyinKeeper
from studio.tui.playground_pane import PlaygroundPane
from studio.tui.quit_screen import QuitScreen
from studio.tui.tab_line import TabLine
from studio.tui.terminal_driver import TerminalDriver
from studio.tui.textual_faults import repair
from studio.tui.themes import THEMES
from studio.tui.training_pane import TrainingPane
from studio.wording import printable

repair()

TITLES = {"corpus": "Corpus", "training": "Training", "playground": "Playground"}
# From this width on the panes stand side by side.
COLUMNS_FROM = 120
# Events handled before the keyboard is looked at again.
BURST = 500


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


class StudioScreen(Screen[None]):
    """The screen with the three panes."""

    def _screen_resized(self, size: Size) -> None:
        # Together with the new size, not when the terminal reports it: between the two, the panes
        # would be laid out for the one size and styled for the other.
        cast("StudioApp", self.app).arrange(size.width)
        super()._screen_resized(size)


class StudioApp(KeysInOrder):
    """The application."""

    TITLE = "tangshi-studio"
    CSS_PATH: ClassVar[list[str | Path]] = [  # type: ignore[assignment]
        *sorted(paths.assets().glob("*.tcss"), key=lambda path: path.stem != "studio")
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1,f2", "pane('corpus')", "Corpus", id="studio.corpus"),
        Binding("2,f3", "pane('training')", "Training", id="studio.runs.session"),
        Binding("3,f4", "pane('playground')", "Playground", id="studio.playground"),
        Binding(
            "z", "zoom", "Zoom", id="studio.zoom", tooltip="Give the pane the whole terminal, back"
        ),
        Binding(
            "T,f9",
            "toggle_theme",
            "Theme",
            id="studio.theme",
            show=False,
            tooltip="Dark ink, light paper",
        ),
        Binding(
            "escape",
            "leave_field",
            show=False,
            id="studio.leave",
            tooltip="Leave a field, so that letters are keys again",
        ),
        Binding("question_mark,f1", "help", "Help", id="studio.help", tooltip="This help"),
        Binding("q,ctrl+q", "quit", "Quit", id="studio.quit"),
        Binding(
            "ctrl+z",
            "suspend_process",
            "Suspend",
            id="studio.suspend",
            show=False,
            priority=True,
            tooltip="Back to the shell; fg continues",
        ),
    ]

    current: reactive[str] = reactive("corpus", bindings=True)
    zoomed: reactive[bool] = reactive(False, bindings=True)

    def __init__(self, home: Home, settings: Settings, worker: WorkerFactory) -> None:
        super().__init__()
        self.home = home
        self.settings = settings
        self.pinyin = PinyinKeeper(home)
        self.training: TrainingStarted | None = None
        self._width = 0
        self._paused = False
        self._step = 0
        self._leaving = False
        self._composing: set[int] = set()
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._worker = worker(home, self._emit)
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = settings.theme

    def compose(self) -> ComposeResult:
        yield TabLine(TITLES)
        with Horizontal(id="panes"):
            yield CorpusPane(id="corpus")
            yield TrainingPane(id="training")
            yield PlaygroundPane(id="playground")
        yield KeyBar()

    def on_mount(self) -> None:
        for number, pane in enumerate(self._panes(), start=1):
            pane.border_title = f"{number} {TITLES[pane.id or '']}"
        self._foresee()
        self.set_keymap(self.settings.keymap)
        # The worker imports torch: only once the first frame has been painted.
        self.call_after_refresh(self._open)

    def _open(self) -> None:
        self._pane(self.current).focus_first()
        self._worker.start()
        self._check_keymap()

    def _foresee(self) -> None:
        """Give the panes the classes of the size that they will have: the first frame needs them.

        The style sheet gives the current pane half the width, the others a quarter each.
        """
        self._width, height = self.size
        self._arrange()
        beside = self.has_columns
        for pane in self._panes():
            quarters = 4 if not beside else 2 if pane.id == self.current else 1
            size = Size(self._width * quarters // 4, height - 1 - (not beside))
            pane.update_classes(pane.size_classes(size))

    def _panes(self) -> list[Pane]:
        # Not by a query, which walks through every widget: this is asked at every event.
        stand = self.screen_stack[0].query_one("#panes").children
        return [each for each in stand if isinstance(each, Pane)]

    def _pane(self, name: str) -> Pane:
        return self.screen_stack[0].query_one(f"#{name}", Pane)

    # --- the worker -----------------------------------------------------------------------------

    def send(self, command: Command) -> None:
        """Put a command on the worker's queue."""
        if isinstance(command, Compose):
            self._composing.add(command.ticket)
        self._worker.send(command)

    def _emit(self, event: Event) -> None:
        """Called on the worker's thread."""
        self._events.put(event)
        # While the studio closes there may be no loop left to be told; the worker must go on.
        with contextlib.suppress(RuntimeError):
            self.post_message(EventsWaiting())

    def on_events_waiting(self) -> None:
        panes = self._panes()
        for _ in range(BURST):
            try:
                event = self._events.get_nowait()
            except Empty:
                return
            self._hear(event)
            for pane in panes:
                pane.receive(event)
        self.post_message(EventsWaiting())

    def _hear(self, event: Event) -> None:
        """Keep what the frame around the panes needs to know."""
        match event:
            case TrainingStarted():
                self.training, self._paused, self._step = event, False, event.step
                if event.notice:
                    self.say(event.notice, title=event.run, severity="warning")
            case TrainingPaused():
                self._paused = True
            case TrainingResumed():
                self._paused = False
            case Trained(_, StepDone(step=step)):
                self._step = step
            case Trained(run, TrainingEnded() as ended):
                self._training_ended(run, ended)
            case Composed(ticket=ticket) | ComposeCancelled(ticket=ticket):
                self._composing.discard(ticket)
            case Failed():
                self._composing.discard(event.ticket or 0)
                self._failed(event)
            case _:
                return
        self.screen_stack[0].query_one(TabLine).state = self._state()

    def _training_ended(self, run: str, ended: TrainingEnded) -> None:
        self.training = None
        if self._leaving:
            self.exit()
        elif ended.outcome == "diverged":
            self.say(ended.reason, title=f"{run} diverged", severity="error")
        elif not self._pane("training").is_showing:
            self.say(f"at step {ended.step:,}", title=f"{run} {ended.outcome}")

    def _failed(self, event: Failed) -> None:
        # A poem that cannot be written is answered where it was asked for.
        if event.ticket is None or not self._pane("playground").is_showing:
            self.say(event.message, title=f"Failed: {event.what}", severity="error")
        if event.what == "training":
            self.training = None
        if self._leaving and event.ticket is None:
            # What was to be saved was not: the person decides again.
            self._leaving = False
            if isinstance(self.screen, QuitScreen):
                self.pop_screen()

    def _state(self) -> str:
        if self.training is None:
            return ""
        share = self._step / max(1, self.training.total_steps)
        return f"{self.training.run} {'paused ' if self._paused else ''}{share:.0%}"

    def say(self, message: str, *, title: str = "", severity: Any = "information") -> None:
        """Show a notification; `message` is text, not markup."""
        self.notify(
            printable(message), title=printable(title), severity=severity, markup=False, timeout=8
        )

    # --- the layout -----------------------------------------------------------------------------

    def get_default_screen(self) -> StudioScreen:
        """The screen that takes the panes."""
        return StudioScreen(id="_default")

    def arrange(self, width: int) -> None:
        """Put the panes side by side, or one at a time, for a screen of this width in cells."""
        self._width = width
        self._arrange()
        self.refresh_bindings()

    def watch_current(self, current: str) -> None:
        for pane in self._panes():
            pane.restyle({"-current": pane.id == current}, [pane])
            if pane.id == current and pane.is_mounted:
                pane.look_again()
        for tabs in self.screen_stack[0].query(TabLine):
            tabs.current = current

    def watch_zoomed(self) -> None:
        self._arrange()

    @property
    def has_columns(self) -> bool:
        """Whether there is room, and the wish, for panes side by side."""
        layout = self.settings.layout
        return layout == "columns" or (layout == "auto" and self._width >= COLUMNS_FROM)

    def _arrange(self) -> None:
        single = self.zoomed or not self.has_columns
        screen = self.screen_stack[0]
        if screen.has_class("-single") != single:
            screen.set_class(single, "-single", update=False)
            self.stylesheet.update_nodes([screen, *screen.query("#tabs, Pane")])

    def action_pane(self, name: str) -> None:
        """Go to a pane."""
        self.current = name
        self._pane(name).come_back()

    def action_zoom(self) -> None:
        """Give the current pane the whole terminal, or put the panes side by side again."""
        if self.has_columns:
            self.zoomed = not self.zoomed

    def action_toggle_theme(self) -> None:
        """Dark or light."""
        self._use_theme("paper" if self.theme == "ink" else "ink")

    def _use_theme(self, name: str) -> None:
        self.theme = name
        self.remember(theme=name)

    def _use_layout(self, layout: str) -> None:
        self.zoomed = False
        self.remember(layout=layout)
        self._arrange()

    def action_leave_field(self) -> None:
        """Put the focus on the pane itself."""
        self._pane(self.current).focus()

    def action_help(self) -> None:
        """Show every key."""
        if isinstance(self.screen, HelpScreen):
            return
        places: list[tuple[str, list[DOMNode]]] = [
            (f"In {TITLES[pane.id or '']}", [pane, *pane.query("*")]) for pane in self._panes()
        ]
        here = list(TITLES).index(self.current)
        self.push_screen(HelpScreen([places.pop(here), ("Everywhere", [self]), *places]))

    def action_command_palette(self) -> None:
        """Open the command palette."""
        if not any(isinstance(screen, Palette) for screen in self.screen_stack):
            self.push_screen(Palette())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Zooming needs panes that stand side by side."""
        if action == "zoom":
            return self.has_columns
        return True

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The command palette."""
        for name, title in TITLES.items():
            yield SystemCommand(f"Go to {title}", "Pane", lambda name=name: self.action_pane(name))
        for recipe in RECIPES:
            yield SystemCommand(
                f"Train with the recipe {recipe}",
                "Start a new run with its settings as they are",
                lambda recipe=recipe: self._training_pane.start_recipe(recipe),
            )
        for run in folders.all_runs(self.home.runs)[:20]:
            yield SystemCommand(
                f"Resume {run.name}",
                "Go on with this run",
                lambda name=run.name: self._training_pane.resume(name),
            )
        for theme, words in (("ink", "Dark"), ("paper", "Light")):
            yield SystemCommand(f"Theme {theme}", words, lambda theme=theme: self._use_theme(theme))
        for layout, words in (
            ("auto", "Side by side where there is room"),
            ("columns", "Always side by side"),
            ("single", "One pane at a time"),
        ):
            yield SystemCommand(
                f"Layout {layout}", words, lambda layout=layout: self._use_layout(layout)
            )
        yield SystemCommand("Help", "All keys", self.action_help)
        yield SystemCommand("Quit", "Leave; training is saved first", self.action_quit)

    @property
    def _training_pane(self) -> TrainingPane:
        return self.screen_stack[0].query_one(TrainingPane)

    # --- settings -------------------------------------------------------------------------------

    def remember(self, **changes: object) -> None:
        """Keep settings for the next time.

        The file is read again first: what the person wrote there meanwhile stays, and a file that
        cannot be read is left alone.
        """
        self.settings = msgspec.structs.replace(self.settings, **changes)
        try:
            kept = msgspec.structs.replace(read_settings(self.home.settings), **changes)
            write_settings(self.home.settings, kept)
        except (StudioError, OSError) as error:
            self.say(str(error), title="Settings not kept", severity="warning")

    def _check_keymap(self) -> None:
        nodes = [self, *self.query("*")]
        known = {binding.id for binding in own_bindings(nodes)}
        if unknown := [name for name in self.settings.keymap if name not in known]:
            self.say(
                f"{self.home.settings}, [keymap]: there is no key called {', '.join(unknown)}. "
                "The help screen has the names.",
                title="Keymap",
                severity="warning",
            )

    # --- leaving --------------------------------------------------------------------------------

    async def action_quit(self) -> None:
        """Leave; while a run is in training, ask and save first."""
        if self.training is None:
            self.exit()
        elif not isinstance(self.screen, QuitScreen):
            self.push_screen(QuitScreen(self.training.run, self._save_and_exit))

    def _save_and_exit(self) -> None:
        """Have the run saved and leave when it is."""
        if self.training is None:
            self.exit()
            return
        self._leaving = True
        for ticket in self._composing:
            self.send(CancelCompose(ticket))
        self.send(Stop())

    def action_suspend_process(self) -> None:
        """Suspend, as ctrl+z does in a shell; `fg` resumes the studio and any training."""
        if not isinstance(self._driver, TerminalDriver):
            return
        if self._driver.has_shell():
            self._driver.suspend()
        else:
            self.say(
                "Cannot suspend: the studio was not started from a shell. Press q to quit.",
                severity="warning",
            )

    async def on_event(self, event: TerminalEvent) -> None:
        """Ignore clicks on widgets that were removed but are still drawn: Textual fails on them."""
        if isinstance(event, MouseDown):
            with contextlib.suppress(NoWidget):
                if not self.screen.get_widget_at(event.x, event.y)[0].is_attached:
                    return
        await super().on_event(event)

    def _handle_exception(self, error: Exception) -> None:
        # While the studio closes, widgets are removed one by one: errors about missing ones are
        # expected.
        if not self._exit:
            super()._handle_exception(error)

    def leave(self, code: int) -> bool:
        """Ask to close with an exit code, on any thread. Returns whether it could be asked."""
        if not self.is_running:
            return False
        with contextlib.suppress(RuntimeError):  # the loop has been closed
            return self.call_later(self.exit, return_code=code)
        return False

    def wake(self) -> None:
        """Have the loop run once, so that signal handlers run; called on any thread."""
        with contextlib.suppress(RuntimeError):  # the loop has been closed
            if self._loop:
                self._loop.call_soon_threadsafe(lambda: None)

    def restore_terminal(self) -> None:
        """Give the terminal back without waiting for the interface."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.restore()

    def close_worker(self) -> None:
        """End the worker's thread; training is saved."""
        self._worker.close()


def run_studio(home: Home, settings: Settings) -> int:
    """Open the studio in the user's terminal; the exit code, 0 where all went well."""
    from studio.worker import Worker

    studio = StudioApp(home, settings, Worker)
    closing = Closing(studio.close_worker, studio.leave, studio.restore_terminal, studio.wake)
    closing.listen()
    try:
        studio.run(mouse=settings.mouse)
    finally:
        closing.closed()
        studio.close_worker()
    return studio.return_code or 0
