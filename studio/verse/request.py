"""What a poem is asked for with: one frozen record for the studio, the command line and tests.

Imports no torch.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Strategy = Literal["greedy", "sample"]
Tones = Literal["strict", "tang", "free"]


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
    temperature: Annotated[float, Meta(ge=1e-6, le=10)] = 0.8
    top_k: Annotated[int, Meta(ge=0)] = 0
    top_p: Annotated[float, Meta(gt=0, le=1)] = 0.95
    min_p: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    repetition_penalty: Annotated[float, Meta(ge=1, le=10)] = 1.0


class Ranking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The weights by which the poems of one order are ranked."""

    likelihood: float = 1.0
    repetition: float = 1.0
    novelty: float = 1.0
    prosody: float = 1.0
    parallelism: float = 1.0
    variety: float = 1.0


class ComposeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One order for poems.

    `first` are the opening characters ("" lets the model begin). `form` is a name of
    data/forms.toml, or "" for free length up to `longest` characters; `lines` is the number of
    lines of a form of any length, 0 its usual one. `acrostic` (藏头) are the first characters of
    the lines, `last` the last line to reach, `words` what must appear. `given` is the poem as it
    should stand, with a □ where the model writes. `rhyme` is one of the 106. `tones` are kept
    strictly, as the Tang poets kept them, or not at all; `copied_lines` lets a line of the corpus
    come out verbatim. `model` is "auto" (the run in training, else the default model, else the
    newest run), "default", a run's name, or "run@step" for one of its checkpoints. `tries`
    continuations of a line are weighed against each other, and the poems ranked by `ranking`.
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
    what it was ranked by, the best highest.
    """

    text: str
    log_probability: float
    complete: bool
    score: float = 0.0
