"""The sample poems of a run, one from each validation."""

import re

from rich.cells import cell_len
from rich.text import Text

from studio.model.events import SampleWritten
from studio.translation import tr
from studio.tui.training.history import History
from studio.tui.training.text_panel import TextPanel
from studio.wording import perplexities, printable


class SamplePanel(TextPanel):
    """One sample with its step and perplexity: the newest, unless an older one is chosen."""

    COMPONENT_CLASSES = {"sample--poem", "sample--note"}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__(id="sample")
        self.border_title = tr("Sample")
        self._history: History | None = None
        self._chosen: int | None = None

    @property
    def step(self) -> int | None:
        """The step of the chosen sample; None while the newest is shown."""
        sample = self.sample
        return sample.step if sample and self._chosen is not None else None

    @property
    def sample(self) -> SampleWritten | None:
        """The sample that is shown."""
        index = self._index()
        return self._history.samples[index] if self._history and index is not None else None

    def show(self, history: History | None) -> None:
        """Show a run's samples. The chosen one stays unless the run changes."""
        if history is not self._history or (
            history and self._chosen is not None and self._chosen >= len(history.samples)
        ):
            self._chosen = None
        self._history = history
        self.update()

    def choose_at(self, step: int | None) -> None:
        """Choose the last sample up to a step; None follows the newest."""
        samples = self._history.samples if self._history else []
        before = [at for at, each in enumerate(samples) if step is not None and each.step <= step]
        self._chosen = before[-1] if before else 0 if samples and step is not None else None
        self.update()

    def move(self, by: int) -> None:
        """Choose an earlier (-1) or later (1) sample. After the last, the newest is shown."""
        index = self._index()
        if self._history is None or index is None:
            return
        at = index + by
        self._chosen = None if at >= len(self._history.samples) - 1 else max(0, at)
        self.update()

    def _index(self) -> int | None:
        if self._history is None or not self._history.samples:
            return None
        newest = len(self._history.samples) - 1
        # A run that is resumed loses the samples after its checkpoint.
        return newest if self._chosen is None else min(self._chosen, newest)

    def title(self) -> str:
        index = self._index()
        if self._history is None or index is None:
            return tr("Sample")
        return tr("Sample {place}/{count}", place=index + 1, count=len(self._history.samples))

    def lines(self, width: int) -> list[Text]:
        note = self.get_component_rich_style("sample--note", partial=True)
        index = self._index()
        if self._history is None or index is None:
            return [Text(tr("A poem is written at each validation."), note)]
        sample = self._history.samples[index]
        validation = self._history.validation_at(sample.step)
        captions = [tr("step {value}", value=f"{sample.step:,}")]
        if validation:
            both = perplexities(validation.perplexity_all, validation.perplexity)
            captions.append(tr("perplexity {perplexity}", perplexity=both))
        if cell_len(caption := "  ".join(captions)) <= width:
            captions = [caption]
        poem = self.get_component_rich_style("sample--poem", partial=True)
        lines = [Text(line, poem) for line in verses(sample.text, width)]
        return [*lines, *(Text(each, note) for each in captions)]


def verses(text: str, width: int) -> list[str]:
    """The poem with a couplet on each line, or a line of verse if a couplet is too wide."""
    couplets = re.findall("[^。！？]+[。！？]?", printable(text).replace("\n", ""))
    if all(Text(couplet).cell_len <= width for couplet in couplets):
        return couplets
    return re.findall("[^，。！？；]+[，。！？；]?", "".join(couplets))
