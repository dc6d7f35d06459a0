"""Whether this process is one of several that torchrun, or `train --devices`, has started."""

import os

# torch's name for the variable by which its launcher identifies a training.
RUN_ID = "TORCHELASTIC_RUN_ID"
# Its value if `train --devices` is the launcher.
BY_THE_STUDIO = "tangshi-studio"
# The exit code of a process that ends because another one has ended.
LOST = 3


def is_launched() -> bool:
    """Whether it is one of several. RANK does not show it: batch systems set that, too."""
    return RUN_ID in os.environ


def is_launched_by_the_studio() -> bool:
    """Whether `train --devices` has started it; then that process names the ones that fail."""
    return os.environ.get(RUN_ID) == BY_THE_STUDIO


def rank() -> int:
    """Its number among them; 0 leads, and so does a process alone."""
    return int(os.environ["RANK"]) if is_launched() else 0
