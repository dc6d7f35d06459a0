"""What the readers give: a record as it was read, or the reason why it could not be."""

import msgspec

MALFORMED = "malformed record"


class RawPoem(msgspec.Struct, frozen=True):
    """A record as it was read. `source` names file, line and, in an array, the record.

    `text` starts in `line` of the file. `column` is where, counted from 1; it is 0 where places in
    the text are not those in the file, as in JSON.
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
