"""Only differences are written, and yet a terminal whose content has changed is drawn again."""

from pathlib import Path

from studio.paths import Home
from tests.terminal import studio

CTRL_L = "\x0c"
# In the pane that is drawn last.
LAST = "temperature"


def test_a_message_that_another_program_wrote_disappears_on_request(
    home: Home, tmp_path: Path
) -> None:
    with studio(str(tmp_path)) as terminal:
        terminal.wait(LAST)
        terminal.screen.cursor_position(3, 1)
        terminal.screen.draw("Broadcast message: reboot at noon")
        terminal.press(CTRL_L)
        terminal.wait(lambda text: "reboot" not in text and LAST in text)


def test_what_a_smaller_terminal_cut_off_is_drawn_again(home: Home, tmp_path: Path) -> None:
    with studio(str(tmp_path)) as terminal:
        terminal.wait(LAST)
        terminal.resize(80, 24)
        terminal.wait(lambda text: "1 Corpus  2 Training" in text.splitlines()[0])
        terminal.resize(160, 48)
        terminal.wait(lambda text: "3 Playground" in text.splitlines()[0] and LAST in text)
