"""Inside a network: the heat map of its gates, its weights and gradients."""

from textual.color import Color

from studio.messages import NetworkRead, ReadNetwork
from studio.paths import Home
from studio.tui.training.network_screen import LEFT, NetworkScreen, gate_lines
from studio.verse.network_reading import GateReading, Histogram, NetworkReading, TensorReading
from tests.tui.conftest import Open
from tests.tui.fake_worker import SAMPLES, write_run

SMALL = (80, 24)
SHADES = Color.parse("#000000"), Color.parse("#ffffff")
READING = NetworkReading(
    "autumn@600",
    "白日依山",
    (GateReading(1, "forget", (0.0, 0.5, 0.99, 1.0), ((7, (0.2, 0.9, 0.1, 0.3)),)),),
    (
        TensorReading(
            "layers.0.weight_hh_l0",
            Histogram(-0.5, 0.5, (1, 8, 8, 1)),
            Histogram(-0.001, 0.002, (0, 9, 1, 0)),
        ),
    ),
)


async def test_a_key_shows_the_gates_over_the_sample_of_the_run_shown(
    open_studio: Open, home: Home
) -> None:
    write_run(home, "autumn", 600)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "enter", "h")
        assert studio.worker.sent == [ReadNetwork("autumn", SAMPLES[2])]
        studio.worker.report(NetworkRead(READING))
        await studio.settle()
        await studio.settle()
        text = studio.text()
        for part in ("Inside autumn@600", "白日依山", "0 5 9 9", "unit 7", "2 9 1 3"):
            assert part in text, part
        assert "gradients of the last step" in text
        assert "-0.500 ▂█" in text
        await studio.press("escape")
        assert not isinstance(studio.app.screen, NetworkScreen)


async def test_without_a_sample_the_studio_says_what_is_needed(open_studio: Open) -> None:
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "r", "h")
        assert "Open a run that has a sample" in studio.words()
        assert studio.worker.sent == []


def test_each_value_stands_under_its_character_and_a_long_text_continues_below() -> None:
    lines = [line.plain for line in gate_lines(READING, LEFT + 4, SHADES)]
    assert [line[LEFT:] for line in lines if line.startswith("layer 1 forget")] == ["0 5 ", "9 9 "]
    assert [line.strip() for line in lines if line.startswith(" " * LEFT)] == ["白日", "依山"]


def test_the_plain_cell_is_shaded_from_minus_one_to_one() -> None:
    gate = GateReading(1, "activation", (-1.0, 0.0, 0.99), ())
    reading = NetworkReading("a", "白日依", (gate,), READING.tensors)
    lines = list(gate_lines(reading, 80, SHADES))
    assert "0 is -1, 9 is +1" in lines[0].plain
    assert lines[-1].plain[LEFT:] == "0 5 9 "
    backgrounds = [span.style.bgcolor.name for span in lines[-1].spans]  # type: ignore[union-attr]
    assert backgrounds[0] == "#000000"


async def test_a_key_that_is_pressed_twice_shows_the_network_once(
    open_studio: Open, home: Home
) -> None:
    write_run(home, "autumn", 600)
    async with open_studio(SMALL) as studio:
        await studio.press("2", "r", "enter", "h", "h")
        studio.worker.report(NetworkRead(READING), NetworkRead(READING))
        await studio.settle()
        await studio.press("escape")
        assert not isinstance(studio.app.screen, NetworkScreen)
