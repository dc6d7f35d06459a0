"""The terminal, whose input may hold what is no text."""

from textual.drivers.linux_driver import LinuxDriver

_NO_TEXT = (
    "What was typed did not arrive as UTF-8 and was left out. Set the terminal to UTF-8, "
    "for example with export LANG=C.UTF-8, and type it again."
)


class TerminalDriver(LinuxDriver):
    """Goes on reading after bytes that are no UTF-8: one stray byte would end the studio."""

    def run_input_thread(self) -> None:
        """Read keys until the studio ends; what came along with such bytes is lost."""
        while not self.exit_event.is_set():
            try:
                super().run_input_thread()
            except UnicodeDecodeError:
                self._app.notify(_NO_TEXT, severity="warning", markup=False)
