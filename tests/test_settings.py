"""The settings file, and what is set before textual is imported."""

from pathlib import Path

import msgspec
import pytest

from studio.errors import ConfigError
from studio.settings import Settings, read_settings, write_settings
from studio.tui.launch import colours_of, suited_to, terminal_variables
from studio.verse.request import USUAL, ComposeRequest, Sampling


def test_settings_come_back_as_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "config" / "settings.toml"
    settings = Settings(
        theme="paper",
        keymap={"studio.zoom": "f5"},
        request=ComposeRequest(first="明月", sampling=Sampling(temperature=1.1)),
    )
    write_settings(file, settings)
    assert read_settings(file) == settings


def test_without_a_file_there_are_the_defaults(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "settings.toml") == Settings()


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("theme = [", "Invalid value"),
        ('theme = "solarized"', "theme must be ink, paper or slate"),
        ('colour = "88"', "colour must be auto, truecolor, 256 or 16"),
        ("frames_per_second = -1", "frames_per_second must be a whole number from 0 to 60, not -1"),
        ("them = 'ink'", "them is not a known key"),
        ("[request]\nform = 5", "request.form must be text"),
        ("[request]\nlast = 'tower'", 'The last line: "t" is not a Chinese character'),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_its_key(
    tmp_path: Path, content: str, names: str
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_settings(file)
    assert str(file) in str(caught.value)
    assert names in str(caught.value)


def test_bytes_that_are_not_utf_8_are_an_error_too(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(b"theme = '\xff'")
    with pytest.raises(ConfigError):
        read_settings(file)


def test_over_ssh_there_are_fewer_frames_and_no_animation() -> None:
    remote = {"SSH_CONNECTION": "10.0.0.1 5000 10.0.0.2 22"}
    variables = terminal_variables(Settings(), remote)
    assert variables["TEXTUAL_FPS"] == "15"
    assert variables["TEXTUAL_ANIMATIONS"] == "none"


def test_at_the_machine_itself_there_are_all_frames() -> None:
    variables = terminal_variables(Settings(), {})
    assert variables["TEXTUAL_FPS"] == "60"
    assert "TEXTUAL_ANIMATIONS" not in variables


def test_the_frames_can_be_chosen() -> None:
    chosen = terminal_variables(Settings(frames_per_second=20), {"SSH_CONNECTION": "x"})
    assert chosen["TEXTUAL_FPS"] == "20"


@pytest.mark.parametrize(
    ("environment", "colours"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "truecolor"),
        ({"TERM": "xterm", "COLORTERM": " 24bit "}, "truecolor"),
        ({"TERM": "xterm-kitty"}, "truecolor"),
        ({"TERM": "xterm-direct"}, "truecolor"),
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm-256color", "COLORTERM": ""}, "256"),
        ({"TERM": "screen-256color-bce"}, "256"),
        ({"TERM": "screen.xterm-256color", "COLORTERM": "truecolor", "STY": "1.pts"}, "256"),
        ({"TERM": "screen"}, "16"),
        ({"TERM": "xterm", "COLORTERM": "yes"}, "16"),
        ({"TERM": "linux"}, "16"),
        ({}, "16"),
    ],
)
def test_the_terminal_says_how_many_colours_it_has(
    environment: dict[str, str], colours: str
) -> None:
    assert colours_of(environment) == colours
    assert suited_to(environment, Settings()).colour == colours


def test_the_colours_can_be_chosen() -> None:
    chosen = suited_to({"TERM": "xterm"}, Settings(colour="256"))
    assert chosen.colour == "256"
    assert terminal_variables(chosen, {})["TEXTUAL_COLOR_SYSTEM"] == "256"


def test_the_console_of_linux_gets_plain_charts() -> None:
    assert suited_to({"TERM": "linux"}, Settings()).plain_charts
    assert not suited_to({"TERM": "xterm"}, Settings()).plain_charts
    assert suited_to({"TERM": "xterm"}, Settings(plain_charts=True)).plain_charts


@pytest.mark.parametrize(("written", "drafts"), [("", 16), ("drafts = 3\n", 3)])
def test_the_last_request_of_an_older_studio_gets_the_usual_drafts(
    tmp_path: Path, written: str, drafts: int
) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(f'[request]\nform = "五律"\n{written}', encoding="utf-8")
    request = read_settings(path).request
    assert (request.form, request.drafts) == ("五律", drafts)


def test_weights_that_an_older_studio_did_not_know_are_the_usual_ones(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("[request.sampling]\ntemperature = 0.7\n[request.ranking]\nrepetition = 1.0\n")
    request = read_settings(path).request
    assert request.sampling == msgspec.structs.replace(USUAL.sampling, temperature=0.7)
    assert request.ranking == msgspec.structs.replace(USUAL.ranking, repetition=1.0)
