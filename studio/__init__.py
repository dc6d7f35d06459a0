"""tangshi-studio: read the Tang poems, train a recurrent model on them, write verse with it."""

import os

__version__ = "0.1.0"

# Read by GNU's OpenMP when torch is imported. Threads that wait for each other shall soon sleep:
# spinning, they take the processor from the studio that shares it, and training itself gets slower.
# A few dozen microseconds of it are what a step of a single poem gains from its second thread.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "3000")
