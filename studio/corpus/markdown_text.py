"""Poems in Markdown, as the studio exports them, as plain text with as many lines."""

import re

SUFFIXES = (".md", ".markdown")
_BREAK = re.compile("(\r\n?|\n)")
_HEADING = re.compile(r"\s*#+\s+(.*)")
# The last line of an exported poem: what wrote it, and when.
_SOURCE = re.compile(r"\s*\*.* · \d{4}-\d\d-\d\dT[\d:.+Z-]+\*\s*")
_RULE = re.compile(r"\s*[-=]{3,}\s*")
_QUOTE_OR_ITEM = re.compile(r"^\s*(?:>|[-*+]\s)\s*")
_LINE_BREAK = re.compile(r"(?:\\|<br\s*/?>)\s*$")
_EMPHASIS = re.compile(r"(\s*)(\*{1,3})([^*]+)\2(\s*)")
_ESCAPED = re.compile(r"\\([\\`*_\[\]<>#|~])")


def without_markdown(text: str) -> str:
    """The text without signs of Markdown. A heading that repeats the first line is left out."""
    parts = _BREAK.split(text)
    lines = [_plain(each) for each in parts[::2]]
    for at, line in enumerate(lines):
        if not (heading := _HEADING.fullmatch(line)):
            continue
        following = (lines[each] for each in range(at + 1, len(lines)))
        below = next(filter(str.strip, following), "")
        if (title := heading[1].strip()) and below.lstrip().startswith(title):
            lines[at] = ""
    parts[::2] = lines
    return "".join(parts)


def _plain(line: str) -> str:
    if _SOURCE.fullmatch(line) or _RULE.fullmatch(line):
        return ""
    line = _QUOTE_OR_ITEM.sub(lambda found: " " * len(found[0]), _LINE_BREAK.sub("", line), 1)
    if emphasised := _EMPHASIS.fullmatch(line):
        before, _, words, after = emphasised.groups()
        line = before + words + after
    return _ESCAPED.sub(r"\1", line)
