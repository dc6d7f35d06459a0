import pytest

from studio.paths import Home
from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (("rhyme", "门"), "平元  门"),
        (("rhyme", "山"), "平删  "),
        (("rhyme", "门", "--rhymes", "xinyun"), "平文  "),
        (("word", "月"), "月…  "),
        (("lines", "春", "--count", "1"), "春"),
        (("lines", "春，", "--count", "1"), "春"),
    ],
)
def test_the_library_is_looked_up(
    tangshi: Run, home: Home, arguments: tuple[str, ...], shown: str
) -> None:
    result = tangshi("lookup", *arguments)
    assert result.code == 0
    assert result.out.startswith(shown) or shown in result.out.splitlines()[0]


def test_each_look_up_is_one_json_document(tangshi: Run, home: Home) -> None:
    rhymes = tangshi("lookup", "rhyme", "门", "--json").document
    assert rhymes["rhyme_book"] == "平水韵"
    assert rhymes["rhymes"][0]["name"] == "平元"
    words = tangshi("lookup", "word", "月", "--json").document
    assert words["text"] == "月" and words["ending"][0]["count"] > 0
    found = tangshi("lookup", "lines", "月", "--count", "2", "--json").document
    assert len(found["lines"]) == 2 < found["count"]
    assert tangshi("lookup", "pair", "月", "--json").document == {"text": "月", "facing": []}


def test_a_wrong_look_up_is_an_error_with_its_remedy(tangshi: Run, home: Home) -> None:
    result = tangshi("lookup", "lines", "abc")
    assert result.code == 1
    assert "'abc' is not Chinese characters" in result.err
    assert tangshi("lookup", "rhyme", "门", "--rhymes", "x").code == 2


def test_the_nearest_lines_have_poet_and_title(trained: Run) -> None:
    line = trained("lookup", "lines", "月", "--count", "1", "--json").document["lines"][0]
    result = trained("lookup", "near", line["line"], "--run", "a", "--count", "2")
    assert result.out.startswith(f"1.00  {line['line']}  某人《")
    found = trained("lookup", "near", line["line"], "--run", "a", "--json").document
    assert found["lines"][0]["poem"] == line["poem"]
    assert "There is no model yet" not in result.err
