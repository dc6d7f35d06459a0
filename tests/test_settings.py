"""The settings file, and what is set before textual is imported."""

from pathlib import Path

import pytest

from studio.errors import ConfigError
from studio.settings import Settings, read_settings, write_settings
from studio.tui.launch import terminal_variables
from studio.verse.request import ComposeRequest, Sampling


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
        ('theme = "solarized"', "theme must be ink or paper"),
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
    assert terminal_variables(Settings(), remote) == {
        "TEXTUAL_FPS": "15",
        "TEXTUAL_ANIMATIONS": "none",
    }


def test_at_the_machine_itself_there_are_all_frames() -> None:
    assert terminal_variables(Settings(), {}) == {"TEXTUAL_FPS": "60"}


def test_the_frames_can_be_chosen() -> None:
    chosen = terminal_variables(Settings(frames_per_second=20), {"SSH_CONNECTION": "x"})
    assert chosen["TEXTUAL_FPS"] == "20"
