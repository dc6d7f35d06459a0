"""The other half of a couplet."""

import random
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.corpus.poem import verse_lines
from studio.corpus.vocabulary import Vocabulary
from studio.errors import VerseError
from studio.model.config import ModelConfig
from studio.model.device import Device
from studio.model.network import Network
from studio.prosody.parallelism import metrical_places
from studio.prosody.rhymes import rhyme_book
from studio.prosody.tones import LEVEL, OBLIQUE, tones_of
from studio.verse import facing as facing_module
from studio.verse.composer import written
from studio.verse.facing import FacingLine, compose_any, facing_lines
from studio.verse.request import COUPLET_FORM, USUAL, ComposeRequest, Sampling
from studio.verse.writer import Writer
from tests.verse.conftest import Corpus

EITHER = LEVEL | OBLIQUE
UPPER, LOWER = "明月松间照", "清泉石上流"


@pytest.fixture(scope="module")
def writer() -> Writer:
    """A network of random weights that knows the rhyme book's common characters."""
    vocabulary = Vocabulary.build([f"{UPPER}，{LOWER}。", "".join(list(rhyme_book())[:800])], 1)
    network = Network(ModelConfig(embedding=8, hidden=8), len(vocabulary), seed=5)
    return Writer(network, vocabulary, Device(torch.device("cpu"), "float32"), "test@0")


@pytest.mark.parametrize(("line", "upper"), [(UPPER, False), (LOWER, True)])
def test_facing_lines_have_the_length_and_the_opposite_tones(
    writer: Writer, line: str, upper: bool
) -> None:
    found = facing_lines(writer, line, 6, 1, upper)
    assert found
    for each in found:
        assert len(each.line) == 5
        lower = line if upper else each.line
        assert tones_of(lower[-1], rhyming=True) & LEVEL
        for at in (1, 3):
            assert tones_of(line[at]) | tones_of(each.line[at]) == LEVEL | OBLIQUE


def test_the_best_couplet_comes_first_and_a_seed_writes_the_same(writer: Writer) -> None:
    found = facing_lines(writer, UPPER, 6, 1)

    def key(each: FacingLine) -> tuple[bool, float]:
        return each.parallelism.tones < 1, -each.score

    assert found == sorted(found, key=key)
    assert len({each.line for each in found}) == len(found)
    assert facing_lines(writer, UPPER, 6, 1) == found


@pytest.mark.parametrize("upper", [False, True])
def test_what_is_written_in_the_blanks_of_the_given_line_is_reported_with_its_facing_line(
    writer: Writer, upper: bool
) -> None:
    typed = "□龘松□"
    for each in facing_lines(writer, typed, 4, 1, upper):
        assert "□" not in each.given and each.given[1:3] == "龘松"
        assert len(each.given) == len(each.line) == 4


def test_a_line_off_its_tones_is_faced_all_the_same(writer: Writer) -> None:
    assert facing_lines(writer, "明月明月月", 2, 1)


@pytest.mark.parametrize(
    ("line", "upper", "why"),
    [
        ("明", False, "has 1 characters"),
        ("明月" * 8, False, "divide a longer one by commas"),
        (LOWER, False, "Use --upper"),
        (UPPER, True, "Leave out --upper"),
    ],
)
def test_a_line_that_cannot_be_faced_is_refused(
    writer: Writer, line: str, upper: bool, why: str
) -> None:
    with pytest.raises(VerseError, match=why):
        facing_lines(writer, line, 1, 1, upper)


def couplet(**wishes: Any) -> ComposeRequest:
    return ComposeRequest(form=COUPLET_FORM, **wishes)


@pytest.mark.parametrize(("line", "place"), [(UPPER, 0), (LOWER, 1)])
def test_a_couplet_is_a_form_whose_opening_is_a_line(writer: Writer, line: str, place: int) -> None:
    request = couplet(first=line, candidates=3, sampling=USUAL.sampling)
    poems = written(compose_any(writer, request))
    assert 1 <= len(poems) <= 3
    facing = [each.line for each in facing_lines(writer, line, 48, 1, upper=place == 1)]
    assert [poem.text[:-1].split("，")[1 - place] for poem in poems] == facing[: len(poems)]
    assert all(poem.text[:-1].split("，")[place] == line for poem in poems)


def test_blanks_of_a_couplet_are_written_and_the_rest_is_kept(writer: Writer) -> None:
    given = "明月松间照，清泉□上□。"
    (poem,) = written(compose_any(writer, ComposeRequest(form=COUPLET_FORM, given=given)))
    kept = zip(given, poem.text, strict=True)
    assert all(wanted in (found, "□") for wanted, found in kept)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "needs a line"),
        ("明", "has 2 to 15"),
    ],
)
def test_what_is_no_line_of_a_couplet_is_refused(writer: Writer, text: str, says: str) -> None:
    with pytest.raises(VerseError, match=says):
        written(compose_any(writer, ComposeRequest(form=COUPLET_FORM, first=text)))


@pytest.mark.parametrize(
    ("wish", "named"),
    [
        ({"acrostic": "春"}, "The acrostic: a couplet"),
        ({"last": "更上一层楼"}, "The last line: a couplet"),
        ({"words": ("明月",)}, "The words: a couplet"),
        ({"rhyme": "阳"}, "The rhyme: a couplet"),
        ({"lines": 8}, "The number of lines: a couplet"),
        ({"given": f"{UPPER}，□□□□□。"}, "an opening or a given text"),
        ({"title": "山居"}, "reads no title"),
        ({"poet": "李白"}, "reads no poet"),
    ],
)
def test_a_wish_that_no_couplet_can_meet_is_refused(
    writer: Writer, wish: dict[str, Any], named: str
) -> None:
    with pytest.raises(VerseError, match=named):
        written(compose_any(writer, couplet(first=UPPER, **wish)))


def test_a_couplet_of_ones_own_keeps_its_title_and_poet(writer: Writer) -> None:
    request = couplet(given=f"{UPPER}，□□□□□。", title="山居", poet="李白")
    assert written(compose_any(writer, request))


def test_a_couplet_is_written_by_the_sampling_of_its_request(writer: Writer) -> None:
    def texts(sampling: Sampling, seed: int = 1) -> list[str]:
        request = couplet(first=UPPER, candidates=3, sampling=sampling, seed=seed)
        return [each.text for each in written(compose_any(writer, request))]

    assert texts(Sampling(temperature=0.01)) != texts(Sampling(temperature=5))
    (greedy,) = texts(Sampling(strategy="greedy"))
    assert texts(Sampling(strategy="greedy"), seed=2) == [greedy]


def test_as_many_couplets_are_written_as_drafts_are_asked_for(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = []
    monkeypatch.setattr(
        facing_module, "_couplets", lambda _, __, count, *___: rows.append(count) or []
    )
    for drafts in (1, 200):
        written(compose_any(writer, couplet(first=UPPER, drafts=drafts)))
    assert rows == [48, 200]


def test_no_line_of_a_couplet_is_copied_unless_the_request_allows_it(writer: Writer) -> None:
    request = couplet(first=UPPER, candidates=3)
    (best, *_) = written(compose_any(writer, request))
    index = Corpus(verse_lines(best.text)[1][-1])
    others = written(compose_any(writer, request, index))  # type: ignore[arg-type]
    assert others and not any(index.is_line(verse_lines(each.text)[1]) for each in others)
    allowed = couplet(first=UPPER, candidates=3, copied_lines=True)
    assert written(compose_any(writer, allowed, index))[0] == best  # type: ignore[arg-type]


def test_halves_of_different_lengths_are_refused(writer: Writer) -> None:
    request = ComposeRequest(form=COUPLET_FORM, given="明月松间照，清泉石上流□□。")
    with pytest.raises(VerseError, match="as long as the line that it faces"):
        written(compose_any(writer, request))


@given(
    lengths=st.lists(st.integers(2, 12), min_size=1, max_size=4),
    upper=st.booleans(),
    seed=st.integers(0, 99),
)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_half_of_any_lines_is_faced_place_by_place(
    writer: Writer, lengths: list[int], upper: bool, seed: int
) -> None:
    known = [each for each in rhyme_book() if each in writer.vocabulary]
    tones = {wanted: [c for c in known if tones_of(c) == wanted] for wanted in (LEVEL, OBLIQUE)}
    draw = random.Random(seed)
    lines = ["".join(draw.choice(tones[LEVEL] + tones[OBLIQUE]) for _ in range(n)) for n in lengths]
    lines[-1] = lines[-1][:-1] + draw.choice(tones[LEVEL if upper else OBLIQUE])
    for each in facing_lines(writer, "，".join(lines), 3, seed, upper):
        other = each.line.split("，")
        assert [*map(len, other)] == lengths
        for one, facing in zip(lines, other, strict=True):
            for place in metrical_places(len(one)):
                assert tones_of(one[place]) | tones_of(facing[place], rhyming=True) == EITHER


def test_what_repeats_in_a_half_repeats_in_the_other(writer: Writer) -> None:
    # As in 风声雨声读书声: the first, the third and the last but one are the same.
    (best, *_) = facing_lines(writer, "明月明清明月", 8, 1)
    facing = best.line
    assert facing[0] == facing[2] == facing[4]
    assert facing[1] == facing[5] != facing[0] != facing[3]


def test_a_couplet_of_several_lines_is_finished_in_place(writer: Writer) -> None:
    given = "明月松间，清泉□上！照流石□，□□泉石。"
    (poem,) = written(compose_any(writer, ComposeRequest(form=COUPLET_FORM, given=given)))
    assert "□" not in poem.text
    assert all(wanted in (found, "□") for wanted, found in zip(given, poem.text, strict=True))
