"""The poems of data/judged.tsv, with the points that readers gave them.

Default models, and one that came before the last, wrote them, several to each request; a reader
gave each from 1 to 10.
The readers were language models. Each read the poems of several requests in random order, among
some by people, and did not know who wrote which. A line has the number of the request, the points,
the title if there was one, and the poem.
"""

from collections import defaultdict
from pathlib import Path

import msgspec

from studio.corpus.poem import About, is_han, verse_lines
from studio.prosody.forms import shape_of

JUDGED = Path(__file__).with_name("judged.tsv")
# One request of so many is left out of training. They stay the same when others are added: what
# learns after a model must not be tried on poems that the model has learnt.
LEFT_OUT = 10


class JudgedPoem(msgspec.Struct, frozen=True):
    """A poem, what its writer knew of it, and its points."""

    points: float
    about: About
    text: str


Requests = list[list[JudgedPoem]]


def judged_requests() -> tuple[Requests, Requests]:
    """The poems of each request: the requests for training, and those left out."""
    requests: defaultdict[int, list[JudgedPoem]] = defaultdict(list)
    for line in JUDGED.read_text(encoding="utf-8").splitlines():
        request, points, title, text = line.split("\t")
        about = About(shape_of(verse_lines(text)), "".join(filter(is_han, title)), "")
        requests[int(request)].append(JudgedPoem(float(points), about, text))
    training = [poems for request, poems in requests.items() if request % LEFT_OUT]
    left_out = [poems for request, poems in requests.items() if request % LEFT_OUT == 0]
    return training, left_out
