"""A judge beside the model helps to choose among the tries of a line."""

from dataclasses import replace

import msgspec
import pytest
import torch
from torch import Tensor

from studio.corpus.poem import About, verse_lines
from studio.model.judge import Judge, Judging, Passage, inputs_of, read_poems, stops_of
from studio.prosody.forms import shape_of
from studio.verse import decoder
from studio.verse.composer import write
from studio.verse.judged import JudgedRows
from studio.verse.request import ComposeRequest, Ranking, Sampling
from studio.verse.writer import Writer

REQUEST = ComposeRequest(form="五绝", tones="free", candidates=6, sampling=Sampling(judgement=2.0))


def with_judge(writer: Writer) -> Writer:
    torch.manual_seed(2)
    judge = Judge(inputs_of(writer.network), width=6).eval()
    with torch.no_grad():
        judge.leave[-1].get_parameter("weight").mul_(100)  # opinions strong enough to differ
    return replace(writer, judge=judge)


class LovesACharacter(Judge):
    """Gives a point whenever one character stands in the poem."""

    def __init__(self, writer: Writer, character: str) -> None:
        super().__init__(inputs_of(writer.network), width=1)
        (token,) = writer.vocabulary.encode(character)
        self.loved = writer.network.embedding.weight[token].detach()

    def forward(
        self, passage: Passage, before: Judging | None = None, last: bool = False
    ) -> tuple[Tensor, Judging]:
        judging = before or self.start(len(passage.nats))
        is_there = (passage.characters == self.loved).all(dim=-1).float()
        points = judging.total[..., 0] + is_there.cumsum(dim=1)
        judging = judging._replace(total=points[:, -1:, None])
        return points[:, -1:] if last else points, judging


def test_tries_that_are_judged_better_are_preferred(writer: Writer) -> None:
    loved = write(writer, REQUEST)[0].text[0]

    def count(judgement: float) -> int:
        request = ComposeRequest(
            form="五绝", tones="free", candidates=16, sampling=Sampling(judgement=judgement)
        )
        poems = write(replace(writer, judge=LovesACharacter(writer, loved)), request)
        return sum(poem.text.count(loved) for poem in poems)

    assert count(0) < count(3)


def test_drafts_that_are_judged_better_are_ranked_higher(writer: Writer) -> None:
    loved = write(writer, REQUEST)[0].text[0]
    request = msgspec.structs.replace(REQUEST, ranking=Ranking(judgement=100))
    poems = write(replace(writer, judge=LovesACharacter(writer, loved)), request)
    points = [poem.points for poem in poems]
    assert points == sorted([poem.text.count(loved) for poem in poems], reverse=True)
    assert points[0] > points[-1]


def test_without_a_judge_or_with_nothing_to_choose_it_has_no_effect(writer: Writer) -> None:
    plain = ComposeRequest(form="五绝", tones="free", candidates=6)
    assert write(writer, REQUEST) == write(writer, plain) == write(with_judge(writer), plain)
    one_try = ComposeRequest(form="五绝", tones="free", tries=1, sampling=Sampling(judgement=2.0))
    assert write(with_judge(writer), one_try) == write(writer, one_try)


@pytest.mark.parametrize("opening", [0, 1, 7])
def test_the_points_are_those_of_the_poem_read_at_once(
    writer: Writer, monkeypatch: pytest.MonkeyPatch, opening: int
) -> None:
    judged = with_judge(writer)
    assert judged.judge is not None
    seen: list[JudgedRows] = []
    init = JudgedRows.__init__

    def record(rows: JudgedRows, *arguments: object) -> None:
        init(rows, *arguments)  # type: ignore[arg-type]
        seen.append(rows)

    monkeypatch.setattr(decoder.JudgedRows, "__init__", record)
    first = write(writer, REQUEST)[0].text[:opening]
    request = ComposeRequest(
        form="五绝",
        tones="free",
        candidates=3,
        first=first,
        copied_lines=True,
        sampling=Sampling(judgement=2.0),
    )
    poems = write(judged, request)
    assert all(poem.text.startswith(first) for poem in poems)
    texts = [poem.text for poem in poems]
    about = [About(shape_of(verse_lines(text)), "", "") for text in texts]
    passages = read_poems(judged.network, judged.vocabulary, texts, about, judged.device)
    is_stop = stops_of(judged.vocabulary)
    expected = []
    for text, passage in zip(texts, passages, strict=True):
        assert bool(is_stop[judged.vocabulary.encode(text)[-1]])
        with torch.inference_mode():
            expected.append(float(judged.judge(passage)[0][0, -1]))
    assert max(expected) - min(expected) > 0.05
    (rows,) = seen
    assert sorted(rows.points.tolist()) == pytest.approx(sorted(expected), abs=0.01)
