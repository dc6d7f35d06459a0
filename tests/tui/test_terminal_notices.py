"""What the terminal is asked to show, byte for byte."""

import pytest

from studio.tui import terminal_notices
from studio.tui.terminal_notices import NameReader, TerminalNotices, abilities, name_in

XTERM = {"TERM": "xterm-256color"}
GHOSTTY = {"TERM": "xterm-ghostty"}
TMUX = {"TERM": "tmux-256color", "TMUX": "/tmp/tmux-0/default,1,0", "TERM_PROGRAM": "tmux"}


class Shown:
    """Notices, and what they wrote."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.written: list[str] = []
        self.asked = 0
        self.notices = TerminalNotices(self.written.append, environment, self._ask)

    def _ask(self) -> None:
        self.asked += 1

    def take(self) -> str:
        """What was written since the last time."""
        text = "".join(self.written)
        self.written.clear()
        return text


def test_a_terminal_shows_title_and_progress_and_gets_its_own_title_back() -> None:
    shown = Shown(GHOSTTY)
    shown.notices.start()
    assert shown.take() == "\x1b[22;0t\x1b]2;tangshi-studio\x1b\\"
    shown.notices.show("spring 45%", 0.45)
    assert shown.take() == "\x1b]2;spring 45% - tangshi-studio\x1b\\\x1b]9;4;1;45\x1b\\"
    shown.notices.show("spring 45%", 0.4501)
    assert shown.take() == ""
    shown.notices.show("spring paused 45%", 0.45, paused=True)
    assert shown.take().endswith("\x1b]9;4;4;45\x1b\\")
    shown.notices.stop()
    assert shown.take() == "\x1b]9;4;0\x1b\\\x1b[23;0t"
    # Suspended: nothing is written until the studio has the terminal again.
    shown.notices.show("spring 50%", 0.5)
    shown.notices.notify("spring finished", "auto")
    assert (shown.take(), shown.notices.end) == ("", "")
    shown.notices.start()
    assert shown.take() == ("\x1b[22;0t\x1b]2;spring 50% - tangshi-studio\x1b\\\x1b]9;4;1;50\x1b\\")
    shown.notices.show("", None)
    assert shown.take() == "\x1b]2;tangshi-studio\x1b\\\x1b]9;4;0\x1b\\"
    shown.notices.stop()
    assert shown.take() == "\x1b[23;0t"


def test_a_progress_that_stays_the_same_is_written_again_before_the_terminal_hides_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = Shown(GHOSTTY)
    shown.notices.start()
    shown.notices.show("spring 45%", 0.45)
    shown.take()
    monkeypatch.setattr(terminal_notices, "REPEAT_AFTER", 0.0)
    shown.notices.show("spring 45%", 0.45)
    assert shown.take() == "\x1b]9;4;1;45\x1b\\"


def test_a_name_is_data() -> None:
    shown = Shown(GHOSTTY)
    shown.notices.start()
    shown.take()
    shown.notices.show("a\x1b]0;evil\x07b\x9c\x9dc\nd" + "e" * 500, None)
    title = shown.take()
    assert title.startswith("\x1b]2;a]0;evilbc deee")
    assert title.count("\x1b") == 2
    assert len(title) < 300
    shown.notices.notify("a\x1b\\\x07b", "auto")
    assert shown.take() == "\x1b]777;notify;tangshi-studio;a\\b\x1b\\"


def test_inside_tmux_the_progress_is_handed_to_the_terminal_outside_once_it_is_known() -> None:
    shown = Shown(TMUX)
    shown.notices.start()
    shown.notices.show("spring 45%", 0.45)
    assert "9;4" not in shown.take()
    assert shown.asked == 1
    shown.notices.use_name("ghostty 1.2.0")
    assert shown.take() == "\x1bPtmux;\x1b\x1b]9;4;1;45\x1b\x1b\\\x1b\\"
    # The bell marks the window of tmux.
    shown.notices.notify("spring finished", "auto")
    assert shown.take() == (
        "\x1bPtmux;\x1b\x1b]777;notify;tangshi-studio;spring finished\x1b\x1b\\\x1b\\\a"
    )
    # Attached again, it may be another terminal.
    shown.notices.look_again()
    assert shown.asked == 2
    shown.notices.use_name("XTerm(390)")
    shown.notices.show("spring 50%", 0.5)
    assert "9;4" not in shown.take()


def test_a_notice_is_what_the_terminal_knows_or_the_bell_or_nothing() -> None:
    written = {}
    for program in ("iTerm.app", "WezTerm", "Apple_Terminal"):
        shown = Shown(XTERM | {"TERM_PROGRAM": program, "TERM_PROGRAM_VERSION": "3.6.6"})
        shown.notices.start()
        shown.take()
        shown.notices.notify("it ended", "auto")
        written[program] = shown.take()
        shown.notices.notify("it ended", "bell")
        assert shown.take() == "\a"
        shown.notices.notify("it ended", "off")
        assert shown.take() == ""
    assert written == {
        "iTerm.app": "\x1b]9;tangshi-studio: it ended\x1b\\",
        "WezTerm": "\x1b]777;notify;tangshi-studio;it ended\x1b\\",
        "Apple_Terminal": "\a",
    }


@pytest.mark.parametrize(
    ("variables", "progress"),
    [
        ({"WT_SESSION": "1f"}, True),
        ({"ConEmuANSI": "ON"}, True),
        ({"VTE_VERSION": "7900"}, True),
        ({"VTE_VERSION": "7600"}, False),
        ({"TERM_PROGRAM": "ghostty", "TERM_PROGRAM_VERSION": "1.2.3"}, True),
        ({"TERM_PROGRAM": "WezTerm", "TERM_PROGRAM_VERSION": "20240203-110809-5046fc22"}, True),
        ({"TERM_PROGRAM": "iTerm.app", "TERM_PROGRAM_VERSION": "3.6.6"}, True),
        # Older ones show the progress as a notice.
        ({"TERM_PROGRAM": "iTerm.app", "TERM_PROGRAM_VERSION": "3.5.14"}, False),
        ({"LC_TERMINAL": "iTerm2", "LC_TERMINAL_VERSION": "3.6.10"}, True),
        ({"TERM_PROGRAM": "Apple_Terminal", "TERM_PROGRAM_VERSION": "455"}, False),
        ({"TERM": "xterm-kitty"}, False),
        ({"TERM": "foot"}, False),
        ({}, False),
        # Inside tmux the variables may be those of a terminal that has gone.
        ({"WT_SESSION": "1f", "TMUX": "x"}, False),
    ],
)
def test_a_progress_is_written_only_where_it_is_known_to_be_shown(
    variables: dict[str, str], progress: bool
) -> None:
    environment = XTERM | variables
    assert abilities(environment, name_in(environment)).progress == progress


@pytest.mark.parametrize(
    ("name", "progress"),
    [
        ("ghostty 1.2.0", True),
        ("ghostty 1.1.3", False),
        ("WezTerm 20250101-1", True),
        ("iTerm2 3.6.5", False),
        ("VTE(8200)", True),
        ("kitty(0.44.0)", False),
        ("XTerm(390)", False),
        ("", False),
        ("(\x00)", False),
    ],
)
def test_the_name_that_a_terminal_reports_says_what_it_can_show(name: str, progress: bool) -> None:
    assert abilities(XTERM, name).progress == progress


@pytest.mark.parametrize("term", ["linux", "dumb", ""])
def test_a_console_without_a_window_gets_no_sequence_but_the_bell(term: str) -> None:
    shown = Shown({"TERM": term})
    shown.notices.start()
    shown.notices.show("spring 45%", 0.45)
    shown.notices.stop()
    assert shown.take() == ""
    shown.notices.start()
    shown.notices.notify("spring finished", "auto")
    assert shown.take() == "\a"


ANSWER = "\x1bP>|ghostty 1.2.0\x1b\\"


@pytest.mark.parametrize("cut", range(2, len(ANSWER) + 1))
def test_the_answer_of_the_terminal_is_not_typed_however_it_arrives(cut: int) -> None:
    names: list[str] = []
    reader = NameReader(names.append)
    keys = reader.keys("a" + ANSWER[:cut])
    if cut > 2:
        keys += reader.waited()
    keys += reader.keys(ANSWER[cut:] + "b")
    assert (keys, names) == ("ab", ["ghostty 1.2.0"])


def test_keys_that_begin_like_the_answer_are_keys() -> None:
    reader = NameReader(lambda name: None)
    assert reader.keys("\x1b") == "\x1b"
    assert reader.keys("P") == "P"
    assert reader.keys("\x1bP") + reader.waited() == "\x1bP"
    assert reader.keys("\x1b[A") == "\x1b[A"
