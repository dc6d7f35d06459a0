"""The playground by keyboard alone, in a real pseudo-terminal, with the model that is shipped."""

from pathlib import Path

from studio.collection.saved import Collection
from studio.corpus.poem import verse_lines
from studio.paths import Home
from tests.terminal import STUDIO, studio

TAB, ENTER, ESCAPE, LEFT, RIGHT = "\t", "\r", "\x1b", "\x1b[D", "\x1b[C"
WRITTEN = "every rule kept"


def test_a_poem_is_asked_for_worked_on_and_kept(home: Home, tmp_path: Path) -> None:
    with studio(str(tmp_path), 80, 24, STUDIO) as terminal:
        terminal.wait("Search")
        terminal.press("3")
        terminal.wait("Press enter")
        terminal.press(ENTER)
        terminal.wait(WRITTEN)
        # The form is found by its pinyin, the acrostic picked by pinyin. A list forgets letters
        # that come too slowly, so they come in one burst, as a slow connection sends them.
        terminal.press("o", ENTER)
        terminal.wait("四言 siyan")
        terminal.press("qijue", ENTER)
        terminal.wait("七绝 qijue 4x7")
        # Past theme, title and poets.
        terminal.press(TAB * 5 + "chun jiang hua yue ")
        terminal.wait("春江花月")
        terminal.press(ENTER)
        terminal.wait(lambda text: "七绝 · rhyme" in text and WRITTEN in text)
        terminal.press("w")
        terminal.wait("line 1 no. 1")
        terminal.press(RIGHT)
        terminal.wait(lambda text: "line 1 no. 2" in text and "%" in text)
        terminal.press("2")
        terminal.wait("version 2 of 2")
        terminal.press("u")
        terminal.wait("version 1 of 2")
        terminal.press("y")
        terminal.wait("version 2 of 2")
        terminal.press("s")
        terminal.wait("Saved")
        terminal.press(ESCAPE)
        terminal.wait("o Setup")
        terminal.press("q")
        assert terminal.wait_for_exit() == 0
    (saved,) = Collection(home.collection).poems()
    lines = verse_lines(saved.poem.text)
    assert [line[0] for line in lines] == [*"春江花月"]
    assert [len(line) for line in lines] == [7] * 4
    # It was rewritten from the second character on.
    assert saved.request.given[2] == "□"


def test_bytes_that_are_no_text_do_not_end_the_studio(home: Home, tmp_path: Path) -> None:
    with studio(str(tmp_path), 80, 24, STUDIO) as terminal:
        terminal.wait("Search")
        terminal.press("3")
        terminal.wait("Press enter")
        terminal.press("\udcff\udce6")
        terminal.wait("did not arrive as")
        terminal.press("月")
        terminal.wait("│ 月")
        terminal.press(ESCAPE)
        terminal.wait("o Setup")
        terminal.press("q")
        assert terminal.wait_for_exit() == 0


def test_a_poem_of_ones_own_is_typed_mended_finished_looked_up_and_saved(
    home: Home, tmp_path: Path
) -> None:
    with studio(str(tmp_path), 80, 24, STUDIO) as terminal:
        terminal.wait("Search")
        terminal.press("3")
        terminal.wait("Press enter")
        terminal.press("d")
        terminal.wait("Type or paste")
        # In pinyin, then a paste as terminals send it.
        terminal.press("chun jiang ")
        terminal.wait("春江")
        terminal.press("\x1b[200~依山尽，黄河入海流。\n欲穷__目，更上一层楼。\x1b[201~")
        terminal.wait("2 to be written")
        terminal.press(ENTER, ENTER)
        terminal.wait("失替")
        terminal.press("o")
        terminal.wait("江 → ")
        terminal.press(ENTER)
        terminal.wait(lambda text: "version 2 of 2" in text and "失替" not in text)
        terminal.press("f")
        terminal.wait("version 3 of 3")
        terminal.press("u")
        terminal.wait("version 2 of 3")
        terminal.press("y", LEFT, "d")
        terminal.wait("Rhyme Words")
        terminal.wait("平真")
        terminal.press(ESCAPE)
        terminal.wait("o Offers")  # the escape and the s in one read would be one key
        terminal.press("s")
        terminal.wait("Saved")
        terminal.press(ESCAPE)
        terminal.wait("o Setup")
        terminal.press("q")
        assert terminal.wait_for_exit() == 0
    (saved,) = Collection(home.collection).poems()
    lines = verse_lines(saved.poem.text)
    assert (lines[0][0], lines[1], lines[3]) == ("春", "黄河入海流", "更上一层楼")
    assert lines[0][1] != "江"
    assert (lines[2][:2], lines[2][4]) == ("欲穷", "目")
    assert "□" not in saved.poem.text
