"""A poem that a person works on: the cursor, the kept characters, and every state it had.

To change the poem, the model gets a request whose `given` is the poem with a □ for each character
to rewrite. So each state can be written again from its own request.
"""

import random
from collections.abc import Iterable

import msgspec

from studio.corpus.poem import STOPS
from studio.messages import Composed
from studio.prosody.measure import Measure
from studio.prosody.tunes import said_again
from studio.tui.poem.layout import places_of_lines
from studio.tui.poem.marks import given_places
from studio.verse.request import BLANK, ComposeRequest, WrittenPoem

SEEDS = 1_000_000  # new seeds are below: short enough to copy by hand


class Draft:
    """One poem: its states since it was put on the workbench, and which of them is shown."""

    def __init__(self, composed: Composed, poem: WrittenPoem) -> None:
        self._states = [msgspec.structs.replace(composed, poems=(poem,))]
        self._at = 0
        # Not 0: a free poem may start with a stop.
        self.cursor = next((at for line in self.lines for at in line), 0)
        self.kept = given_places(composed.request, poem.text)

    @property
    def state(self) -> Composed:
        """The current state: the poem, with the request that wrote it."""
        return self._states[self._at]

    @property
    def text(self) -> str:
        """The text of the current state."""
        return self.state.poems[0].text

    @property
    def lines(self) -> list[list[int]]:
        """For each line, the positions of its characters in the text."""
        return places_of_lines(self.text)

    @property
    def line(self) -> int:
        """The line of the cursor."""
        return next((at for at, line in enumerate(self.lines) if self.cursor in line), 0)

    @property
    def column(self) -> int:
        """The cursor's place in its line."""
        return self.lines[self.line].index(self.cursor)

    @property
    def steps(self) -> tuple[int, int]:
        """How many states can be undone, and how many redone."""
        return self._at, len(self._states) - 1 - self._at

    # --- the cursor and what is kept ------------------------------------------------------------

    def move(self, step: int) -> None:
        """Move to the next or the previous character, across the ends of lines."""
        places = [at for line in self.lines for at in line]
        self.cursor = places[max(0, min(len(places) - 1, places.index(self.cursor) + step))]

    def move_line(self, step: int) -> None:
        """Move to the same column in the next or the previous line."""
        lines = self.lines
        line = lines[max(0, min(len(lines) - 1, self.line + step))]
        self.cursor = line[min(self.column, len(line) - 1)]

    def move_end(self, last: bool) -> None:
        """Move to the first or the last character of the line."""
        self.cursor = self.lines[self.line][-1 if last else 0]

    def toggle_kept(self) -> None:
        """Keep or release the character under the cursor."""
        self.kept ^= {self.cursor}

    def toggle_line_kept(self) -> None:
        """Keep the whole line; release it if all of it is kept."""
        line = set(self.lines[self.line])
        self.kept = self.kept - line if line <= self.kept else self.kept | line

    # --- requests to change it ------------------------------------------------------------------

    def rewritten_from_here(self, character: str, seed: int) -> ComposeRequest:
        """Put a character under the cursor and rewrite what follows, except what is kept."""
        after = {at for at in range(self.cursor + 1, len(self.text)) if at not in self.kept}
        return self._request(self._with(character), after, seed)

    def rewritten_except_kept(self, seed: int) -> ComposeRequest:
        """Rewrite everything except what is kept."""
        return self._request(self.text, set(range(len(self.text))) - self.kept, seed)

    def with_another_line(self, seed: int) -> ComposeRequest:
        """Rewrite the line of the cursor, except what is kept; both of one that is said again."""
        lines, rewritten = self.lines, {self.line}
        for at in said_again(self.state.request.form, [*map(len, lines)]):
            if rewritten & {at - 1, at}:
                rewritten |= {at - 1, at}
        return self._request(
            self.text, {place for at in rewritten for place in lines[at]} - self.kept, seed
        )

    def finished(self, seed: int) -> ComposeRequest:
        """Write the blanks and keep everything that is written."""
        return self._request(self.text, (), seed)

    @property
    def is_unfinished(self) -> bool:
        """Whether there are characters that are not written yet."""
        return BLANK in self.text

    def is_changed_by(self, request: ComposeRequest) -> bool:
        """Whether a request would change the poem."""
        as_it_is = msgspec.structs.replace(request, given=self.text)
        return BLANK in request.given or request != as_it_is

    def _with(self, characters: str, start: int | None = None) -> str:
        """The text with these characters from a position on; the stops stay in place."""
        start = self.cursor if start is None else start
        text = list(self.text)
        places = [at for line in self.lines for at in line if at >= start]
        for at, character in zip(places, characters, strict=False):
            text[at] = character
        return "".join(text)

    def _request(self, text: str, rewritten: Iterable[int], seed: int) -> ComposeRequest:
        blanks = {at for at in rewritten if text[at] not in STOPS}
        given = "".join(BLANK if at in blanks else each for at, each in enumerate(text))
        request = self.state.request
        return msgspec.structs.replace(
            request,
            # The text has all of these already, except words that are rewritten now.
            first="",
            acrostic="",
            last="",
            words=tuple(word for word in request.words if word not in given),
            given=given,
            candidates=1,
            seed=seed,
        )

    # --- changes without the model --------------------------------------------------------------

    def put(self, characters: str, start: int | None = None) -> bool:
        """Put characters at the cursor, or from a position on; false if they are there already.

        Nothing is left to the model, so it keeps no rule: the scanner names what is wrong.
        """
        text = self._with(characters, start)
        if text == self.text:
            return False
        request = self._request(text, (), self.state.request.seed)
        self.add_state(
            msgspec.structs.replace(
                self.state, request=request, poems=(WrittenPoem(text, 0.0, complete=True),)
            )
        )
        return True

    def set_measure(self, measure: Measure) -> None:
        """Measure the poem by these rules, in all of its states."""
        self._states = [
            msgspec.structs.replace(
                each, request=msgspec.structs.replace(each.request, measure=measure)
            )
            for each in self._states
        ]

    # --- its states -----------------------------------------------------------------------------

    def add_state(self, composed: Composed) -> None:
        """Add the rewritten poem as the newest state; undone states are dropped.

        The rules are those of the present state: they may have been changed while the model was
        writing.
        """
        request = msgspec.structs.replace(composed.request, measure=self.state.request.measure)
        composed = msgspec.structs.replace(composed, request=request)
        self._states = [*self._states[: self._at + 1], composed]
        self._go(self._at + 1)

    def undo(self) -> bool:
        """Go to the previous state; false if there is none."""
        return self._at > 0 and self._go(self._at - 1)

    def redo(self) -> bool:
        """Go to the state that was undone; false if there is none."""
        return self._at + 1 < len(self._states) and self._go(self._at + 1)

    def _go(self, at: int) -> bool:
        self._at = at
        places = [place for line in self.lines for place in line]
        self.kept &= set(places)
        if self.cursor not in places and places:
            self.cursor = places[-1]
        return True


def new_seed() -> int:
    """A random seed."""
    return random.randrange(SEEDS)
