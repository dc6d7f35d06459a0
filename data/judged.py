"""The poems of data/judged.tsv, with the points that readers gave them.

The default model of its time wrote them, several to each request; a reader gave each from 1 to 10.
The readers were language models. Each read the poems of several requests in random order, among
some by people, and did not know who wrote which. A line has the number of the request, the points,
the title if there was one, and the poem.
"""

import random
from collections import defaultdict
from pathlib import Path

import msgspec

from studio.corpus.poem import About, is_han, verse_lines
from studio.prosody.forms import shape_of

JUDGED = Path(__file__).with_name("judged.tsv")
# The share of requests that is left out of training.
LEFT_OUT = 0.1


class JudgedPoem(msgspec.Struct, frozen=True):
    """A poem, what its writer knew of it, and its points."""

    points: float
    about: About
    text: str


Requests = list[list[JudgedPoem]]


def judged_requests(generator: random.Random) -> tuple[Requests, Requests]:
    """The poems of each request, in random order: the requests for training, and those left out."""
    requests: defaultdict[str, list[JudgedPoem]] = defaultdict(list)
    for line in JUDGED.read_text(encoding="utf-8").splitlines():
        request, points, title, text = line.split("\t")
        about = About(shape_of(verse_lines(text)), "".join(filter(is_han, title)), "")
        requests[request].append(JudgedPoem(float(points), about, text))
    shuffled = list(requests.values())
    generator.shuffle(shuffled)
    left_out = int(len(shuffled) * LEFT_OUT)
    return shuffled[left_out:], shuffled[:left_out]
