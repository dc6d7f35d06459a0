"""The catalogues fit the code, and the language follows the settings and the locale."""

import gettext
import importlib.util
import pickle
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from types import ModuleType

import msgspec
import pytest
from babel.messages.pofile import read_po

from studio import translation
from studio.cli.language import choose_language
from studio.errors import ConfigError
from studio.paths import Home
from studio.runs import processes
from studio.translation import Language, again, language_for, plain, tr, tr_n, use_language

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    use_language("en")


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    """The script that makes the catalogue."""
    spec = importlib.util.spec_from_file_location("b", ROOT / "data" / "build_translations.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_message_is_translated_and_no_translation_is_left_over(builder: ModuleType) -> None:
    code = builder.messages_in_code()
    known = {message.id for message in builder.translations() if message.id}
    assert {message: place for message, place in code.items() if message not in known} == {}
    assert known - code.keys() == set()


def test_a_translation_has_the_placeholders_of_its_message(builder: ModuleType) -> None:
    def places(text: str) -> set[str]:
        return {field for _, field, _, _ in Formatter().parse(text) if field is not None}

    for message in builder.translations():
        if message.id:
            source = message.id if isinstance(message.id, str) else message.id[-1]
            texts = [message.string] if isinstance(message.string, str) else message.string
            for text in texts:
                assert text, source
                assert places(text) == places(source), source


# A figure, alone or as a placeholder for one; not a part of a name such as sha256.
_FIGURE = (
    r"(?:(?<![\w.:\-+/=@])[+-]?\d[\d,.]*%?(?![\w\-=@/.])|\{[^{}:]*:[^{}]*[\d,.%fgd][^{}]*\}"
    r"|\{(?:count|number|line|place|steps?)\})"
)
_HAN = r"[\u4e00-\u9fff]"
# What is wrong in Chinese print, with what the test says of it.
_WRONG = {
    "corner brackets, not “ ”": "[「」『』]",
    "a space before a number of the text": f"{_HAN} [+-]?\\d[\\d,.]*%?(?![\\w\\-=@/])",
    "a space between a number and its noun": f"{_FIGURE} {_HAN}",
    "a space around a number within a sentence": f"{_HAN} {_FIGURE}{_HAN}",
    "a space in an ordinal": "第 | [句首字步行层]第",
    "half-width punctuation after Chinese": f"{_HAN}[,;!?()]",
}


@pytest.mark.parametrize("wrong", _WRONG)
def test_chinese_is_set_as_in_print(builder: ModuleType, wrong: str) -> None:
    found = []
    for message in builder.translations():
        # Conditions of a filter are code.
        if message.id and ">=" not in str(message.id):
            texts = [message.string] if isinstance(message.string, str) else message.string
            # A key is a name, not a number.
            without_keys = [re.sub(r"按 \d ", "", text) for text in texts]
            found += [text for text in without_keys if re.search(_WRONG[wrong], text)]
    assert found == []


def test_a_sentence_ends_with_a_stop_in_both_languages(builder: ModuleType) -> None:
    for message in builder.translations():
        source = message.id if isinstance(message.id, str) else message.id[-1:][0]
        text = message.string if isinstance(message.string, str) else message.string[0]
        # A command at the end is followed by no stop.
        if source.endswith(".") and not source.endswith("...") and not text.endswith("}"):
            assert text.endswith("。"), source


def test_a_message_is_translated_once(builder: ModuleType) -> None:
    # A second translation, in another file, would never be shown.
    files = [
        read_po(path.read_bytes().splitlines()) for path in sorted(builder.FOLDER.glob("*.po"))
    ]
    messages = Counter(message.id for file in files for message in file if message.id)
    assert [message for message, count in messages.items() if count > 1] == []


def test_the_shipped_catalogue_is_that_of_the_files(builder: ModuleType) -> None:
    with (builder.FOLDER / "studio.mo").open("rb") as file:
        shipped = gettext.GNUTranslations(file)
    for message in builder.translations():
        if isinstance(message.id, str) and message.id:
            assert shipped.gettext(message.id) == message.string
        elif message.id:
            assert shipped.ngettext(*message.id, 2) == message.string[0]


@pytest.mark.parametrize(
    ("setting", "environment", "expected"),
    [
        ("auto", {}, "en"),
        ("auto", {"LANG": "C.UTF-8"}, "en"),
        ("auto", {"LANG": "zh_CN.UTF-8"}, "zh"),
        ("auto", {"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ("auto", {"LANG": "en_GB.UTF-8", "LC_MESSAGES": "zh_TW.UTF-8"}, "zh_TW"),
        ("auto", {"LANG": "", "LC_ALL": "zh_HK"}, "zh_TW"),
        ("en", {"LANG": "zh_CN.UTF-8"}, "en"),
        ("zh", {"LANG": "C.UTF-8"}, "zh"),
        ("zh", {"LANG": "zh_TW.UTF-8"}, "zh_TW"),
    ],
)
def test_the_language_follows_the_setting_then_the_locale(
    setting: str, environment: dict[str, str], expected: Language
) -> None:
    assert language_for(setting, environment) == expected


def test_a_message_without_a_translation_stays_english() -> None:
    use_language("zh")
    assert tr("no such message, {name}", name="a") == "no such message, a"
    assert tr_n("{count} such thing", "{count} such things", 2) == "2 such things"
    assert tr("braces { are text") == "braces { are text"


def test_traditional_text_comes_from_the_same_catalogue() -> None:
    use_language("zh")
    simplified = tr("Poets by number of poems")
    use_language("zh_TW")
    assert (simplified, tr("Poets by number of poems")) == ("诗人（按作品数）", "詩人（按作品數）")
    assert translation.language() == "zh_TW"


def test_the_command_line_speaks_the_language_that_is_asked_for(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.settings.parent.mkdir(parents=True)
    home.settings.write_text('language = "zh"\n', "utf-8")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert choose_language(["corpus", "stats"]) == ["corpus", "stats"]
    assert translation.language() == "zh"
    assert choose_language(["--language", "en", "train"]) == ["train"]
    assert translation.language() == "en"
    assert choose_language(["--language=zh"]) == []
    assert translation.language() == "zh"
    assert choose_language(["train", "--language", "en", "--resume"]) == ["train", "--resume"]
    assert translation.language() == "en"
    assert choose_language(["score", "--", "--language"]) == ["score", "--", "--language"]
    assert translation.language() == "zh"


@pytest.mark.parametrize("command", ["report", "compare"])
def test_the_language_of_a_report_is_left_to_its_command(home: Home, command: str) -> None:
    arguments = [command, "--language", "zh"]
    assert choose_language(["--language", "en", *arguments]) == arguments
    assert translation.language() == "en"
    # Errors in the other arguments are in it, too.
    assert choose_language(arguments) == arguments
    assert translation.language() == "zh"
    assert choose_language(["runs", "show", *arguments]) == ["runs", "show", command]
    unknown = [command, "--language", "fr"]
    assert choose_language(unknown) == unknown


@pytest.mark.parametrize("arguments", [["--language"], ["--language", "fr"], ["--language="]])
def test_an_unknown_language_is_refused(home: Home, arguments: list[str]) -> None:
    with pytest.raises(ConfigError, match="one of: auto, en, zh"):
        choose_language(arguments)


def test_a_text_can_be_said_again_with_the_texts_in_it() -> None:
    poems = tr_n("{count} poem", "{count} poems", 2)
    said = tr("{what} {reason}", what=tr("starting"), reason=poems)
    error = ConfigError(said)
    assert said == "starting 2 poems"
    use_language("zh")
    assert again(str(error)) == f"{tr('starting')}。{tr_n('{count} poem', '{count} poems', 2)}"
    use_language("en")
    assert again(again(str(error))) == said
    assert again("a text of somebody") == "a text of somebody"


def test_a_text_is_written_to_files_as_any_other() -> None:
    encoded = msgspec.json.encode({"text": tr("starting")}, enc_hook=plain)
    assert encoded == b'{"text":"starting"}'
    assert type(pickle.loads(pickle.dumps(tr("starting")))) is str


def test_processes_that_are_started_speak_the_same_language(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    use_language("zh")
    arguments = processes.resuming("a")
    use_language("en")
    assert choose_language(arguments[arguments.index("--language") :])[0] == "train"
    assert translation.language() == "zh"
