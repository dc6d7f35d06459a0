"""Writing a saved poem again: whether the result is identical, and if not, why."""

from collections.abc import Sequence
from itertools import zip_longest

import msgspec

from studio.collection.saved import SavedPoem, program
from studio.corpus.poem import verse_lines
from studio.translation import tr
from studio.verse.fixed_characters import in_stops_of


class Rewritten(msgspec.Struct, frozen=True):
    """The result of writing a saved poem again: the text, and the differences with their causes."""

    text: str
    is_same: bool
    differences: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The result in one sentence."""
        if self.is_same:
            return tr("Written again: the same poem, character for character.")
        return tr(
            "Written again, but not the same poem: {differences}.",
            differences=tr("; ").join(self.differences),
        )


def compare(saved: SavedPoem, model: str, texts: Sequence[str]) -> Rewritten:
    """Compare a saved poem with the text most like it among `texts`, now written by `model`."""
    # An older studio gave a text that was filled in the stops of its form.
    wanted = in_stops_of(saved.request.given, saved.poem.text)
    text = max(texts, key=lambda each: sum(a == b for a, b in zip(each, wanted, strict=False)))
    if text == wanted:
        return Rewritten(text, is_same=True)
    lines = enumerate(zip_longest(verse_lines(text), verse_lines(wanted), fillvalue=""), start=1)
    differences = [
        tr(
            "line {number} is {now} instead of {before}",
            number=number,
            now=now or tr("missing"),
            before=before or tr("missing"),
        )
        for number, (now, before) in lines
        if now != before
    ][:1] or [tr("the punctuation differs")]
    if model != saved.model:
        differences.append(
            tr("it was written by {before}, and now by {now}", before=saved.model, now=model)
        )
    if program() != saved.program:
        differences.append(
            tr(
                "it was written with {before}, and now with {now}",
                before=saved.program or tr("an older studio"),
                now=program(),
            )
        )
    if len(differences) == 1:
        differences.append(
            tr(
                "model and program have the same names, so the weights, the processor, or the "
                "library (whose lines must not be copied) have changed"
            )
        )
    return Rewritten(text, is_same=False, differences=tuple(differences))
