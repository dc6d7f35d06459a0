"""`evaluate` and `evaluate poems`, as a script uses them."""

from pathlib import Path

import msgspec

from studio.corpus.library import Library
from studio.model.events import VerseMeasured
from studio.paths import Home
from studio.runs import folders
from tests.cli.conftest import Run


def test_a_split_is_evaluated_whole(trained: Run, home: Home) -> None:
    document = trained("evaluate", "--split", "valid", "--json").document
    with Library.open(home.library) as library:
        texts = library.texts("valid")
    assert document["poems"] == len(texts) > 0
    assert document["tokens"] == sum(len(text) + 1 for text in texts)
    assert document["perplexity"] > 1
    assert document["unknown_share"] == 0


def test_a_corpus_beside_the_library_is_evaluated(trained: Run, home: Home) -> None:
    missing = trained("evaluate", "--poems", "songci")
    assert missing.code == 1
    assert "corpus fetch --corpus songci --beside" in missing.err
    home.library.rename(home.ci)
    document = trained("evaluate", "--poems", "songci", "--split", "valid", "--json").document
    with Library.open(home.ci) as library:
        assert document["poems"] == len(library.texts("valid"))


def test_an_unknown_split_is_wrong_usage(tangshi: Run, home: Home) -> None:
    assert tangshi("evaluate", "--split", "exam").code == 2


def test_a_split_without_poems_is_an_error_with_the_remedy(
    trained: Run, home: Home, tmp_path: Path
) -> None:
    poems = tmp_path / "two.txt"
    poems.write_text(
        "春江潮水连海平，海上明月共潮生。\n日红山夜湖海月，花天人地风雨云。\n", "utf-8"
    )
    home.library.unlink()
    assert trained("corpus", "fetch", "--from", str(poems)).code == 0
    with Library.open(home.library) as library:
        empty = next(split for split in ("test", "valid") if not library.texts(split))
    result = trained("evaluate", "--split", empty, "--json")
    assert (result.code, result.out) == (1, "")
    assert f"The {empty} split of {home.library} has no poems" in result.err
    # Only a library of one's own is so small; what fetches poems would replace it.
    assert "corpus fetch --from" in result.err


def test_written_poems_are_measured_beside_those_of_people(trained: Run) -> None:
    document = trained("evaluate", "poems", "--count", "3", "--form", "五绝", "--json").document
    assert (document["model"], document["count"]) == ("a@4", 3)
    (form,) = document["forms"]
    assert (form["form"], form["poems"], form["length_kept"]) == ("五绝", 3, 1.0)
    human = form["human"]
    assert set(human) == set(form) - {"form", "human", "milliseconds"}
    assert human["poems"] > 0
    assert human["distinct_of"] == form["distinct_of"] == min(3, human["poems"])
    assert form["milliseconds"] > 0
    assert "failed" not in document


def test_free_quatrains_are_measured_as_the_validation_of_the_training_did(
    tangshi: Run, home: Home
) -> None:
    settings = ("embedding=8", "hidden=8", "batch_size=8", "verse_poems=3", "validate_every=2")
    options = [each for setting in settings for each in ("--set", setting)]
    training = ("train", "--recipe", "classic", "--run", "a", "--max-steps", "2")
    assert tangshi(*training, *options).code == 0
    (recorded,) = (
        each for each in folders.find(home.runs, "a").events() if isinstance(each, VerseMeasured)
    )
    command = ("evaluate", "poems", "--form", "free", "--count", "3", "--seed", "20")
    (form,) = tangshi(*command, "--run", "a@2", "--json").document["forms"]
    assert form["form"] == "free"
    figures = msgspec.structs.asdict(recorded)
    assert figures.pop("step") == 2
    assert {name: form[name] for name in figures} == figures
    # Poems by people are quatrains too.
    assert form["human"]["length_kept"] == 1.0


def test_all_regulated_forms_are_measured_and_printed(trained: Run) -> None:
    out = trained("evaluate", "poems", "--count", "1").out
    assert [line.strip() for line in out.splitlines() if line.strip() in _FORMS] == _FORMS
    assert "none by poets" in out


def test_the_same_seed_measures_the_same(trained: Run) -> None:
    def figures(seed: str) -> object:
        (form,) = trained(
            "evaluate", "poems", "--count", "2", "--form", "wujue", "--seed", seed, "--json"
        ).document["forms"]
        del form["milliseconds"]
        return form

    assert figures("4") == figures("4") != figures("5")


def test_themes_and_a_classifier_are_part_of_the_measure(trained: Run) -> None:
    document = trained("evaluate", "poems", "--count", "1", "--form", "五绝", "--json").document
    # The model reads no title.
    assert document["theme_kept"] is None
    assert document["theme_chance"] == 0.05
    assert "theme_kept_people" in document and "discriminator" not in document
    result = trained("evaluate", "poems", "--count", "1", "--form", "五绝", "--discriminator")
    assert result.code == 1
    assert "too few to learn from" in result.err
    assert not result.out and "Writing" not in result.err  # nothing is written in vain


def test_couplets_that_are_too_few_are_a_clear_error(trained: Run) -> None:
    result = trained("evaluate", "couplets", "--split", "valid", "--json")
    assert result.code == 1
    assert "no regulated poem with 6 others" in result.err
    assert trained("evaluate", "couplets", "--split", "all").code == 2


def test_each_opening_is_a_request_that_may_fail(trained: Run) -> None:
    document = trained(
        "evaluate", "poems", "--count", "1", "--form", "五绝", "--openings", "3", "--json"
    ).document
    assert document["openings"] == 3
    assert document["failed"] == len(document["failures"])
    for each in document["failures"]:
        assert each["form"] == "五绝" and each["opening"] and each["reason"]


def test_options_before_poems_are_wrong_usage(tangshi: Run, home: Home) -> None:
    result = tangshi("evaluate", "--json", "poems")
    assert result.code == 2
    assert "after `poems`" in result.err


def test_an_unknown_form_is_a_clear_error(trained: Run) -> None:
    result = trained("evaluate", "poems", "--form", "sonnet")
    assert result.code == 2
    assert "no form called" in result.err


_FORMS = ["五绝", "七绝", "五律", "七律"]
