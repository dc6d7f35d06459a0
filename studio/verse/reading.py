"""What reading a poem finds, as frozen records. Light to import: the first frame needs them."""

import msgspec


class Prediction(msgspec.Struct, frozen=True):
    """A character of a poem and what the model predicted in its place, after all before it.

    `log_probability` is in nats, under the plain model (no temperature, no mask). `alternatives`
    are the most likely characters that the form allows here, with their probabilities, the most
    likely first; none for a stop.
    """

    character: str
    log_probability: float
    alternatives: tuple[tuple[str, float], ...]


class CopiedSpan(msgspec.Struct, frozen=True):
    """Characters of a text that are also in a poem of the library: `text[start:end]`.

    `poem` is the id of that poem. If several poems have the span, it is the first of them; poems of
    the training split come before the others.
    """

    start: int
    end: int
    poem: int
    title: str
    author: str
