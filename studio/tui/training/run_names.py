"""Names for new runs."""

from pathlib import Path

from studio.paths import is_there
from studio.runs import folders
from studio.tui.run_in_training import RunInTraining


class RunNames:
    """Knows which names are taken: those of the runs, and of one that is asked for."""

    def __init__(self, runs: Path, in_training: RunInTraining) -> None:
        """`runs` is the folder that holds the runs."""
        self._runs, self._in_training = runs, in_training
        # Those that the studio has used. A thread may make the folder of such a run only later.
        self._used = set[str]()

    def use(self, name: str) -> None:
        """Note that a new run has this name: no other one is given it."""
        self._used.add(name)

    def is_taken(self, name: str) -> bool:
        """Whether a new run cannot have this name because another run has it."""
        # The worker makes the folder of a run that is asked for when it begins with it.
        asked = self._in_training.asked
        if asked and asked.run == name:
            return True
        # A name that no folder can have is not taken. The worker refuses it and says why.
        return bool(name) and is_there(self._runs / name)

    def new(self, recipe: str, cell: str) -> str:
        """A free name for a new run: recipe, cell, day and time."""
        stem = name = folders.new_name(self._runs, recipe, cell)
        count = 1
        while name in self._used or self.is_taken(name):
            count += 1
            name = f"{stem}-{count}"
        return name
