"""One poem, centred in its space."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from studio.corpus.poem import verse_lines
from studio.prosody.tunes import stanza_breaks
from studio.tui.poem.layout import NO_SHAPE, TIGHTEST, Mark, Setting, Shape, set_verse, shape_of


class PoemCard(Widget):
    """One poem, centred in its space, under its heading if it has one."""

    text = reactive("")
    heading = reactive("")
    # The form says where the stanzas of a ci begin.
    form = reactive("")
    writing = reactive(False)
    setting = reactive(TIGHTEST)
    opening = reactive(0)
    least = reactive(NO_SHAPE)
    marks: reactive[tuple[Mark, ...]] = reactive(())

    def watch_text(self, text: str) -> None:
        # Marks belong to one text.
        if len(self.marks) != len(text):
            self.marks = ()

    def shape(self, width: int) -> Shape:
        """The shape of the poem with its marks."""
        return shape_of(self.text, self.marks, width, self._breaks)

    @property
    def _breaks(self) -> tuple[int, ...]:
        return stanza_breaks(self.form, [len(each) for each in verse_lines(self.text)])

    @property
    def heading_height(self) -> int:
        """The rows over the verse: the heading and an empty one, or none."""
        return 2 if self.heading else 0

    def rows(self, setting: Setting, width: int) -> list[Content]:
        """The rows of the poem with its heading in a space of `width` cells."""
        verse = set_verse(
            self.text,
            setting,
            width,
            self.opening,
            self.writing,
            self.least,
            self.marks,
            self._breaks,
        )
        if not self.heading:
            return verse
        heading = Content.styled(self.heading, "bold").truncate(width, ellipsis=True)
        return [heading.pad_left((width - heading.cell_length) // 2), Content(""), *verse]

    def render(self) -> Content:
        """The rows, in the middle of the height."""
        width, height = self.content_size
        rows = self.rows(self.setting, width)
        expected = self.setting.size(self.least)[1] + self.heading_height
        above = max(0, (height - max(expected, len(rows))) // 2)
        return Content("\n").join([*[Content("")] * above, *rows])
