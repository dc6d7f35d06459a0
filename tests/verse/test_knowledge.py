"""Poems under a title, in the manner of a poet."""

import msgspec
import pytest
import torch

from studio.corpus.vocabulary import Vocabulary
from studio.errors import VerseError
from studio.model.config import ModelConfig
from studio.model.network import Network
from studio.verse.composer import write
from studio.verse.decoder import Writer
from studio.verse.inspection import inspect
from studio.verse.request import ComposeRequest, Sampling
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


@pytest.mark.parametrize("first", ["", "日", "红日山湖夜，日"])
def test_a_poem_is_written_with_what_it_is_read_with(titled: Writer, first: str) -> None:
    request = ComposeRequest(first=first, title="山海", poet="杜甫", tries=1, tones="free")
    (poem,) = write(titled, request)
    chosen = [
        each
        for at, each in enumerate(inspect(titled, request, poem.text))
        if at >= len(first) and each.alternatives
    ]
    mean = sum(each.log_probability for each in chosen) / len(chosen)
    assert poem.log_probability == pytest.approx(mean, rel=1e-4)


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
