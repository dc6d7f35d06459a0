"""The languages of a report, which need not be that of the process."""

from typing import cast, get_args

from studio import translation
from studio.errors import ConfigError
from studio.translation import Language, Translate, tr

# A report in traditional characters has no font to draw with.
LANGUAGES = tuple(name for name in get_args(Language) if name != "zh_TW")


def translator(language: str) -> Translate:
    """What translates the texts of a report. Raises ConfigError for an unknown language."""
    if language not in LANGUAGES:
        raise ConfigError(
            tr(
                "There is no language {language!r} for reports. The languages are {languages}.",
                language=language,
                languages=tr(", ").join(LANGUAGES),
            )
        )
    return translation.translator(cast(Language, language))
