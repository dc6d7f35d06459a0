"""`doctor`: check versions, device, paths and terminal; name problems and their remedies."""

import importlib.metadata
import locale
import os
import platform
import shutil
import sqlite3
import sys
from typing import Annotated

import typer

from studio import __version__, paths
from studio.cli.output import out, padded, print_json
from studio.devices import candidates
from studio.errors import StudioError
from studio.installing import how_to_install
from studio.paths import HOME_VARIABLE, Home
from studio.runs import folders
from studio.settings import Settings, read_settings
from studio.staging import leftovers
from studio.telemetry import Gpus
from studio.translation import marked, tr, tr_n
from studio.tui.launch import colours_of
from studio.wording import device_in_words

PACKAGES = (
    "torch",
    "textual",
    "rich",
    "platformdirs",
    "numpy",
    "safetensors",
    "msgspec",
    "opencc",
    "nvidia-ml-py",
    "psutil",
    "typer",
)

# NVML's code for a driver of another version than its library.
_MISMATCH = 18

# Labels for people of the keys in JSON.
_LABELS = {
    "system": marked("system"),
    "packages": marked("packages"),
    "device": marked("device"),
    "gpu": marked("driver"),
    "gpus": marked("GPUs"),
    "paths": marked("paths"),
    "assets": marked("assets"),
    "data": marked("data"),
    "config": marked("config"),
    "cache": marked("cache"),
    "library": marked("library"),
    "runs": marked("runs"),
    "settings": marked("settings"),
    "unfinished": marked("leftovers"),
    "terminal": marked("terminal"),
    "name": marked("name"),
    "precision": marked("precision"),
    "colours": marked("colours"),
    "encoding": marked("encoding"),
    "size": marked("size"),
    "interactive": marked("interactive"),
}


def doctor(
    json: Annotated[bool, typer.Option("--json", help=tr("Report as JSON."))] = False,
) -> None:
    """Check the installation and say what is missing."""
    home = Home.default()
    problems: list[str] = []
    _check_folders(home, problems)
    report = {
        "studio": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "packages": {name: _version(name, problems) for name in PACKAGES},
        "sqlite": _sqlite(problems),
        "device": _device(problems),
        "gpu": _gpu(problems),
        "gpus": _gpus(),
        "paths": {
            "assets": str(paths.assets()),
            "data": str(home.data),
            "config": str(home.config),
            "cache": str(home.cache),
        },
        "library": _library(home, problems),
        "runs": len(folders.all_runs(home.runs)),
        "settings": str(home.settings),
        "unfinished": _unfinished(home),
        "npm": shutil.which("npm") or "",
        "terminal": _terminal(_settings(home, problems), problems),
        "problems": problems,
    }
    if json:
        print_json(report)
    else:
        _show(report)
    if problems:
        raise typer.Exit(1)


def _check_folders(home: Home, problems: list[str]) -> None:
    found = []
    for folder in home.folders:
        # The folder itself, or the existing one in which it would be created.
        place = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
        if not place.is_dir():
            found.append(
                tr(
                    "{path} is not a folder. Move it away, or set {variable} to a folder that can "
                    "be written.",
                    path=place,
                    variable=HOME_VARIABLE,
                )
            )
        elif not os.access(place, os.W_OK | os.X_OK):
            found.append(
                tr(
                    "{folder} cannot be written. Fix the permissions of {path}, or set {variable} "
                    "to a folder that can be written.",
                    folder=folder,
                    path=place,
                    variable=HOME_VARIABLE,
                )
            )
    # The same problem may concern all three folders.
    problems.extend(dict.fromkeys(found))


def _unfinished(home: Home) -> str:
    """A sentence about half-written files and folders of killed processes."""
    left = [path for folder in home.folders for path in leftovers(folder, deep=True)]
    size = sum(
        each.stat().st_size for path in left for each in (path, *path.rglob("*")) if each.is_file()
    )
    if not left:
        return tr("none")
    return tr_n(
        "1 half-written file or folder of stopped builds, {size:.1f} MB. Nothing uses them; "
        "the next `tangshi-studio corpus build` removes them.",
        "{count} half-written files or folders of stopped builds, {size:.1f} MB. Nothing uses "
        "them; the next `tangshi-studio corpus build` removes them.",
        len(left),
        size=size / 1e6,
    )


def _version(package: str, problems: list[str]) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        problems.append(
            tr(
                "{package} is not installed. Run `{command}`.",
                package=package,
                command=how_to_install(package),
            )
        )
        return ""


def _sqlite(problems: list[str]) -> str:
    with sqlite3.connect(":memory:") as connection:
        try:
            connection.execute("CREATE VIRTUAL TABLE t USING fts5(x, tokenize='trigram')")
        except sqlite3.OperationalError:
            problems.append(
                tr(
                    "SQLite {version} has no FTS5 trigram index. "
                    "Use a Python with SQLite 3.34 or newer.",
                    version=sqlite3.sqlite_version,
                )
            )
    return sqlite3.sqlite_version


def _device(problems: list[str]) -> dict[str, str]:
    try:
        from studio.model.device import choose_device

        device = choose_device()
    except (ImportError, OSError, RuntimeError) as error:
        problems.append(
            tr(
                "torch cannot be used: {reason}. Run `{command}`.",
                reason=error,
                command=how_to_install("torch", "--force-reinstall"),
            )
        )
        return {}
    return {"name": device_in_words(device.name), "precision": device.precision}


def _gpu(problems: list[str]) -> str:
    try:
        import pynvml

        pynvml.nvmlInit()
        version = pynvml.nvmlSystemGetDriverVersion()
        pynvml.nvmlShutdown()
    except Exception as error:
        if getattr(error, "value", 0) == _MISMATCH:
            problems.append(
                tr(
                    "The NVIDIA driver was updated, but the old one is still loaded: no GPU can be "
                    "used ({reason}). Restart the machine.",
                    reason=str(error).rstrip("."),
                )
            )
        # Without a driver, or a card that NVML knows, the studio runs on the processor.
        return tr("none found by NVML")
    return tr("NVML, driver {version}", version=version)


def _gpus() -> dict[str, str]:
    """What each GPU is doing, by the name that --device takes."""
    hidden = unknown = tr("not seen by CUDA")
    try:
        from studio.model.device import cuda_devices, has_gpu, why_no_gpu

        cuda = cuda_devices()
        if has_gpu():
            unknown = why_no_gpu()
        if not cuda:
            hidden = unknown
    except (ImportError, OSError, RuntimeError):
        cuda = []  # reported as the device
    found = candidates(cuda, Gpus().read())
    return {
        each.name: tr(", ").join(
            (
                each.gpu.name,
                each.doing,
                hidden if each.number is None else each.gpu.uuid if each.is_known else unknown,
            )
        )
        for each in found
    }


def _library(home: Home, problems: list[str]) -> str:
    from studio.corpus.library import Library

    try:
        with Library.open(home.library) as library:
            return tr(
                "{path}: {count:,} poems", path=home.library, count=library.statistics().poems
            )
    except StudioError as error:
        problems.append(str(error))
        return ""


def _settings(home: Home, problems: list[str]) -> Settings:
    try:
        return read_settings(home.settings)
    except StudioError as error:
        problems.append(str(error))
        return Settings()


def _terminal(settings: Settings, problems: list[str]) -> dict[str, str]:
    encoding = locale.getpreferredencoding(False)
    if encoding.lower().replace("-", "") != "utf8":
        problems.append(
            tr(
                "The locale's encoding is {encoding}. Set LANG=C.UTF-8, or another UTF-8 locale.",
                encoding=encoding,
            )
        )
    size = shutil.get_terminal_size()
    yes, no = tr("yes"), tr("no")
    return {
        "term": os.environ.get("TERM") or tr("not set"),
        "colorterm": os.environ.get("COLORTERM") or tr("not set"),
        "colours": _colours(settings),
        "encoding": encoding,
        "size": f"{size.columns}x{size.lines}",
        "tmux": yes if "TMUX" in os.environ else no,
        "ssh": yes if "SSH_CONNECTION" in os.environ else no,
        "interactive": yes if sys.stdout.isatty() else no,
    }


def _colours(settings: Settings) -> str:
    """How many colours the studio uses, and why."""
    if os.environ.get("NO_COLOR"):
        return tr("none, because NO_COLOR is set")
    if settings.colour != "auto":
        return tr("{colours}, from the settings", colours=settings.colour)
    return tr("{colours}, from TERM and COLORTERM", colours=colours_of(os.environ))


def _show(report: dict[str, object]) -> None:
    for key, value in report.items():
        if key == "problems":
            continue
        if isinstance(value, dict):
            rows = (f"{'':12}{padded(_label(name), 14)}{text}" for name, text in value.items())
            value = "\n".join(rows).strip() or tr("none")
        # A path that the console breaks cannot be copied.
        out.print(f"{padded(_label(key), 12)}{value}", soft_wrap=True)
    problems = report["problems"]
    assert isinstance(problems, list)
    out.print(
        "\n" + ("\n".join(f"✗ {problem}" for problem in problems) or tr("No problems found.")),
        soft_wrap=True,
    )


def _label(key: str) -> str:
    return tr(_LABELS.get(key, key))
