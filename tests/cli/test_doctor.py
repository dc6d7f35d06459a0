"""`doctor` says what is there, and how to get what is not."""

import os
from pathlib import Path

import pynvml
import pytest

from studio.devices import CudaDevice
from studio.paths import HOME_VARIABLE, Home
from studio.telemetry import Gpus
from tests.cli.conftest import Run
from tests.fake_nvml import FakeGpu, FakeNvml


def test_a_whole_installation_has_no_problem(
    tangshi: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("locale.getpreferredencoding", lambda _=True: "UTF-8")
    result = tangshi("doctor", "--json")
    assert result.code == 0
    assert result.document["problems"] == []
    assert all(result.document["packages"].values())


def test_what_is_missing_comes_with_its_remedy(tangshi: Run, home: Home) -> None:
    home.library.unlink()
    home.config.mkdir()
    home.settings.write_text("theme = 'neon'\n")
    result = tangshi("doctor", "--json")
    assert result.code == 1
    told = " ".join(result.document["problems"])
    assert "corpus fetch" in told
    assert str(home.settings) in told


@pytest.mark.parametrize("name", ["data", "config", "cache"])
def test_a_folder_that_cannot_be_written_comes_with_its_remedy(
    tangshi: Run, home: Home, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder = getattr(home, name)
    folder.mkdir(exist_ok=True)
    # Whoever runs the tests as root may write anywhere.
    allowed = os.access
    monkeypatch.setattr("os.access", lambda path, mode: path != folder and allowed(path, mode))
    result = tangshi("doctor", "--json")
    assert result.code == 1
    assert f"{folder} cannot be written. Fix the permissions of {folder}" in " ".join(
        result.document["problems"]
    )


def test_a_folder_that_cannot_be_created_names_the_one_above_it(
    tangshi: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    above = home.cache.parent
    allowed = os.access
    monkeypatch.setattr("os.access", lambda path, mode: path != above and allowed(path, mode))
    problems = tangshi("doctor", "--json").document["problems"]
    assert any(
        f"{home.cache} cannot be written" in each and str(above) in each for each in problems
    )


def test_a_home_that_is_a_file_is_named_once(
    tangshi: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "home"
    place.write_text("")
    monkeypatch.setenv(HOME_VARIABLE, str(place))
    problems = tangshi("doctor", "--json").document["problems"]
    assert sum("is not a folder. Move it away" in each for each in problems) == 1


def test_what_killed_processes_left_is_counted(tangshi: Run, home: Home) -> None:
    assert tangshi("doctor", "--json").document["unfinished"] == "none"
    left = home.data / ".library.sqlite.0123abcd.unfinished"
    left.write_bytes(bytes(1_500_000))
    os.utime(left, (0, 0))
    counted = tangshi("doctor", "--json").document["unfinished"]
    assert counted.startswith("1 half-written file or folder of stopped builds, 1.5 MB")
    assert "the next `tangshi-studio corpus build` removes" in counted
    left.with_name(".library.sqlite.4567cdef.unfinished").mkdir()
    os.utime(left.with_name(".library.sqlite.4567cdef.unfinished"), (0, 0))
    shown = tangshi("doctor").out
    assert "leftovers   2 half-written files or folders of stopped builds, 1.5 MB" in shown


@pytest.mark.parametrize(
    ("colorterm", "colour", "decided"),
    [
        ("truecolor", "auto", "truecolor, from TERM and COLORTERM"),
        ("", "auto", "256, from TERM and COLORTERM"),
        ("truecolor", "16", "16, from the settings"),
    ],
)
def test_the_number_of_colours_is_the_one_that_the_studio_uses(
    tangshi: Run,
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    colorterm: str,
    colour: str,
    decided: str,
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", colorterm)
    for name in ("NO_COLOR", "STY"):
        monkeypatch.delenv(name, raising=False)
    home.config.mkdir()
    home.settings.write_text(f'colour = "{colour}"\n')
    terminal = tangshi("doctor", "--json").document["terminal"]
    assert terminal["colours"] == decided
    assert terminal["colorterm"] == (colorterm or "not set")


@pytest.mark.parametrize(
    ("seen", "said"), [(True, "was built for newer GPUs only"), (False, "not seen by CUDA")]
)
def test_it_says_why_a_gpu_is_not_used(
    tangshi: Run, home: Home, monkeypatch: pytest.MonkeyPatch, seen: bool, said: str
) -> None:
    monkeypatch.setattr("studio.model.device.has_gpu", lambda: seen)
    monkeypatch.setattr("studio.model.device.cuda_devices", list)
    monkeypatch.setattr("studio.cli.doctor.Gpus", lambda: Gpus(FakeNvml(FakeGpu("GPU-old"))))
    assert said in tangshi("doctor", "--json").document["gpus"]["GPU-old"]


def test_it_says_why_one_of_two_gpus_is_not_used(
    tangshi: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = CudaDevice("GPU-old", "old", 2**30, is_known=False), CudaDevice("GPU-new", "new", 9)
    monkeypatch.setattr("studio.model.device.has_gpu", lambda: True)
    monkeypatch.setattr("studio.model.device.cuda_devices", lambda: [old, new])
    monkeypatch.setattr("studio.cli.doctor._device", lambda _: {})
    monkeypatch.setattr("studio.cli.doctor.Gpus", lambda: Gpus(FakeNvml()))
    gpus = tangshi("doctor", "--json").document["gpus"]
    assert "was built for newer GPUs only" in gpus["cuda:0"]
    assert "GPU-new" in gpus["cuda:1"]


def test_a_driver_that_was_updated_and_not_loaded_yet_is_a_problem(
    tangshi: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH)

    monkeypatch.setattr(pynvml, "nvmlInit", fail)
    monkeypatch.setattr("studio.cli.doctor._device", lambda _: {})
    result = tangshi("doctor")
    assert result.code == 1
    assert "version mismatch). Restart the machine." in result.out
