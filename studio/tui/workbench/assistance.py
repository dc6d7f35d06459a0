"""Help for the poem on the workbench: offers for faults, look-ups, and rules by choice."""

from typing import TYPE_CHECKING

from textual.widget import Widget

from studio.corpus.poem import verse_lines
from studio.prosody.measure import Measure
from studio.prosody.offers import LineOffer, Offer
from studio.prosody.report import Remark
from studio.prosody.rules import BLANK
from studio.translation import tr
from studio.tui.host import host_of
from studio.tui.poem.glossary import reading_named
from studio.tui.poem.remarks import scansion_of
from studio.tui.workbench.draft import Draft
from studio.tui.workbench.look_up_screen import LookUpScreen
from studio.tui.workbench.look_ups import LookedUp, LookUps, PutIn
from studio.tui.workbench.offers_screen import OffersScreen
from studio.tui.workbench.questions import Questions
from studio.tui.workbench.rules_screen import RulesScreen
from studio.verse.request import COUPLET_FORM

# Textual takes the style of a widget from its first base that is one.
if TYPE_CHECKING:
    _Bench = Widget
else:
    _Bench = object


class Assistance(_Bench):
    """What the workbench does with the scanner, the library and the model, beside rewriting."""

    questions: Questions
    _look_ups: LookUps | None = None

    @property
    def draft(self) -> Draft:
        """The poem that is worked on."""
        raise NotImplementedError

    def put(self, characters: str, start: int | None = None) -> None:
        """Put characters at the cursor, or from a position on, and change nothing else."""
        raise NotImplementedError

    def must_wait(self) -> bool:
        """Whether the poem cannot be changed because it is being rewritten; a text says so."""
        raise NotImplementedError

    def say(self, text: str, error: bool = False) -> None:
        """Show a text under the poem."""
        raise NotImplementedError

    def _show(self) -> None:
        """Show the poem with its cursor."""
        raise NotImplementedError

    def _changed(self) -> None:
        """Show the poem, and have it read again."""
        raise NotImplementedError

    # --- faults ---------------------------------------------------------------------------------

    def action_offers(self) -> None:
        """Show what clears the fault at the cursor, else the next one."""
        if self.must_wait():
            return
        draft = self.draft
        scansion = scansion_of(draft.text, draft.state.request)
        faults = scansion.broken if scansion else []
        if not faults:
            self.say(tr("The scanner finds no fault."))
            return
        line, column = draft.line, draft.column
        first = min(range(len(faults)), key=lambda at: _distance(faults[at], line, column))
        screen = OffersScreen(
            self.questions,
            draft.state.request,
            draft.text,
            verse_lines(draft.text),
            faults,
            first,
            self._show_fault,
        )
        self.app.push_screen(screen, self._take_offer)

    def _show_fault(self, fault: Remark) -> None:
        self.draft.cursor = self.draft.lines[fault.line][fault.start]
        self._show()

    def _take_offer(self, offer: Offer | LineOffer | None) -> None:
        lines = self.draft.lines
        if isinstance(offer, Offer):
            self._put(offer.character, lines[offer.line][offer.place])
        elif offer:
            self._put("".join(offer.texts), lines[offer.line][0])

    def _put(self, characters: str, start: int) -> None:
        self.draft.cursor = start
        self.put(characters, start)

    # --- look-ups -------------------------------------------------------------------------------

    def action_look_up(self) -> None:
        """Look up the character under the cursor."""
        if self.must_wait():
            return
        draft = self.draft
        lines = tuple(verse_lines(draft.text))
        request = draft.state.request
        apart = max(1, len(lines) // 2) if request.form == COUPLET_FORM else 1
        place = LookedUp(draft.text[draft.cursor], lines, draft.line, draft.column, apart)
        if self._look_ups is None:
            self._look_ups = LookUps(host_of(self).home)
        book = request.measure.book_for(request.form)
        screen = LookUpScreen(self._look_ups, self.questions, place, book, request.model)
        self.app.push_screen(screen, self._take_found)

    def _take_found(self, found: PutIn | None) -> None:
        if found:
            self._put(found.characters, self.draft.lines[found.line][found.at])

    # --- rules ----------------------------------------------------------------------------------

    def action_rules(self) -> None:
        """Choose the rhyme book and the rescues."""
        self.app.push_screen(RulesScreen(self.draft.state.request.measure), self._use_measure)

    def _use_measure(self, measure: Measure | None) -> None:
        if measure:
            self.draft.set_measure(measure)
            self.say("")
            self._changed()

    def action_next_reading(self) -> None:
        """Read the character in its next way; after the last one the scanner chooses again."""
        if self.must_wait():
            return
        draft = self.draft
        character, measure = draft.text[draft.cursor], draft.state.request.measure
        if character == BLANK:
            self.say(tr("No character is written here yet."))
            return
        book = measure.book_for(draft.state.request.form)
        readings = ["", *map("".join, book.readings(character))]
        if len(readings) < 3:
            self.say(tr("{character} has only one reading.", character=character))
            return
        place = [at for line in draft.lines for at in line].index(draft.cursor)
        now = measure.reading_at(place, character)
        # A reading chosen by another rhyme book no longer counts.
        at = readings.index(now) if now in readings else 0
        reading = readings[(at + 1) % len(readings)]
        self._use_measure(measure.with_reading(place, character, reading))
        self.say(
            tr(
                "{character} is read {reading}.",
                character=character,
                reading=reading_named(reading),
            )
            if reading
            else tr("The scanner chooses how {character} is read.", character=character)
        )


def _distance(fault: Remark, line: int, column: int) -> tuple[int, ...]:
    """How far a fault is from the cursor: in its place, in its line, after it, before it."""
    here = fault.line == line and fault.start <= column < fault.end
    return (not here, fault.line != line, fault.line < line, abs(fault.line - line))
