"""What clears the faults of a poem, to choose from."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content

from studio.messages import Failed, Suggest, Suggested
from studio.prosody.offers import LineOffer, Offer
from studio.prosody.report import IN_ENGLISH, Remark
from studio.translation import marked, tr
from studio.tui.poem.glossary import glossed
from studio.tui.poem.remarks import FAULT, explained
from studio.tui.workbench.questions import Answer, Questions
from studio.tui.workbench.side_screen import Row, SideScreen, turning
from studio.verse.request import ComposeRequest

_NEW = "bold $text-accent"


class OffersScreen(SideScreen[Offer | LineOffer]):
    """The offers for one fault after the other; the worker finds and ranks them."""

    BINDINGS: ClassVar[list[BindingType]] = turning(marked("Next fault"), marked("Previous fault"))

    def __init__(
        self,
        questions: Questions,
        request: ComposeRequest,
        text: str,
        lines: Sequence[str],
        faults: Sequence[Remark],
        first: int,
        turned_to: Callable[[Remark], None],
    ) -> None:
        """`first` is the fault to start with; `turned_to` is called with each that is shown."""
        super().__init__()
        self._questions, self._request = questions, request
        self._text, self._lines = text, lines
        self._faults, self._at = faults, first
        self._turned_to = turned_to
        self._found: dict[int, Answer] = {}

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what does something: a single fault has no next one."""
        if action == "turn" and len(self._faults) == 1:
            return False
        return super().check_action(action, parameters)

    def action_turn(self, step: int) -> None:
        """Turn to the next or the previous fault."""
        self._at = (self._at + step) % len(self._faults)
        self.turned()

    def turned(self) -> None:
        """Show the offers for the fault turned to; ask for them first."""
        fault = self._faults[self._at]
        self._turned_to(fault)
        name = glossed(fault.name, IN_ENGLISH[fault.name])
        count = len(self._faults)
        place = tr("fault {number} of {count}", number=self._at + 1, count=count)
        self.head(
            Content("\n").join(
                [
                    Content.assemble(
                        (name, FAULT), *([("  ", ""), (place, "$text-muted")] if count > 1 else [])
                    ),
                    Content.styled(explained(fault), "$text-muted"),
                ]
            )
        )
        # What has failed is asked again.
        if isinstance(self._found.get(self._at), Suggested):
            self._show_found()
            return
        self.show(())
        self.say(tr("looking for what clears it"))
        at = self._at

        def answered(answer: Answer) -> None:
            self._found[at] = answer
            if self.is_attached and at == self._at:
                self._show_found()

        request, text = self._request, self._text
        self._questions.ask(lambda ticket: Suggest(ticket, request, text, fault), answered)

    def _show_found(self) -> None:
        match self._found[self._at]:
            case Failed(_, message):
                self.say(message, error=True)
            case Suggested(_, suggestion):
                self.show([*self._characters(suggestion.offers), *map(_line, suggestion.lines)])
                nothing = not (suggestion.offers or suggestion.lines)
                self.say(tr("No single change clears it without another fault.") if nothing else "")

    def _characters(self, offers: Sequence[Offer]) -> Iterator[Row[Offer | LineOffer]]:
        """The offers under the place that they are for."""
        for (line, place), its in groupby(offers, lambda each: (each.line, each.place)):
            where = tr("line {line} no. {place}", line=line + 1, place=place + 1)
            old = self._lines[line]
            yield Content.styled(where, "$text-muted"), None
            for offer in its:
                new = (offer.character, _NEW)
                change = (f"  {old[place]} → {offer.character}", "$text-muted")
                yield Content.assemble(old[:place], new, old[place + 1 :], change), offer


def _line(offer: LineOffer) -> Row[Offer | LineOffer]:
    first, last = offer.line + 1, offer.line + len(offer.texts)
    where = tr("line {number}", number=first)
    if last > first:
        where = tr("lines {first} and {last}", first=first, last=last)
    words = Content.assemble(("，".join(offer.texts), _NEW), (f"  {where}", "$text-muted"))
    return words, offer
