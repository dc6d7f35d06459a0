"""What is offered for the faults of a poem, ranked."""

import torch

from studio.corpus.poem import verse_lines
from studio.corpus.vocabulary import Vocabulary
from studio.model.config import ModelConfig
from studio.model.device import Device
from studio.model.evaluate import score_poems
from studio.model.network import Network
from studio.prosody.rhymes import PINGSHUI
from studio.prosody.scansion import scan
from studio.verse.decoder import Writer
from studio.verse.suggesting import ByFrequency, ByModel, Ranker, Suggestion, suggest

FAULTY = "白日依山尽，黄河入海流。欲穷千里目，更上一层天。"
TRADITIONAL = "白日依山盡，黃河入海流。欲窮千里目，更上一層天。"
RHYMES = "楼头舟秋丘游州洲愁"


def suggestions(text: str, ranker: Ranker, count: int = 5) -> list[Suggestion]:
    lines = verse_lines(text)
    return suggest(text, lines, scan(lines).broken, scan, PINGSHUI, ranker, count)


def test_without_a_model_the_most_frequent_characters_come_first() -> None:
    ranker = ByFrequency(["舟舟舟", "秋秋", "楼", "山山山山"])
    (suggestion,) = suggestions(FAULTY, ranker)
    assert suggestion.fault.name == "出韵"
    assert [each.character for each in suggestion.offers] == ["舟", "秋", "楼"]


def test_a_poem_in_traditional_characters_is_offered_such() -> None:
    (suggestion,) = suggestions(TRADITIONAL, ByFrequency([RHYMES]))
    characters = {each.character for each in suggestion.offers}
    assert "樓" in characters and "楼" not in characters


def test_a_model_ranks_by_the_whole_poem() -> None:
    vocabulary = Vocabulary.build([FAULTY, RHYMES], 1)
    network = Network(ModelConfig(embedding=8, hidden=8), len(vocabulary), seed=5)
    with torch.no_grad():
        network.softmax_weight.mul_(4)  # opinions strong enough to differ
    writer = Writer(network, vocabulary, Device(torch.device("cpu"), "float32"), "test@0")
    (suggestion,) = suggestions(FAULTY, ByModel(writer), 9)
    characters = [each.character for each in suggestion.offers]
    assert sorted(characters) == sorted(RHYMES)
    texts = [FAULTY.replace("天", each) for each in characters]
    nats = [each.nats for each in score_poems(network, vocabulary, texts, writer.device)]
    assert nats == sorted(nats)
    assert len(set(nats)) > 1


def test_a_poem_without_faults_gets_no_suggestion() -> None:
    assert suggestions(FAULTY.replace("天", "楼"), ByFrequency([RHYMES])) == []
