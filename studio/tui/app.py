"""The application: three panes and one worker."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import ClassVar, Protocol, cast

import msgspec
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

from studio.errors import StudioError
from studio.messages import Command, Event, TrainNext
from studio.paths import Home
from studio.reasons import in_words
from studio.settings import Settings, read_settings, write_settings
from studio.translation import language_for, marked, tr, use_language
from studio.tui.announcements import Announcements
from studio.tui.closing import Closing, Threads
from studio.tui.commands import chosen, key_commands, other_commands
from studio.tui.help_screen import HelpScreen, Section, key_names, sections_of
from studio.tui.jump_screen import JumpScreen
from studio.tui.keys import KEYS
from studio.tui.language_change import say_all_again
from studio.tui.leaving import Leaving
from studio.tui.pinyin_keeper import PinyinKeeper
from studio.tui.quick_styles import quicken_styles
from studio.tui.run_in_training import RunInTraining
from studio.tui.studio_screen import StudioScreen
from studio.tui.terminal_app import TerminalApp
from studio.tui.textual_faults import repair
from studio.tui.themes import NAMES
from studio.tui.widgets.modal import Palette

repair()
quicken_styles()

HERE = Path(__file__).parent
_GREETING = marked(
    "1 shows the poems of the Tang, 2 trains a model on them, 3 writes poems. Press 3 to read the "
    "poem of the day. ? shows all keys, q quits."
)
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
    # The other panes bring their style sheets.
    CSS_PATH: ClassVar[list[str | Path]] = [  # type: ignore[assignment]
        HERE / "studio.tcss",
        HERE / "corpus" / "corpus.tcss",
    ]
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    current: reactive[str] = reactive("corpus", init=False, bindings=True)

    def __init__(
        self,
        home: Home,
        settings: Settings,
        worker: WorkerFactory,
        watch: str = "",
        greets: bool = False,
    ) -> None:
        """`watch` is a run to show first; `greets` says at the start what the panes are."""
        super().__init__()
        self._watch, self._greets = watch, greets
        self.home = home
        self.settings = settings
        # Later it may be gone.
        self._started_in = Path.cwd()
        self.pinyin = PinyinKeeper(home)
        self.run_in_training = RunInTraining()
        self._leaving = Leaving(self)
        self._announcements = Announcements(
            self, self._leaving, lambda pane: self._main_screen.pane(pane).is_showing
        )
        self._completes = False
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._worker = worker(home, self._emit)
        colour = settings.colour
        self.use_colours("truecolor" if colour == "auto" else colour, settings.theme)

    def get_default_screen(self) -> StudioScreen:
        """The screen with the panes."""
        return StudioScreen()

    @property
    def _main_screen(self) -> StudioScreen:
        return cast(StudioScreen, self.screen_stack[0])

    def on_load(self) -> None:
        asyncio.get_running_loop().set_default_executor(Threads())

    def on_mount(self) -> None:
        self.set_keymap(self.settings.keymap)

    def on_ready(self) -> None:
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        """Do what can wait until the first frame is drawn."""
        # A focus that is asked for now could come after that of a key typed meanwhile.
        pane, focused = self._main_screen.pane(self.current), self._main_screen.focused
        if focused is None or not pane.is_displayed(focused):
            pane.focus_first()
        self.run_worker(self._start_rest())

    async def _start_rest(self) -> None:
        await self.completion.wait()
        if self._watch:
            await self.action_pane("training")
            self._main_screen.training.action_open_run(self._watch)
        self.collect_garbage()
        # The worker imports torch, and collects no garbage meanwhile.
        self._worker.start()
        self._check_keymap()
        self._check_terminal()
        if self._greets:
            self.show_notice(tr(_GREETING), title=tr("Welcome"))

    @property
    def completion(self) -> asyncio.Event:
        """Set when all panes are there. Whoever asks first has them added."""
        if not self._completes:
            self._completes = True
            self.run_worker(self._main_screen.complete())
        return self._main_screen.completion

    # --- the worker -----------------------------------------------------------------------------

    def send(self, command: Command) -> None:
        """Put a command on the worker's queue."""
        self._leaving.sent(command)
        self.run_in_training.sent(command)
        self._worker.send(command)

    def close_worker(self) -> None:
        """Save any training and end the worker's thread."""
        self._worker.close()

    def close_worker_on(self, number: int) -> None:
        """Do the same on a signal. What trained in a terminal that has gone is trained on."""
        self._leaving.close_worker_on(number, self.close_worker)

    def _emit(self, event: Event) -> None:
        """Called on the worker's thread."""
        self._events.put(event)
        # The event loop may have closed already; the worker must not fail.
        with contextlib.suppress(RuntimeError):
            self.post_message(EventsWaiting())

    def on_events_waiting(self) -> None:
        panes = self._main_screen.panes
        for _ in range(EVENTS_AT_ONCE):
            try:
                event = self._events.get_nowait()
            except Empty:
                return
            has_room = self.run_in_training.receive(event)
            self._announcements.receive(event)
            self._leaving.receive(event)
            if has_room and not self._leaving.is_going:
                self.send(TrainNext())
            for pane in panes:
                pane.receive(event)
            self._show_progress()
        self.post_message(EventsWaiting())

    def _show_progress(self) -> None:
        run = self.run_in_training
        self._main_screen.tabs.state = run.summary
        self.show_in_terminal(run.summary, run.share, run.state == "paused")

    # --- panes ----------------------------------------------------------------------------------

    def watch_current(self, current: str) -> None:
        self._main_screen.set_current(current)

    async def action_pane(self, name: str) -> None:
        """Go to a pane."""
        if not self.completion.is_set():
            await self._main_screen.reach(name)
        # When the focused widget is hidden, Textual focuses another one in its pane. That pane
        # would be the current one again.
        self._main_screen.set_focus(None)
        self.current = name
        self._main_screen.pane(name).restore_focus()

    def action_zoom(self) -> None:
        """Give the current pane the whole terminal, or share it again."""
        self._main_screen.zoom(not self._main_screen.zoomed)

    def action_toggle_theme(self) -> None:
        """Change to the next theme."""
        self.action_use_theme(NAMES[(NAMES.index(self.theme) + 1) % len(NAMES)])

    def action_use_theme(self, name: str) -> None:
        """Change the colours, now and in later sessions."""
        self.theme = name
        self.save_settings(theme=name)

    def action_use_layout(self, layout: str) -> None:
        """Change the layout, now and in later sessions."""
        self.save_settings(layout=layout)
        self._main_screen.zoom(False)

    def action_use_language(self, language: str) -> None:
        """Change the language, now and in later sessions."""
        use_language(language_for(language, os.environ))
        self.save_settings(language=language)
        self.run_in_training.say_again()
        say_all_again(self)
        self._show_progress()

    def action_leave_field(self) -> None:
        """Move the focus from a field to its pane."""
        self._main_screen.pane(self.current).focus()

    def action_jump(self) -> None:
        """Put a letter on each place that can have the focus, and go where the user says."""
        main = self._main_screen
        if self.screen is main:
            places = [each for each in main.focus_chain if each.region.overlaps(main.region)]
            self.push_screen(JumpScreen(places), self._jump)

    def _jump(self, place: Widget | None) -> None:
        if place is not None and place.is_attached:
            place.focus()

    async def action_help(self) -> None:
        """Show all keys, those of the screen first, and the glossary."""
        if isinstance(self.screen, HelpScreen):
            return
        here: list[Section] = []
        if self.screen is not self._main_screen:
            here = [(tr("On this screen"), [self.screen, *self.screen.query("*")])]
        current = self._main_screen.pane(self.current)
        help_screen = HelpScreen([*here, *sections_of(current), self._everywhere])
        await self.push_screen(help_screen)
        self.run_worker(self._complete(help_screen, here))

    @property
    def _everywhere(self) -> Section:
        return tr("Everywhere"), [self]

    async def _complete(self, help_screen: HelpScreen, here: list[Section]) -> None:
        await self.completion.wait()
        panes = self._main_screen.panes
        panes.sort(key=lambda pane: pane.id != self.current)
        (current, *rest) = [list(sections_of(pane)) for pane in panes]
        others = chain.from_iterable(rest)
        await help_screen.complete([*here, *current, self._everywhere, *others])

    async def action_command_palette(self) -> None:  # type: ignore[override]  # Textual awaits it
        """Open the command palette."""
        await self.completion.wait()
        if not any(isinstance(screen, Palette) for screen in self.screen_stack):
            self.push_screen(Palette())

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The entries of the command palette."""
        main = self._main_screen
        for command in (
            *key_commands(self, main.panes, self.settings.keymap),
            *other_commands(self.home, main.training),
        ):
            choose = partial(chosen, self, command)
            yield SystemCommand(command.title, command.help_text, choose)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable zooming unless the panes are side by side."""
        return action != "zoom" or self._main_screen.has_columns

    @property
    def export_folder(self) -> Path:
        """The folder that files were exported to last, or else the working directory."""
        last = self.settings.export_folder
        # It may be on a disk that is gone, or no longer the user's.
        return Path(last) if os.path.isdir(last) else self._started_in  # noqa: PTH112

    @export_folder.setter
    def export_folder(self, folder: Path) -> None:
        if folder != self.export_folder:
            self.save_settings(export_folder=str(folder))

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
            self.show_notice(in_words(error), title=tr("Settings not saved"), severity="warning")

    def _check_keymap(self) -> None:
        if unknown := sorted(self.settings.keymap.keys() - key_names()):
            self.show_notice(
                tr(
                    "{file}, [keymap]: unknown key name: {names}. "
                    "The help screen (?) lists the names.",
                    file=self.home.settings,
                    names=tr(", ").join(unknown),
                ),
                title=tr("Keymap"),
                severity="warning",
            )

    # --- quitting -------------------------------------------------------------------------------

    async def action_quit(self) -> None:
        """Quit. If a run is in training, ask first what becomes of it."""
        self._leaving.ask()


def run_studio(home: Home, settings: Settings, watch: str = "") -> int:
    """Run the studio in the user's terminal, on the run `watch` if it is given.

    Returns the exit code, 0 on success.
    """
    from studio.worker import Worker

    # Writing a poem or changing the theme writes the settings.
    is_new = not (home.settings.exists() or home.runs.exists())
    studio = StudioApp(home, settings, Worker, watch, greets=is_new)
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
