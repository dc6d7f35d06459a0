"""A poem that is asked for is the best of several drafts."""

from studio.verse.composer import compose, write, write_best
from studio.verse.evaluation import write_many
from studio.verse.request import ComposeRequest, Sampling
from studio.verse.writer import Writer

REQUEST = ComposeRequest(form="五绝", candidates=2, drafts=5, tones="free", tries=2)


def test_the_best_of_the_drafts_are_given_and_the_best_is_first(writer: Writer) -> None:
    drafts = write(writer, REQUEST)
    assert len(drafts) == 5
    assert [poem.score for poem in drafts] == sorted((poem.score for poem in drafts), reverse=True)
    assert write_best(writer, REQUEST) == drafts[:2]


def test_the_columns_show_as_many_poems_as_are_asked_for(writer: Writer) -> None:
    assert {len(column) for column in compose(writer, REQUEST)} == {2}


def test_as_many_poems_are_written_as_are_asked_for_where_the_drafts_are_fewer(
    writer: Writer,
) -> None:
    request = ComposeRequest(form="五绝", candidates=3, drafts=2, tones="free", tries=2)
    assert len(write_best(writer, request)) == 3


def test_each_of_many_poems_is_the_best_of_its_own_drafts(writer: Writer) -> None:
    poems, _ = write_many(writer, REQUEST, 2)
    singles = [
        write_best(writer, ComposeRequest(form="五绝", seed=seed, drafts=5, tones="free", tries=2))
        for seed in (1, 2)
    ]
    assert [each.text for each in poems] == [poem.text for (poem,) in singles]


def test_argmax_has_one_draft(writer: Writer) -> None:
    request = ComposeRequest(form="五绝", drafts=5, sampling=Sampling("greedy"), tones="free")
    assert len(write(writer, request)) == 1


def test_sharpness_prefers_lines_that_the_model_finds_likely(writer: Writer) -> None:
    def mean(sharpness: float, tries: int = 8) -> float:
        sampling = Sampling(sharpness=sharpness, temperature=1.0)
        request = ComposeRequest(form="五绝", sampling=sampling, tries=tries, candidates=16)
        poems = write(writer, request)
        return sum(poem.log_probability for poem in poems) / len(poems)

    plain = mean(0)
    assert plain < mean(1) < mean(20)
    # One try leaves nothing to choose.
    assert mean(20, tries=1) == mean(0, tries=1)
