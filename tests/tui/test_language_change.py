"""Another language at once: nothing of the one before is left, and nothing else is lost."""

import re

import pytest
from textual.widgets import Input

from studio.messages import Estimated, Failed, NetworkRead, Preparing
from studio.model.events import TrainingEnded
from studio.paths import Home
from studio.telemetry import PROCESSOR, DeviceReading, Gauge
from studio.translation import tr, use_language
from studio.tui.corpus.pane import CorpusPane
from studio.tui.training.device_panel import DevicePanel
from studio.tui.training.settings_form import SettingsForm
from studio.tui.widgets.form_fields import Fold
from tests.chinese import english_in
from tests.tui.conftest import Open, Opened
from tests.tui.fake_worker import a_run, write_run
from tests.tui.only import OnlyCorpus, OnlyTraining
from tests.tui.playground_worker import OTHER, QUATRAIN
from tests.tui.playing import Play, Played
from tests.tui.training.test_chinese import NAMES
from tests.tui.training.test_network_screen import READING

# Pinyin, and words in names of runs, settings and files.
PINYIN = re.compile("[a-z]*[à-ǜ][a-z]*")
WORDS = (
    *(*NAMES, "night", "spring", "hidden", "top-k", "top-p", "min-p"),
    *("pack", "tgz", "txt", "log", "jsonl", "Processor", "EPYC", "AMD"),
)

pytestmark = pytest.mark.usefixtures("chinese")


@pytest.fixture(autouse=True)
def english(chinese: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The studio starts in English, and its device never changes."""
    monkeypatch.setattr(DevicePanel, "poll", lambda _: None)
    use_language("en")


async def changes_and_changes_back(studio: Opened | Played, step: str) -> str:
    """There and back, the screen is the same; in Chinese it has no English. Returns the Chinese."""
    screens = []
    for language in ("en", "zh", "en"):
        studio.app.action_use_language(language)
        await studio.settle()
        await studio.settle()
        lines = studio.app.screen._compositor.render_strips()
        screens.append([line.text for line in lines])
    assert screens[0] == screens[2], step
    chinese = "\n".join(screens[1])
    folders = studio.app.home.data.parts
    assert english_in(PINYIN.sub("", chinese), *WORDS, *folders) == [], f"{step}:\n{chinese}"
    return chinese


async def test_the_corpus_pane_changes(open_studio: Open) -> None:
    async with open_studio((120, 36), studio=OnlyCorpus) as studio:
        await changes_and_changes_back(studio, "start")
        studio.app.screen.query_one("#corpus-words", Input).value = "春江"
        await studio.pilot.pause(0.2)
        await studio.press("o", "o", "enter")
        assert "首" in await changes_and_changes_back(studio, "found")
        await studio.press("P")
        await changes_and_changes_back(studio, "poets")
        await studio.press("escape")
        studio.app.screen.query_one(CorpusPane)._show_missing(tr("No poem matches."))
        await studio.settle()
        assert "下载全唐诗" in await changes_and_changes_back(studio, "missing")


async def test_a_form_that_is_half_filled_in_changes(open_studio: Open) -> None:
    async with open_studio((80, 24), studio=OnlyTraining) as studio:
        await studio.press("2")
        form = studio.pane.query_one(SettingsForm)
        await studio.press("e")
        config = form.config()
        assert config
        studio.worker.report(Estimated(config, 1_200_000, 500, 90.0, 2**30, "AMD EPYC, 2 threads"))
        await studio.settle()
        assert "2个线程" in "".join((await changes_and_changes_back(studio, "estimate")).split())
        form.query_one(Fold).opened = True
        form.fields["hidden"].text, form.fields["dropout"].text = "77", "9"
        form.fields["tied"].text = "yes"
        for name in ("hidden", "dropout", "tied"):
            form._go_to(form.fields[name])
            await studio.settle()
            await changes_and_changes_back(studio, name)
            assert studio.app.focused is form.fields[name].editor
        form.fields["dropout"].text = "0.5"
        config = form.config()
        assert config
        assert (config.model.hidden, config.model.dropout, config.model.tied) == (77, 0.5, True)


async def test_a_training_continues_meanwhile(open_studio: Open, home: Home) -> None:
    for run in ("autumn", "winter", "spring"):
        write_run(home, run, 200)
    async with open_studio((120, 36), studio=OnlyTraining) as studio:
        studio.worker.start_run(total=400)
        studio.worker.train(a_run(200))
        await studio.press("2")
        panel = studio.panels.query_one(DevicePanel)
        panel.take(DeviceReading(PROCESSOR, (Gauge("cpu", 60, "%", 100),)))
        await studio.press("left")
        await changes_and_changes_back(studio, "curves")
        studio.worker.train(a_run(100, first=201))
        await studio.settle()
        assert "300/400" in await changes_and_changes_back(studio, "more steps")
        for keys, step in (
            (("r", "space", "down", "space"), "runs"),
            (("escape", "i"), "compared"),
            (("escape", "r", "d"), "question"),
            (("escape", "q"), "quitting"),
        ):
            await studio.press(*keys)
            await changes_and_changes_back(studio, step)
        await studio.press("escape", "l")
        studio.worker.report(
            NetworkRead(READING),
            Preparing(tr("reading the poems for {run}", run="spring")),
            Failed(tr("saving"), tr("No poem matches.")),
        )
        await studio.settle()
        await changes_and_changes_back(studio, "network")
        studio.worker.train([TrainingEnded(300, "stopped", tr("No poem matches."))])
        await studio.press("escape")
        assert "失败：保存" in await changes_and_changes_back(studio, "log")


@pytest.mark.usefixtures("working_directory")
async def test_the_playground_changes(play: Play) -> None:
    async with play((80, 24)) as played:
        assert "按回车写一首诗" in await changes_and_changes_back(played, "welcome")
        await played.press("o")
        played.number("top_p").value = "7"
        played.pane.form.query_one(Fold).opened = True
        await played.settle()
        await changes_and_changes_back(played, "form")
        played.number("top_p").value = "1"
        played.number("candidates").value = "2"
        await played.press("escape", "enter")
        await changes_and_changes_back(played, "writing")
        await played.answer(QUATRAIN.replace("楼", "山"), OTHER)
        await played.press("t", "v", "l", "s")
        played.worker.send_readings()
        await played.settle()
        assert "已保存。" in await changes_and_changes_back(played, "poem")
        await played.press("w", "right", "space")
        played.worker.send_readings()
        await played.settle()
        await changes_and_changes_back(played, "workbench")
        # The palette opens over screens too.
        for keys, step in ((("b",), "rules"), (("天", "o"), "offers")):
            await played.press(*keys)
            await changes_and_changes_back(played, step)
            await played.press("escape")
        await played.press("escape")
        for keys, step in ((("b",), "saved"), (("e",), "export")):
            await played.press(*keys)
            await changes_and_changes_back(played, step)
        await played.press("tab")
        await changes_and_changes_back(played, "formats")
        await played.press("escape", "escape", "d")
        await changes_and_changes_back(played, "no poem of one's own")
        await played.press(*"白日依山", "tab", "tab", "tab")
        await changes_and_changes_back(played, "a poem of one's own")
        await played.press("escape", "escape", "i", *"春a")
        await changes_and_changes_back(played, "opening")
        assert played.pane.opening.input.value == "春"
