"""What a form allows at the next position, as a mask over the vocabulary."""

from collections.abc import Sequence

import torch
from torch import Tensor

from studio.corpus.poem import STOPS
from studio.corpus.vocabulary import BEGIN, END, PAD, UNKNOWN, Vocabulary
from studio.errors import VerseError
from studio.prosody.forms import Form

# A couplet is a line, a comma, a line, a full stop.
_COUPLET = "，。"


class Constraint:
    """Masks (vocabulary,), true where a character may stand, one for each position of a poem.

    `han` is the mask of the Han characters; `length` the most characters before the end token.
    """

    def __init__(self, vocabulary: Vocabulary, form: Form | None, longest: int) -> None:
        """With `form` its lines and punctuation; without, any text of `longest` at most.

        Raises VerseError where the vocabulary lacks the stops that a form needs.
        """
        if form and not all(stop in vocabulary for stop in _COUPLET):
            raise VerseError(
                "The model was trained on poems without punctuation and cannot set lines. "
                "Ask for a poem of free form."
            )
        self._vocabulary = vocabulary
        indices = range(len(vocabulary))
        self.han = torch.tensor([vocabulary.is_han(index) for index in indices])
        self._any = torch.ones(len(vocabulary), dtype=torch.bool)
        self._any[[PAD, BEGIN, UNKNOWN]] = False
        self.form = form
        self.length = _length(form) if form else longest

    def allowed(self, position: int) -> Tensor | None:
        """What may stand at `position`, from 0: at a form's end the end token alone.

        None where the length limit of a free poem cuts it.
        """
        if self.form is None:
            if position == self.length:
                return None
            # A poem begins with a character: neither empty nor with a comma.
            return self._any if position else self.han
        if position == self.length:
            return self._only(END)
        line, column = divmod(position, self.form.line_length + 1)
        if column < self.form.line_length:
            return self.han
        return self._only(self._vocabulary.index(_stop(line)))

    def place(self, opening: str) -> str:
        """Set an opening into the form: punctuation where the form has it, typed or not.

        Raises VerseError where the opening is longer than the poem or its lines are not the form's.
        """
        form = self.form
        if form is None:
            if len(opening) >= self.length:
                raise VerseError(
                    f"The opening has {len(opening)} characters and the poem may have "
                    f"{self.length}. Shorten the opening or raise the length limit."
                )
            return opening
        lines = _typed_lines(opening)
        for line in lines[:-1]:
            if len(line) % form.line_length:
                raise VerseError(
                    f"The opening has a line of {len(line)} ({line}), and a {form.name} has lines "
                    f"of {form.line_length}. Change the opening or the form."
                )
        if lines and opening[-1] in STOPS and len(lines[-1]) % form.line_length:
            raise VerseError(
                f"The opening ends a line after {len(lines[-1])} ({lines[-1]}), and a {form.name} "
                f"has lines of {form.line_length}. Change the opening or the form."
            )
        characters = "".join(lines)
        most = form.line_length * form.line_count
        if len(characters) >= most:
            raise VerseError(
                f"The opening has {len(characters)} characters, and a {form.name} has {most} in "
                "all. Shorten the opening or choose a longer form."
            )
        placed = ""
        for number, character in enumerate(characters, start=1):
            placed += character
            if number % form.line_length == 0:
                placed += _stop(number // form.line_length - 1)
        return placed

    def _only(self, index: int) -> Tensor:
        mask = torch.zeros_like(self._any)
        mask[index] = True
        return mask


def _stop(line: int) -> str:
    return _COUPLET[line % 2]


def _length(form: Form) -> int:
    return form.line_count * (form.line_length + 1)


def _typed_lines(opening: str) -> Sequence[str]:
    for stop in STOPS:
        opening = opening.replace(stop, "\n")
    return opening.split()
