"""Look-ups on the character or word under the cursor."""

import asyncio
from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from studio.errors import StudioError
from studio.messages import Failed, ReadVectors, VectorsRead
from studio.prosody.rhymes import RhymeBook
from studio.translation import marked, tr
from studio.tui.workbench.look_ups import KINDS, Found, Kind, LookedUp, LookUps, PutIn
from studio.tui.workbench.questions import Answer, Questions
from studio.tui.workbench.side_screen import SideScreen, turning
from studio.wording import printable

_NAMES: dict[Kind, str] = {
    "rhyme": marked("Rhyme"),
    "words": marked("Words"),
    "pairs": marked("Pairs"),
    "lines": marked("In verse"),
    "nearest": marked("Near"),
}


class LookUpScreen(SideScreen[PutIn]):
    """Pages of what the library has; the result is what to put into the poem."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *turning(marked("Next page"), marked("Previous page")),
        Binding(
            "w",
            "widen",
            marked("Word"),
            id="lookup.word",
            tooltip=marked("Look up the word, or the character alone"),
        ),
    ]
    # The page that was shown last.
    _kind: ClassVar[Kind] = "rhyme"

    def __init__(
        self,
        look_ups: LookUps,
        questions: Questions,
        place: LookedUp,
        book: RhymeBook,
        model: str,
    ) -> None:
        super().__init__()
        self._look_ups, self._questions = look_ups, questions
        self._character, self._place = place, place
        self._book, self._model = book, model

    def action_turn(self, step: int) -> None:
        """Turn to the next or the previous kind of look-up."""
        LookUpScreen._kind = KINDS[(KINDS.index(self._kind) + step) % len(KINDS)]
        self.turned()

    def action_widen(self) -> None:
        """Look up the word that the character is in, or the character again."""
        if self._place != self._character:
            self._place = self._character
            self.turned()
        else:
            # In a group of its own: it must not end the look-up that is shown.
            self.run_worker(self._widen(), group="word", exclusive=True)

    async def _widen(self) -> None:
        place = self._place
        line = place.lines[place.line]
        try:
            word = await asyncio.to_thread(self._look_ups.word_at, line, place.at)
        except StudioError as error:
            self.say(str(error), error=True)
            return
        text = line[word.start : word.stop]
        if text == place.text:
            self.say(tr("{character} is in no word here.", character=text))
            return
        self._place = place._replace(text=text, at=word.start)
        self.turned()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The nearest lines are those to a whole line: a word makes no difference."""
        if action == "widen":
            return self._kind != "nearest"
        return super().check_action(action, parameters)

    def turned(self) -> None:
        """Start to look up what the page shows, and no longer what the page before showed."""
        self.workers.cancel_group(self, "default")
        names = [
            Content.styled(tr(_NAMES[each]), "reverse" if each == self._kind else "$text-muted")
            for each in KINDS
        ]
        looked_up = self._place.text
        if self._kind == "nearest":
            looked_up = self._place.lines[self._place.line]
        self.head(Content("\n").join([Content(" ").join(names), Content.styled(looked_up, "bold")]))
        self.show(())
        self.refresh_bindings()
        self.say(tr("looking it up"))
        if self._kind == "nearest":
            self._questions.ask(lambda ticket: ReadVectors(ticket, self._model), self._received)
        else:
            self.run_worker(self._find(self._kind, self._place), exclusive=True)

    async def _find(self, kind: Kind, place: LookedUp) -> None:
        try:
            found = await asyncio.to_thread(self._look_ups.find, kind, place, self._book)
        except StudioError as error:
            self.say(str(error), error=True)
        else:
            self._show_found(found)

    def _received(self, answer: Answer) -> None:
        """Search with the vectors that have arrived, unless another page is shown by now."""
        if not self.is_attached or self._kind != "nearest":
            return
        if isinstance(answer, Failed):
            self.say(answer.message, error=True)
        elif isinstance(answer, VectorsRead):
            if not self._look_ups.has_index(answer):
                self.say(tr("reading all lines of the library (once)"))
            self.run_worker(self._find_nearest(answer), exclusive=True)

    async def _find_nearest(self, read: VectorsRead) -> None:
        try:
            found = await asyncio.to_thread(self._look_ups.find_nearest, self._place, read)
        except StudioError as error:
            self.say(str(error), error=True)
        else:
            self._show_found(found)

    def _show_found(self, found: Iterable[Found]) -> None:
        rows = [(_row(each), each.put) for each in found]
        self.show(rows)
        self.say("" if any(each.text for each in found) else tr("Nothing was found."))


def _row(found: Found) -> Content:
    if not found.text:
        return Content.styled(printable(found.about), "$text-accent")
    return Content.assemble(
        (printable(found.text), "bold" if found.put else ""),
        (f"  {printable(found.about)}", "$text-muted"),
    )
