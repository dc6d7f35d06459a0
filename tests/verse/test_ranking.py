"""What the model finds in the drafts, and what ranks them."""

import msgspec
import pytest

from studio.corpus.poem import About
from studio.model.evaluate import score_poems
from studio.paths import Home
from studio.verse import knowledge, novelty
from studio.verse.knowledge import DraftReading, read_drafts
from studio.verse.novelty import Novelty
from studio.verse.ranking import add_scores
from studio.verse.request import Ranking, WrittenPoem
from studio.verse.writer import Writer

NOTHING = Ranking(**dict.fromkeys(Ranking.__struct_fields__, 0.0))
POEMS = [WrittenPoem("山月雨，", -3.0, True), WrittenPoem("花石门。", -4.0, True)]


def test_a_draft_is_read_to_its_end_token(writer: Writer) -> None:
    text = "山月雨，花石门。"
    weights = msgspec.structs.replace(NOTHING, end=1.0)
    (reading,) = read_drafts(writer, [text], weights, About(), About())
    (whole,) = score_poems(writer.network, writer.vocabulary, [text], writer.device)
    longer = text + "心，"
    (further,) = read_drafts(writer, [longer], weights, About(), About())
    assert -whole.nats < reading.end < 0 and reading.end != further.end
    assert reading.title_gain == 0.0


def test_what_has_no_weight_is_not_read(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        pytest.fail("read")

    monkeypatch.setattr(knowledge, "poem_losses", fail)
    monkeypatch.setattr(knowledge, "mean_coherences", fail)
    weights = msgspec.structs.replace(NOTHING, title=1.0)
    assert read_drafts(writer, ["山月雨，"], weights, About(), About()) == [DraftReading()]


@pytest.mark.parametrize(("term", "found"), [("end", "end"), ("title", "title_gain")])
def test_a_weight_prefers_the_draft_that_has_more_of_it(term: str, found: str) -> None:
    readings = [DraftReading(**{found: value}) for value in (-2.0, -0.5)]
    weights = msgspec.structs.replace(NOTHING, **{term: 2.0})
    first, second = add_scores(POEMS, weights, None, readings)
    assert second.score - first.score == pytest.approx(3.0)
    first, second = add_scores(POEMS, NOTHING, None, readings)
    assert second.score == first.score == 0.0


def test_a_common_closing_costs_its_weight(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(novelty, "COMMON_CLOSING", 1)
    weights = msgspec.structs.replace(NOTHING, closing=0.5)
    with Novelty.open(home.library) as library:
        (poem, *_) = library._library.poems()
        ends = WrittenPoem(poem.text, -3.0, True), WrittenPoem(poem.text[:-4] + "龘，", -3.0, True)
        assert [each.score for each in add_scores(ends, weights, library)] == [-0.5, 0.0]
