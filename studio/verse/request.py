"""The request for a poem: one frozen record for the studio, the command line and tests.

Imports no torch.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Strategy = Literal["greedy", "sample"]
Tones = Literal["strict", "tang", "free"]
# Limits also reject NaN and infinity.
Weight = Annotated[float, Meta(ge=-1000, le=1000)]

# Marks a character for the model to write in a given text.
BLANK = "□"


class Sampling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the next character is chosen from the model's probabilities.

    `greedy` takes the most likely one (argmax). `sample` draws: `temperature` divides the logits.
    `top_k` keeps the k most likely characters (0: all). `top_p` keeps the smallest set with at
    least that much probability (Holtzman et al. 2020). `min_p` keeps the characters with at least
    that share of the highest probability (Nguyen et al. 2024). `repetition_penalty` above 1 lowers
    characters that are already written (Keskar et al. 2019), with either strategy.
    """

    strategy: Strategy = "sample"
    # Below the minimum a division would overflow. Sampling equals argmax far above it.
    temperature: Annotated[float, Meta(ge=1e-6, le=10)] = 0.85
    top_k: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    top_p: Annotated[float, Meta(gt=0, le=1)] = 0.95
    min_p: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    repetition_penalty: Annotated[float, Meta(ge=1, le=10)] = 1.0


class Ranking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The weights of the terms that rank the poems of one request; 0 leaves a term out.

    `likelihood` is the mean log-probability of a character under the model, in nats. The other
    terms are from 0 to 1. `parallelism` is added: the mean over the couplets that must be parallel.
    The rest is subtracted. `repetition` is the share of characters that repeat an earlier one of
    the poem. `novelty` is the share of 4-grams that are in the corpus. `prosody` is the share of
    lines with a fault; a note counts as a quarter of a fault. `variety` is the share of bigrams
    that a better poem also has.
    """

    likelihood: Weight = 1.0
    repetition: Weight = 2.0
    novelty: Weight = 1.0
    prosody: Weight = 1.0
    parallelism: Weight = 1.0
    variety: Weight = 1.0


class ComposeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request for poems. The poems meet every wish, or the request is refused with the reason.

    - `first`: the opening characters; "" lets the model begin.
    - `form`: a name of data/forms.toml, or "" for free length up to `longest` characters.
    - `lines`: the number of lines, for forms of any length; it is even, and 0 is the form's usual
      number.
    - `acrostic` (藏头): the first character of each line; the remaining lines are free.
    - `last`: the last line of the poem.
    - `words`: words that must appear; each poem has them at its own positions.
    - `given`: the text of the poem, with a □ for each character that the model writes. Lines are
      separated by punctuation or line breaks; lines at the end may be left out.
    - `rhyme`: one of the 106 rhymes, by its simplified or traditional name; "" lets the model
      choose.
    - `tones`: "strict" keeps a template, with the two rescues (拗救) allowed. "tang" also allows
      what the Tang poets did: a neighbouring rhyme (邻韵) in the first line, and the tones that the
      scanner notes as tolerated (拗). "free" keeps only lengths and rhyme. Forms in the old style
      have no tone rules.
    - `copied_lines`: whether a whole line of the corpus is allowed. Copies can be avoided only if
      the index of the corpus is available.
    - `model`: "auto" (the run in training, else the default model, else the newest run), "default",
      a run's name, or "run@step" for one of its checkpoints.
    - `tries`: how many continuations of each line are written, of which one is chosen.

    The same request and model write the same poems: other random draws do not matter.
    """

    first: str = ""
    form: str = "五绝"
    sampling: Sampling = Sampling()
    candidates: Annotated[int, Meta(ge=1, le=256)] = 1
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 1
    longest: Annotated[int, Meta(ge=1, le=2000)] = 100
    model: str = "auto"
    lines: Annotated[int, Meta(ge=0, le=200)] = 0
    acrostic: str = ""
    last: str = ""
    words: tuple[str, ...] = ()
    given: str = ""
    rhyme: str = ""
    tones: Tones = "strict"
    copied_lines: bool = False
    tries: Annotated[int, Meta(ge=1, le=256)] = 8
    ranking: Ranking = Ranking()


class WrittenPoem(msgspec.Struct, frozen=True):
    """A poem that the model wrote: its text with punctuation, and its likelihood and score.

    `log_probability` is the mean over the characters that the model chose, in nats, under the plain
    model (no temperature, no mask). `complete` is false if the length limit cut the poem. `score`
    ranks the poems of a request, higher is better; the poems themselves are in the order of the
    candidates. `template` and `rhyme` are from the scanner, such as 仄起首句入韵 and 平陽; "" if
    there are none.
    """

    text: str
    log_probability: float
    complete: bool
    score: float = 0.0
    template: str = ""
    rhyme: str = ""
