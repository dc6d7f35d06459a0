"""Writes the lab report of runs in a process of its own: it needs matplotlib, torch and a while."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from studio.errors import RunError
from studio.runs import processes
from studio.translation import tr

# Seconds between two looks whether the report is still wanted.
LOOK_EVERY = 0.2


def write_report(
    runs: Sequence[str], folder: Path, language: str, is_cancelled: Callable[[], bool]
) -> str:
    """The path of the report, "" if it was cancelled; raises RunError with what went wrong."""
    command = [sys.executable, *processes.this_program(), "report", *runs]
    command += ["--out", str(folder), "--language", language]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(
        command,
        cwd=processes.working_folder(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Ctrl-C in this terminal is for the studio.
        start_new_session=True,
        env=os.environ | processes.search_path(),
    ) as process:
        while True:
            try:
                out, messages = process.communicate(timeout=LOOK_EVERY)
                break
            except subprocess.TimeoutExpired:
                if is_cancelled():
                    process.kill()
                    return ""
    if process.returncode:
        last = messages.strip().splitlines()[-1:] or [tr("it gave no reason")]
        why = last[0].removeprefix("tangshi-studio: ")
        raise RunError(tr("The report was not written: {reason}", reason=why))
    return out.strip()
