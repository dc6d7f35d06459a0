"""tangshi-studio: read the Tang poems, train a recurrent model on them, write verse with it."""

import os

__version__ = "0.1.0"

# Read by OpenMP when torch is imported. Threads that wait for each other shall sleep: spinning,
# they take the processor from the studio that shares it, and training itself gets slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
