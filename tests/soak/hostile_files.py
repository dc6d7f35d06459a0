"""Give the command one hostile file at a time: `python -m tests.soak.hostile_files`.

Prints a table: what was tried, the exit code, the first line of the answer. Leaves with 1 where a
row has a traceback, gives no answer in time, or takes what must be refused.
"""

import json
import os
import resource
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
import torch

from studio.paths import HOME_VARIABLE
from tests.conftest import nonsense

LIMIT = 60  # seconds for an answer
MEMORY = 12 * 2**30  # bytes of address space, so that a row that reads for ever ends
MODEL = Path("data/runs/a/checkpoints/step-00000004")
TRAIN = [
    *("train", "--recipe", "classic", "--run", "a", "--max-steps", "4"),
    *("--set", "embedding=8", "--set", "hidden=8", "--set", "batch_size=8"),
]
WRITE = ("generate", "--run", "a", "--seed", "1")
RESUME = ("train", "--run", "a", "--resume", "--epochs", "1")
SHOW = ("runs", "show", "a")


@dataclass(frozen=True)
class Case:
    """`spoil` makes `file`, under the home folder, hostile; then the command is run.

    "FILE" in the command stands for its path.
    """

    what: str
    command: tuple[str, ...]
    file: Path
    spoil: Callable[[Path], None]
    must_be_refused: bool = True

    @property
    def words(self) -> str:
        return f"{self.what} as {self.file.name}"


# --- what makes a file hostile --------------------------------------------------------------------


def pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def zeros(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")


def listening(path: Path) -> None:
    path.unlink(missing_ok=True)
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's path has at most 108 bytes
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def huge(path: Path) -> None:
    """Ten gigabytes, which take no room on the disk."""
    with path.open("r+b" if path.exists() else "wb") as file:
        file.truncate(10 * 2**30)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def content(text: str | bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(text.encode() if isinstance(text, str) else text)

    return write


def changed(**values: object) -> Callable[[Path], None]:
    """Set keys of a JSON file, those of `config` by `config__KEY`."""

    def change(path: Path) -> None:
        document = json.loads(path.read_bytes())
        for name, value in values.items():
            *parents, key = name.split("__")
            place = document
            for parent in parents:
                place = place[parent]
            place[key] = value
        path.write_text(json.dumps(document), encoding="utf-8")

    return change


def weights(
    change: Callable[[torch.Tensor], torch.Tensor], name: str = "softmax_bias"
) -> Callable[[Path], None]:
    """Change one tensor."""

    def rewrite(path: Path) -> None:
        tensors = safetensors.torch.load_file(path)
        tensors[name] = change(tensors[name])
        path.unlink()
        safetensors.torch.save_file(tensors, path)

    return rewrite


def header(change: Callable[[dict[str, dict[str, object]]], object]) -> Callable[[Path], None]:
    """Change the header of a file of tensors; the tensors stay as they are."""

    def rewrite(path: Path) -> None:
        whole = path.read_bytes()
        (length,) = struct.unpack("<Q", whole[:8])
        described = json.loads(whole[8 : 8 + length])
        change(described)
        encoded = json.dumps(described).encode()
        path.write_bytes(struct.pack("<Q", len(encoded)) + encoded + whole[8 + length :])

    return rewrite


def header_length(length: int) -> Callable[[Path], None]:
    def rewrite(path: Path) -> None:
        path.write_bytes(struct.pack("<Q", length) + path.read_bytes()[8:])

    return rewrite


# --- the files ------------------------------------------------------------------------------------

_DEEP = '{"a":' + "[" * 200_000
_SPECIAL = '"special":["<pad>","<begin>","<end>","<unknown>"]'


def _model(what: str, name: str, spoil: Callable[[Path], None]) -> Case:
    return Case(what, WRITE, MODEL / name, spoil)


def _not_files(command: tuple[str, ...], file: Path) -> list[Case]:
    kinds = {
        "a pipe": pipe,
        "a folder": folder,
        "a link to /dev/zero": zeros,
        "a socket": listening,
    }
    return [Case(what, command, file, spoil) for what, spoil in kinds.items()]


MODELS = [
    *(
        case
        for name in ("model.json", "vocabulary.json", "model.safetensors")
        for case in [
            *_not_files(WRITE, MODEL / name),
            _model("ten gigabytes", name, huge),
            _model("a file cut short", name, cut),
            _model("an empty file", name, content("")),
        ]
    ),
    _model("layers of 10^6", "model.json", changed(config__layers=10**6)),
    _model("embedding of 2^62", "model.json", changed(config__embedding=2**62)),
    _model("hidden of 2^64", "model.json", changed(config__hidden=2**64)),
    _model("hidden of 8192, other weights", "model.json", changed(config__hidden=8192)),
    _model("hidden of -1", "model.json", changed(config__hidden=-1)),
    _model("step of 10^30", "model.json", changed(step=10**30)),
    _model("step of -1", "model.json", changed(step=-1)),
    _model("format of 2", "model.json", changed(format=2)),
    _model("deeply nested JSON", "model.json", content(_DEEP)),
    _model("bytes that are not UTF-8", "model.json", content(b'{"format": "\xff"}')),
    _model(
        "a million characters",
        "vocabulary.json",
        content(f'{{{_SPECIAL},"characters":"{"".join(map(chr, range(0x10000, 0x110000)))}"}}'),
    ),
    _model(
        "140,000 characters",
        "vocabulary.json",
        content(f'{{{_SPECIAL},"characters":"{"".join(map(chr, range(0x10000, 0x32300)))}"}}'),
    ),
    _model("a character twice", "vocabulary.json", content(f'{{{_SPECIAL},"characters":"山山"}}')),
    _model("an escape", "vocabulary.json", content(f'{{{_SPECIAL},"characters":"\\u001b"}}')),
    _model("a surrogate", "vocabulary.json", content(f'{{{_SPECIAL},"characters":"\\ud800"}}')),
    _model("deeply nested JSON", "vocabulary.json", content(_DEEP)),
    _model("weights of NaN", "model.safetensors", weights(lambda each: each * torch.nan)),
    _model("weights of infinity", "model.safetensors", weights(lambda each: each + torch.inf)),
    _model("weights of whole numbers", "model.safetensors", weights(torch.Tensor.long)),
    _model("a header of 2^63 bytes", "model.safetensors", header_length(2**63)),
    _model("a header of 2^40 bytes", "model.safetensors", header_length(2**40)),
    _model(
        "overlapping weights",
        "model.safetensors",
        header(lambda each: each["softmax_bias"].update(data_offsets=[0, 4])),
    ),
    _model(
        "a shape of 2^62",
        "model.safetensors",
        header(lambda each: each["softmax_bias"].update(shape=[2**62])),
    ),
    _model(
        "a weight that no model has",
        "model.safetensors",
        header(lambda each: each.update({"\x1b[2J": each.pop("softmax_bias")})),
    ),
    _model(
        "deeply nested JSON",
        "model.safetensors",
        content(struct.pack("<Q", len(_DEEP)) + _DEEP.encode()),
    ),
]
TRAININGS = [
    *_not_files(RESUME, MODEL / "training.json"),
    *_not_files(RESUME, MODEL / "training.safetensors"),
    *(
        Case(f"{key} of {words}", RESUME, MODEL / "training.json", changed(**{key: value}))
        for key in ("step", "epoch", "position", "characters", "best_step")
        for words, value in (("10^30", 10**30), ("-1", -1))
    ),
    Case("a header of 2^63 bytes", RESUME, MODEL / "training.safetensors", header_length(2**63)),
    Case(
        "the optimiser of another model",
        RESUME,
        MODEL / "training.safetensors",
        weights(lambda each: each[:3].clone(), "optimiser.0.square_avg"),
    ),
    *_not_files(SHOW, Path("data/runs/a/events.jsonl")),
    *_not_files(SHOW, Path("data/runs/a/config.json")),
    Case("ten gigabytes", SHOW, Path("data/runs/a/events.jsonl"), huge),
    Case("deeply nested JSON", SHOW, Path("data/runs/a/events.jsonl"), content(f"{_DEEP}\n")),
    Case("layers of 10^6", SHOW, Path("data/runs/a/config.json"), changed(model__layers=10**6)),
    Case("window of 2^64", SHOW, Path("data/runs/a/config.json"), changed(train__window=2**64)),
    Case("a pipe", ("runs", "list"), Path("data/runs/a/lock"), pipe, must_be_refused=False),
]
_SETTINGS, _SAVED = Path("config/settings.toml"), Path("data/collection.jsonl")
_FETCH = ("corpus", "fetch", "--again", "--from", "poems.json")
_LIST = ("collection", "list")
SETTINGS = [
    *_not_files(_FETCH, _SETTINGS),
    Case("ten gigabytes", _FETCH, _SETTINGS, huge),
    Case("bytes that are not UTF-8", _FETCH, _SETTINGS, content(b"theme = '\xff'")),
    Case("deeply nested TOML", _FETCH, _SETTINGS, content("a = " + "[" * 100_000)),
    Case("a number of 5,000 digits", _FETCH, _SETTINGS, content("a = " + "1" * 5_000)),
    Case(
        "a temperature of NaN", _FETCH, _SETTINGS, content("[request.sampling]\ntemperature = nan")
    ),
    Case("a weight of infinity", _FETCH, _SETTINGS, content("[request.ranking]\nnovelty = inf")),
    *_not_files(_LIST, _SAVED),
    Case("ten gigabytes", _LIST, _SAVED, huge),
    Case("deeply nested JSON", _LIST, _SAVED, content(f"{_DEEP}\n")),
]
_POEMS, _TEXT = Path("hostile.json"), Path("hostile.txt")
_FROM, _SCAN, _SCORE = (
    ("corpus", "fetch", "--again", "--from", "FILE"),
    ("scan", "FILE"),
    ("score", "FILE", "--run", "a"),
)
_HAN = "春江花月夜，海上明月共。"
CORPORA = [
    Case(what, command, file, spoil, must_be_refused=what.startswith("a "))
    for command, file in ((_FROM, _POEMS), (_SCAN, _TEXT), (_SCORE, _TEXT))
    for what, spoil in {
        "a pipe": pipe,
        "a folder": folder,
        "a link to /dev/zero": zeros,
        "200,000 broken records": content("[" + '{"a":[1,2},' * 200_000),
        "100,000 nested brackets": content("（" * 100_000 + _HAN + "）" * 100_000 + "\n"),
        "deeply nested JSON": content("[" * 200_000),
        "UTF-16": content(_HAN.encode("utf-16")),
        "GB18030": content(_HAN.encode("gb18030")),
        "NUL bytes": content("\0" * 100_000),
    }.items()
]


# --- running them ---------------------------------------------------------------------------------


def prepare(home: Path, run: Callable[..., object]) -> None:
    """A home with a small library and a trained run called `a`; `run` runs a command there."""
    records = [
        {"title": f"无题 {number}", "author": "某人", "paragraphs": [text]}
        for number, text in enumerate(nonsense(140))
    ]
    (home / "config").mkdir(parents=True)
    (home / "poems.json").write_text(json.dumps(records, ensure_ascii=False), encoding="utf-8")
    run("corpus", "fetch", "--from", str(home / "poems.json"))
    run(*TRAIN)


def spoilt(case: Case, home: Path) -> list[str]:
    """Make the hostile file; the command to run."""
    case.spoil(home / case.file)
    paths = {"FILE": str(home / case.file), "poems.json": str(home / "poems.json")}
    return [paths.get(each, each) for each in case.command]


def main() -> None:
    """Run every case and print the table."""
    with tempfile.TemporaryDirectory() as scratch:
        base = Path(scratch) / "base"
        prepare(base, lambda *command: _run(base, list(command)))
        bad = 0
        for case in (*MODELS, *TRAININGS, *SETTINGS, *CORPORA):
            home = Path(scratch) / "home"
            shutil.copytree(base, home)
            code, answer = _run(home, spoilt(case, home))
            lines = [line for line in answer.splitlines() if "Loading torch" not in line]
            first = (lines or [""])[0].replace(str(home), "HOME")
            is_bad = "Traceback" in answer or code < 0 or (case.must_be_refused and code == 0)
            bad += is_bad
            command = " ".join(case.command[:2])
            sys.stdout.write(
                f"{'BAD' if is_bad else 'ok':3} | {case.words} ({command}) | {code} | {first}\n"
            )
            sys.stdout.flush()
            shutil.rmtree(home)
    sys.exit(1 if bad else 0)


def _run(home: Path, command: list[str]) -> tuple[int, str]:
    """The exit code (negative where it was ended) and what was said."""
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "studio", *command],
            env={**os.environ, HOME_VARIABLE: str(home), "OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LIMIT,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
        )
    except subprocess.TimeoutExpired:
        return -9, f"no answer within {LIMIT} seconds"
    return ran.returncode, (ran.stderr + ran.stdout).decode("utf-8", "replace")


if __name__ == "__main__":
    main()
