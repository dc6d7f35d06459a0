"""The smallest application of textual: what opening the studio is measured against.

`bench start` runs it with `python -m studio.tui.smallest_app`.
"""

from textual.app import App, ComposeResult
from textual.widgets import Static

FIRST_TEXT, ANSWER = "floor-is-drawn", "floor-answers"


class SmallestApp(App[None]):
    """One text, which a key changes."""

    def compose(self) -> ComposeResult:
        yield Static(FIRST_TEXT)

    def on_key(self) -> None:
        self.query_one(Static).update(ANSWER)


if __name__ == "__main__":
    SmallestApp().run()
