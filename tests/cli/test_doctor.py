"""`doctor` says what is there, and how to get what is not."""

import pytest

from studio.paths import Home
from tests.cli.conftest import Run


def test_a_whole_installation_has_no_problem(
    tangshi: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("locale.getpreferredencoding", lambda _=True: "UTF-8")
    result = tangshi("doctor", "--json")
    assert result.code == 0
    assert result.document["problems"] == []
    assert all(result.document["packages"].values())


def test_what_is_missing_comes_with_its_remedy(tangshi: Run, home: Home) -> None:
    home.library.unlink()
    home.config.mkdir()
    home.settings.write_text("theme = 'neon'\n")
    result = tangshi("doctor", "--json")
    assert result.code == 1
    told = " ".join(result.document["problems"])
    assert "corpus fetch" in told
    assert str(home.settings) in told
