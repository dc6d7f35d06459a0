"""Filters for the list of runs."""

import pytest

from studio.errors import ConfigError
from studio.model.config import RECIPES
from studio.paths import Home
from studio.runs import folders
from studio.runs.filtering import EXAMPLE, fields_of, run_filter
from tests.tui.fake_worker import write_run

RUN = {
    "name": "Autumn-1",
    "recipe": "studio",
    "cell": "gru",
    "status": "stopped",
    "hidden": 256,
    "learning_rate": 0.004,
    "tied": True,
    "loss": None,
    "perplexity": 101.5,
}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "autumn stop",
        EXAMPLE,
        "cell=GRU",
        "cell != lstm",
        "name ~ autumn",
        "hidden >= 256 and hidden <= 256",
        "learning_rate = 4e-3",
        "tied = yes",
        "not tied = no",
        "cell = lstm or hidden > 100",
        "cell = lstm and hidden = 1 or status = stopped",
        "(cell = lstm or cell = gru) and not perplexity < 100",
        'status = "stopped"',
        "perplexity < 1,000",
        # Not measured: neither below nor above.
        "not loss < 5 and not loss >= 5",
    ],
)
def test_a_run_matches(text: str) -> None:
    assert run_filter(text)(RUN)


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize(
    "text",
    [
        "已停止",
        "status = 停止",
        "status = 已停止",
        "状态 = stopped",
        "状态＝停止 且 困惑度＜120",
        "状态 = 暂停 或 （名称 ~ autumn）",
        "非 状态 = 暂停",
        "状态 ~ 停",
    ],
)
def test_a_run_matches_in_chinese(text: str) -> None:
    assert run_filter(text)(RUN)


@pytest.mark.parametrize("text", ["停止", "状态 = 停止 且 困惑度 < 120", "狀態 = 已停止"])
def test_a_run_matches_in_chinese_whatever_the_language_is(text: str) -> None:
    assert run_filter(text)(RUN)


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize("text", ["暂停", "status = 暂停", "状态 != 停止", "困惑度 < 100"])
def test_a_run_does_not_match_in_chinese(text: str) -> None:
    assert not run_filter(text)(RUN)


@pytest.mark.parametrize(
    "text",
    ["winter", "cell = lstm", "perplexity < 100", "loss < 5", "tied = no", "name ~ winter"],
)
def test_a_run_does_not_match(text: str) -> None:
    assert not run_filter(text)(RUN)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hiden > 3", "'hiden' is not known; did you mean hidden?"),
        ("qqq = 3", "a filter can use name, recipe, cell"),
        ("hidden >", "a value after hidden > is missing at the end"),
        ("hidden > and", "hidden is a number, not 'and'"),
        ("hidden > many", "hidden is a number, not 'many'"),
        ("cell < gru", "cell is a text, so use = != or ~, not <"),
        ("hidden ~ 2", "hidden is a number, so use one of"),
        ("tied = perhaps", "tied is yes or no, not 'perhaps'"),
        ("(cell = gru", "a closing bracket is missing"),
        ("cell = gru hidden = 2", "'hidden' is not expected there; join parts with and, or"),
        ("= 3", "a name is missing before '='"),
        ("cell = gru and", "a name is missing at the end"),
        ("! 3", "'! 3' cannot be read"),
        ('name = "autumn', "cannot be read"),
        ("(" * 3000 + "cell = gru" + ")" * 3000, "more than 40 brackets"),
        ("not " * 200 + "cell = gru", "more than 40 brackets"),
    ],
)
def test_a_filter_that_cannot_be_used_is_explained(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as error:
        run_filter(text)
    assert words in str(error.value)
    assert str(error.value).endswith(f"An example: {EXAMPLE}")


def test_figures_and_settings_of_a_run_can_be_asked_for(home: Home) -> None:
    run = write_run(home, "autumn", 240)
    fields = fields_of(folders.summary(run), run.config())
    hidden = RECIPES["classic"].model.hidden
    text = f"step = 240 and perplexity < 290 and han > 353 and hours < 1 and hidden = {hidden}"
    assert run_filter(text)(fields)
    assert not run_filter("perplexity < 280")(fields)
