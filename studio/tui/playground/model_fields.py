"""The two model fields of the request form: the model that writes, and one to compare it to."""

from collections.abc import Sequence

import msgspec
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Select

from studio.messages import Composed
from studio.translation import tr
from studio.tui.host import host_of
from studio.tui.playground.model_choices import model_choices
from studio.tui.widgets.form_fields import ChoiceField, Option
from studio.verse.request import ComposeRequest

_AUTO = "auto"


class ModelFields(Vertical):
    """Finds the models in the run folders and offers them."""

    class ModelsFound(Message):
        """The run folders have been read."""

        def __init__(self, models: list[Option]) -> None:
            super().__init__()
            self.models = models

    def __init__(self) -> None:
        super().__init__()
        self._model = ChoiceField("model", tr("Model"), [_auto()])
        self._compared = ChoiceField("beside", tr("Compare to"), [_no_other()])
        self._found: list[Option] | None = None
        self._offered: Sequence[Option] = ()

    def compose(self) -> ComposeResult:
        yield self._model
        yield self._compared

    @property
    def model(self) -> str:
        """The model that writes."""
        return self._model.value

    @model.setter
    def model(self, model: str) -> None:
        self._model.value = model

    @property
    def models(self) -> list[str]:
        """All models that can be chosen."""
        return self._model.values

    def usable(self, model: str) -> str:
        """The model; if it is gone, the one chosen in the form."""
        # The list has no paths of folders, and no models before they are found.
        is_gone = self._found is not None and "/" not in model and model not in self.models
        return self.model if is_gone else model

    def by_its_model(self, composed: Composed) -> ComposeRequest:
        """The request of a poem, with the model that wrote it if that is still there."""
        # "auto" may mean another model by now.
        model = composed.model if composed.model in self.models else composed.request.model
        return msgspec.structs.replace(composed.request, model=model)

    @property
    def compared(self) -> str:
        """The model that writes the same request side by side; "" if none."""
        return self._compared.value

    @property
    def can_write(self) -> bool:
        """False once it is known that no model can write."""
        return self._found is None or bool(self._found) or self._run_in_training != ""

    @property
    def _run_in_training(self) -> str:
        return host_of(self).run_in_training.name

    def unfold(self) -> None:
        """Show the list of models."""
        self._model.unfold()

    @work(thread=True, exclusive=True, group="models", exit_on_error=False)
    def look(self) -> None:
        """Read the run folders, outside the application's thread."""
        self.post_message(self.ModelsFound(model_choices(host_of(self).home)))

    @on(ModelsFound)
    def _use_found(self, event: ModelsFound) -> None:
        is_first = self._found is None
        self._found = event.models
        self.offer(event.models, self._run_in_training)
        wanted = host_of(self).settings.request.model
        if is_first and wanted in self.models:
            self.model = wanted

    def offer(self, models: Sequence[Option], training: str) -> None:
        """Offer models to choose from; `training` is the run in training, or ""."""
        offered = [each for each in models if each.value != training]
        if training:
            offered.insert(0, Option(training, tr("{run} (in training)", run=training)))
        self._offered = offered
        self._model.offer([_auto(), *offered])
        self._offer_compared()

    @on(Select.Changed, "#model")
    def _offer_compared(self) -> None:
        """Offer every model but the one that writes: it would write the same."""
        # Auto is the first of them: the default model, or the newest run. While a run trains, auto
        # is that run only once it has learnt something: then every model is offered.
        auto = () if self._run_in_training else self._offered[:1]
        first = auto if self.model == _AUTO else self._offered
        chosen = {each.same for each in first if self.model in (_AUTO, each.value)}
        others = [each for each in self._offered if each.same not in chosen]
        self._compared.offer([_no_other(), *others])


def _auto() -> Option:
    return Option(_AUTO, tr("auto"))


def _no_other() -> Option:
    """No second model."""
    return Option("", tr("none"))
