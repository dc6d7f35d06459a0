"""The device panel and the list of GPUs in the form, on a machine of eight GPUs."""

import os
import pwd
import re
import threading

import pytest

from studio.devices import CudaDevice
from studio.json_lines import write_records
from studio.messages import Ready, Train, TrainingStarted
from studio.model.config import RECIPES
from studio.paths import Home
from studio.runs.folders import Run
from studio.runs.readings import READINGS, TrainingReading
from studio.telemetry import Gauge, Gpu, Gpus
from studio.tui.training.device_panel import DevicePanel
from studio.tui.training.gpu_lines import GpuList
from studio.tui.training.log_panel import LogPanel
from studio.tui.training.settings_form import SettingsForm
from studio.tui.widgets.form_fields import StepField
from tests.fake_nvml import FakeGpu, FakeNvml
from tests.tui.conftest import Open, Opened
from tests.tui.fake_worker import SAMPLES, a_run, write_run
from tests.tui.only import OnlyTraining
from tests.tui.waiting import until

ME = pwd.getpwuid(os.geteuid()).pw_name
# In NVML's order; the one with the number 5 is idle.
BOX = FakeNvml(
    *(
        FakeGpu(f"GPU-{at}", "NVIDIA H100", 90 + at, 70, 80, 60 + at, 600, pids=(os.getpid(),))
        if at != 5
        else FakeGpu("GPU-5", "NVIDIA H100", 0, 1, 80, 34, 70)
        for at in range(8)
    )
)
# CUDA_VISIBLE_DEVICES=5,0,1,2,3,4,6
CUDA = tuple(CudaDevice(f"GPU-{at}", "NVIDIA H100", 80 * 2**30) for at in (5, 0, 1, 2, 3, 4, 6))
SIZES = [(160, 48), (120, 36), (80, 24)]


@pytest.fixture(autouse=True)
def eight_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.tui.training.device_panel.Gpus", lambda: Gpus(BOX))


async def poll(studio: Opened) -> None:
    studio.pane.query_one(DevicePanel).poll()
    await studio.settle()
    await studio.settle()


def panel(studio: Opened) -> list[str]:
    """The lines of the panel as they are on the screen."""
    found = studio.pane.query_one(DevicePanel)
    lines = studio.text().splitlines()[found.region.y : found.region.bottom]
    # A cell is a character here: the panel has no Chinese.
    return [line[found.region.x : found.region.right].strip() for line in lines]


async def ready(studio: Opened) -> None:
    await studio.press("2")
    if studio.app.size.width > 100:
        await studio.press("z")
    studio.worker.report(Ready("2.13.0", "NVIDIA H100", "GPU-5", CUDA))
    await studio.settle()


def start(studio: Opened, gpu: str) -> None:
    studio.worker.report(
        TrainingStarted(
            "spring", RECIPES["classic"], 0, 100, 5, 9, "NVIDIA H100", "bfloat16", "", gpu
        )
    )


async def test_a_driver_that_hangs_holds_one_thread(
    open_studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, answers = list[str](), threading.Event()

    def read(gpus: Gpus, uuid: str = "") -> list[Gpu]:
        held.append(uuid)
        answers.wait()
        return []

    monkeypatch.setattr(Gpus, "read", read)
    async with open_studio((80, 24), studio=OnlyTraining) as studio:
        try:
            await studio.pilot.press("2")
            studio.pane.query_one(DevicePanel).poll()
            await until(studio.pilot, lambda: bool(held))
            known = len(held)
            for _ in range(3):
                studio.panels._poll_device()
                await studio.pilot.pause(0.02)
            assert len(held) == known
        finally:
            answers.set()


@pytest.mark.parametrize("size", SIZES)
async def test_all_gpus_are_listed_and_that_of_the_run_is_shown_in_full(
    open_studio: Open, size: tuple[int, int]
) -> None:
    async with open_studio(size) as studio:
        await ready(studio)
        start(studio, "GPU-2")
        studio.worker.train(a_run(9))
        await studio.settle()
        await poll(studio)
        lines = panel(studio)
        assert "NVIDIA H100" in lines[0]
        for line, (label, value) in zip(
            lines[1:5],
            (("gpu", "92%"), ("memory", "70.0/80.0 GB"), ("temp", "62 C"), ("power", "600/700 W")),
            strict=True,
        ):
            assert line.startswith(label)
            assert line.endswith(value)
        rows = lines[5:13]
        # The numbers are CUDA's, by which --device takes them; a GPU that CUDA hides has none.
        assert [re.split(r"[> ]+", f" {row}")[1] for row in rows] == [*"0123456", "-"]
        assert rows[0].split() == ["0", "0%", "1/80G", "34C", *(["70W"] if size[0] > 80 else [])]
        assert [row.startswith(">") for row in rows] == [False] * 3 + [True] + [False] * 4
        assert f"{ME}"[:4] in rows[3]
        assert "Sample" in studio.text()


async def test_the_chart_has_more_room_than_the_log_below_many_gpus(open_studio: Open) -> None:
    async with open_studio((120, 36), studio=OnlyTraining) as studio:
        await studio.press("2")
        studio.worker.report(Ready("2.13.0", "NVIDIA H100", "GPU-5", CUDA))
        start(studio, "GPU-2")
        studio.worker.train(a_run(9))
        await studio.settle()
        await poll(studio)
        log = studio.pane.query_one(LogPanel)
        assert log.size.height >= 3
        assert studio.pane.query_one("#chart-loss Plot").size.height > log.size.height


async def test_beside_another_pane_the_poem_is_seen_below_many_gpus(open_studio: Open) -> None:
    async with open_studio((120, 36)) as studio:
        await studio.press("2")
        studio.worker.report(Ready("2.13.0", "NVIDIA H100", "GPU-5", CUDA))
        start(studio, "GPU-2")
        studio.worker.train(a_run(201))
        await studio.settle()
        await poll(studio)
        await studio.press("3", "escape")
        await poll(studio)
        assert SAMPLES[0][:12] in studio.text().replace(" ", "")


async def test_what_a_gpu_is_doing_and_what_is_near_its_limit_has_its_colour(
    open_studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpus = (FakeGpu("GPU-a", use=0, used=1), FakeGpu("GPU-b", used=79, temperature=84))
    monkeypatch.setattr("studio.tui.training.device_panel.Gpus", lambda: Gpus(FakeNvml(*gpus)))
    async with open_studio((160, 48)) as studio:
        await studio.press("2", "z")
        cuda = tuple(CudaDevice(each.uuid, "card", 0) for each in gpus)
        studio.worker.report(Ready("2.13.0", "card", "GPU-b", cuda))
        start(studio, "GPU-b")
        await studio.settle()
        await poll(studio)
        shown = studio.pane.query_one(DevicePanel)
        memory, idle, busy = (shown.lines(46)[at] for at in (1, 4, 5))
        colours = studio.app.theme_variables

        def colour(text: object, words: str) -> str:
            at = text.plain.index(words)  # type: ignore[attr-defined]
            return str(text.get_style_at_offset(studio.app.console, at).color.triplet.hex)  # type: ignore[attr-defined]

        assert colour(memory, "79.0/80.0") == colours["error"].lower()
        assert colour(idle, "0%") == colours["success"].lower()
        assert colour(busy, "87%") == colours["warning"].lower()
        assert colour(busy, "79/80G") == colours["error"].lower()
        assert colour(busy, "84C") == colours["warning"].lower()


async def test_a_machine_with_one_idle_gpu_has_no_list(
    open_studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    nvml = FakeNvml(FakeGpu("GPU-5", use=0, used=1))
    monkeypatch.setattr("studio.tui.training.device_panel.Gpus", lambda: Gpus(nvml))
    async with open_studio((80, 24)) as studio:
        await studio.press("2")
        studio.worker.report(Ready("2.13.0", "NVIDIA H100", "GPU-5", CUDA[:1]))
        start(studio, "GPU-5")
        await studio.settle()
        await poll(studio)
        assert len(studio.pane.query_one(DevicePanel).lines(28)) == 4


def recorded(run: Run, count: int = 600) -> None:
    write_records(
        run.folder / READINGS,
        [
            TrainingReading(
                1_700_000_000.0 + 5 * at,
                at,
                1e5,
                "An older card",
                (Gauge("gpu", 10 + 80 * (at > count // 2), "%", 100), Gauge("temp", 70, "C", 92)),
            )
            for at in range(count)
        ],
    )


async def test_a_run_from_its_folder_shows_the_device_as_it_was_recorded(
    open_studio: Open, home: Home
) -> None:
    recorded(write_run(home, "autumn", 20))
    async with open_studio((80, 24)) as studio:
        await ready(studio)
        await studio.press("r", "enter")
        await poll(studio)
        lines = panel(studio)
        assert "An older card" in lines[0]
        # The whole of it in the width there is: first little use, then much.
        assert re.fullmatch(r"gpu     ▂+[▂-▇]?▇+ +90%", lines[1])
        assert lines[2].endswith("70 C")
        assert re.fullmatch(r"recorded 1[45] Nov 2023, \d\d:\d\d", lines[3])
        # Other processes may use the GPUs now.
        assert "0%" in lines[4]
        assert not any(line.startswith(">") for line in lines)


async def test_a_run_of_an_older_version_has_no_readings(open_studio: Open, home: Home) -> None:
    write_run(home, "autumn", 20)
    async with open_studio((80, 24)) as studio:
        await ready(studio)
        await studio.press("r", "enter")
        await poll(studio)
        assert "No readings were recorded." in panel(studio)


async def test_the_history_of_the_run_in_training_is_there_after_reopening(
    open_studio: Open, home: Home
) -> None:
    recorded(write_run(home, "spring", 20))
    async with open_studio((80, 24)) as studio:
        await ready(studio)
        start(studio, "GPU-2")
        await studio.settle()
        await poll(studio)
        lines = panel(studio)
        assert "NVIDIA H100" in lines[0]
        assert re.fullmatch(r"gpu     ▂+[▂-▇]?[▇█]+ +92%", lines[1])


# --- the form -----------------------------------------------------------------------------------


def device(studio: Opened) -> StepField:
    field = studio.pane.query_one(SettingsForm).fields["device"]
    assert isinstance(field, StepField)
    return field


def marked(studio: Opened) -> list[str]:
    lines = studio.pane.query_one(GpuList).lines(60)
    return [line.plain.split()[1] for line in lines if line.plain.startswith(">")]


async def test_the_form_lists_the_gpus_and_marks_the_one_that_the_run_gets(
    open_studio: Open,
) -> None:
    async with open_studio((160, 48)) as studio:
        await ready(studio)
        await poll(studio)
        assert device(studio).text == "auto"
        assert marked(studio) == ["0"]
        text = studio.text()
        assert "< auto >" in text
        assert len(re.findall(r"70/80G +6\dC +600W", text)) == 7
        device(studio).editor.focus()
        await studio.press("right", "right", "right")
        assert device(studio).text == "cuda:1"
        assert marked(studio) == ["1"]
        await studio.press("left", "left")
        assert device(studio).text == "cpu"
        assert marked(studio) == []


async def test_the_recipe_for_a_gpu_is_proposed_once_where_its_poems_are(
    open_studio: Open, home: Home
) -> None:
    async with open_studio((160, 48)) as studio:
        await ready(studio)
        await poll(studio)
        form = studio.pane.query_one(SettingsForm)
        # The Song poems are missing.
        assert form.recipe.text == "classic"
        home.library_beside("quansongshi").touch()
        await poll(studio)
        assert form.recipe.text == "gpu"
        assert form.run_name.text.startswith("gpu-")
        assert form.recipe.hint == "also reads quansongshi"
        assert form.fields["hidden"].text == "1536"
        form.use_recipe("studio")
        await poll(studio)
        assert form.recipe.text == "studio"
        config = form.config()
        assert config is not None and config.mixed == ""


async def test_a_form_that_was_changed_stays_as_it_is(open_studio: Open, home: Home) -> None:
    home.library_beside("quansongshi").touch()
    async with open_studio((160, 48)) as studio:
        await studio.press("2")
        form = studio.pane.query_one(SettingsForm)
        form.fields["hidden"].editor.focus()
        await studio.press("end", "9")
        studio.worker.report(Ready("2.13.0", "NVIDIA H100", "GPU-5", CUDA))
        await poll(studio)
        assert form.recipe.text == "classic"
        assert form.fields["hidden"].text == "1289"


async def test_the_chosen_device_is_a_setting_of_the_run(open_studio: Open) -> None:
    async with open_studio((80, 24)) as studio:
        await ready(studio)
        await poll(studio)
        device(studio).editor.focus()
        await studio.press("left")
        studio.pane.query_one(SettingsForm).focus_start()
        await studio.press("enter")
        (command,) = studio.worker.sent
        assert isinstance(command, Train)
        # The seventh; CUDA does not see the eighth.
        assert command.config.train.device == "cuda:6"


async def test_a_device_that_has_gone_is_no_longer_chosen(
    open_studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_studio((80, 24)) as studio:
        await ready(studio)
        await poll(studio)
        device(studio).text = "cuda:6"
        studio.pane.query_one(SettingsForm).offer((), can_mix=False)
        assert device(studio).text == "auto"
