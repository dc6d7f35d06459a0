"""The errors that a user can meet. Any other exception is a bug."""

from studio.translation import tr


class StudioError(Exception):
    """A problem that the user can fix. The message says what happened, where, and what to do."""


class TerminalError(StudioError):
    """There is no terminal to open the studio in."""


class CorpusError(StudioError):
    """The corpus is missing, damaged or in an unknown format."""


class ConfigError(StudioError):
    """A setting, recipe or request has an invalid value."""


class DeviceError(ConfigError):
    """The device asked for is not on this machine, or CUDA does not see it."""


class RunError(StudioError):
    """A run folder is missing, in use, damaged, or does not fit the command."""


class DamageError(RunError):
    """A file of a model or checkpoint is damaged or does not match the files beside it."""


class LostProcessError(RunError):
    """Another process that trained the run has ended; "" if that one or a third one says so."""


class SavingError(RunError):
    """A checkpoint cannot be written. The weights are still in memory, and training can resume."""


class VerseError(StudioError):
    """A poem cannot be written as asked."""


# How an error says that memory is full. Without memory a GPU's libraries cannot even start.
_FULL = (
    "out of memory",
    "out_of_memory",
    "can't allocate memory",
    "alloc_failed",
    "allocation_failed",
    "status_not_initialized",
)
# How an error says that another process uses the GPU exclusively (exclusive mode).
_BUSY = ("busy or unavailable",)


def no_room_message(error: Exception) -> str:
    """The message for the user if memory is full or another process has the GPU; else ""."""
    lines = str(error).splitlines()
    saying = [line for line in lines if any(each in line.lower() for each in (*_FULL, *_BUSY))]
    if not isinstance(error, MemoryError) and not saying:
        return ""
    # torch adds advice for programmers, sentence after sentence or line after line.
    first = (saying or lines or [type(error).__name__])[0]
    text = ". ".join(first.split(". ")[:2]).rstrip(".")
    if any(each in first.lower() for each in _BUSY):
        return tr(
            "Another process uses the GPU exclusively ({reason}). Use another device (see device), "
            "or wait until that process has ended.",
            reason=text,
        )
    if is_of_gpu(error):
        return tr(
            "The memory of the GPU is full ({reason}). Use another GPU (see device), or a smaller "
            "batch_size or hidden.",
            reason=text,
        )
    return tr("The memory is full ({reason}). Use a smaller batch_size or hidden.", reason=text)


def is_of_gpu(error: Exception) -> bool:
    """Whether a GPU, or a library for it, reports the error."""
    return any(each in str(error).upper() for each in ("CUDA", "CUBLAS", "CUDNN"))
