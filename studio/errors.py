"""The errors a user can meet; anything else that is raised is a bug."""


class StudioError(Exception):
    """Something the user can mend: the message says what happened, where, and what to do next."""


class CorpusError(StudioError):
    """The corpus is missing, damaged or in a form that no reader knows."""


class ConfigError(StudioError):
    """A setting, recipe or request holds a value that cannot be used."""


class RunError(StudioError):
    """A run folder is missing, busy, damaged or does not fit what is asked of it."""


class VerseError(StudioError):
    """A poem cannot be written as asked."""
