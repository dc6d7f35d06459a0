"""Finds English words in what is drawn while the studio speaks Chinese."""

import re

# Names that Chinese texts write in Latin letters: of models and methods, units, keys, files,
# settings and languages.
_NAMES = """
adam adamw argmax cpu cuda dropout gpu gru lstm mps nat nats nvidia ppl rmsprop rnn sgd softmax
tanh token tokens torch mib gib mb gb kb
alt ctrl shift enter escape esc tab space backspace del home end pgup pgdn pageup pagedown
json jsonl toml html pdf svg png npm tmux ssh shell fg osc mit utf tangshi tangshi-studio studio id
classic auto ink paper slate columns single english chinese
"""
# Paths, ids of keys and options have other characters than letters.
_TOKEN = re.compile(r"[A-Za-z0-9_./~:=@^+-]+")
_WORD = re.compile(r"[A-Za-z]{2,}(?:-[A-Za-z]+)*")


def english_in(drawn: str, *names: str) -> list[str]:
    """The English words in a text, each once; the usual names and `names` are allowed."""
    allowed = set(_NAMES.split()) | {name.lower() for name in names}
    tokens = (token.strip("./:=-") for token in _TOKEN.findall(drawn))
    words = (token for token in tokens if _WORD.fullmatch(token))
    return [word for word in dict.fromkeys(words) if word.lower() not in allowed]
