"""Poems under a title, in the manner of a poet."""

import msgspec
import pytest
import torch
from torch import Tensor

from studio.corpus.poem import About
from studio.corpus.vocabulary import BEGIN, SPECIAL, Vocabulary
from studio.errors import VerseError
from studio.model.conditions import Conditions, describe
from studio.model.config import ModelConfig
from studio.model.network import Network
from studio.verse.composer import write
from studio.verse.inspection import inspect
from studio.verse.request import ComposeRequest, Sampling
from studio.verse.writer import Writer
from tests.conftest import nonsense
from tests.model.conftest import CPU


@pytest.fixture
def titled() -> Writer:
    """A model that reads form, title and poet, and is not trained."""
    vocabulary = Vocabulary.build(nonsense(60), 1, ["李白", "杜甫"])
    config = ModelConfig(
        embedding=8, hidden=8, skips=True, form_input=True, title_input=True, poet_input=True
    )
    network = Network(config, len(vocabulary), seed=5)
    with torch.no_grad():
        network.softmax_weight.mul_(4)
    return Writer(network.eval(), vocabulary, CPU, "test@0")


@pytest.mark.parametrize("form", ["五绝", ""])
@pytest.mark.parametrize("wish", [{"title": "山海"}, {"poet": "李白"}])
def test_a_title_and_a_poet_change_the_poem(
    titled: Writer, form: str, wish: dict[str, str]
) -> None:
    plain = ComposeRequest(form=form, seed=3, candidates=3)
    asked = msgspec.structs.replace(plain, **wish)
    texts = [poem.text for poem in write(titled, asked)]
    assert texts == [poem.text for poem in write(titled, asked)]
    assert texts != [poem.text for poem in write(titled, plain)]


@pytest.mark.parametrize("guidance", [0, 2])
@pytest.mark.parametrize("first", ["", "日", "红日山湖夜，日"])
def test_a_poem_is_written_with_what_it_is_read_with(
    titled: Writer, first: str, guidance: float
) -> None:
    request = ComposeRequest(
        first=first,
        title="山海",
        poet="杜甫",
        tries=1,
        tones="free",
        sampling=Sampling(guidance=guidance),
    )
    (poem,) = write(titled, request)
    chosen = [
        each
        for at, each in enumerate(inspect(titled, request, poem.text))
        if at >= len(first) and each.alternatives
    ]
    mean = sum(each.log_probability for each in chosen) / len(chosen)
    assert poem.log_probability == pytest.approx(mean, rel=1e-4)


def test_guidance_adds_the_difference_that_a_title_makes(titled: Writer) -> None:
    def first_logits(about: About) -> Tensor:
        known = describe([about], titled.vocabulary).about
        here = torch.zeros(1, 1, dtype=torch.long)
        conditions = Conditions(torch.zeros(1, 1, 3, dtype=torch.long), here, known)
        features, _ = titled.network(torch.tensor([[BEGIN]]), conditions=conditions)
        logits = titled.network.logits(features[0, 0])
        logits[: len(SPECIAL)] = -torch.inf
        return logits

    def first_character(title: str, guidance: float) -> str:
        sampling = Sampling(strategy="greedy", guidance=guidance)
        asked = ComposeRequest(form="", title=title, sampling=sampling, longest=1)
        return write(titled, asked)[0].text

    plain, changed = first_logits(About()), 0
    for title in ("山海", "红日", "花门", "雨", "人"):
        known = first_logits(About(title=title))
        best = int(torch.where(known > -torch.inf, known + 9 * (known - plain), known).argmax())
        assert first_character(title, 9) == titled.vocabulary.decode([best])
        changed += first_character(title, 9) != first_character(title, 0)
    assert changed


def test_guidance_changes_nothing_without_title_and_poet(titled: Writer) -> None:
    request = ComposeRequest(seed=3, candidates=2)
    guided = msgspec.structs.replace(request, sampling=Sampling(guidance=5))
    assert write(titled, request) == write(titled, guided)


def test_a_title_in_either_script_is_the_same(titled: Writer) -> None:
    typed, simple = (ComposeRequest(title=each, seed=2) for each in ("紅，山 湖", "红山湖"))
    assert typed == simple
    assert ComposeRequest(poet="劉禹錫").poet == "刘禹锡"


def test_ranking_counts_how_much_the_title_says(titled: Writer) -> None:
    request = ComposeRequest(title="山海", candidates=4)
    without = msgspec.structs.replace(
        request, ranking=msgspec.structs.replace(request.ranking, title=0.0)
    )
    pairs = zip(write(titled, request), write(titled, without), strict=True)
    assert any(a.text == b.text and a.score != b.score for a, b in pairs)


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"title": "送别"}, "knows no character of the title 送别"),
        ({"poet": "王维"}, "does not know the poet 王维.*李白"),
    ],
)
def test_what_the_model_does_not_know_is_refused(
    titled: Writer, wish: dict[str, str], message: str
) -> None:
    with pytest.raises(VerseError, match=message):
        write(titled, ComposeRequest(**wish))  # type: ignore[arg-type]


@pytest.mark.parametrize("writer", ["lstm"], indirect=True)
@pytest.mark.parametrize("wish", [{"title": "山海"}, {"poet": "李白"}])
def test_a_model_that_reads_no_title_says_so(writer: Writer, wish: dict[str, str]) -> None:
    with pytest.raises(VerseError, match=r"reads no (title|poet).*_input"):
        write(writer, ComposeRequest(sampling=Sampling(), **wish))  # type: ignore[arg-type]


def test_a_title_in_another_script_than_chinese_is_refused() -> None:
    with pytest.raises(VerseError, match="The title"):
        ComposeRequest(title="farewell")


@pytest.mark.parametrize("writer", ["lstm"], indirect=True)
def test_a_given_poem_may_have_any_title_and_poet(titled: Writer, writer: Writer) -> None:
    for each in (titled, writer):
        request = ComposeRequest(
            form="五绝", title="送别", poet="王维", given="山海□□□", tones="free"
        )
        (poem,) = write(each, request)
        assert poem.text.startswith("山海")
