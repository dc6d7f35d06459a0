"""Writing a saved poem again: is it the same to the letter, and if not, why."""

from collections.abc import Sequence
from itertools import zip_longest

import msgspec

from studio.collection.saved import SavedPoem, program
from studio.corpus.poem import verse_lines


class Rewritten(msgspec.Struct, frozen=True):
    """What came of writing a saved poem again: the text, and in words what differs and why."""

    text: str
    is_same: bool
    differences: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Both in a sentence."""
        if self.is_same:
            return "Written again to the letter."
        return f"Not the same poem again: {'; '.join(self.differences)}."


def compare(saved: SavedPoem, model: str, texts: Sequence[str]) -> Rewritten:
    """Hold what was written again by `model` against the saved poem: the text nearest to it."""
    wanted = saved.poem.text
    text = max(texts, key=lambda each: sum(a == b for a, b in zip(each, wanted, strict=False)))
    if text == wanted:
        return Rewritten(text, is_same=True)
    lines = enumerate(zip_longest(verse_lines(text), verse_lines(wanted), fillvalue=""), start=1)
    differences = [
        f"line {number} is {now or 'missing'} instead of {before or 'missing'}"
        for number, (now, before) in lines
        if now != before
    ][:1] or ["the punctuation differs"]
    if model != saved.model:
        differences.append(f"it was written by {saved.model} and now by {model}")
    if program() != saved.program:
        differences.append(f"it was run by {saved.program or 'an older studio'}, now {program()}")
    if len(differences) == 1:
        differences.append(
            "model and program have the same names, so the weights, the library of poems that "
            "must not be copied, or the processor are others"
        )
    return Rewritten(text, is_same=False, differences=tuple(differences))
