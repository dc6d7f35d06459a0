"""Set-up by make: which Python it takes, and when it makes the environment anew."""

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


@pytest.mark.parametrize("gpus", ["", "CudaDevice(uuid='GPU-0a1b', name='H100', memory=1)"])
def test_the_model_has_teachers_where_torch_can_use_a_gpu(checkout: Path, gpus: str) -> None:
    (checkout / ".venv" / "bin").mkdir(parents=True)
    _script(checkout / ".venv" / "bin" / "python", f'#!/bin/sh\necho "{gpus}"\n')
    command = ["make", "--dry-run", "model"]
    result = subprocess.run(command, cwd=checkout, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert ("default-teacher-1" in result.stdout) == bool(gpus)
    assert ("default-mixed-1" in result.stdout) != bool(gpus)
    # Each run, and what is made of the last one.
    assert result.stdout.count("runs show ") == (5 if gpus else 3)
    assert "runs publish default-model" in result.stdout


def test_runs_that_have_finished_are_kept_and_named(checkout: Path) -> None:
    programs = checkout / ".venv" / "bin"
    programs.mkdir(parents=True)
    _script(programs / "python", "#!/bin/sh\n")
    _script(
        programs / "tangshi-studio",
        """#!/bin/sh
case "$*" in
"runs show default-mixed-1 --json") echo '"status": "finished"' ;;
"runs show default-mixed-2 --json") echo '"status": "stopped"' ;;
"runs show"*) exit 1 ;;
train*) echo "$*" ;;
esac
""",
    )
    (checkout / ".venv" / ".ready").touch()
    command = ["make", "--silent", "model"]
    result = subprocess.run(command, cwd=checkout, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    first, second, third = result.stdout.splitlines()
    assert first.startswith("default-mixed-1 has finished.")
    assert second == "train --run default-mixed-2 --resume"
    assert third.startswith("train --run default-model --from default-mixed-2")
