"""The index of the corpus, at hand without waiting."""

from studio.paths import Home
from studio.verse.index_keeper import IndexKeeper
from studio.verse.novelty import Novelty


def built(keeper: IndexKeeper) -> Novelty | None:
    """The index once its thread has ended."""
    keeper.current()
    if keeper._building:
        keeper._building.join()
    return keeper.current()


def test_the_index_is_built_aside_and_then_at_hand(home: Home) -> None:
    keeper = IndexKeeper(home.library)
    assert keeper.current() is None
    index = built(keeper)
    assert index is not None
    assert keeper.current() is index
    keeper.close()


def test_without_a_library_there_is_no_index(home: Home) -> None:
    keeper = IndexKeeper(home.data / "none.sqlite")
    assert built(keeper) is None


def test_another_library_gets_another_index(home: Home) -> None:
    keeper = IndexKeeper(home.library)
    first = built(keeper)
    content = home.library.read_bytes()
    home.library.unlink()
    home.library.write_bytes(content)
    second = built(keeper)
    assert second is not None
    assert second is not first
    keeper.close()
