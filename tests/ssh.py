"""A real sshd on the loopback address, as the present user, with keys made for the test."""

import getpass
import os
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.terminal import WITHOUT_MODEL, Terminal

# Debian keeps it out of the path of ordinary users.
SERVER = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
# sshd started by root wants this folder; Debian makes it when the service starts.
ROOM = Path("/run/sshd")


class Line:
    """How to get to the server: a connection is a command in a pseudo-terminal."""

    def __init__(self, folder: Path, port: int) -> None:
        self._ssh = [
            *("ssh", "-F", "none", "-p", str(port), "-i", str(folder / "key")),
            *("-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR"),
            *("-o", f"UserKnownHostsFile={folder / 'known'}", f"{getpass.getuser()}@127.0.0.1"),
        ]
        kept = ("TANGSHI_STUDIO_HOME", "PYTHONPATH", "OMP_NUM_THREADS")
        self._environment = [f"{name}={os.environ[name]}" for name in kept if name in os.environ]

    def check(self) -> str:
        """What is wrong with the line, or ""."""
        tried = subprocess.run([*self._ssh, "true"], capture_output=True, text=True, timeout=30)
        return tried.stderr.strip() or ("" if tried.returncode == 0 else "no reason given")

    def studio(self, *arguments: str, columns: int = 80, rows: int = 24) -> Terminal:
        """The studio at the other end."""
        command = ["env", *self._environment, "LANG=C.UTF-8"]
        command += [*WITHOUT_MODEL, *arguments]
        # The server starts a login shell; the studio takes its place.
        remote = f"cd {Path.cwd()} && exec {shlex.join(command)}"
        terminal = ["ssh", "-tt", *self._ssh[1:], remote]
        return Terminal(terminal, columns, rows, os.environ | {"TERM": "xterm-256color"})


@contextmanager
def sshd(folder: Path) -> Iterator[Line]:
    """A server with its files in `folder`; skips the test, with the reason, where it cannot run."""
    if SERVER is None or shutil.which("ssh") is None:
        pytest.skip("no sshd or ssh here (Debian: openssh-server, openssh-client)")
    if os.geteuid() == 0:
        ROOM.mkdir(mode=0o755, exist_ok=True)
    for name in ("host", "key"):
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(key, check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = folder / "sshd_config"
    settings.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder / 'host'}\nPidFile none\n"
        f"AuthorizedKeysFile {folder / 'key.pub'}\nStrictModes no\nUsePAM no\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n"
    )
    log = folder / "sshd.log"
    command = [SERVER, "-D", "-E", str(log), "-f", str(settings)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as server:
        try:
            line = Line(folder, port)
            end = time.monotonic() + 10
            while (problem := line.check()) and server.poll() is None and time.monotonic() < end:
                time.sleep(0.1)
            if problem:
                pytest.skip(
                    f"sshd does not serve: {problem} {log.read_text() if log.exists() else ''}"
                )
            yield line
        finally:
            server.kill()


def session_of(pid: int) -> psutil.Process:
    """The process of sshd that serves the terminal of a process."""
    return next(each for each in psutil.Process(pid).parents() if each.name().startswith("sshd"))
