"""The training pane in Chinese: no English is drawn but names, values and settings' keys."""

import re
from collections.abc import Iterator

import msgspec
import pytest
from rich.cells import cell_len
from textual.widget import Widget

from studio.messages import Estimated, Failed, NetworkRead, Preparing, Ready, Train
from studio.model.config import RECIPES, ModelConfig, TrainConfig
from studio.paths import Home
from studio.runs.comparing import flat_settings
from studio.telemetry import GIGABYTE, DeviceReading, Gauge
from studio.translation import tr, use_language
from studio.tui.training.device_panel import DevicePanel
from studio.tui.training.keys import KEYS
from studio.tui.training.setting_names import HINTS, LABELS
from studio.tui.training.settings_form import SettingsForm
from tests.tui.conftest import Open, Opened
from tests.tui.fake_worker import write_run
from tests.tui.training.test_network_screen import READING

SMALL = (80, 24)
NAMES = {
    *(field.name for kind in (ModelConfig, TrainConfig) for field in msgspec.structs.fields(kind)),
    *(str(value) for config in RECIPES.values() for value in flat_settings(config).values()),
    *("autumn", "winter", "classic", "distinct", "softmax", "poems", "stream", "sampled"),
    *("GPU", "CPU", "GB", "Esc", "torch", "and", "perplexity", "auto", "cpu", "lstm", "MB"),
    *("layers", "weight", "hh", "SVG", "PNG"),
}


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    use_language("zh")
    yield
    use_language("en")


def english(studio: Opened, widget: Widget) -> list[str]:
    """The English words in what is drawn of a widget."""
    region = widget.region
    strips = studio.app.screen._compositor.render_strips()[region.y : region.bottom]
    drawn = "\n".join(strip.crop(region.x, region.right).text for strip in strips)
    assert re.search("[一-鿿]", drawn), drawn
    # Numbers, paths and names of runs have other characters than letters.
    words = re.findall("[A-Za-z0-9_./:=@+-]+", drawn)
    return [each for each in words if re.fullmatch("[A-Za-z_]{2,}", each) and each not in NAMES]


async def test_the_form_is_chinese_and_finds_settings_by_their_chinese_names(
    open_studio: Open,
) -> None:
    async with open_studio(SMALL) as studio:
        await studio.press("2")
        form = studio.pane.query_one(SettingsForm)
        assert english(studio, form) == []
        for part in ("每层单元数", "+ 另有"):
            assert part in studio.text(), part
        await studio.press("slash", *"最低字频", "enter")
        assert english(studio, form) == []
        assert studio.app.focused is form.fields["min_count"].editor
        for name in ("tied", "seed"):
            form._go_to(form.fields[name])
            await studio.settle()
            assert english(studio, form) == []


async def test_a_choice_in_chinese_reaches_the_settings(open_studio: Open) -> None:
    async with open_studio(SMALL) as studio:
        await studio.press("2")
        form = studio.pane.query_one(SettingsForm)
        tied = form.fields["tied"]
        before = tied.text
        assert before == "no"
        assert "否" in str(tied.editor.render())
        form._go_to(tied)
        await studio.press("right")
        await studio.press("e")
        config = form.config()
        assert config
        assert config.model.tied
        studio.worker.report(Estimated(config, 1_200_000, 500, 90.0, 2**30, "cpu"))
        await studio.settle()
        form.scroll_home(animate=False)
        await studio.settle()
        assert english(studio, form) == []
        form.start()
        await studio.settle()
        assert [each for each in studio.worker.sent if isinstance(each, Train)]


async def test_a_run_with_its_curves_list_and_log_is_chinese(open_studio: Open, home: Home) -> None:
    write_run(home, "autumn", 600)
    write_run(home, "winter", 400)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r")
        assert english(studio, studio.pane) == []
        await studio.press("enter")
        assert english(studio, studio.pane) == []
        await studio.press("left", "y", "a", "m", "m")
        assert english(studio, studio.pane) == []
        await studio.press("l")
        assert english(studio, studio.pane) == []
        await studio.press("r", "down", "space", "escape", "i")
        assert english(studio, studio.app.screen.query_one("#comparison")) == []
        await studio.press("escape", "r", "d")
        assert english(studio, studio.app.screen.query_one("#ask")) == []


async def test_messages_of_the_worker_and_the_network_are_chinese(
    open_studio: Open, home: Home
) -> None:
    write_run(home, "autumn", 600)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "l")
        studio.worker.report(Ready("2.9", "cpu", ""), Preparing("正在读取"), Failed("保存", "已满"))
        await studio.settle()
        assert english(studio, studio.pane) == []
        studio.worker.report(NetworkRead(READING))
        await studio.settle()
        await studio.settle()
        assert english(studio, studio.app.screen.query_one("#network")) == []


async def test_the_gauges_are_aligned_and_name_the_memory_of_a_gpu(open_studio: Open) -> None:
    gauges = (
        Gauge("gpu", 60, "%", 100),
        Gauge("memory", 20 * GIGABYTE, "B", 80 * GIGABYTE),
        Gauge("temp", 55, "C"),
        Gauge("power", 300, "W", 700),
    )
    async with open_studio((160, 48)) as studio:
        await studio.press("2", "r", "r")
        panel = studio.panels.query_one(DevicePanel)
        for device, memory in (("A card", "显存"), ("processor", "内存")):
            panel.take(DeviceReading(device, gauges))
            lines = panel.lines(40)[:4]
            assert [line.plain[:2] for line in lines] == ["GP", memory, "温度", "功率"]
            assert {line.cell_len for line in lines} == {40}
        assert panel.title() == "处理器"


def test_every_key_has_a_chinese_name() -> None:
    for key in KEYS:
        for text in (key.description, key.tooltip):
            assert not re.findall("[A-Za-z]{4,}", tr(text)), text


def test_every_chinese_hint_fits_beside_its_field_at_80_columns() -> None:
    for hint in HINTS.values():
        assert cell_len(tr(hint)) <= 44, tr(hint)
    for label in LABELS.values():
        assert cell_len(tr(label)) <= 17, tr(label)
