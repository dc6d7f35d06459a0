"""The errors a user can meet; anything else that is raised is a bug."""


class StudioError(Exception):
    """Something the user can mend: the message says what happened, where, and what to do next."""


class TerminalError(StudioError):
    """There is no terminal to open the studio in."""


class CorpusError(StudioError):
    """The corpus is missing, damaged or in a form that no reader knows."""


class ConfigError(StudioError):
    """A setting, recipe or request holds a value that cannot be used."""


class RunError(StudioError):
    """A run folder is missing, busy, damaged or does not fit what is asked of it."""


class DamageError(RunError):
    """A file of a model or checkpoint is damaged or does not match the files beside it."""


class SavingError(RunError):
    """What was learnt cannot be written; it is still there, and training can go on."""


class VerseError(StudioError):
    """A poem cannot be written as asked."""


def when_memory_is_full(error: Exception) -> str:
    """What to tell the user where an exception, torch's among them, says so; else ""."""
    words = ("out of memory", "can't allocate memory")
    if isinstance(error, MemoryError) or any(each in str(error).lower() for each in words):
        return f"The memory is full ({error}). Use a smaller batch_size or hidden."
    return ""
