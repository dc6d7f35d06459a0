"""A small library of nonsense poems, and a home folder with it."""

import gc
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from studio import paths
from studio.corpus.obtaining import fetch_and_build
from studio.devices import VISIBLE
from studio.paths import HOME_VARIABLE, Home
from studio.translation import use_language

# Tests run side by side, and their models are too small to be worth a second thread. Set before
# anything imports torch; the commands that tests run inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Those commands keep their bytecode: to compile all files takes half as long as a start. So does
# pytest, in each of its processes: to rewrite the assertions takes half of the collection.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# Tests read English messages, whatever the language of the machine.
for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
    if os.environ.get(name, "").startswith("zh"):
        os.environ[name] = "C.UTF-8"
# How long an example takes says how busy the machine is.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")

SHIPPED_MODEL = paths.MODEL
CHARACTERS = "春江花月夜山水日红海天地人风雨湖云石门心"


def pytest_configure(config: pytest.Config) -> None:
    """Hide GPUs from all tests but those of `pytest -m gpu`.

    They draw other random numbers, and add up in any order.
    """
    if "gpu" not in config.option.markexpr:
        os.environ[VISIBLE] = ""


def pytest_collection_finish() -> None:
    """Collect garbage seldom: with torch and all tests loaded it took a third of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def nonsense(count: int) -> list[str]:
    """Four-line poems from twenty characters, each another one."""
    poems = []
    for number in range(count):
        step = 1 + number % 7
        line = [CHARACTERS[(number * 3 + number // 20 + at * step) % 20] for at in range(20)]
        pieces = ("".join(line[at : at + 5]) for at in range(0, 20, 5))
        poems.append("".join(piece + stop for piece, stop in zip(pieces, "，。，。", strict=True)))
    return poems


@pytest.fixture(scope="session")
def nonsense_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a home folder whose library holds nonsense; for copying."""
    root = tmp_path_factory.mktemp("home")
    records = [
        {"title": f"无题 {number}", "author": "某人", "paragraphs": [text]}
        for number, text in enumerate(nonsense(140))
    ]
    source = root / "poems.json"
    source.write_text(json.dumps(records, ensure_ascii=False), encoding="utf-8")
    home = Home(root / "data", root / "config", root / "cache")
    fetch_and_build(home, source=source)
    return root


@pytest.fixture
def home(nonsense_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home folder of the test's own, also for commands it runs."""
    home = Home(tmp_path / "data", tmp_path / "config", tmp_path / "cache")
    home.data.mkdir()
    home.library.symlink_to(nonsense_home / "data" / home.library.name)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    return home


@pytest.fixture(autouse=True)
def no_shipped_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests write with models of their own; `shipped_model` gives back the one in assets."""
    monkeypatch.setattr(paths, "MODEL", "none")


@pytest.fixture
def chinese() -> Iterator[None]:
    """Speak Chinese in a test."""
    use_language("zh")
    yield
    use_language("en")


@pytest.fixture
def shipped_model(no_shipped_model: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the model that the studio ships."""
    monkeypatch.setattr(paths, "MODEL", SHIPPED_MODEL)
    folder = paths.default_model()
    assert folder is not None
    return folder
