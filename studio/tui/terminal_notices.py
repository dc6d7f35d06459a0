"""What the terminal itself shows of a training: the window's title, its progress, notices.

The sequences: OSC 2 sets the title, and CSI 22;0t and CSI 23;0t save and restore it (xterm,
"ctlseqs"). OSC 9;4 shows a progress (ConEmu, "ANSI X3.64 and Xterm-256"). OSC 9 (iTerm2) and OSC
777 (rxvt-unicode) show a notice. Some terminals show OSC 9;4 as a notice, so it is written only to
those that are known to show a progress.
"""

import re
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from studio.wording import printable

Notify = Literal["auto", "bell", "off"]

NAME = "tangshi-studio"
# The question for the terminal's name and version (XTVERSION), and its answer.
ASK_NAME = "\x1b[>q"
_ANSWER = re.compile(r"\x1bP>\|([^\x1b]{0,200})\x1b\\")
_PART_OF_ANSWER = re.compile(r"\x1bP(>(\|[^\x1b]{0,200}\x1b?)?)?\Z")
# Seconds after which an unchanged progress is written again: Ghostty hides it after 15.
REPEAT_AFTER = 10.0
LONGEST = 200  # characters of a title or notice

_SAVE_TITLE, _RESTORE_TITLE = "\x1b[22;0t", "\x1b[23;0t"
# Terminals without a window: they may print the sequences instead of obeying them.
_NO_WINDOW = ("", "dumb", "linux", "vt100", "vt220", "cons25")
# The version from which a terminal shows a progress.
_PROGRESS_SINCE: dict[str, tuple[int, ...]] = {
    "conemu": (),
    "ghostty": (1, 2),
    "iterm": (3, 6, 6),
    "iterm2": (3, 6, 6),
    "vte": (7900,),
    "wezterm": (),
    "windowsterminal": (),
}
_NOTICE: dict[str, Literal["9", "777"]] = {
    "foot": "777",
    "ghostty": "777",
    "iterm": "9",
    "iterm2": "9",
    "kitty": "777",
    "wezterm": "777",
}


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a terminal can show. `tmux`: it is outside tmux, which passes sequences through."""

    title: bool
    progress: bool
    notice: Literal["", "9", "777"]
    tmux: bool


def name_in(environment: Mapping[str, str]) -> str:
    """The name and version of the terminal by its variables, as "ghostty 1.2.0"; "" if unknown.

    Inside tmux they may be those of a terminal that has gone.
    """
    if "TMUX" in environment:
        return ""
    if "WT_SESSION" in environment:
        return "WindowsTerminal"
    if environment.get("ConEmuANSI") == "ON":
        return "ConEmu"
    for program in ("LC_TERMINAL", "TERM_PROGRAM"):
        if name := environment.get(program):
            return f"{name.removesuffix('.app')} {environment.get(f'{program}_VERSION', '')}"
    if version := environment.get("VTE_VERSION"):
        return f"VTE {version}"
    found = re.match(r"(?:xterm-)?(ghostty|kitty|foot|wezterm)", environment.get("TERM", ""))
    return found[1] if found else ""


def abilities(environment: Mapping[str, str], name: str) -> Abilities:
    """What the terminal can show; `name` is its name and version, as it reports them."""
    found = re.match(r"\w+", name)
    program, rest = (found[0].lower(), name[found.end() :]) if found else ("", "")
    version = tuple(int(each) for each in re.findall(r"\d{1,9}", rest))
    since = _PROGRESS_SINCE.get(program)
    return Abilities(
        title=environment.get("TERM", "") not in _NO_WINDOW,
        progress=since is not None and (not version or version >= since),
        notice=_NOTICE.get(program, ""),
        tmux="TMUX" in environment,
    )


def name_outside_tmux() -> str:
    """The name and version of the terminal that tmux is shown in; "" if tmux does not know it."""
    try:
        asked = subprocess.run(
            ["tmux", "display-message", "-p", "#{client_termtype}"],
            capture_output=True,
            timeout=2,
            text=True,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ""
    return asked.stdout.strip()


class TerminalNotices:
    """Writes title, progress and notices while the studio has the terminal."""

    def __init__(
        self,
        write: Callable[[str], None],
        environment: Mapping[str, str],
        ask_name: Callable[[], None],
    ) -> None:
        """`write` writes to the terminal. `ask_name` asks for its name, for `use_name`."""
        self._write, self._environment, self._ask_name = write, environment, ask_name
        self._abilities = abilities(environment, name_in(environment))
        self._title, self._progress = NAME, ""
        self._is_active = False
        self._written_at = 0.0

    def start(self) -> None:
        """The studio has the terminal: save its title, and show ours."""
        self._is_active = True
        if self._abilities.title:
            self._write(_SAVE_TITLE + self._title_sequence())
        self._write_progress()

    def stop(self) -> None:
        """The studio gives the terminal back."""
        if self._is_active and (text := self.end):
            self._write(text)
        self._is_active = False

    @property
    def end(self) -> str:
        """The sequences that remove everything; "" if there is nothing to remove."""
        if not self._is_active:
            return ""
        shown = self._progress and self._abilities.progress
        return (self._outside(_osc("9;4;0")) if shown else "") + (
            _RESTORE_TITLE if self._abilities.title else ""
        )

    def show(self, doing: str, share: float | None, paused: bool = False) -> None:
        """Show in the title what is done, and how far it is; None if nothing is."""
        title = f"{_line(doing)} - {NAME}" if doing else NAME
        if title != self._title:
            self._title = title
            if self._is_active and self._abilities.title:
                self._write(self._title_sequence())
        progress = "" if share is None else f"{4 if paused else 1};{share * 100:.0f}"
        before, self._progress = self._progress, progress
        due = progress and time.monotonic() - self._written_at > REPEAT_AFTER
        if progress != before or due:
            self._write_progress(clear=bool(before))
        if progress and not before:
            self._ask_name()

    def look_again(self) -> None:
        """Ask for the terminal's name again: tmux may be shown in another one by now."""
        if self._progress and self._abilities.tmux:
            self._ask_name()

    def use_name(self, name: str) -> None:
        """Use what the terminal of this name and version can show."""
        if name:
            self._abilities = abilities(self._environment, name)
            self._write_progress()

    def notify(self, text: str, how: Notify) -> None:
        """Call the person with a notice, or with the bell if the terminal has none.

        Inside tmux the bell marks the window, so there it comes with the notice.
        """
        if how == "off" or not self._is_active:
            return
        kind = self._abilities.notice if how == "auto" else ""
        sequence = ""
        if kind == "9":
            sequence = self._outside(_osc(f"9;{NAME}: {_line(text)}"))
        elif kind == "777":
            sequence = self._outside(_osc(f"777;notify;{NAME};{_line(text)}"))
        self._write(sequence if sequence and not self._abilities.tmux else sequence + "\a")

    def _write_progress(self, clear: bool = False) -> None:
        if self._is_active and self._abilities.progress and (self._progress or clear):
            self._write(self._outside(_osc(f"9;4;{self._progress or 0}")))
            self._written_at = time.monotonic()

    def _title_sequence(self) -> str:
        return _osc(f"2;{self._title}")

    def _outside(self, sequence: str) -> str:
        """The sequence for the terminal itself; tmux hands it on."""
        if not self._abilities.tmux:
            return sequence
        return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"


class NameReader:
    """Takes the terminal's answer to `ASK_NAME` out of what is typed."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._part = ""

    def keys(self, text: str) -> str:
        """The text without the answer; the start of one is kept until the rest arrives."""
        text = self._part + text
        for answer in _ANSWER.finditer(text):
            self._report(answer[1])
        text = _ANSWER.sub("", text)
        part = _PART_OF_ANSWER.search(text)
        self._part = part[0] if part else ""
        return text.removesuffix(self._part)

    def waited(self) -> str:
        """What was kept, if it was a key after all (alt+P) and nothing followed."""
        if self._part != "\x1bP":
            return ""
        self._part = ""
        return "\x1bP"


def _osc(text: str) -> str:
    return f"\x1b]{text}\x1b\\"


def _line(text: str) -> str:
    """The text as data: in one line, without control characters, not too long."""
    return " ".join(printable(text).split())[:LONGEST]
