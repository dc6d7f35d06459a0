"""The form of a request."""

from typing import Any

import pytest
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.events import Paste
from textual.widgets import Input

from studio.prosody.measure import Measure
from studio.settings import Settings
from studio.tui.playground.request_form import RequestForm
from studio.tui.playground.request_options import FREE
from studio.tui.playground.stage import PoemStage
from studio.tui.widgets.form_fields import Fold, TypedField
from studio.tui.widgets.pinyin_input import PinyinInput
from studio.verse.request import ComposeRequest, Ranking, Sampling
from tests.tui.playing import Play, Played


def type_into(played: Played, **texts: str) -> None:
    for name, text in texts.items():
        played.pane.query_one(f"#field-{name} Input", Input).value = text


async def test_wishes_for_the_verse_are_in_the_request(play: Play) -> None:
    async with play() as played:
        type_into(played, acrostic="春江花月", last="更上一層樓", words="明月 山")
        played.select("rhyme").value = "阳"
        played.select("tones").value = "tang"
        await played.press("enter")
        asked = played.last
        assert (asked.acrostic, asked.last) == ("春江花月", "更上一层楼")
        assert asked.words == ("明月", "山")
        assert (asked.rhyme, asked.tones, asked.copied_lines) == ("阳", "tang", False)


@pytest.mark.parametrize("typed", ["明月/山", "明月·山", "明月、山", "明月|山", "明月 - 山"])
async def test_words_may_be_separated_by_any_punctuation(play: Play, typed: str) -> None:
    async with play() as played:
        type_into(played, words=typed)
        await played.press("enter")
        assert played.last.words == ("明月", "山")


async def test_words_may_be_pasted_as_lines(play: Play) -> None:
    async with play() as played:
        played.number("words").post_message(Paste("明月\r\n山\n"))
        await played.settle()
        await played.press("enter")
        assert played.last.words == ("明月", "山")


async def test_a_title_is_typed_or_taken_from_the_themes(play: Play) -> None:
    async with play() as played:
        type_into(played, title="秋夜寄懷", poet="李白")
        await played.press("enter")
        assert (played.last.title, played.last.poet) == ("秋夜寄怀", "李白")
        played.select("theme").value = "送别"
        await played.pilot.pause()
        await played.press("enter")
        assert played.last.title == "送别"


async def test_a_title_may_have_digits_and_parts(play: Play) -> None:
    async with play() as played:
        type_into(played, title="五月5日・送别")
        await played.press("enter")
        assert played.last.title == "五月5日·送别"
        type_into(played, title="may")
        await played.press("enter")
        assert len(played.worker.requested) == 1
        assert '"m" is not a Chinese character' in played.note("title")


async def test_a_list_shows_none_where_another_name_is_typed(play: Play) -> None:
    async with play() as played:
        for chosen, typed, name in (("theme", "title", "送别"), ("known_poet", "poet", "李白")):
            played.select(chosen).value = name
            await played.pilot.pause()
            assert played.select(chosen).value == name
            type_into(played, **{typed: ""})
            await played.pilot.pause()
            assert played.select(chosen).value == ""
            type_into(played, **{typed: name})
            await played.press("enter")
            assert getattr(played.last, typed) == name


async def test_none_of_a_list_removes_what_was_taken_from_it(play: Play) -> None:
    async with play() as played:
        for chosen, typed, name in (("theme", "title", "送别"), ("known_poet", "poet", "李白")):
            for value in (name, ""):
                played.select(chosen).value = value
                await played.pilot.pause()
                assert played.number(typed).value == value


async def test_a_theme_is_shown_where_a_request_has_it_as_its_title(play: Play) -> None:
    async with play() as played:
        form = played.pane.query_one(RequestForm)
        for title, theme in (("怀古", "怀古"), ("秋夜", ""), ("", "")):
            form.fill(ComposeRequest(title=title))
            await played.pilot.pause()
            assert (form.request("").title, played.select("theme").value) == (title, theme)  # type: ignore[union-attr]


async def test_a_poet_is_typed_or_taken_from_the_list(play: Play) -> None:
    async with play() as played:
        form = played.pane.query_one(RequestForm)
        played.select("known_poet").value = "王维"
        await played.pilot.pause()
        assert form.request("").poet == "王维"  # type: ignore[union-attr]
        for poet, listed in (("杜甫", "杜甫"), ("寒山", ""), ("", "")):
            form.fill(ComposeRequest(poet=poet))
            await played.pilot.pause()
            assert (form.request("").poet, played.select("known_poet").value) == (poet, listed)  # type: ignore[union-attr]


async def test_a_word_that_is_not_chinese_says_so(play: Play) -> None:
    async with play() as played:
        type_into(played, words="明月 moon")
        await played.press("enter")
        assert played.worker.requested == []
        assert '"m" is not a Chinese character' in played.note("words")


async def test_a_rhyme_in_either_script_is_shown(play: Play) -> None:
    async with play() as played:
        form = played.pane.query_one(RequestForm)
        for asked, shown in (("阳", "阳"), ("東", "东"), ("", "")):
            form.fill(ComposeRequest(form="五绝", rhyme=asked))
            assert played.select("rhyme").value == shown


async def test_fields_behind_the_fold_are_in_the_request(play: Play) -> None:
    async with play() as played:
        type_into(played, given="白日__尽，*****。", tries="3")
        played.select("copied_lines").value = "yes"
        await played.press("enter")
        assert played.last.given == "白日□□尽，□□□□□。"
        assert (played.last.tries, played.last.copied_lines) == (3, True)


async def test_the_fold_is_opened_by_keyboard(play: Play) -> None:
    async with play() as played:
        assert not played.pane.query_one("#field-given").display
        played.pane.query_one(Fold).focus()
        await played.press("enter")
        assert played.pane.query_one("#field-given").display
        await played.press("space")
        assert not played.pane.query_one("#field-given").display


async def test_a_bad_value_behind_the_fold_opens_it(play: Play) -> None:
    async with play() as played:
        type_into(played, top_p="7")
        await played.press("enter")
        await played.settle()
        assert not played.worker.requested
        focused = played.app.focused
        assert focused is not None
        assert focused.id == "top_p"


async def test_only_forms_of_any_length_have_a_field_for_the_lines(play: Play) -> None:
    async with play() as played:
        lines = played.pane.query_one("#field-lines")
        assert not lines.display
        type_into(played, lines="16")
        await played.press("enter")
        assert played.last.lines == 0
        played.select("form").value = "排律"
        await played.settle()
        assert lines.display
        await played.press("escape", "enter")
        assert played.last.lines == 16


@pytest.mark.parametrize("form", ["对联", "如梦令", FREE])
async def test_wishes_that_only_verse_can_meet_have_no_field_elsewhere(
    play: Play, form: str
) -> None:
    wishes = ("acrostic", "last", "words", "rhyme", "tones")
    async with play() as played:
        type_into(played, acrostic="春江花月", last="moon", words="明月", title="山居")
        played.select("rhyme").value = "阳"
        played.select("form").value = form
        await played.settle()
        assert not any(played.pane.query_one(f"#field-{each}").display for each in wishes)
        await played.press("escape", "enter")
        asked = played.last
        assert (asked.acrostic, asked.last, asked.words, asked.rhyme) == ("", "", (), "")
        assert asked.title == "山居"
        played.select("form").value = "五绝"
        await played.settle()
        assert all(played.pane.query_one(f"#field-{each}").display for each in wishes)
        assert "not a Chinese character" in played.note("last")


async def test_there_is_one_most_likely_couplet(play: Play) -> None:
    async with play() as played:
        form = played.pane.query_one(RequestForm)
        for strategy, count in (("sample", 6), ("greedy", 1)):
            form.fill(ComposeRequest(form="对联", sampling=Sampling(strategy=strategy)))  # type: ignore[arg-type]
            await played.pilot.pause()
            assert form.request("明月松间照").candidates == count  # type: ignore[union-attr]


async def test_a_saved_request_fills_the_form(play: Play) -> None:
    kept = ComposeRequest(
        form="排律",
        lines=12,
        acrostic="春",
        words=("明月",),
        rhyme="东",
        tones="free",
        copied_lines=True,
        tries=4,
        ranking=Ranking(likelihood=2.0),
        measure=Measure("xinyun"),
    )
    async with play(settings=Settings(request=kept)) as played:
        form = played.pane.query_one(RequestForm)
        assert form.request("") == kept


async def test_a_rhyme_is_found_by_its_pinyin(play: Play) -> None:
    async with play() as played:
        played.select("rhyme").focus()
        await played.press("enter", *"yang", "enter")
        assert played.select("rhyme").value == "阳"


@pytest.mark.parametrize("typed", ["qilü", "qilv", "qilu"])
async def test_a_form_is_found_however_its_u_is_typed(play: Play, typed: str) -> None:
    async with play() as played:
        played.select("form").focus()
        await played.press("enter", *typed, "enter")
        assert played.select("form").value == "七律"


async def test_a_focused_field_shows_what_it_is_for(play: Play) -> None:
    async with play() as played:
        await played.press("o")
        assert "four lines of five" in played.text("#field-about")
        await played.press("tab")
        assert "theme to take as the title" in played.text("#field-about")
        await played.press("escape")
        assert not played.pane.query_one("#field-about").display


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_focused_field_and_why_it_is_wrong_are_above_what_it_is_for(
    play: Play, size: tuple[int, int]
) -> None:
    async with play(size) as played:
        await played.press("o")
        form = played.pane.query_one(RequestForm)
        form.query_one(Fold).action_fold()
        await played.settle()
        about = played.pane.query_one("#field-about")
        fields = [each for each in form.query(TypedField) if each.display]
        assert len(fields) > 10
        for field in (*fields, *reversed(fields)):
            field.editor.focus()
            await played.settle()
            assert form.scrollable_content_region.contains_region(field.region), field.id
            assert not about.display or field.region.bottom <= about.region.y, field.id
        judgement = played.number("judgement")
        judgement.focus()
        judgement.value = "1e9"
        await played.settle()
        field = played.pane.query_one("#field-judgement", TypedField)
        assert field.region.height > 1 or "must be" in played.note("judgement")
        assert field.region.bottom <= about.region.y


async def test_the_end_of_the_last_line_must_rhyme(play: Play) -> None:
    async with play() as played:
        fits = played.pane.query_one("#last", PinyinInput).fits
        assert fits is not None
        assert [fits(4, each) for each in "楼月"] == [True, False]
        assert fits(3, "月")
        played.select("rhyme").value = "阳"
        assert [fits(4, each) for each in "楼光"] == [False, True]


async def test_a_move_of_the_focus_styles_only_what_it_changes(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with play((160, 48)) as played:
        form, screen = played.pane.query_one(RequestForm), played.app.screen
        _, unfocused = form.styles.border_left
        styled: list[DOMNode] = []
        apply = Stylesheet.apply

        def noting(self: Stylesheet, node: DOMNode, **how: Any) -> None:
            styled.append(node)
            apply(self, node, **how)

        monkeypatch.setattr(Stylesheet, "apply", noting)
        played.select("form").focus()
        await played.pilot.pause()
        assert form.styles.border_left[1] != unfocused
        styled.clear()
        screen.focus_next()
        assert {type(node) for node in styled} == {RequestForm}
        assert form.styles.border_left[1] != unfocused
        played.pane.query_one(PoemStage).focus()
        await played.pilot.pause()
        assert form.styles.border_left[1] == unfocused


async def test_changes_that_come_together_are_summed_up_once(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with play() as played:
        asked = []
        monkeypatch.setattr(RequestForm, "request", lambda form, first: asked.append(first))
        form = played.pane.query_one(RequestForm)
        form.fill(ComposeRequest(form="七律", title="送别", poet="李白", lines=8, candidates=3))
        await played.settle()
        assert len(asked) == 1
