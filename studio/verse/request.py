"""What a poem is asked for with: one frozen record for the studio, the command line and tests.

Imports no torch.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Strategy = Literal["greedy", "sample"]
Tones = Literal["strict", "tang", "free"]
# Limits also reject NaN and infinity.
Weight = Annotated[float, Meta(ge=-1000, le=1000)]

# Stands in a given text for a character that the model writes.
BLANK = "□"


class Sampling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the next character is chosen from the model's probabilities.

    `greedy` takes the likeliest (argmax). `sample` draws: `temperature` divides the logits;
    `top_k` keeps the k likeliest (0: all); `top_p` the smallest set that holds that much
    probability (Holtzman et al. 2020); `min_p` those at least that share of the likeliest
    (Nguyen et al. 2024). `repetition_penalty` above 1 lowers characters already written
    (Keskar et al. 2019), with either strategy.
    """

    strategy: Strategy = "sample"
    # Below the least temperature a division would overflow; drawing is argmax long before.
    temperature: Annotated[float, Meta(ge=1e-6, le=10)] = 0.85
    top_k: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    top_p: Annotated[float, Meta(gt=0, le=1)] = 0.95
    min_p: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    repetition_penalty: Annotated[float, Meta(ge=1, le=10)] = 1.0


class Ranking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the poems of one order are ranked by, each with its weight; 0 leaves it out.

    `likelihood` is the mean log-probability of a character under the model, in nats. The others
    take away from it or add to it, each from 0 to 1: `repetition` the share of characters that
    stood in the poem already, `novelty` the share of 4-grams that stand in the corpus, `prosody`
    the share of lines with a fault, a note counting a quarter, `parallelism` the mean over the
    couplets that must be parallel, `variety` the share of bigrams that a better poem has as well.
    """

    likelihood: Weight = 1.0
    repetition: Weight = 2.0
    novelty: Weight = 1.0
    prosody: Weight = 1.0
    parallelism: Weight = 1.0
    variety: Weight = 1.0


class ComposeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One order for poems. What is asked for is met, or refused with the reason.

    - `first`: the opening characters; "" lets the model begin.
    - `form`: a name of data/forms.toml, or "" for free length up to `longest` characters.
    - `lines`: how many, in forms of any length; an even number, 0 the form's usual one.
    - `acrostic` (藏头): the first character of each line; further lines are free.
    - `last`: the last line, to be reached.
    - `words`: what must appear; each poem has them in places of its own.
    - `given`: the poem as it should stand, with a □ wherever the model writes. Lines are parted by
      punctuation or line breaks; those at its end may be left out.
    - `rhyme`: one of the 106, by its simplified or traditional name; "" lets the model choose.
    - `tones`: "strict" keeps every template, the two rescues (拗救) allowed; "tang" also what the
      Tang poets allowed themselves: a neighbouring rhyme (邻韵) in the first line and the tones
      that the scanner notes as tolerated (拗); "free" keeps lengths and rhyme alone. Forms in the
      old style have no rule of tone.
    - `copied_lines`: whether a line of the corpus may come out, where its index is at hand.
    - `model`: "auto" (the run in training, else the default model, else the newest run), "default",
      a run's name, or "run@step" for one of its checkpoints.
    - `tries`: how many continuations of a line are weighed against each other.

    The same request and model write the same poems, whatever else the process draws.
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
    """A poem the model wrote: its text with punctuation, and how likely the model found it.

    `log_probability` is the mean over the characters it chose, in nats, under the plain model
    (no temperature, no mask). `complete` is false where the length limit cut the poem. `score` is
    what it was ranked by, the best highest: poems come in the order in which they were written,
    whoever shows them puts the best first. `template` and `rhyme` are the scanner's words for it,
    as 仄起首句入韵 and 平陽; empty where there are none.
    """

    text: str
    log_probability: float
    complete: bool
    score: float = 0.0
    template: str = ""
    rhyme: str = ""
