"""Events are read as they are appended: whole lines, each once, of the file as it is now."""

from pathlib import Path

import pytest

from studio.errors import RunError
from studio.json_lines import append_record, write_records
from studio.model.events import StepDone, TrainingEvent
from studio.runs import event_log
from studio.runs.event_log import START, EventReader, Place


def step(number: int, elapsed: float = 0.0) -> StepDone:
    return StepDone(number, 1, 5.0, 1.0, 0.01, 500, elapsed or number * 0.5)


def read(path: Path, place: Place = START) -> tuple[list[TrainingEvent], Place]:
    with EventReader(path, place) as reader:
        return list(reader), reader.place


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def test_only_what_was_appended_is_read_on(path: Path) -> None:
    append_record(path, step(1))
    first, place = read(path)
    append_record(path, step(2))
    append_record(path, step(3))
    then, place = read(path, place)
    assert (first, then) == ([step(1)], [step(2), step(3)])
    assert read(path, place) == ([], place)


def test_half_a_line_is_read_when_it_is_whole(path: Path) -> None:
    append_record(path, step(1))
    append_record(path, step(2))
    content = path.read_bytes()
    path.write_bytes(content[:-20])
    events, place = read(path)
    assert events == [step(1)]
    with path.open("ab") as file:
        file.write(content[-20:])
    assert read(path, place)[0] == [step(2)]


@pytest.mark.parametrize("block", [1, 7, 100, 1000])
def test_lines_are_whole_however_much_is_read_at_once(
    path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    told = [step(number) for number in range(1, 30)]
    write_records(path, told)
    monkeypatch.setattr(event_log, "BLOCK", block)
    events, place = read(path)
    assert events == told
    assert place.offset == path.stat().st_size


def test_a_file_that_was_replaced_is_read_from_the_start(path: Path) -> None:
    write_records(path, [step(1), step(2)])
    _, place = read(path)
    write_records(path, [step(1), step(2)])
    assert read(path, place)[0] == [step(1), step(2)]


def test_a_file_that_was_cut_is_read_from_the_start(path: Path) -> None:
    write_records(path, [step(1), step(2)])
    _, place = read(path)
    path.write_bytes(path.read_bytes()[: place.offset // 2])
    assert read(path, place)[0] == [step(1)]


def test_a_file_cut_and_grown_again_is_read_from_the_start(path: Path) -> None:
    write_records(path, [step(1), step(2)])
    _, place = read(path)
    with path.open("r+b") as file:
        file.truncate(place.offset // 2)
    append_record(path, step(2, elapsed=1.25))
    append_record(path, step(3))
    assert path.stat().st_ino == place.inode and path.stat().st_size > place.offset
    assert read(path, place)[0] == [step(1), step(2, elapsed=1.25), step(3)]


@pytest.mark.parametrize(
    "damage",
    [
        b"nonsense\n",
        b'{"event":"\xff"}\n',
        # With such a step or perplexity the studio would end.
        b'{"event":"EpochDone","step":1' + 400 * b"0" + b',"epoch":1,"loss":1.0}\n',
        b'{"event":"EpochDone","step":4,"epoch":1,"loss":1e308}\n',
        b'{"event":"Validated","step":4,"epoch":1,"perplexity":9,"perplexity_all":0,"best":true}\n',
    ],
)
def test_a_damaged_line_is_named_by_its_number_in_the_file(path: Path, damage: bytes) -> None:
    write_records(path, [step(1), step(2)])
    _, place = read(path)
    append_record(path, step(3))
    with path.open("ab") as file:
        file.write(damage)
    for start in (START, place):
        with pytest.raises(RunError, match=r"events.jsonl, line 4 cannot be read.*Delete"):
            read(path, start)


def test_a_blank_line_is_skipped(path: Path) -> None:
    write_records(path, [step(1)])
    with path.open("ab") as file:
        file.write(b"\n")
    append_record(path, step(2))
    assert read(path)[0] == [step(1), step(2)]


@pytest.mark.parametrize("size", [1, 7, 100, 1000])
def test_lines_are_read_from_the_end_without_half_a_line(
    path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    written = [step(number) for number in range(1, 30)]
    write_records(path, written)
    _, place = read(path)
    with path.open("ab") as file:
        file.write(b'{"event":"StepDone","step":30,')
    monkeypatch.setattr(event_log, "END_BLOCK", size)
    with EventReader(path) as reader:
        blocks = [block.events() for block in reader.from_end()]
        assert [event for block in reversed(blocks) for event in block] == written
        assert reader.place == place


def test_a_line_damaged_near_the_end_is_named_by_its_number_too(path: Path) -> None:
    write_records(path, [step(1), step(2)])
    with path.open("ab") as file:
        file.write(b"nonsense\n")
    with EventReader(path) as reader, pytest.raises(RunError, match=r"line 3 cannot be read"):
        next(reader.from_end()).events()
