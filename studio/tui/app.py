"""The application: three panes and one worker."""

import contextlib
import signal
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import ClassVar, Protocol, cast

import msgspec
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.message import Message
from textual.reactive import reactive
from textual.screen import Screen

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
    TrainingStarted,
)
from studio.model.events import TrainingEnded
from studio.paths import Home
from studio.runs import folders, processes
from studio.settings import Settings, read_settings, write_settings
from studio.tui.closing import Closing
from studio.tui.commands import palette_commands
from studio.tui.help_screen import HelpScreen, key_names
from studio.tui.pane import TITLES
from studio.tui.pinyin_keeper import PinyinKeeper
from studio.tui.quit_screen import QuitScreen
from studio.tui.run_in_training import RunInTraining
from studio.tui.studio_screen import StudioScreen
from studio.tui.terminal_app import TerminalApp
from studio.tui.textual_faults import repair
from studio.tui.themes import THEMES
from studio.tui.widgets.ask_screen import AskScreen
from studio.tui.widgets.modal import Palette

repair()

HERE = Path(__file__).parent
# Events handled in one go; keys are handled in between.
EVENTS_AT_ONCE = 500


class WorkerLike(Protocol):
    """The methods of a worker that the studio uses; a test can pass another class."""

    def start(self) -> None: ...
    def send(self, command: Command) -> None: ...
    def close(self) -> None: ...


WorkerFactory = Callable[[Home, Callable[[Event], None]], WorkerLike]


class EventsWaiting(Message):
    """The worker has put events on the queue. Several of these messages become one."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, EventsWaiting)


class StudioApp(TerminalApp):
    """The application. The panes use it through `Host`."""

    TITLE = "tangshi-studio"
    CSS_PATH: ClassVar[list[str | Path]] = [  # type: ignore[assignment]
        HERE / "studio.tcss",
        *(HERE / name / f"{name}.tcss" for name in TITLES),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1,f2", "pane('corpus')", "Corpus", id="studio.corpus"),
        Binding("2,f3", "pane('training')", "Training", id="studio.training"),
        Binding("3,f4", "pane('playground')", "Playground", id="studio.playground"),
        Binding(
            "z",
            "zoom",
            "Zoom",
            id="studio.zoom",
            tooltip="Give the pane the whole terminal, or share it again",
        ),
        Binding(
            "T,f9",
            "toggle_theme",
            "Theme",
            id="studio.theme",
            show=False,
            tooltip="Switch between dark and light",
        ),
        Binding(
            "escape",
            "leave_field",
            show=False,
            id="studio.leave",
            tooltip="Leave a field; letters are keys again",
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
            tooltip="Return to the shell; fg resumes the studio",
        ),
    ]

    current: reactive[str] = reactive("corpus", init=False, bindings=True)

    def __init__(
        self, home: Home, settings: Settings, worker: WorkerFactory, watch: str = ""
    ) -> None:
        """`watch` is a run to show first."""
        super().__init__()
        self._watch = watch
        self.home = home
        self.settings = settings
        self.pinyin = PinyinKeeper(home)
        self.run_in_training = RunInTraining()
        # The run is being saved; after that the studio quits.
        self._quitting = False
        self._composing: set[int] = set()
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._worker = worker(home, self._emit)
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = settings.theme

    def get_default_screen(self) -> StudioScreen:
        """The screen with the panes."""
        return StudioScreen()

    @property
    def _main_screen(self) -> StudioScreen:
        return cast(StudioScreen, self.screen_stack[0])

    def on_mount(self) -> None:
        self.set_keymap(self.settings.keymap)

    def on_ready(self) -> None:
        # The worker imports torch, so it starts after the first frame is drawn.
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        if self._watch:
            self.current = "training"
            self._main_screen.training.open_run(self._watch)
        self._main_screen.pane(self.current).focus_first()
        self._worker.start()
        self._check_keymap()

    # --- the worker -----------------------------------------------------------------------------

    def send(self, command: Command) -> None:
        """Put a command on the worker's queue."""
        if isinstance(command, Compose):
            self._composing.add(command.ticket)
        self.run_in_training.sent(command)
        self._worker.send(command)

    def close_worker(self) -> None:
        """Save any training and end the worker's thread."""
        self._worker.close()

    def close_worker_on(self, number: int) -> None:
        """Do the same on a signal. What trained in a terminal that has gone is trained on.

        Called on the thread that waits for signals; the event loop may still run.
        """
        training = self.run_in_training
        hung_up = number == signal.SIGHUP and self.settings.on_hangup == "continue"
        if hung_up and training.state == "training":
            with contextlib.suppress(StudioError, OSError):
                run = folders.find(self.home.runs, training.name)
                processes.hand_over(run, self.close_worker)
        self.close_worker()

    def _emit(self, event: Event) -> None:
        """Called on the worker's thread."""
        self._events.put(event)
        # The event loop may have closed already; the worker must not fail.
        with contextlib.suppress(RuntimeError):
            self.post_message(EventsWaiting())

    def on_events_waiting(self) -> None:
        screen = self._main_screen
        panes = screen.panes
        for _ in range(EVENTS_AT_ONCE):
            try:
                event = self._events.get_nowait()
            except Empty:
                return
            self.run_in_training.receive(event)
            self._receive(event)
            for pane in panes:
                pane.receive(event)
            screen.tabs.state = self.run_in_training.summary
        self.post_message(EventsWaiting())

    def _receive(self, event: Event) -> None:
        match event:
            case TrainingStarted() if event.notice:
                self.show_notice(event.notice, title=event.run, severity="warning")
            case Trained(run, TrainingEnded() as ended):
                self._training_ended(run, ended)
            case Composed(ticket=ticket) | ComposeCancelled(ticket=ticket):
                self._composing.discard(ticket)
            case Failed():
                self._failed(event)

    def _training_ended(self, run: str, ended: TrainingEnded) -> None:
        if self._quitting:
            self.exit()
        elif ended.outcome == "diverged":
            self.show_notice(ended.reason, title=f"{run} diverged", severity="error")
        elif not self._main_screen.pane("training").is_showing:
            self.show_notice(f"at step {ended.step:,}", title=f"{run} {ended.outcome}")

    def _failed(self, event: Failed) -> None:
        # The playground reports failed poems itself.
        if event.ticket is None or not self._main_screen.pane("playground").is_showing:
            self.show_notice(event.message, title=f"Failed: {event.what}", severity="error")
        if event.ticket is not None:
            self._composing.discard(event.ticket)
        elif self._quitting:
            # The run was not saved, so the studio stays open.
            self._quitting = False
            if isinstance(self.screen, QuitScreen):
                self.pop_screen()

    # --- panes ----------------------------------------------------------------------------------

    def watch_current(self, current: str) -> None:
        self._main_screen.set_current(current)

    def action_pane(self, name: str) -> None:
        """Go to a pane."""
        self.current = name
        self._main_screen.pane(name).restore_focus()

    def action_zoom(self) -> None:
        """Give the current pane the whole terminal, or share it again."""
        self._main_screen.zoom(not self._main_screen.zoomed)

    def action_toggle_theme(self) -> None:
        """Switch between dark and light."""
        self.action_use_theme("paper" if self.theme == "ink" else "ink")

    def action_use_theme(self, name: str) -> None:
        """Change the colours, now and in later sessions."""
        self.theme = name
        self.save_settings(theme=name)

    def action_use_layout(self, layout: str) -> None:
        """Change the layout, now and in later sessions."""
        self.save_settings(layout=layout)
        self._main_screen.zoom(False)

    def action_leave_field(self) -> None:
        """Move the focus from a field to its pane."""
        self._main_screen.pane(self.current).focus()

    def action_train(self, recipe: str) -> None:
        """Start a new run with the settings of a recipe, unchanged, if the user confirms it."""
        start = partial(self._main_screen.training.start_recipe, recipe)
        self._ask(f"Start a new run with the recipe {recipe}?", "Start", start)

    def action_resume(self, run: str) -> None:
        """Resume a run, if the user confirms it."""
        self._ask(f"Resume {run}?", "Resume", partial(self._main_screen.training.resume, run))

    def _ask(self, question: str, yes: str, action: Callable[[], None]) -> None:
        """Do what the palette found only after a question: a few letters match many entries."""
        self.push_screen(
            AskScreen(question, yes, "Cancel"), lambda sure: action() if sure else None
        )

    def action_help(self) -> None:
        """Show all keys and the glossary."""
        if isinstance(self.screen, HelpScreen):
            return
        sections: list[tuple[str, list[DOMNode]]] = [
            (f"In {TITLES[pane.id or '']}", [pane, *pane.query("*")])
            for pane in self._main_screen.panes
        ]
        current = sections.pop(list(TITLES).index(self.current))
        self.push_screen(HelpScreen([current, ("Everywhere", [self]), *sections]))

    def action_command_palette(self) -> None:
        """Open the command palette."""
        if not any(isinstance(screen, Palette) for screen in self.screen_stack):
            self.push_screen(Palette())

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The entries of the command palette."""
        for title, help_text, action in palette_commands(self.home):

            async def run(action: str = action) -> None:
                await self.run_action(action)

            yield SystemCommand(title, help_text, run)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable zooming unless the panes are side by side."""
        return action != "zoom" or self._main_screen.has_columns

    # --- settings -------------------------------------------------------------------------------

    def save_settings(self, **changes: object) -> None:
        """Change settings, now and in the settings file.

        The file is read again first: changes that the user made there meanwhile are kept, and a
        file that cannot be read is not overwritten.
        """
        self.settings = msgspec.structs.replace(self.settings, **changes)
        try:
            kept = msgspec.structs.replace(read_settings(self.home.settings), **changes)
            write_settings(self.home.settings, kept)
        except (StudioError, OSError) as error:
            self.show_notice(str(error), title="Settings not saved", severity="warning")

    def _check_keymap(self) -> None:
        if unknown := sorted(self.settings.keymap.keys() - key_names()):
            self.show_notice(
                f"{self.home.settings}, [keymap]: unknown key name: {', '.join(unknown)}. "
                "The help screen (?) lists the names.",
                title="Keymap",
                severity="warning",
            )

    # --- quitting -------------------------------------------------------------------------------

    async def action_quit(self) -> None:
        """Quit. If a run is in training, ask first and save it."""
        if not self.run_in_training.is_running:
            self.exit()
        elif not isinstance(self.screen, QuitScreen):
            self.push_screen(QuitScreen(self.run_in_training.name, self._save_and_exit))

    def _save_and_exit(self) -> None:
        """Save the run, then quit."""
        if not self.run_in_training.is_running:
            self.exit()
            return
        self._quitting = True
        for ticket in self._composing:
            self.send(CancelCompose(ticket))
        self.send(Stop())


def run_studio(home: Home, settings: Settings, watch: str = "") -> int:
    """Run the studio in the user's terminal, on the run `watch` if it is given.

    Returns the exit code, 0 on success.
    """
    from studio.worker import Worker

    studio = StudioApp(home, settings, Worker, watch)
    closing = Closing(
        studio.close_worker_on, studio.request_exit, studio.restore_terminal, studio.wake_loop
    )
    closing.listen()
    try:
        studio.run(mouse=settings.mouse)
    finally:
        closing.interface_closed()
        studio.close_worker()
    return studio.return_code or 0
