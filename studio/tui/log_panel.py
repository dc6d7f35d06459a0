"""What happened, each line with its time."""

import time
from collections import deque

from rich.text import Text
from textual.events import Resize
from textual.widgets import RichLog

from studio.tui.wording import printable

KEPT = 500


class LogPanel(RichLog):
    """The last few hundred lines; wrapped again where the width changes."""

    def __init__(self) -> None:
        super().__init__(id="log", max_lines=KEPT * 4, min_width=1, wrap=True, markup=False)
        self.border_title = "Log"
        self._told: deque[Text] = deque(maxlen=KEPT)
        self._width = 0

    def tell(self, what: str, style: str = "") -> None:
        """Add a line."""
        line = Text(time.strftime("%H:%M:%S "), "dim")
        line.append(printable(what), f"not dim {style}")
        self._told.append(line)
        self.write(line)

    def on_resize(self, event: Resize) -> None:
        if event.size.width != self._width:
            self._width = event.size.width
            self.clear()
            for line in self._told:
                self.write(line, scroll_end=False)
        # The newest line is the one that is wanted, however much of the log there is room for.
        self.scroll_end(animate=False)
