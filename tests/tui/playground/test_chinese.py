"""The playground and the workbench in Chinese: no English but names."""

import re

import pytest
from rich.cells import cell_len

from studio.tui.playground.request_options import form_options, rhyme_options, theme_options
from studio.tui.widgets.form_fields import Fold
from tests.chinese import english_in
from tests.tui.playground_worker import OTHER, QUATRAIN
from tests.tui.playing import Play, Played

pytestmark = pytest.mark.usefixtures("chinese")

SIZES = [(160, 48), (80, 24)]
# A run, settings of the sampling, the suffix of a file, a logarithm.
NAMES = ("night", "top-k", "top-p", "min-p", "txt", "log")
PINYIN = re.compile("[a-z]*[à-ǜ][a-z]*")


def drawn(played: Played) -> str:
    """What is on the screen, which has no English and no cell too many."""
    text = "\n".join(strip.text for strip in played.app.screen._compositor.render_strips())
    folders = str(played.app.export_folder).split("/")
    assert english_in(PINYIN.sub("", text), *NAMES, *folders) == []
    assert {cell_len(line) for line in text.splitlines()} == {played.app.size.width}
    return text


@pytest.mark.parametrize("size", SIZES)
async def test_poems_are_written_and_kept_in_chinese(play: Play, size: tuple[int, int]) -> None:
    async with play(size) as played:
        assert "按回车写一首诗" in drawn(played)
        await played.press("b")
        assert "还没有保存过诗" in drawn(played)
        await played.press("escape", "enter")
        assert "等待模型 · 种子" in drawn(played)
        await played.answer(QUATRAIN.replace("楼", "山"))
        await played.press("t", "v", "l")
        played.worker.send_readings()
        await played.settle()
        text = drawn(played)
        assert "“山”在删韵，全诗押尤韵。" in text
        assert "night 第800步 · 种子" in text
        await played.press("s")
        assert "已保存。按 b 看诗集。" in drawn(played)
        await played.press("b", "d")
        assert "再按一次 d 删除《白日依山尽》。" in drawn(played)
        await played.press("escape", "h")
        assert "本次启动以来的诗" in drawn(played)
        await played.press("escape", "e")
        assert "回车 导出 · Tab 格式 · Esc 返回" in drawn(played)
        await played.press("tab")
        drawn(played)


async def test_the_form_and_its_reasons_are_in_chinese(play: Play) -> None:
    async with play((160, 48)) as played:
        played.pane.query_one(Fold).action_fold()
        played.number("top_p").value = "7"
        played.number("tries").value = "x"
        await played.settle()
        text = drawn(played)
        assert "须为大于0、不超过1的数" in text
        assert "须为1到256的整数" in text
    labels = [each.label for each in (*form_options(), *rhyme_options(), *theme_options())]
    assert labels[0] == "五绝 4x5"
    assert "阳 平声" in labels
    assert english_in(" ".join(labels)) == []


async def test_the_workbench_is_in_chinese(play: Play) -> None:
    async with play((80, 24)) as played:
        await played.press("enter")
        await played.answer(QUATRAIN)
        await played.press("w")
        assert "读诗" in drawn(played)
        played.worker.send_readings()
        await played.settle()
        await played.press("space")
        text = drawn(played)
        assert "第1句第1字" in text
        assert "仄 · 应作仄 · 保留" in text or "仄 · 保留" in text
        await played.press("a")
        assert "写诗 · Esc 取消" in drawn(played)
        await played.answer(OTHER)
        assert "第2稿，共2稿 · Esc 返回" in drawn(played)
        await played.press("end")
        drawn(played)
        await played.press("down", "end")
        assert "押庚韵" in drawn(played)
        await played.press("i")
        assert "别的字" in drawn(played)


async def test_two_models_are_compared_in_chinese(play: Play) -> None:
    async with play((80, 24)) as played:
        played.number("candidates").value = "2"
        played.select("beside").value = "night@200"
        await played.settle()
        await played.press("enter")
        assert "自动" in drawn(played)
        for command in played.worker.requested[-2:]:
            step = "200" if command.request.model == "night@200" else "400"
            played.worker.finish(QUATRAIN, OTHER, command=command, model=f"night@{step}")
        await played.settle()
        text = drawn(played)
        assert "第200步" in text
        assert "第1首，共4首" in text
