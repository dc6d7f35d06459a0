"""The panel of the workbench: alternatives to a character, remarks on the poem, copied spans."""

import math

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from studio.messages import Inspected
from studio.prosody.reading_taken import Why, reading_taken
from studio.prosody.report import Character, Scansion
from studio.prosody.rules import BLANK
from studio.translation import marked, tr
from studio.tui.poem.glossary import TONES, glossed, reading_named, rhyme_named
from studio.tui.poem.marks import tint_legend
from studio.tui.poem.remarks import copied_in_words, remarks_in_words, scansion_of
from studio.tui.poem.sounds import sounds_of
from studio.tui.workbench.draft import Draft
from studio.tui.workbench.weighing import Alternatives
from studio.wording import printable

_BAR = 12  # cells
_CHOSEN = "on $block-cursor-background"


class ReadingPanel(VerticalScroll, can_focus=False):
    """Shows the character at the cursor with its alternatives, then the remarks on the poem."""

    chosen: reactive[int] = reactive(0)

    def __init__(self) -> None:
        super().__init__(id="reading")
        # Whether a reading is still to come.
        self.is_waiting = True
        self._draft: Draft | None = None
        self._read: Inspected | None = None
        self._shown: tuple[str, int, Inspected | None] | None = None
        self._choices: list[tuple[str, float]] = []

    def compose(self) -> ComposeResult:
        yield Static(id="reading-place", markup=False)
        yield Static(id="reading-choices", markup=False)
        yield Static(id="reading-poem", markup=False)

    def show(
        self, draft: Draft, read: Inspected | None, weighed: Alternatives, legend: bool
    ) -> None:
        """Show a draft and the reading of it, if it has arrived; `legend` explains the tints.

        `weighed` are the alternatives by what is kept after the cursor, too, if they have arrived.
        """
        shown = (draft.text, draft.cursor, read)
        choices = _choices(draft, read, weighed)
        if shown != self._shown or choices != self._choices:
            present = draft.text[draft.cursor]
            chosen = self.alternative if shown == self._shown else present
            characters = [character for character, _ in choices]
            at = characters.index(chosen if chosen in characters else present)
            self.set_reactive(ReadingPanel.chosen, at)
            if shown != self._shown:
                self.scroll_home(animate=False)
        self._draft, self._read, self._choices, self._shown = draft, read, choices, shown
        scansion = scansion_of(draft.text, draft.state.request)
        self.query_one("#reading-place", Static).update(_place(draft, scansion))
        self._show_choices()
        rows = [
            *remarks_in_words(scansion, draft.line, draft.column),
            *copied_in_words(read),
            *([tint_legend()] if legend else []),
        ]
        self.query_one("#reading-poem", Static).update(Content("\n").join(rows))

    def choose(self, step: int) -> None:
        """Choose the next or the previous alternative."""
        if self._choices:
            self.chosen = (self.chosen + step) % len(self._choices)

    @property
    def alternative(self) -> str:
        """The character chosen: the present one until another is chosen."""
        return self.numbered(self.chosen + 1)

    def numbered(self, number: int) -> str:
        """The alternative with a number from 1; "" if there is none."""
        return self._choices[number - 1][0] if number <= len(self._choices) else ""

    def watch_chosen(self) -> None:
        self._show_choices()

    def _show_choices(self) -> None:
        if self._draft is None:
            return
        if self._read is None:
            reading = tr("reading the poem") if self.is_waiting else ""
            rows = [Content.styled(reading, "$foreground-muted")]
        else:
            now = self._draft.text[self._draft.cursor]
            most = max(chance for _, chance in self._choices)
            rows = [
                _choice(number, each, chance, chance / most, each == now)
                for number, (each, chance) in enumerate(self._choices, start=1)
            ]
            rows[self.chosen] = rows[self.chosen].stylize(_CHOSEN)
            rows.append(Content.styled(tr(", . choose, a number rewrites"), "$foreground-muted"))
        self.query_one("#reading-choices", Static).update(Content("\n").join(rows))


def _choices(
    draft: Draft, read: Inspected | None, weighed: Alternatives
) -> list[tuple[str, float]]:
    """The alternatives with their probabilities; the present character last if not among them."""
    now = draft.text[draft.cursor]
    if read is None:
        return [(now, 1.0)]
    place = read.predictions[draft.cursor]
    found = list(weighed or place.alternatives)
    if now not in (character for character, _ in found):
        # Among the weighed ones only a blank is missing.
        found.append((now, 0.0 if weighed else math.exp(place.log_probability)))
    return found


def _choice(number: int, character: str, chance: float, share: float, now: bool) -> Content:
    """A row of the list: number, character, a bar of length `share` (0 to 1), probability."""
    bar = round(_BAR * share)
    return Content.assemble(
        (f"{number} ", "$foreground-muted"),
        (printable(character) or "?", "bold $text-accent" if now else ""),
        " ",
        ("▆" * bar, "$accent" if now else "$primary"),
        " " * (_BAR - bar),
        f" {_chance(chance):>7} ",
    )


def _place(draft: Draft, scansion: Scansion | None) -> Content:
    """The character at the cursor: its position, its readings, and what the form requires."""
    character = draft.text[draft.cursor]
    sound = sounds_of(draft.text, draft.state.request)[draft.cursor]
    pinyin = sound.pinyin if sound.agrees else tr("{pinyin} (today)", pinyin=sound.pinyin)
    head = Content.assemble(
        (printable(character) or "?", "bold"),
        f" {pinyin}  ",
        (
            tr("line {line} no. {place}", line=draft.line + 1, place=draft.column + 1),
            "$foreground-muted",
        ),
    )
    if scansion is None:
        return head
    line = scansion.lines[draft.line]
    scanned = line.characters[draft.column]
    rhymes = line.rhyme if draft.column == len(line.characters) - 1 else ""
    tone = _tone(scanned, rhymes)
    if draft.cursor in draft.kept:
        tone.append(tr("kept"))
    taken = _taken(draft, scanned, rhymes)
    words = (taken, " · ".join(tone))
    rows = (Content.styled(each, "$foreground-muted") for each in words if each)
    return Content("\n").join([head, *rows])


# Why a reading was taken. Those of one tone need no reason.
_WHY: dict[Why, str] = {
    "set": marked("{taken}: you chose it (n)"),
    "rhyme": marked("{taken}: it rhymes here; also {others}"),
    "tone": marked("{taken}: the tone fits; also {others}"),
    "only": marked("{taken}; {others} as a rhyme only"),
    "any": marked("either: {taken}"),
}


def _taken(draft: Draft, scanned: Character, rhyme: str) -> str:
    """The readings of a character, the one that was taken first, and why."""
    if not scanned.readings:
        return ""
    measure = draft.state.request.measure
    place = [at for line in draft.lines for at in line].index(draft.cursor)
    chosen = measure.reading_at(place, scanned.character)
    found = reading_taken(scanned, rhyme, chosen, measure.book_for(draft.state.request.form))
    taken = tr(", ").join(map(reading_named, found.readings))
    rest = [each for each in scanned.readings if each not in found.readings]
    others = tr(", ").join(map(reading_named, rest))
    if found.why not in _WHY or not (rest or found.why == "any"):
        return taken
    return tr(_WHY[found.why], taken=taken, others=others)


def _tone(character: Character, rhyme: str) -> list[str]:
    """What the character counts as, and what its position requires."""
    if rhyme:
        return [tr("韵 rhymes in {rhyme}", rhyme=rhyme_named(rhyme[1:]))]
    needs = character.required
    found = [] if character.character == BLANK else [_tone_named(character.tone)]
    return [*found, tr("needs {tone}", tone=_tone_named(needs))] if needs in ("平", "仄") else found


def _tone_named(tone: str) -> str:
    return glossed(tone, TONES[tone])


def _chance(chance: float) -> str:
    """A probability in per cent, with two digits."""
    if chance >= 0.995:
        return "100%"
    return f"{100 * chance:.2g}%" if chance >= 0.00001 else "<0.001%"
