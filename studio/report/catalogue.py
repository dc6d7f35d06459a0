"""The languages of a report. English is the source text and the key of the others."""

from collections.abc import Callable, Mapping

from studio.errors import ConfigError
from studio.report.chinese import CHINESE

Translate = Callable[..., str]
# The catalogue of each language, by its tag.
CATALOGUES: dict[str, Mapping[str, str]] = {"en": {}, "zh": CHINESE}


def marked(source: str) -> str:
    """The source text itself: marks text that is translated later, in another place."""
    return source


def translator(language: str) -> Translate:
    """A function from English source text to the text in a language, with its values filled in.

    Raises ConfigError for an unknown language.
    """
    if language not in CATALOGUES:
        raise ConfigError(
            f"There is no language {language!r} for reports. The languages are "
            f"{', '.join(CATALOGUES)}."
        )
    catalogue = CATALOGUES[language]

    def text(source: str, /, **values: object) -> str:
        return catalogue.get(source, source).format(**values)

    return text
