"""The models offered in the form of a request."""

from textual.widgets import Select

from studio.messages import Trained, TrainingStarted
from studio.model.config import RunConfig
from studio.model.events import CheckpointSaved
from studio.paths import Home
from studio.runs import folders
from studio.settings import Settings
from studio.tui.playground.model_choices import model_choices
from studio.tui.widgets.form_fields import ChoiceField
from studio.verse.request import ComposeRequest
from tests.tui.playing import Play, add_run


async def test_runs_and_their_checkpoints_can_be_chosen(play: Play) -> None:
    async with play() as played:
        models = played.pane.form.models.models
        assert models == ["auto", "night", "night@800", "night@200"]


def test_a_run_whose_checkpoints_cannot_be_listed_hides_no_other(night: Home) -> None:
    (folders.create(night.runs, "dawn", RunConfig()).folder / "checkpoints").touch()
    assert [each.value for each in model_choices(night)] == ["night", "night@800", "night@200"]


async def test_a_checkpoint_saved_meanwhile_can_be_chosen(play: Play, night: Home) -> None:
    async with play() as played:
        played.select("model").value = "night@200"
        await played.settle()
        add_run(night, "dawn", 50)
        played.worker.emit(Trained("dawn", CheckpointSaved(50, "step-00000050")))
        await played.settle()
        assert "dawn@50" in played.pane.form.models.models
        assert played.select("model").value == "night@200"


async def test_a_checkpoint_saved_while_the_list_is_unfolded_moves_no_highlight(
    play: Play, night: Home
) -> None:
    async with play() as played:
        await played.press("m", "down", "down")
        add_run(night, "night", 900)
        played.pane.refresh_from_disk()
        await played.settle()
        assert "night@900" in played.pane.form.models.models
        await played.press("enter")
        assert played.select("model").value == "night@800"


async def test_a_model_to_compare_with_gets_the_same_request(play: Play) -> None:
    async with play() as played:
        played.select("beside").value = "night@200"
        await played.press("enter")
        first, second = (each.request for each in played.worker.requested)
        assert (first.model, second.model) == ("auto", "night@200")
        assert first.seed == second.seed


async def test_a_model_that_is_gone_is_not_compared_any_more(play: Play) -> None:
    async with play() as played:
        played.select("beside").value = "night@200"
        played.pane.form.models.offer([], "")
        await played.settle()
        assert isinstance(played.select("beside"), Select)
        assert played.pane.form.models.compared == ""


async def test_the_model_that_writes_is_not_offered_to_compare_with(play: Play) -> None:
    async with play() as played:
        beside = played.pane.form.query_one("#field-beside", ChoiceField)
        # Auto is the newest checkpoint of night.
        assert beside.values == ["", "night@200"]
        played.select("model").value = "night@200"
        await played.settle()
        assert beside.values == ["", "night", "night@800"]


async def test_the_model_of_the_last_request_is_chosen_once_it_is_found(play: Play) -> None:
    kept = ComposeRequest(model="night@200")
    async with play(settings=Settings(request=kept)) as played:
        assert played.pane.form.models.model == "night@200"
        played.select("model").value = "auto"
        played.pane.refresh_from_disk()
        await played.settle()
        assert played.pane.form.models.model == "auto"


async def test_a_model_of_the_last_request_that_is_gone_is_auto(play: Play) -> None:
    kept = ComposeRequest(model="dusk@200")
    async with play(settings=Settings(request=kept)) as played:
        assert played.pane.form.models.model == "auto"


async def test_the_run_in_training_is_offered_first(play: Play) -> None:
    async with play() as played:
        config = RunConfig(recipe="classic")
        played.worker.emit(
            TrainingStarted("dawn", config, 0, 10, 5, 1000, 100, "a test's device", "float32")
        )
        await played.settle()
        assert played.pane.form.models.models[:3] == ["auto", "dawn", "night"]


async def test_while_a_run_trains_auto_may_be_any_model_to_compare_with(play: Play) -> None:
    async with play() as played:
        config = RunConfig(recipe="classic")
        played.worker.emit(
            TrainingStarted("dawn", config, 0, 10, 5, 1000, 100, "a test's device", "float32")
        )
        await played.settle()
        beside = played.pane.form.query_one("#field-beside", ChoiceField)
        assert beside.values == ["", "dawn", "night", "night@800", "night@200"]
