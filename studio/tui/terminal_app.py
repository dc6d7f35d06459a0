"""An application whose terminal may be suspended, slow or closed."""

import contextlib
from typing import Any

from textual.binding import Binding
from textual.driver import Driver
from textual.errors import NoWidget
from textual.events import Event, MouseDown

from studio.tui.keys_in_order import KeysInOrder
from studio.tui.terminal_driver import TerminalDriver
from studio.wording import printable


class TerminalApp(KeysInOrder):
    """Suspends on ctrl+z, exits on request from any thread, ignores widgets that have gone."""

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

    def action_suspend_process(self) -> None:
        """Suspend, as ctrl+z does in a shell; `fg` resumes the studio and any training."""
        if not isinstance(self._driver, TerminalDriver):
            return
        if self._driver.has_shell():
            self._driver.suspend()
        else:
            self.show_notice(
                "Cannot suspend: the studio was not started from a shell. Press q to quit.",
                severity="warning",
            )

    async def on_event(self, event: Event) -> None:
        """Ignore clicks on removed widgets that are still on the screen: Textual fails on them."""
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
