"""tangshi-studio: read the Tang poems, train a recurrent model on them, write poems with it."""

import os

__version__ = "0.1.0"

# GNU OpenMP reads this when torch is imported. It limits how long waiting threads spin before they
# sleep: spinning threads take processor time from the interface and slow down training itself.
# A few dozen microseconds are kept, because a step with a single poem gains from them.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "3000")
