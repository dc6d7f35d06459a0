"""An application whose terminal may be suspended, slow or closed."""

import contextlib
import gc
import os
import time
from collections.abc import Sequence
from typing import Any, ClassVar

from rich.console import RenderableType
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.driver import Driver
from textual.errors import NoWidget
from textual.events import AppFocus, Event, Key, MouseDown, Resize
from textual.filter import LineFilter
from textual.notifications import Notify as Raised
from textual.screen import Screen

from studio.translation import marked, tr
from studio.tui.keys_in_order import KeysInOrder
from studio.tui.painting import Economical
from studio.tui.palette_filter import PaletteFilter
from studio.tui.terminal_driver import TerminalDriver
from studio.tui.terminal_notices import Notify
from studio.tui.themes import NAMES, Depth, greys, palette, theme_for
from studio.wording import printable

# Seconds without a key or click after which the person may be elsewhere. Not every terminal reports
# that its window has lost the focus; tmux does so only with `focus-events on`.
AWAY_AFTER = 60.0

# Collections of middle-aged objects before one of all objects; Python's default is 10.
WHOLE_COLLECTIONS = 100


class TerminalApp(KeysInOrder):
    """Suspends on ctrl+z, exits on request from any thread, ignores widgets that have gone."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+z",
            "suspend_process",
            marked("Suspend"),
            id="studio.suspend",
            show=False,
            priority=True,
            tooltip=marked("Return to the shell; fg resumes the studio"),
        ),
        Binding(
            "ctrl+l",
            "redraw",
            show=False,
            id="studio.redraw",
            tooltip=marked("Draw the screen again, if another program wrote on it"),
        ),
    ]

    _last_input = time.monotonic()

    def __init__(self) -> None:
        super().__init__()
        # By the name of the theme. Empty in truecolor.
        self._palettes: dict[str, PaletteFilter] = {}

    def use_colours(self, depth: Depth, theme: str) -> None:
        """Set the theme. With 256 or 16 colours, draw only with those chosen for it."""
        for name in NAMES:
            self.register_theme(theme_for(name, depth))
        if depth != "truecolor":
            self._palettes = {
                name: PaletteFilter(greys(depth) if self.no_color else palette(name, depth))
                for name in NAMES
            }
        self.start_with_theme(theme)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What changes the colours before they are drawn."""
        filters = super().get_line_filters()
        chosen = self._palettes.get(self.theme)
        return [*filters, chosen] if chosen else filters

    def update_styles(self, node: DOMNode, animate: bool = True) -> None:
        """Style what a widget's classes change. One that is not mounted yet is styled later."""
        if node is self or node.parent is not None:
            super().update_styles(node, animate=animate)

    def get_driver_class(self) -> type[Driver]:
        """The driver for this platform; on Unix, `TerminalDriver`."""
        found = super().get_driver_class()
        return TerminalDriver if found.__name__ == "LinuxDriver" else found

    def get_key_display(self, binding: Binding) -> str:
        """The name of a key. Terminals disagree about the width of Textual's sign for enter."""
        return super().get_key_display(binding).replace("⏎", "enter")

    def show_notice(self, message: str, *, title: str = "", severity: Any = "information") -> None:
        """Show a notification; `message` is text, not markup."""
        self.notify(
            printable(message), title=printable(title), severity=severity, markup=False, timeout=8
        )

    def on_notify(self, event: Raised) -> None:
        """Remove the same notification, if it is still shown, before this one is added."""
        for each in list(self._notifications):
            if (each.message, each.title) == (event.notification.message, event.notification.title):
                self._unnotify(each, refresh=False)

    def show_in_terminal(self, doing: str, share: float | None, paused: bool) -> None:
        """Show in the terminal's title and progress what is done; nothing where there is none."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.notices.show(doing, share, paused)

    @property
    def is_person_away(self) -> bool:
        """Whether the window has lost the focus, or nothing was typed for a while."""
        return not self.app_focus or time.monotonic() - self._last_input > AWAY_AFTER

    def notify_if_away(self, text: str, how: Notify) -> None:
        """Call the person through the terminal, if they are elsewhere."""
        if isinstance(self._driver, TerminalDriver) and self.is_person_away:
            self._driver.notices.notify(text, how)

    def on_app_focus(self, event: AppFocus) -> None:
        """The terminal has the focus again; tmux may be shown in another one by now."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.notices.look_again()

    def start_with_theme(self, name: str) -> None:
        """Use a theme from the start; changing it would parse the style sheets again."""
        self.set_reactive(TerminalApp.theme, name)
        dark = self.current_theme.dark
        self.update_classes(
            {f"-theme-{name}": True, "-dark-mode": dark, "-light-mode": not dark}, update=False
        )
        self.stylesheet.set_variables(self.get_css_variables())

    def collect_garbage(self) -> None:
        """Resume the collection that `launch` stopped for the start."""
        if not gc.isenabled():
            # What is there by now stays: without it, later collections are short.
            gc.freeze()
            # A whole collection holds up keys for some 50 ms, for Textual keeps many objects.
            young, middle, _ = gc.get_threshold()
            gc.set_threshold(young, middle, WHOLE_COLLECTIONS)
            gc.enable()

    def action_suspend_process(self) -> None:
        """Suspend, as ctrl+z does in a shell; `fg` resumes the studio and any training."""
        if not isinstance(self._driver, TerminalDriver):
            return
        if self._driver.has_shell():
            self._driver.suspend()
        else:
            self.show_notice(
                tr("Cannot suspend: the studio was not started from a shell. Press q to quit."),
                severity="warning",
            )

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Write only what differs from what the terminal shows."""
        shown: Any = renderable
        if isinstance(self._driver, TerminalDriver) and isinstance(
            renderable, LayoutUpdate | ChopsUpdate
        ):
            shown = Economical(renderable, self._driver.painted)
        super()._display(screen, shown)

    def action_help_quit(self) -> None:
        """Name the key that quits: ctrl+c does not."""
        keys = [key for key, each in self.active_bindings.items() if each.binding.action == "quit"]
        if keys:
            text = tr("Press {key} to quit the app", key=keys[0])
            self.show_notice(text, title=tr("Do you want to quit?"))

    def action_redraw(self) -> None:
        """Draw everything again, for example over a message that another program wrote."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.painted.forget()
        self.screen.refresh()

    async def on_event(self, event: Event) -> None:
        """Ignore clicks on removed widgets that are still on the screen: Textual fails on them.

        A terminal that changes its size also changes its content.
        """
        if isinstance(event, Key | MouseDown):
            self._last_input = time.monotonic()
        if isinstance(event, Resize) and isinstance(self._driver, TerminalDriver):
            self._driver.painted.forget()
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

    def _check_terminal(self) -> None:
        if os.environ.get("TERM") == "linux":
            self.show_notice(
                tr(
                    "The console of Linux cannot show Chinese characters. Use a graphical "
                    "terminal, or connect by SSH from one."
                ),
                severity="warning",
            )

    # --- closing from any thread ----------------------------------------------------------------

    def request_exit(self, code: int) -> bool:
        """Request an exit with this code. Returns whether the request was accepted."""
        if not self.is_running:
            return False
        with contextlib.suppress(RuntimeError):  # the loop has been closed
            return self.call_later(self.exit, return_code=code)
        return False

    def wake_loop(self) -> None:
        """Wake up the event loop, so that signal handlers run."""
        with contextlib.suppress(RuntimeError):  # the loop has been closed
            if self._loop:
                self._loop.call_soon_threadsafe(lambda: None)

    def restore_terminal(self) -> None:
        """Restore the terminal without waiting for the interface."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.restore()
