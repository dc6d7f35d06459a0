"""Why a poem cannot be written, in Chinese."""

import pytest

from studio.corpus.vocabulary import Vocabulary
from studio.errors import ConfigError, VerseError
from studio.prosody.forms import form_named
from studio.verse.fixed_characters import fill_lines, free_text, required_words
from studio.verse.plan import Obstacle
from studio.verse.request import ComposeRequest, request_text

pytestmark = pytest.mark.usefixtures("chinese")

VOCABULARY = Vocabulary("白日依山尽黄河入海流欲穷千里目更上一层楼，。")


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ({"lines": 6}, "五绝有4句，不能是6句。"),
        ({"acrostic": "白日依山尽"}, "藏头有5字，而五绝只有4句。"),
        ({"last": "白日"}, "末句有2字（白日），而五绝每句5字。"),
        ({"first": "白日，"}, "开头的末一句到第2字就断了（白日），而五绝每句5字。"),
        ({"first": "白", "acrostic": "日"}, "第1句第1字，按开头应为“白”，按藏头应为“日”。"),
        ({"first": "月"}, "模型从未见过“月”。"),
    ],
)
def test_a_request_that_does_not_fit_its_form_is_refused(
    request_: dict[str, object], reason: str
) -> None:
    with pytest.raises(VerseError) as refused:
        fill_lines(ComposeRequest(**request_), form_named("五绝"), VOCABULARY)  # type: ignore[arg-type]
    assert str(refused.value).startswith(reason)


def test_other_reasons_are_in_chinese() -> None:
    with pytest.raises(VerseError, match="“白日依山尽黄”有6字，而每句只有5字。"):
        required_words(ComposeRequest(words=("白日依山尽黄",)), 5, VOCABULARY)
    with pytest.raises(VerseError, match="不拘诗体时不能指定韵部。"):
        free_text(ComposeRequest(form="", rhyme="东"), VOCABULARY)
    with pytest.raises(VerseError, match="“A”不是汉字。"):
        request_text("A")
    with pytest.raises(VerseError, match=r"^藏头：“A”不是汉字。"):
        ComposeRequest(acrostic="A")
    with pytest.raises(ConfigError, match="没有名为“十绝”的诗体。"):
        form_named("十绝")


def test_an_obstacle_names_its_rule_without_english() -> None:
    assert str(Obstacle(1, 4, "出韵", "“山”不在尤韵")) == "第2句：“山”不在尤韵（出韵）。"
