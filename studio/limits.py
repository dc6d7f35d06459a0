"""Limits for numbers that are read from files and that no setting has."""

from typing import Annotated

from msgspec import Meta

# Beyond single precision, but small enough to compute with.
Measured = Annotated[float, Meta(ge=-1e39, le=1e39)]
# Seconds since 1970, until 2106.
Moment = Annotated[float, Meta(ge=0, lt=2**32)]
