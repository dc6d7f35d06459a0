"""The saved poems."""

from pathlib import Path
from threading import Thread

import msgspec
import pytest

from studio.collection.again import compare
from studio.collection.in_words import describe, first_line, matches
from studio.collection.saved import Collection, SavedPoem, program, saved_now
from studio.errors import StudioError
from studio.verse.request import ComposeRequest, Sampling, WrittenPoem

TEXT = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"


def saved(text: str = TEXT, seed: int = 7) -> SavedPoem:
    return SavedPoem(
        WrittenPoem(text, -3.25, True),
        ComposeRequest(first="白", seed=seed),
        "night@800",
        "2026-01-02T03:04:05+00:00",
    )


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    return Collection(tmp_path / "data" / "collection.jsonl")


def test_a_collection_that_was_never_saved_to_is_empty(collection: Collection) -> None:
    assert collection.poems() == []
    assert not collection.path.parent.exists()


def test_a_saved_poem_comes_back_with_its_request_and_model(collection: Collection) -> None:
    collection.add(saved())
    assert collection.poems() == [saved()]


def test_poems_are_kept_in_the_order_of_saving(collection: Collection) -> None:
    for seed in (3, 1, 2):
        collection.add(saved(seed=seed))
    assert [each.request.seed for each in collection.poems()] == [3, 1, 2]


def test_the_same_poem_is_saved_once(collection: Collection) -> None:
    assert collection.add(saved())
    assert not collection.add(saved_now(saved().poem, saved().request, saved().model))
    assert len(collection.poems()) == 1


def test_a_poem_that_is_written_again_is_saved_once(collection: Collection) -> None:
    assert collection.add(saved())
    again = saved_now(saved().poem, saved().rewrite_request, saved().model)
    assert not collection.add(again)
    # An older version kept both. They are removed one by one.
    collection.path.write_bytes(b"".join(map(_line, (saved(), again))))
    collection.remove(again)
    assert collection.poems() == [saved()]


def _line(poem: SavedPoem) -> bytes:
    return msgspec.json.encode(poem) + b"\n"


def test_a_removed_poem_is_gone_and_the_others_stay(collection: Collection) -> None:
    collection.add(saved(seed=1))
    collection.add(saved(seed=2))
    collection.remove(saved(seed=1))
    assert collection.poems() == [saved(seed=2)]


def test_poems_saved_while_others_are_removed_are_all_kept(collection: Collection) -> None:
    gone = [saved(seed=seed) for seed in range(20)]
    for poem in gone:
        collection.add(poem)

    def add(first: int) -> None:
        for seed in range(first, first + 20):
            collection.add(saved(seed=seed))

    adders = [Thread(target=add, args=(first,)) for first in (100, 200)]
    for adder in adders:
        adder.start()
    for poem in gone:
        collection.remove(poem)
    for adder in adders:
        adder.join()
    assert {poem.request.seed for poem in collection.poems()} == {
        *range(100, 120),
        *range(200, 220),
    }


def test_a_line_that_a_crash_cut_short_does_not_spoil_the_next(collection: Collection) -> None:
    collection.add(saved(seed=1))
    with collection.path.open("ab") as file:
        file.write(b'{"poem": {"te')
    collection.add(saved(seed=2))
    assert collection.poems() == [saved(seed=1), saved(seed=2)]


def test_a_poem_without_a_line_end_after_it_is_kept(collection: Collection) -> None:
    poems = [saved(seed=seed) for seed in (1, 2, 3)]
    for poem in poems:
        collection.add(poem)
    # Some editors leave a file so.
    collection.path.write_bytes(collection.path.read_bytes().rstrip(b"\n"))
    assert collection.poems() == poems
    assert not collection.add(poems[2])
    collection.add(saved(seed=4))
    assert collection.poems() == [*poems, saved(seed=4)]


def test_blank_lines_between_poems_are_skipped(collection: Collection) -> None:
    for seed in (1, 2):
        collection.add(saved(seed=seed))
    collection.path.write_bytes(b"\n" + collection.path.read_bytes().replace(b"\n", b"\n \n"))
    assert collection.poems() == [saved(seed=1), saved(seed=2)]


def test_a_damaged_last_line_is_named_not_dropped(collection: Collection) -> None:
    collection.add(saved(seed=1))
    damaged = b'{"poem": 7}'
    with collection.path.open("ab") as file:
        file.write(damaged)
    with pytest.raises(StudioError, match=r"collection\.jsonl, line 2 cannot be read"):
        collection.add(saved(seed=2))
    assert collection.path.read_bytes().endswith(damaged)


def test_a_damaged_line_is_named(collection: Collection) -> None:
    collection.add(saved())
    with collection.path.open("ab") as file:
        file.write(b"{}\n")
    with pytest.raises(StudioError, match=r"collection\.jsonl, line 2 cannot be read"):
        collection.poems()


def test_the_first_line_of_nothing_is_nothing() -> None:
    assert first_line("") == ""


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (ComposeRequest(sampling=Sampling(strategy="greedy"), seed=3), "五绝 · greedy · seed 3"),
        (
            ComposeRequest(
                form="",
                longest=40,
                sampling=Sampling(top_k=9, top_p=1, min_p=0.1, repetition_penalty=1.2),
            ),
            "free, at most 40 · temperature 0.85 · top-k 9 · min-p 0.1 · repetition 1.2 · seed 1",
        ),
        (
            ComposeRequest(
                form="排律",
                lines=12,
                acrostic="春江",
                last="月",
                words=("山", "水"),
                given="□山",
                rhyme="东",
                tones="tang",
                sampling=Sampling(strategy="greedy"),
            ),
            "排律, 12 lines · acrostic 春江 · to 月 · with 山 水 · partly given · rhyme 东 · "
            "tones tang · greedy · seed 1",
        ),
        (
            ComposeRequest(form="对联", tones="free", sampling=Sampling(strategy="greedy")),
            "对联 · greedy · seed 1",
        ),
    ],
)
def test_a_request_is_described_by_what_matters(request_: ComposeRequest, words: str) -> None:
    assert describe(request_) == words


def test_a_collection_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StudioError, match="cannot be written"):
        Collection(tmp_path / "file" / "collection.jsonl").add(saved())


def test_a_poem_is_found_by_the_beginning_of_its_id(collection: Collection) -> None:
    collection.add(saved(seed=1))
    collection.add(saved(seed=2))
    assert collection.find(saved(seed=2).id[:6].upper()) == saved(seed=2)


@pytest.mark.parametrize("name", ["", "xyz"])
def test_an_id_of_no_poem_or_of_several_is_reported(collection: Collection, name: str) -> None:
    collection.add(saved(seed=1))
    with pytest.raises(StudioError, match="collection list"):
        collection.find(name)


def test_poems_saved_before_there_were_more_fields_still_read(collection: Collection) -> None:
    collection.path.parent.mkdir(parents=True)
    collection.path.write_text(
        '{"poem":{"text":"山。","log_probability":-1.0,"complete":true},'
        '"request":{"first":"山","form":"五绝","seed":3,"model":"auto"},'
        '"model":"a@4","saved":"2026-01-02T03:04:05+00:00"}\n'
    )
    (read,) = collection.poems()
    assert (read.request.seed, read.program, read.rewrite_request.model) == (3, "", "a@4")


def test_a_poem_that_an_older_version_saved_as_it_was_typed_is_normalised(
    collection: Collection,
) -> None:
    collection.path.parent.mkdir(parents=True)
    collection.path.write_text(
        '{"poem":{"text":"红日，","log_probability":-1.0,"complete":true},'
        '"request":{"first":"紅日,","form":"","words":["紅 豆","，"],"rhyme":"平陽","seed":3},'
        '"model":"a@4","saved":"2026-01-02T03:04:05+00:00"}\n'
    )
    (read,) = collection.poems()
    assert read.request == ComposeRequest(
        first="红日，", form="", words=("红豆",), rhyme="阳", seed=3
    )


def test_a_saved_request_that_is_not_chinese_is_named_by_its_line(collection: Collection) -> None:
    collection.add(saved())
    line = collection.path.read_text().replace('"first":"白"', '"first":"white"')
    collection.path.write_text(line)
    with pytest.raises(StudioError, match=r'line 1 .*The opening: "w" is not a Chinese character'):
        collection.poems()


def test_a_poem_keeps_the_program_that_wrote_it() -> None:
    now = saved_now(saved().poem, saved().request, "a@4")
    assert now.program == program()
    assert "tangshi-studio" in program() and "torch" in program()


def test_the_same_text_again_is_the_same() -> None:
    again = compare(saved(), "night@800", ["山。", TEXT])
    assert again.is_same
    assert again.text == TEXT


def test_a_given_text_has_its_own_stops_again_though_it_was_saved_with_others() -> None:
    given = "白日依山尽。黄河入海流！欲穷千里目？更上一层□。"
    kept = msgspec.structs.replace(saved(), request=ComposeRequest(form="五绝", given=given))
    again = compare(kept, "night@800", [given.replace("□", "楼")])
    assert again.is_same
    assert not compare(kept, "night@800", [given.replace("□", "台")]).is_same


def test_another_text_names_the_line_the_model_and_the_program() -> None:
    again = compare(saved(), "night@900", ["山。", TEXT.replace("黄河", "黄江")])
    assert not again.is_same
    assert "line 2 is 黄江入海流 instead of 黄河入海流" in again.sentence
    assert "by night@800, and now by night@900" in again.sentence
    assert "an older studio" in again.sentence


def test_another_text_under_the_same_names_says_what_else_may_differ() -> None:
    kept = saved_now(saved().poem, saved().request, "night@800")
    assert "same names" in compare(kept, "night@800", ["山。"]).sentence


@pytest.mark.parametrize(
    "words", ["白日", "黄河 五绝", "NIGHT seed", "黃河", "huanghe", "bairi wujue"]
)
def test_saved_poems_are_found_by_text_form_model_and_pinyin(words: str) -> None:
    assert matches(words, [TEXT], "night@800", saved().request)


@pytest.mark.parametrize("words", ["送别", "songbie", "songbie libai", "libai wujue"])
def test_a_saved_poem_is_found_by_its_title_and_its_poet(words: str) -> None:
    request = msgspec.structs.replace(saved().request, title="送别", poet="李白")
    assert matches(words, [TEXT], "night@800", request)


@pytest.mark.parametrize("word", ["乾", "坤", "乾坤", "國"])
def test_a_saved_poem_is_found_by_any_character_as_it_was_typed(word: str) -> None:
    # Converted alone, 乾 is 干.
    assert matches(word, ["国破山河在，乾坤日夜浮。"], "night@800", saved().request)


@pytest.mark.parametrize("word", ["lvlv", "lulu", "lülü", "lǜlǜ"])
def test_pinyin_finds_a_saved_poem_however_its_u_is_spelled(word: str) -> None:
    assert matches(word, ["绿绿芳草。"], "night@800", saved().request)


@pytest.mark.parametrize("words", ["月", "黄河 七律", "mingyue", "day"])
def test_what_a_saved_poem_does_not_have_does_not_find_it(words: str) -> None:
    assert not matches(words, [TEXT], "night@800", saved().request)
