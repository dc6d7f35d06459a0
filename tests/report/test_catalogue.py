"""A report has a language of its own, from the catalogue of all texts."""

import pytest

from studio.errors import ConfigError
from studio.report.catalogue import LANGUAGES, translator
from studio.translation import Language, language, use_language


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize("session", ["en", "zh"])
def test_the_language_of_a_report_is_not_that_of_the_process(session: Language) -> None:
    use_language(session)
    assert translator("en")("Loss in training") == "Loss in training"
    assert translator("zh")("Loss in training") == "训练损失"
    assert language() == session


def test_values_are_not_interpreted() -> None:
    for each in LANGUAGES:
        text = translator(each)
        assert "{0.__class__}" in text("Parameters of {run} by part.", run="{0.__class__}")


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ConfigError, match="The languages are en, zh"):
        translator("fr")
