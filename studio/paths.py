"""Where files are: those shipped with the program, and the user's own folders."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs

APP = "tangshi-studio"
HOME_VARIABLE = "TANGSHI_STUDIO_HOME"
# The folder of the default model, in assets.
MODEL = "model"
# The name of the corpus of the ci (词) of the Song.
CI_CORPUS = "songci"
# The vocabulary of a published model.
VOCAB = "vocab.json"
# Bytes of a name that is made of others; file systems accept 255, with what is added to it.
_LONGEST_NAME = 120


def _shipped(name: str) -> Path:
    """A shipped folder: inside the installed package, or at the top of a source checkout."""
    package = Path(__file__).parent
    installed = package / f"_{name}"
    return installed if installed.is_dir() else package.parent / name


def assets() -> Path:
    """Style sheet, themes, the default model."""
    return _shipped("assets")


def data() -> Path:
    """Facts the program reads: corpus manifest, rhyme book, verse forms."""
    return _shipped("data")


def is_published(folder: Path) -> bool:
    """Whether the folder holds a published model; the files of a checkpoint have other names."""
    return (folder / VOCAB).is_file()


def model_description(folder: Path) -> Path:
    """The file that describes the model in the folder; it does not exist if there is no model."""
    return folder / ("config.json" if is_published(folder) else "model.json")


def default_model() -> Path | None:
    """The folder of the default model; None if the studio was shipped without one."""
    folder = assets() / MODEL
    return folder if model_description(folder).is_file() else None


def report_folder(runs: Sequence[str]) -> Path:
    """The folder of the report on some runs, if nobody names one; other runs have another."""
    # No run has a + in its name.
    names = "+".join(runs)
    if len(names.encode()) > _LONGEST_NAME:
        names = f"{names[:30]}-{hashlib.sha256(names.encode()).hexdigest()[:8]}"
    return Path(f"report-{names}")


def expanded(path: Path) -> Path:
    """The path with ~ as the home folder; as it is if a name that begins with ~ is no user's."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def resolved(path: Path) -> Path:
    """The absolute path without ~ and links. A loop of links stays: no file can be used there."""
    # `Path.resolve` raises RuntimeError at a loop.
    return Path(os.path.realpath(expanded(path)))


def is_there(path: Path) -> bool:
    """Whether there is a file or a folder; false where that cannot be known."""
    # `Path.exists` raises PermissionError in a folder that may not be read, and OSError for a name
    # that is too long, or while a network disk does not answer.
    return os.path.exists(path)  # noqa: PTH110


@dataclass(frozen=True, slots=True)
class Home:
    """The user's folders. Nothing is created until something is written there."""

    data: Path
    config: Path
    cache: Path

    @classmethod
    def default(cls) -> "Home":
        """All under `$TANGSHI_STUDIO_HOME` if it is set, else the platform's usual places."""
        if root := os.environ.get(HOME_VARIABLE):
            base = resolved(Path(root))
            return cls(base / "data", base / "config", base / "cache")
        dirs = platformdirs.PlatformDirs(APP, appauthor=False)
        return cls(dirs.user_data_path, dirs.user_config_path, dirs.user_cache_path)

    @property
    def folders(self) -> tuple[Path, Path, Path]:
        """Data, config and cache."""
        return self.data, self.config, self.cache

    @property
    def library(self) -> Path:
        """The poems, one SQLite file."""
        return self.data / "library.sqlite"

    def library_beside(self, corpus: str) -> Path:
        """A second library with the poems of another corpus, to train on before the first."""
        return self.data / f"{corpus}.sqlite"

    @property
    def ci(self) -> Path:
        """The ci of the Song, if they were fetched beside the poems."""
        return self.library_beside(CI_CORPUS)

    @property
    def corpus(self) -> Path:
        """The fetched source files, one folder per corpus."""
        return self.data / "corpus"

    @property
    def runs(self) -> Path:
        """The training runs, one folder each."""
        return self.data / "runs"

    @property
    def collection(self) -> Path:
        """The saved poems."""
        return self.data / "collection.jsonl"

    @property
    def settings(self) -> Path:
        """Theme, layout, keys, last request."""
        return self.config / "settings.toml"
