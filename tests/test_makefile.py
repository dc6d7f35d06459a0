"""Set-up by make: which Python it takes, and when it makes the environment anew."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="there is no make")

OLD = "#!/bin/sh\necho 3.10.13; exit 1\n"
# Says it is new enough; makes an environment whose Python is of that place, and installs nothing.
NEW = """#!/bin/sh
case "$2" in
venv) mkdir -p .venv/bin && cp "$0" .venv/bin/python && pwd > .venv/place ;;
pip) echo "Collecting torch==2.13.0"; echo "Requirement already satisfied: rich"; {after} ;;
-c) test "$(cat .venv/place)" = "$4" ;;
*) echo 3.12.1 ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "check out"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    _script(tmp_path / "old", OLD)
    _script(tmp_path / "new", NEW.format(after="true"))
    _script(tmp_path / "broken", NEW.format(after="exit 1"))
    return folder


def _script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def _make(checkout: Path, *pythons: str) -> subprocess.CompletedProcess[str]:
    named = " ".join(f"../{name}" for name in pythons)
    command = ["make", ".venv/.ready", f"PYTHON={named}"]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True)


def test_a_python_that_is_too_old_is_named_and_nothing_is_made(checkout: Path) -> None:
    result = _make(checkout, "old", "missing")
    assert result.returncode != 0
    assert (
        "Python 3.11 or newer, and found ../old (3.10.13) ../missing (not there)" in result.stderr
    )
    assert not (checkout / ".venv").exists()


def test_the_first_python_that_is_new_enough_is_taken_and_each_package_is_shown(
    checkout: Path,
) -> None:
    result = _make(checkout, "old", "new")
    assert result.returncode == 0, result.stderr
    assert "with ../new (3.12.1)" in result.stdout
    assert "  torch==2.13.0\n" in result.stdout
    assert "rich" not in result.stdout


def test_an_environment_is_kept_until_the_checkout_is_moved(checkout: Path) -> None:
    _make(checkout, "new")
    assert "Making" not in _make(checkout, "old").stdout
    moved = checkout.rename(checkout.with_name("moved"))
    assert "Making .venv with ../new" in _make(moved, "new").stdout
    assert "Making" not in _make(moved, "new").stdout


def test_an_installation_that_fails_is_begun_again(checkout: Path) -> None:
    assert _make(checkout, "broken").returncode != 0
    assert not (checkout / ".venv" / ".ready").exists()
    (checkout / ".venv" / "place").unlink()
    assert "Making .venv with ../new" in _make(checkout, "new").stdout


@pytest.mark.parametrize(
    ("listed", "has_teachers"),
    [
        ("GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-0a1b)", True),
        ("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", False),
        ("No devices found.", False),
    ],
)
def test_the_model_has_teachers_where_a_gpu_trains_them(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, listed: str, has_teachers: bool
) -> None:
    _script(checkout.parent / "nvidia-smi", f'#!/bin/sh\necho "{listed}"\n')
    monkeypatch.setenv("PATH", f"{checkout.parent}:{os.environ['PATH']}")
    command = ["make", "--dry-run", "model"]
    result = subprocess.run(command, cwd=checkout, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert ("default-teacher-1" in result.stdout) == has_teachers
    assert ("default-mixed-1" in result.stdout) != has_teachers
