"""The wheel carries all it needs."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from studio.paths import HOME_VARIABLE

TOP = Path(__file__).parent.parent


def call(*command: str | Path, folder: Path, **environment: str) -> str:
    """Standard output of a command that must succeed."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        command, cwd=folder, env=clean | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def files(folder: Path) -> set[Path]:
    """The files in a folder, relative to it; without what Python compiled."""
    return {
        path.relative_to(folder)
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts folder of an environment that has the wheel and its dependencies, no checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
    call(*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", folder, TOP, folder=folder)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / "bin" / "python"
    site = call(python, "-c", "import site; print(site.getsitepackages()[0])", folder=folder)
    call(*pip, "--python", python, "install", "--no-deps", wheel, folder=folder)
    # The dependencies are those of this environment; a path file inside it is not followed, so
    # the studio itself comes from the wheel.
    (Path(site.strip()) / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return python.parent


def test_the_studio_comes_from_the_wheel_with_assets_and_data(installed: Path) -> None:
    code = (
        "import json, studio.tui.app as app; from studio import paths\n"
        "print(json.dumps([str(paths.assets()), str(paths.data()), app.__file__]))"
    )
    where = json.loads(call(installed / "python", "-c", code, folder=installed))
    environment = installed.parent
    for path in map(Path, where):
        assert environment in path.parents
    assets, data = (files(Path(folder)) for folder in where[:2])
    assert assets == files(TOP / "assets")
    needless = {Path("judged.tsv")}
    kept = {each for each in files(TOP / "data") if each.suffix not in (".py", ".md")}
    assert data == kept - needless
    assert {"build_rhymes.py", "experiments.md", "scaling.md"} <= {
        each.name for each in files(TOP / "data")
    }


def test_the_wheel_has_every_file_of_the_package(installed: Path) -> None:
    (wheel,) = installed.parent.parent.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {Path(each) for each in archive.namelist()}
    assert {"studio" / each for each in files(TOP / "studio")} <= names


def test_the_command_runs_from_another_folder(installed: Path, tmp_path: Path) -> None:
    poems = tmp_path / "poems.txt"
    poems.write_text(
        "登鹳雀楼:白日依山尽，黄河入海流。欲穷千里目，更上一层楼。\n", encoding="utf-8"
    )
    home = {HOME_VARIABLE: str(tmp_path / "home")}
    command = installed / "tangshi-studio"
    call(command, "corpus", "fetch", "--from", "poems.txt", "--json", folder=tmp_path, **home)
    told = json.loads(call(command, "corpus", "stats", "--json", folder=tmp_path, **home))
    assert told["kept"] == 1
