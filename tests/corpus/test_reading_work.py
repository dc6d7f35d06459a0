"""The work of reading grows with the text: twice the text, twice the characters looked at."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from studio.corpus import cleaning, headings, json_records, long_lines, poem, sources, text_records
from studio.corpus.cleaning import RejectedError, clean, clean_label
from studio.corpus.long_lines import with_lost_stops
from studio.corpus.records import RawPoem

MODULES = (cleaning, headings, json_records, long_lines, poem, sources, text_records)


class Work:
    """Characters that regular expressions and the JSON decoder have looked at."""

    def __init__(self) -> None:
        self.characters = 0

    def loads(self, text: str) -> Any:
        self.characters += len(text)
        return json.loads(text)


class Counted:
    """A regular expression that counts what it scans: to the match, or to the end."""

    def __init__(self, pattern: re.Pattern[str], work: Work) -> None:
        self._pattern, self._work = pattern, work

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._pattern, name)

        def counted(*arguments: Any) -> Any:
            found = method(*arguments)
            if name == "sub":
                start, end = 0, len(arguments[1])
            else:
                _, start, end = *arguments, *(0, len(arguments[0]))[len(arguments) - 1 :]
            one = name in ("search", "match", "fullmatch") and found
            self._work.characters += (found.end() if one else end) - start
            return found

        return counted


@pytest.fixture(scope="module")
def work() -> Iterator[Work]:
    work = Work()
    with pytest.MonkeyPatch.context() as patched:
        for module in MODULES:
            for name, value in vars(module).items():
                if isinstance(value, re.Pattern):
                    patched.setattr(module, name, Counted(value, work))
        patched.setattr(json_records, "json", work)
        yield work


def _work_of(text: str, work: Work) -> int:
    """Read, clean and set in lines all poems of a text, and a title made of it."""
    before = work.characters
    for record in sources.records(text.encode("utf-8", "surrogatepass"), "any"):
        if isinstance(record, RawPoem):
            clean_label(record.title)
            try:
                with_lost_stops(clean(record.text))
            except RejectedError:
                pass
    clean_label(text)
    return work.characters - before


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    start=st.sampled_from(["", "[", "{", '[{"paragraphs":["', "山，水。", '["']),
    middle=st.text(alphabet='[]{}",:\\（）〖〗一山水，。?？： \n兮', min_size=1, max_size=12),
    end=st.text(alphabet="）〗]}\"'。", max_size=1),
)
@example("[", '{"a":[1,2},', "")
@example("[", '{"a":[{},', "")
@example("[", '{"a":[{"b":"c},{', "")
@example("", "（", "）")
@example("", "[一（", "）")
@example("", "题：山\n", "")
@example("", "题\n李白\n山水，\n", "")
def test_twice_the_text_is_at_most_twice_the_work(
    work: Work, start: str, middle: str, end: str
) -> None:
    once, twice = (_work_of(start + middle * n + end * n, work) for n in (200, 400))
    assert twice <= 2.1 * once + 100


def test_what_is_counted_shows_work_that_grows_with_the_square(work: Work) -> None:
    def innermost_first(text: str) -> int:
        before = work.characters
        while "（）" in text:
            cleaning._INVISIBLE.sub("", text)
            text = text.replace("（）", "", 1)
        return work.characters - before

    assert innermost_first("（）" * 200) > 3 * innermost_first("（）" * 100)
