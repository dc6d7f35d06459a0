"""A line to type Chinese in: pinyin offers the characters to pick from."""

import asyncio
from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual.app import RenderResult
from textual.events import Key, Paste
from textual.geometry import Offset
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from studio.corpus.cleaning import typed_opening
from studio.corpus.pinyin import LONGEST, Candidate, Pinyin
from studio.errors import StudioError
from studio.paths import Home, default_model
from studio.tui.line_input import LineInput

if TYPE_CHECKING:
    from studio.tui.app import StudioApp

PAGE = 9
_BEFORE = ("pageup", "minus", "comma", "up")
_AFTER = ("pagedown", "equals_sign", "full_stop", "down")
_FIRST = ("space", "enter")
_LETTERS = {
    **{each: each.lower() for each in map(chr, (*range(65, 91), *range(97, 123)))},
    "ü": "v",
}


class PinyinKeeper:
    """Reads the table of pinyin when it is first asked for, on a thread of its own."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._reading: asyncio.Task[Pinyin] | None = None

    @property
    def is_ready(self) -> bool:
        """Whether nobody has to wait for it."""
        return self._reading is not None and self._reading.done()

    async def get(self) -> Pinyin:
        """The table; the first time on a new library this takes a second or two."""
        if self._reading is None:
            find = asyncio.to_thread(Pinyin.find, self._home, default_model())
            self._reading = asyncio.create_task(find)
        return await asyncio.shield(self._reading)

    def forget(self) -> None:
        """Read it anew: there is another library."""
        self._reading = None


class CandidateLine(Widget):
    """The letters typed so far and a page of what they may mean, under the line typed in."""

    COMPONENT_CLASSES = {  # noqa: RUF012  # Textual's own shape
        "candidate-line--letters",
        "candidate-line--key",
        "candidate-line--rest",
    }
    DEFAULT_CSS = """
    CandidateLine {
        overlay: screen;
        constrain: inside none;
        width: auto;
        max-width: 100%;
        height: 1;
        padding: 0 1;
        background: $panel;
        color: $foreground;
        text-wrap: nowrap;
        .candidate-line--letters { color: $text-accent; text-style: underline; }
        .candidate-line--key { color: $text-accent; }
        .candidate-line--rest { color: $text-muted; }
    }
    """
    ALLOW_SELECT = False

    letters: reactive[str] = reactive("", layout=True)
    page: reactive[tuple[Candidate, ...]] = reactive((), layout=True)
    note: reactive[str] = reactive("", layout=True)

    def stand_under(self, widget: Widget) -> None:
        """Stand under a widget, or over it where there is no room below."""
        region = widget.region
        under = region.bottom < self.screen.size.height
        self.absolute_offset = Offset(region.x, region.bottom if under else region.y - 1)
        self.refresh(layout=True)

    def render(self) -> RenderResult:
        letters, key, rest = (
            self.get_component_rich_style(f"candidate-line--{part}", partial=True)
            for part in ("letters", "key", "rest")
        )
        line = Text(no_wrap=True, end="")
        line.append(self.letters, letters)
        for number, candidate in enumerate(self.page, start=1):
            line.append(f"  {number}", key)
            line.append(candidate.text)
        return line.append(f"  {self.note}", rest)


class PinyinInput(LineInput):
    """Takes Chinese that is typed or pasted, several lines too, and pinyin to pick it from.

    Letters stand under the line until one of the characters that they may mean is picked: by its
    digit, by space or enter the first. What is picked, typed or pasted stands in the line.
    """

    class Refused(Message):
        """What was typed is not text; `reason` says what to do."""

        def __init__(self, reason: str) -> None:
            super().__init__()
            self.reason = reason

    _letters = ""
    _offered: tuple[Candidate, ...] = ()
    _page = 0
    _line: CandidateLine | None = None

    @property
    def letters(self) -> str:
        """The pinyin that nothing was picked for yet."""
        return self._letters

    # --- typing ---------------------------------------------------------------------------------

    async def _on_key(self, event: Key) -> None:
        # A key waits here until those before it have been understood: a burst keeps its order.
        if letter := _LETTERS.get(event.character or ""):
            await self._spell((self._letters + letter)[:LONGEST])
        elif not self._letters or event.key in ("tab", "shift+tab"):
            # Who goes on to the next field has meant the first.
            self._pick(0)
            return
        elif event.key in _FIRST or (event.character or "x") in "123456789":
            place = 0 if event.key in _FIRST else PAGE * self._page + int(event.key) - 1
            await self._spell(self._pick(place))
        elif event.key in _AFTER or event.key in _BEFORE:
            self._turn(1 if event.key in _AFTER else -1)
        elif event.key == "backspace":
            await self._spell(self._letters[:-1])
        elif event.key in ("escape", "ctrl+u", "ctrl+w"):
            await self._spell("")
        elif event.is_printable and event.key != "apostrophe":
            return
        # Other keys would move the cursor while letters wait for their characters: nothing.
        event.stop()
        event.prevent_default()

    def on_blur(self) -> None:
        self._letters, self._offered = "", ()
        self._show()

    def on_unmount(self) -> None:
        if self._line and self._line.is_attached:
            self._line.remove()

    def insert_text_at_cursor(self, text: str) -> None:
        """Insert what can be shown; lone surrogates are refused with the reason."""
        try:
            typed_opening(text)
        except StudioError as error:
            self.post_message(self.Refused(str(error)))
            return
        super().insert_text_at_cursor("".join(filter(str.isprintable, text)))

    def _on_paste(self, event: Paste) -> None:
        # Input itself takes the first line only.
        self.insert_text_at_cursor(event.text)
        event.prevent_default()
        event.stop()

    # --- picking --------------------------------------------------------------------------------

    async def _spell(self, letters: str) -> None:
        """Look up what the letters may mean."""
        self._letters, self._page, self._offered = letters, 0, ()
        keeper = cast("StudioApp", self.app).pinyin
        if letters:
            if not keeper.is_ready:
                self._show("reading the poems, once")
            self._offered = (await keeper.get()).candidates(letters)
        self._show()

    def _pick(self, place: int) -> str:
        """Put a candidate into the line; the letters that it leaves."""
        if place >= len(self._offered):
            return self._letters
        text, count = self._offered[place]
        if self.selection.is_empty:
            self.insert_text_at_cursor(text)
        else:
            self.replace(text, *self.selection)
        return self._letters[count:]

    def _turn(self, step: int) -> None:
        last = max(0, len(self._offered) - 1) // PAGE
        self._page = max(0, min(last, self._page + step))
        self._show()

    def _show(self, note: str = "") -> None:
        if not self._letters:
            if self._line:
                self._line.display = False
            return
        if self._line is None:
            self._line = CandidateLine()
            self.screen.mount(self._line)
        start = PAGE * self._page
        pages = -(-len(self._offered) // PAGE)
        if not note:
            note = f"- {self._page + 1}/{pages} =" if pages else "no pinyin: escape drops it"
        self._line.letters, self._line.note = self._letters, note
        self._line.page = self._offered[start : start + PAGE]
        self._line.display = True
        self._line.stand_under(self)
