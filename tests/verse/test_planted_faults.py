"""Ten poems of people, each with one fault planted in it: the scanner names it, an offer clears it.

The model here is not trained; its characters are those of the poems and common ones of the rhyme
book.
"""

import pytest
import torch

from studio.corpus.poem import verse_lines
from studio.corpus.vocabulary import Vocabulary
from studio.model.config import ModelConfig
from studio.model.device import Device
from studio.model.network import Network
from studio.prosody.measure import scan_by
from studio.prosody.report import Remark
from studio.prosody.rhymes import rhyme_book
from studio.verse.own_poem import own_poem
from studio.verse.request import COUPLET_FORM, ComposeRequest
from studio.verse.suggesting import suggest_for
from studio.verse.writer import Writer

GUANQUE = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
ZAOFA = "朝辞白帝彩云间，千里江陵一日还。两岸猿声啼不住，轻舟已过万重山。"
SHANJU = (
    "空山新雨后，天气晚来秋。明月松间照，清泉石上流。"
    "竹喧归浣女，莲动下渔舟。随意春芳歇，王孙自可留。"
)
CHUNWANG = (
    "国破山河在，城春草木深。感时花溅泪，恨别鸟惊心。"
    "烽火连三月，家书抵万金。白头搔更短，浑欲不胜簪。"
)
YESU = "危楼高百尺，手可摘星辰。不敢高声语，恐惊天上人。"
RUMENGLING = "昨夜雨疏风骤，浓睡不消残酒。试问卷帘人，却道海棠依旧。知否，知否，应是绿肥红瘦。"
JIANGNAN = "江南好，风景旧曾谙。日出江花红胜火，春来江水绿如蓝。能不忆江南。"
COUPLET = "无可奈何花落去，似曾相识燕归来。"
POEMS = [GUANQUE, ZAOFA, SHANJU, CHUNWANG, YESU, RUMENGLING, JIANGNAN, COUPLET]

# The poem, what is planted in it, the name of the fault, its line from 1, and a form if chosen.
PLANTED = [
    (GUANQUE, "入海流", "入山流", "失替", 2, None),
    (CHUNWANG, "家书抵万金", "一纸抵黄金", "失对", 6, None),
    (SHANJU, "明月松间照", "青山松下路", "失粘", 3, None),
    (YESU, "恐惊天上", "恐惊月上", "孤平", 4, None),
    (SHANJU, "晚来秋", "清来秋", "三平尾", 2, None),
    (ZAOFA, "万重山", "万重云", "出韵", 4, None),
    (CHUNWANG, "不胜簪", "不胜心", "重韵", 8, None),
    (RUMENGLING, "浓睡", "浓眠", "失律", 2, None),
    (JIANGNAN, "绿如蓝", "绿如天", "出韵", 4, None),
    (COUPLET, "似曾", "似梦", "失对", 2, COUPLET_FORM),
]


@pytest.fixture(scope="module")
def writer() -> Writer:
    vocabulary = Vocabulary.build([*POEMS, "纸眠梦", "".join(list(rhyme_book())[:1500])], 1)
    network = Network(ModelConfig(embedding=8, hidden=8), len(vocabulary), seed=5)
    return Writer(network, vocabulary, Device(torch.device("cpu"), "float32"), "test@0")


def broken(lines: list[str], form: str) -> list[Remark]:
    return scan_by(lines, form).broken


@pytest.mark.parametrize(("poem", "right", "wrong", "name", "line", "form"), PLANTED)
def test_a_planted_fault_is_named_and_every_offer_clears_it(
    writer: Writer, poem: str, right: str, wrong: str, name: str, line: int, form: str | None
) -> None:
    request = own_poem(poem.replace(right, wrong), form, ComposeRequest())
    lines = verse_lines(request.given)
    before = broken(lines, request.form)
    (fault,) = (each for each in before if (each.name, each.line) == (name, line - 1))
    found = suggest_for(writer, request, request.given, fault, 4)
    offers = found.offers or found.lines
    assert offers
    for offer in offers:
        after = broken(offer.put_into(lines), request.form)
        assert len(after) < len(before)
        assert (name, line - 1) not in [(each.name, each.line) for each in after]
