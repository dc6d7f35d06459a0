"""What readers prefer becomes likelier, and some requests are always left out."""

import importlib
from pathlib import Path
from types import ModuleType

import pytest
import torch

from studio.corpus.poem import About
from studio.model.config import ModelConfig
from studio.model.device import choose_device
from studio.model.network import Network
from tests.model.conftest import VOCABULARY

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> tuple[ModuleType, ModuleType]:
    """data/judged.py and data/build_preferred.py."""
    monkeypatch.syspath_prepend(str(DATA))
    return importlib.import_module("judged"), importlib.import_module("build_preferred")


def test_some_requests_are_left_out_and_others_that_are_added_do_not_change_them(
    scripts: tuple[ModuleType, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged, _ = scripts
    lines = judged.JUDGED.read_text(encoding="utf-8").splitlines(keepends=True)
    texts = {}
    for count in (2000, 4000):
        file = tmp_path / "judged.tsv"
        file.write_text("".join(lines[:count]), encoding="utf-8")
        monkeypatch.setattr(judged, "JUDGED", file)
        training, left_out = judged.judged_requests()
        assert sum(map(len, training + left_out)) == count
        texts[count] = {each.text for poems in left_out for each in poems}
        assert texts[count]
    assert texts[2000] <= texts[4000]


def test_what_readers_prefer_becomes_likelier(scripts: tuple[ModuleType, ModuleType]) -> None:
    judged, preferred = scripts
    characters = VOCABULARY.characters
    good, bad, other = (characters[at : at + 4] + "。" for at in (0, 4, 8))
    about = About("五绝", "", "")
    request = [judged.JudgedPoem(9.0, about, good), judged.JudgedPoem(1.0, about, bad)]
    torch.manual_seed(1)
    before = Network(ModelConfig(embedding=6, hidden=8), len(VOCABULARY), seed=4)
    learning = preferred.Learning(before, VOCABULARY, choose_device("float32", "cpu"))
    known = learning.costs_before([request])
    for _ in range(30):
        learning.learn([request], known, [(other, about)], 0.01)
    now = dict(zip(request, learning._costs(learning.network, request), strict=True))
    first, second = (known[each] - now[each] for each in request)
    assert first > second


def test_of_a_long_poem_the_beginning_is_read(scripts: tuple[ModuleType, ModuleType]) -> None:
    _, preferred = scripts
    characters = VOCABULARY.characters
    short, long = characters[:4] + "。", (characters[4:8] + "。") * 5
    about = [About("五绝", "", "")] * 2
    before = Network(ModelConfig(embedding=6, hidden=8), len(VOCABULARY), seed=4)
    learning = preferred.Learning(before, VOCABULARY, choose_device("float32", "cpu"))
    whole, counts = learning._nats([short, long], about, 100)
    assert counts.tolist() == [6, 26]
    nats, counts = learning._nats([short, long], about, 6)
    assert counts.tolist() == [6, 6]
    assert nats[0] > 0
    assert nats[1] < whole[1] / 2


def test_a_share_of_what_was_learnt_is_kept(scripts: tuple[ModuleType, ModuleType]) -> None:
    _, preferred = scripts
    before = Network(ModelConfig(embedding=6, hidden=8), len(VOCABULARY), seed=4)
    learning = preferred.Learning(before, VOCABULARY, choose_device("float32", "cpu"))
    weights = dict(learning.network.named_parameters())
    with torch.no_grad():
        for weight in weights.values():
            weight += 1.0
    learning.keep(0.75)
    for name, weight in before.named_parameters():
        torch.testing.assert_close(weights[name].detach(), weight.detach() + 0.75)
