"""What a child process of the tests finds ready, for a first training reads and imports much."""

import hypothesis  # noqa: F401
import pytest  # noqa: F401

from studio.prosody.rhymes import PINGSHUI, rhyme_book
from studio.prosody.tones import usual_tones
from tests import killing  # noqa: F401

rhyme_book()
usual_tones(PINGSHUI)
