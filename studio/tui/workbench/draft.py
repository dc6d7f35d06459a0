"""A poem that a person works on: where the cursor stands, what is kept, and every state it had.

What shall be changed is asked of the model as a request whose `given` is the poem with a □ wherever
it writes anew, so that each state can be written again from its own request.
"""

from collections.abc import Iterable

import msgspec

from studio.corpus.poem import STOPS
from studio.messages import Composed
from studio.tui.poem.layout import places_of_lines
from studio.tui.poem.marks import given_places
from studio.verse.request import BLANK, ComposeRequest, WrittenPoem


class Draft:
    """One poem from the moment it was taken up: its states, and where one stands among them."""

    def __init__(self, composed: Composed, poem: WrittenPoem) -> None:
        self._states = [msgspec.structs.replace(composed, poems=(poem,))]
        self._at = 0
        # Not 0: a free poem may begin with a stop.
        self.cursor = next((at for line in self.lines for at in line), 0)
        self.kept = given_places(composed.request, poem.text)

    @property
    def state(self) -> Composed:
        """The poem as it stands, with the request that wrote it."""
        return self._states[self._at]

    @property
    def text(self) -> str:
        """The poem as it stands."""
        return self.state.poems[0].text

    @property
    def lines(self) -> list[list[int]]:
        """For each line where its characters stand in the text."""
        return places_of_lines(self.text)

    @property
    def line(self) -> int:
        """The line that the cursor stands in."""
        return next((at for at, line in enumerate(self.lines) if self.cursor in line), 0)

    @property
    def column(self) -> int:
        """The cursor's place in its line."""
        return self.lines[self.line].index(self.cursor)

    @property
    def steps(self) -> tuple[int, int]:
        """How many states there are to go back to, and how many to go on to."""
        return self._at, len(self._states) - 1 - self._at

    # --- the cursor and what is kept ------------------------------------------------------------

    def move(self, step: int) -> None:
        """To the next character or the one before, over the ends of lines."""
        places = [at for line in self.lines for at in line]
        self.cursor = places[max(0, min(len(places) - 1, places.index(self.cursor) + step))]

    def move_line(self, step: int) -> None:
        """To the same place in the next line or the one before."""
        lines = self.lines
        line = lines[max(0, min(len(lines) - 1, self.line + step))]
        self.cursor = line[min(self.column, len(line) - 1)]

    def move_end(self, last: bool) -> None:
        """To the first or the last character of the line."""
        self.cursor = self.lines[self.line][-1 if last else 0]

    def keep(self) -> None:
        """Keep the character under the cursor, or let it go."""
        self.kept ^= {self.cursor}

    def keep_line(self) -> None:
        """Keep the whole line, or let it go where it is kept."""
        line = set(self.lines[self.line])
        self.kept = self.kept - line if line <= self.kept else self.kept | line

    # --- what the model is asked ----------------------------------------------------------------

    def rewritten_from_here(self, character: str, seed: int) -> ComposeRequest:
        """That character under the cursor, and all after it written anew but for what is kept."""
        after = {at for at in range(self.cursor + 1, len(self.text)) if at not in self.kept}
        return self._request(self._with(character), after, seed)

    def exchanged(self, characters: str, seed: int) -> ComposeRequest:
        """Those characters from the cursor on, and nothing else changed."""
        return self._request(self._with(characters), (), seed)

    def rewritten_around(self, seed: int) -> ComposeRequest:
        """All written anew but what is kept."""
        return self._request(self.text, set(range(len(self.text))) - self.kept, seed)

    def with_another_line(self, seed: int) -> ComposeRequest:
        """The cursor's line written anew but for what is kept, all others as they are."""
        return self._request(self.text, set(self.lines[self.line]) - self.kept, seed)

    def is_changed_by(self, request: ComposeRequest) -> bool:
        """Whether a request would change the poem."""
        as_it_is = msgspec.structs.replace(request, given=self.text)
        return BLANK in request.given or request != as_it_is

    def _with(self, characters: str) -> str:
        """The text with those characters from the cursor on; the stops stay where they are."""
        text = list(self.text)
        places = [at for line in self.lines for at in line if at >= self.cursor]
        for at, character in zip(places, characters, strict=False):
            text[at] = character
        return "".join(text)

    def _request(self, text: str, anew: Iterable[int], seed: int) -> ComposeRequest:
        blanks = {at for at in anew if text[at] not in STOPS}
        given = "".join(BLANK if at in blanks else each for at, each in enumerate(text))
        asked = self.state.request
        return msgspec.structs.replace(
            asked,
            # All of these stand in the text already, but words that are now written over.
            first="",
            acrostic="",
            last="",
            words=tuple(word for word in asked.words if word not in given),
            given=given,
            candidates=1,
            seed=seed,
        )

    # --- its states -----------------------------------------------------------------------------

    def take(self, composed: Composed) -> None:
        """The poem as it was rewritten; what had been undone is forgotten."""
        self._states = [*self._states[: self._at + 1], composed]
        self._go(self._at + 1)

    def undo(self) -> bool:
        """Back to the state before; false where there is none."""
        return self._at > 0 and self._go(self._at - 1)

    def redo(self) -> bool:
        """On to the state that was undone; false where there is none."""
        return self._at + 1 < len(self._states) and self._go(self._at + 1)

    def _go(self, at: int) -> bool:
        self._at = at
        places = [place for line in self.lines for place in line]
        self.kept &= set(places)
        if self.cursor not in places and places:
            self.cursor = places[-1]
        return True
