"""A poem to read: title, poet, verse and source."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.reactive import reactive
from textual.widgets import Static

from studio.corpus.poem import Poem, couplets, place_in_words
from studio.translation import tr
from studio.tui.poem.layout import arrange, set_verse, shape_of
from studio.wording import printable


class PoemView(VerticalScroll, can_focus=True):
    """Shows a poem as verse, spaced as widely as it fits."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll_down", show=False, id="poem.down"),
        Binding("up,k", "scroll_up", show=False, id="poem.up"),
        Binding("pagedown,space", "page_down", show=False, id="poem.page_down"),
        Binding("pageup", "page_up", show=False, id="poem.page_up"),
        Binding("home,g", "scroll_home", show=False, id="poem.first"),
        Binding("end,G", "scroll_end", show=False, id="poem.last"),
    ]

    poem: reactive[Poem | None] = reactive(None)
    source_script: reactive[bool] = reactive(False)

    @property
    def plain_text(self) -> str:
        """The poem for copying: title, poet, then one sentence per line; "" without a poem."""
        if self.poem is None:
            return ""
        head = filter(None, (self.poem.title, self.poem.author))
        verse = couplets(_text(self.poem, self.source_script))
        return printable("\n".join([*head, "", *verse]).strip())

    def compose(self) -> ComposeResult:
        yield Static(id="corpus-verse", markup=False)

    def on_resize(self, event: Resize) -> None:
        self._update_verse()

    def watch_poem(self) -> None:
        self.scroll_home(animate=False)
        self._update_verse()

    def say_again(self) -> None:
        """Say in the language of now where the poem is from."""
        self._update_verse()

    def watch_source_script(self) -> None:
        self._update_verse()

    def _update_verse(self) -> None:
        verse = self.query_one("#corpus-verse", Static)
        if self.poem is None or not self.size.width:
            verse.update("")
            return
        rows = _rows(self.poem, self.source_script, self.size.width - 1, self.size.height)
        verse.update(Content("\n").join(rows))


def _text(poem: Poem, source_script: bool) -> str:
    return poem.original if source_script else poem.text


def _rows(poem: Poem, source_script: bool, width: int, height: int) -> list[Content]:
    text = _text(poem, source_script)
    head = [*_centred(poem.title, width, "bold"), *_centred(poem.author, width, "$secondary")]
    script = tr("as in the source") if source_script else ""
    number = tr("no. {number}", number=poem.id)
    about = " · ".join(filter(None, (tr(poem.form), tr(poem.split), number, script)))
    foot = [
        *_centred(about, width, "$secondary"),
        *_centred(place_in_words(poem.source), width, "$secondary"),
    ]
    # Two empty rows at each end of the verse.
    room = height - len(head) - len(foot) - 2
    setting = arrange(1, shape_of(text), width, room, 0).setting
    verse = set_verse(text, setting, width)
    spare = max(0, room - len(verse))
    above = min(2, spare // 2)
    blank = Content("")
    return [
        *[blank] * above,
        *head,
        blank,
        *verse,
        blank,
        *[blank] * max(0, spare - above if spare < 6 else 2),
        *foot,
    ]


def _centred(text: str, width: int, style: str) -> list[Content]:
    shown = "".join(each if each.isprintable() else "?" for each in text)
    if not shown:
        return []
    lines = Content.styled(shown, style).wrap(max(2, width))
    # Padding must not be negative: Textual would loop forever.
    return [line.pad_left(max(0, width - line.cell_length) // 2) for line in lines]
