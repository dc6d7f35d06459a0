"""Filters for runs, such as `cell = gru and hidden >= 256 and perplexity < 120`. No torch.

```
either     = both ("or" both)*
both       = one ("and" one)*
one        = "not" one | "(" either ")" | comparison
comparison = name ("=" | "!=" | "<" | "<=" | ">" | ">=" | "~") value
```

A value with spaces is in double quotes. `~` asks whether the text contains the value. Without an
operator, a filter is words, all of which are part of the name, recipe, cell or status. In Chinese
`状态 = 暂停 或 困惑度 < 120` is the same as `status = paused or perplexity < 120`, whatever the
language of the process: with `--json` it is English.
"""

import difflib
import operator
import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache

from studio.errors import ConfigError
from studio.model.config import RECIPES, RunConfig
from studio.runs.comparing import flat_settings
from studio.runs.folders import RunSummary
from studio.translation import marked, tr, translator

Fields = Mapping[str, object]
Filter = Callable[[Fields], bool]

# Each can also be asked for in Chinese.
_TEXTS = (marked("name"), marked("recipe"), marked("cell"), marked("status"))
_NUMBERS = (
    *(marked("step"), marked("epoch"), marked("loss")),
    *(marked("perplexity"), marked("han"), marked("hours")),
)
_TOKEN = re.compile(r'\s*(?:(<=|>=|!=|[=<>~])|([()])|"([^"]*)"|([^\s()<>=!~"]+))')
_ORDERS: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TRUTH = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
# Each bracket and each "not" is a call within another one: Python allows only so many.
_MOST_NESTED = 40
EXAMPLE = marked("cell = gru and hidden >= 256 and perplexity < 120")


def fields_of(summary: RunSummary, config: RunConfig) -> dict[str, object]:
    """What a filter can ask of a run: its figures and settings.

    `perplexity` is the best over all targets, `han` that over Han characters; `hours` of training.
    """
    return {
        **flat_settings(config),
        "name": summary.name,
        "status": summary.status,
        "step": summary.step,
        "epoch": summary.epoch,
        "loss": summary.loss,
        "perplexity": summary.best_perplexity,
        "han": summary.best_perplexity_han,
        "hours": summary.elapsed / 3600,
    }


def run_filter(text: str) -> Filter:
    """The filter that a text describes; raises ConfigError that says what is wrong with it."""
    # An input method writes wide signs and brackets.
    text = unicodedata.normalize("NFKC", text)
    if not re.search('[=<>~!()"]', text):
        return _words(text.lower().split())
    return _Parser(text).filter()


def _words(wanted: list[str]) -> Filter:
    def holds(fields: Fields) -> bool:
        found = [text for name in _TEXTS for text in _texts(fields, name, "".join(wanted))]
        return all(word in " ".join(found) for word in wanted)

    return holds


class _Parser:
    """Reads a filter from left to right."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if not found:
                raise _error(tr("{text!r} cannot be read", text=text[at:].strip()))
            kind = ("operator", "bracket", "value", "word")[(found.lastindex or 1) - 1]
            self._tokens.append((kind, found.group(found.lastindex or 1)))
            at = found.end()
        if sum(text.lower() in ("(", "not", "非") for _, text in self._tokens) > _MOST_NESTED:
            what = tr("it has more than {most} brackets and words not", most=_MOST_NESTED)
            raise _error(what)

    def filter(self) -> Filter:
        """The whole filter."""
        found = self._either()
        if self._tokens:
            raise _error(
                tr(
                    "{text!r} is not expected there; join parts with and, or",
                    text=self._tokens[0][1],
                )
            )
        return found

    def _is_next(self, *texts: str) -> bool:
        """Take the next token if it is one of these words or brackets."""
        if self._tokens and self._tokens[0][0] != "value" and self._tokens[0][1].lower() in texts:
            del self._tokens[0]
            return True
        return False

    def _either(self) -> Filter:
        parts = [self._both()]
        while self._is_next("or", "或"):
            parts.append(self._both())
        return lambda fields: any(part(fields) for part in parts)

    def _both(self) -> Filter:
        parts = [self._one()]
        while self._is_next("and", "且"):
            parts.append(self._one())
        return lambda fields: all(part(fields) for part in parts)

    def _one(self) -> Filter:
        if self._is_next("not", "非"):
            inner = self._one()
            return lambda fields: not inner(fields)
        if self._is_next("("):
            within = self._either()
            if not self._is_next(")"):
                raise _error(tr("a closing bracket is missing"))
            return within
        return self._comparison()

    def _comparison(self) -> Filter:
        name = self._take(tr("a name"), "word").lower()
        if not name.isascii():
            chinese = {text: each for each in _TEXTS + _NUMBERS for text in _in_chinese(each)}
            name = chinese.get(name, name)
        usual = _usual_value(name)
        signs = tr("one of {signs} ~ after {name}", signs=" ".join(_ORDERS), name=name)
        sign = self._take(signs, "operator")
        a_value = tr("a value after {name} {sign}", name=name, sign=sign)
        value = self._take(a_value, "word", "value")
        if isinstance(usual, str):
            return _compare_text(name, sign, value.lower())
        return _compare_number(name, sign, _number(name, value, usual))

    def _take(self, what: str, *kinds: str) -> str:
        if not self._tokens:
            raise _error(tr("{what} is missing at the end", what=what))
        kind, text = self._tokens.pop(0)
        if kind not in kinds:
            raise _error(tr("{what} is missing before {text!r}", what=what, text=text))
        return text


def _usual_value(name: str) -> object:
    """A value of the kind that the field has; raises ConfigError if there is no such field."""
    settings = flat_settings(RECIPES["classic"])
    known = {**settings, **dict.fromkeys(_TEXTS, ""), **dict.fromkeys(_NUMBERS, 0.0)}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=3)
    if near:
        names = tr(" or ").join(near)
        raise _error(tr("{name!r} is not known; did you mean {names}?", name=name, names=names))
    raise _error(
        tr(
            "{name!r} is not known; a filter can use {names} and every setting of a run",
            name=name,
            names=tr(", ").join(_TEXTS + _NUMBERS),
        )
    )


def _number(name: str, value: str, usual: object) -> float:
    if isinstance(usual, bool):
        if value.lower() in _TRUTH:
            return _TRUTH[value.lower()]
        raise _error(tr("{name} is yes or no, not {value!r}", name=name, value=value))
    try:
        return float(value.replace(",", ""))
    except ValueError:
        raise _error(tr("{name} is a number, not {value!r}", name=name, value=value)) from None


def _compare_text(name: str, sign: str, value: str) -> Filter:
    if sign == "=":
        return lambda fields: value in _texts(fields, name, value)
    if sign == "!=":
        return lambda fields: value not in _texts(fields, name, value)
    if sign == "~":
        return lambda fields: any(value in text for text in _texts(fields, name, value))
    raise _error(tr("{name} is a text, so use = != or ~, not {sign}", name=name, sign=sign))


def _texts(fields: Fields, name: str, asked: str) -> list[str]:
    """The text of a field; a status also in Chinese, if what is asked for is Chinese."""
    text = str(fields.get(name, "")).lower()
    if name != "status" or asked.isascii():
        return [text]
    return [text, *_in_chinese(text)]


@cache
def _in_chinese(text: str) -> list[str]:
    """A word in simplified and traditional characters; a status also without 已 and 中."""
    said = [translator(language)(text) for language in ("zh", "zh_TW")]
    return [*said, *(each.removeprefix("已").removesuffix("中") for each in said)]


def _compare_number(name: str, sign: str, value: float) -> Filter:
    if sign == "~":
        signs = " ".join(_ORDERS)
        raise _error(tr("{name} is a number, so use one of {signs}, not ~", name=name, signs=signs))
    compare = _ORDERS[sign]

    def holds(fields: Fields) -> bool:
        # A run without that figure, as before its first validation, does not match.
        found = fields.get(name)
        return isinstance(found, int | float) and compare(found, value)

    return holds


def _error(problem: str) -> ConfigError:
    message = marked("The filter cannot be used: {problem}. An example: {example}")
    if problem.endswith(("?", "？")):
        message = marked("The filter cannot be used: {problem} An example: {example}")
    return ConfigError(tr(message, problem=problem, example=tr(EXAMPLE)))
