"""What is offered for the faults of a poem, ranked."""

from collections.abc import Sequence

import torch

from studio.corpus.poem import verse_lines
from studio.corpus.vocabulary import Vocabulary
from studio.model.config import ModelConfig
from studio.model.device import Device
from studio.model.evaluate import score_poems
from studio.model.network import Network
from studio.prosody.couplet import COUPLET_FORM
from studio.prosody.offers import LineOffer
from studio.prosody.rhymes import PINGSHUI, rhyme_book
from studio.prosody.scansion import scan
from studio.verse.suggesting import ByFrequency, ByModel, Ranker, Suggestion, suggest
from studio.verse.writer import Writer

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


def test_every_place_that_clears_a_fault_has_offers() -> None:
    class Early(ByFrequency):
        def scores(self, text: str, changes: Sequence[tuple[int, str]]) -> Sequence[float]:
            return [-at for at, _ in changes]

    # 孤平: the first character can be level, or the third one can make up for it.
    text = "白日依山尽，落河入海流。欲穷千里目，更上一层楼。"
    (suggestion,) = suggestions(text, Early(["黄清青金红东"]), 4)
    assert suggestion.fault.name == "孤平"
    assert [each.place for each in suggestion.offers] == [0, 0, 2, 2]


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


class Stub(ByFrequency):
    """Knows no characters, and has lines at hand for each span."""

    def __init__(self, written: dict[range, list[list[str]]]) -> None:
        super().__init__([])
        self.written = written

    def rewritten(self, lines: Sequence[str], form: str, span: range) -> Sequence[list[str]]:
        return self.written.get(span, [])


def test_whole_lines_are_offered_only_if_they_clear_the_fault() -> None:
    lines = [["欲穷千里目"], ["欲穷千里山"], ["白日千里目"], ["欲穷千里目"]]
    text = "白日依山尽，黄河入海流。欲穷千里之目，更上一层楼。"
    (suggestion,) = suggestions(text, Stub({range(2, 3): lines}))
    assert suggestion.fault.name == "字数"
    assert suggestion.offers == ()
    assert suggestion.lines == (LineOffer(2, ("欲穷千里目",)),)


def test_a_couplet_that_does_not_adhere_is_replaced_as_a_whole() -> None:
    text = "白日依山尽，黄河入海流。明月千峰照，清泉石上留。"
    couplet = ["欲穷千里目", "更上一层楼"]
    (suggestion,) = suggestions(text, Stub({range(2, 4): [couplet]}))
    assert (suggestion.fault.name, suggestion.lines) == ("失粘", (LineOffer(2, tuple(couplet)),))


def test_a_model_writes_the_lines_that_it_offers() -> None:
    vocabulary = Vocabulary.build([FAULTY, "".join(list(rhyme_book())[:800])], 1)
    network = Network(ModelConfig(embedding=8, hidden=8), len(vocabulary), seed=5)
    writer = Writer(network, vocabulary, Device(torch.device("cpu"), "float32"), "test@0")
    text = "白日依山尽，黄河入海流。欲穷千里之目，更上一层楼。"
    (suggestion,) = suggestions(text, ByModel(writer))
    assert suggestion.lines
    for offer in suggestion.lines:
        assert scan(offer.put_into(verse_lines(text))).faults == ()
    assert ByModel(writer).rewritten(["昨夜雨疏风骤"], "如梦令", range(1)) == ()


def test_a_poem_without_faults_gets_no_suggestion() -> None:
    assert suggestions(FAULTY.replace("天", "楼"), ByFrequency([RHYMES])) == []


def test_a_couplet_with_lines_of_different_lengths_is_rewritten(writer: Writer) -> None:
    lines = ["人山风石", "江春雨海月", "天门云水", "湖日人花心"]
    found = ByModel(writer).rewritten(lines, COUPLET_FORM, range(3, 4))
    assert found
    assert all(len(line) == 5 for (line,) in found)
