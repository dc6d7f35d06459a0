"""A line to type Chinese in: pinyin offers the characters to pick from."""

from collections.abc import Callable, Iterator

from rich.cells import cell_len
from rich.text import Text
from textual.app import RenderResult
from textual.events import Key, Paste
from textual.geometry import Offset, Size
from textual.message import Message
from textual.reactive import Reactive, reactive
from textual.widget import Widget
from textual.widgets import Input

from studio.corpus.cleaning import refuse_surrogates
from studio.corpus.pinyin import LONGEST, Candidate
from studio.errors import StudioError
from studio.tui.host import host_of

PAGE = 9
# Cells of the candidate line that are not letters and candidates: padding, the page's number, and
# what is left free beside the edges of widgets.
ROOM = 16
# What the brackets mean, after the candidates.
STRAY = "  ( ) off tone or rhyme"
_BEFORE = ("pageup", "minus", "comma", "up")
_AFTER = ("pagedown", "equals_sign", "full_stop", "down")
_FIRST = ("space", "enter")
_LETTERS = {
    **{each: each.lower() for each in map(chr, (*range(65, 91), *range(97, 123)))},
    "ü": "v",
    "Ü": "v",
}


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

    letters: reactive[str] = reactive("")
    page: reactive[tuple[Candidate, ...]] = reactive(())
    note: reactive[str] = reactive("")
    # Those of the page that break a rule where they would stand.
    stray: reactive[frozenset[Candidate]] = reactive(frozenset())

    _edges: frozenset[int] = frozenset()
    # Cells before each candidate.
    _gaps: list[int]

    def show(
        self,
        letters: str,
        page: tuple[Candidate, ...],
        stray: frozenset[Candidate],
        note: str,
        under: Widget,
    ) -> None:
        """Show a page under a widget, or over it where there is no room below."""
        self.letters, self.page, self.stray, self.note = letters, page, stray, note
        region, screen = under.region, self.screen.size
        y = region.bottom if region.bottom < screen.height else region.y - 1
        self._edges = frozenset(self._edges_in(y))
        x = max(0, min(region.x, screen.width - self._set_from(region.x)))
        self.styles.width = min(self._set_from(x), screen.width - x)
        self.absolute_offset = Offset(x, y)
        self.display = True
        self.refresh(layout=True)

    def _edges_in(self, y: int) -> Iterator[int]:
        """Where widgets begin and end in a row of the screen.

        Textual cuts a row at all edges, those of covered widgets too, and of a character of two
        cells that lies across one it draws two spaces.
        """
        for widget in self.screen.query("*"):
            region = widget.region
            if widget is not self and region.y <= y < region.bottom:
                yield from (region.x, region.right)

    def _set_from(self, x: int) -> int:
        """Set the page as a line that begins there; the cells that it takes.

        There is more room before a candidate of which a character would lie across an edge.
        """
        begin = at = x + 1
        at += cell_len(self.letters) + (cell_len(self.note) + 2 if self.note else 0)
        self._gaps = []
        for candidate in self.page:
            bracket, width = candidate in self.stray, cell_len(candidate.text)
            gap, text = 2, at + 3 + bracket
            # The second cell of each character.
            while not self._edges.isdisjoint(range(text + 1, text + width, 2)):
                gap, text = gap + 1, text + 1
            self._gaps.append(gap)
            at = text + width + bracket
        return at - begin + (cell_len(STRAY) if self.stray else 0) + 2

    def render(self) -> RenderResult:
        letters, key, rest = (
            self.get_component_rich_style(f"candidate-line--{part}", partial=True)
            for part in ("letters", "key", "rest")
        )
        line = Text(no_wrap=True, end="")
        line.append(self.letters, letters)
        line.append(f"  {self.note}" if self.note else "", rest)
        for number, (gap, candidate) in enumerate(zip(self._gaps, self.page, strict=True), 1):
            before, after = "()" if candidate in self.stray else ("", "")
            line.append(f"{' ' * gap}{number}", key)
            line.append(f"{before}{candidate.text}{after}", rest if before else "")
        if self.stray:
            line.append(STRAY, rest)
        return line


class PinyinInput(Input):
    """Takes Chinese that is typed or pasted, several lines too, and pinyin to pick it from.

    Letters stand under the line until one of the characters that they may mean is picked: by its
    digit, by space or enter the first. What is picked, typed or pasted stands in the line.
    """

    class Refused(Message):
        """What was typed is not text; `reason` says what to do."""

        def __init__(self, reason: str) -> None:
            super().__init__()
            self.reason = reason

    # How much there is to scroll. In Textual its change lays the whole screen out again, at each
    # key; but a field takes the same room whatever stands in it.
    virtual_size = Reactive(Size(0, 0))

    fits: Callable[[int, str], bool] | None = None
    """Whether a character may stand at that place of the line; those that may come first."""

    _letters = ""
    _offered: tuple[Candidate, ...] = ()
    # Where the pages that were turned so far begin; the last is the one that is seen.
    _pages: tuple[int, ...] = (0,)
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
            place = 0 if event.key in _FIRST else int(event.key) - 1
            await self._spell(self._pick(self._pages[-1] + place))
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
            refuse_surrogates(text)
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
        self._letters, self._offered, self._pages = letters, (), (0,)
        keeper = host_of(self).pinyin
        if letters:
            if not keeper.is_ready:
                self._show("reading the poems, once")
            found = (await keeper.get()).candidates(letters)
            if not self.is_attached:
                return  # the screen was left meanwhile
            # Never before what takes more of the letters.
            order = sorted(found, key=lambda each: (-each.letters, self._is_stray(each)))
            self._offered = tuple(order)
        self._show()

    def _is_stray(self, candidate: Candidate) -> bool:
        """Whether it would break a rule where it would stand."""
        place = min(self.selection)
        return self.fits is not None and not all(
            self.fits(at, each) for at, each in enumerate(candidate.text, start=place)
        )

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
        after = self._pages[-1] + len(self._seen)
        if step > 0 and after < len(self._offered):
            self._pages += (after,)
        elif step < 0:
            self._pages = self._pages[:-1] or (0,)
        self._show()

    @property
    def _seen(self) -> tuple[Candidate, ...]:
        """The page: as many candidates as a digit can pick and the screen has room for."""
        room = self.screen.size.width - len(self._letters) - ROOM
        room -= cell_len(STRAY) if self.fits else 0
        seen = list[Candidate]()
        for each in self._offered[self._pages[-1] :][:PAGE]:
            room -= cell_len(each.text) + (6 if self._is_stray(each) else 4)
            if seen and room < 0:
                break
            seen.append(each)
        return tuple(seen)

    def _show(self, note: str = "") -> None:
        if not self._letters:
            if self._line:
                self._line.display = False
            return
        if self._line is None:
            self._line = CandidateLine()
            self.screen.mount(self._line)
        seen = self._seen
        if not seen:
            note = note or "no pinyin: escape drops it"
        elif len(seen) < len(self._offered):
            page = f"- {len(self._pages)}" if len(self._pages) > 1 else "1"
            is_last = self._pages[-1] + len(seen) == len(self._offered)
            note = page if is_last else f"{page} ="
        self._line.show(self._letters, seen, frozenset(filter(self._is_stray, seen)), note, self)
