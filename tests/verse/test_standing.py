"""Writing around a text that stays even if it breaks rules."""

import msgspec
import pytest

from studio.errors import VerseError
from studio.verse.composer import written
from studio.verse.facing import compose_any
from studio.verse.request import BLANK, ComposeRequest
from studio.verse.standing import compose_around, in_spite_of_faults
from studio.verse.writer import Writer

BLANKS = "白□依山尽，黄河□□流。□□□□□，更上一层□。"


def test_characters_with_faults_are_left_to_the_model_first_then_only_wrong_rhymes() -> None:
    given = BLANKS.replace("白□", "白天").replace("层□", "层天")
    first, last = in_spite_of_faults(ComposeRequest(given=given))
    assert (first.given, first.tones) == (BLANKS, "tang")
    assert (last.given, last.tones) == (BLANKS.replace("白□", "白天"), "free")


def test_a_text_that_the_scanner_tolerates_is_also_written_around_with_looser_tones() -> None:
    # Strict tones refuse the first line, which the next one rescues.
    given = "向晚意不适，驱车登古原。□□□□□，□□□□□。"
    tried = [(each.tones, each.given) for each in in_spite_of_faults(ComposeRequest(given=given))]
    assert tried == [("tang", given), ("free", given)]


@pytest.mark.parametrize("blanks", [BLANK, "人"])
def test_what_is_given_stays_whatever_rule_it_breaks(writer: Writer, blanks: str) -> None:
    # Level tones alone.
    given = f"人山风云江，{blanks}山风云江。人山风云{BLANK}，人山风云江。"
    request = ComposeRequest(given=given.replace(BLANK, blanks))
    with pytest.raises(VerseError):
        written(compose_any(writer, request))
    (poem,) = written(compose_around(writer, request))
    for stood, each in zip(request.given, poem.text, strict=True):
        assert each == stood or stood == BLANK
    assert BLANK not in poem.text
    assert written(compose_around(writer, request)) == (poem,)


def test_what_no_tones_allow_is_refused(writer: Writer) -> None:
    request = ComposeRequest(given="人山风云江，人山", acrostic="风")
    with pytest.raises(VerseError):
        written(compose_around(writer, msgspec.structs.replace(request, seed=2)))
