"""The results of the readers: a record as it was read, or the reason why it could not be read."""

import msgspec

from studio.translation import marked

MALFORMED = marked("malformed record")


class RawPoem(msgspec.Struct, frozen=True):
    """A record as it was read. `source` names file, line and, in an array, the record.

    `text` starts at `line` and `column` of the file, both from 1. `column` is 0 if places in the
    text do not correspond to places in the file, as in JSON.
    """

    title: str
    author: str
    text: str
    source: str
    line: int = 0
    column: int = 0


class BadRecord(msgspec.Struct, frozen=True):
    """A record that could not be read."""

    source: str
    reason: str
    line: int = 0


Record = RawPoem | BadRecord
