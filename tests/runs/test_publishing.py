"""A published model writes as the run did, and its card says what it is."""

import json
import shutil
from pathlib import Path

import msgspec
import pytest
import safetensors.torch
import torch
from huggingface_hub import ModelCard

from studio.corpus.library import Library
from studio.corpus.poem import UNKNOWN_POEM
from studio.errors import DamageError, RunError
from studio.model import checkpoint
from studio.model.coherence import Coherence, features_of, write_coherence
from studio.model.config import RunConfig
from studio.model.eight_bits import from_eight_bits
from studio.model.judge import Judge, inputs_of, write_judge
from studio.model.preferred import Preference, write_preferred
from studio.paths import Home
from studio.runs import folders, publishing
from studio.runs.card import Card, as_markdown, faults_of
from studio.runs.environment import read_environments, record_environment
from studio.runs.loading import load_writer, locate
from studio.runs.publishing import publish
from studio.runs.session import start_run
from studio.verse.composer import write
from studio.verse.request import USUAL, ComposeRequest
from tests.small import small

REQUEST = ComposeRequest(form="", longest=12, seed=3)


@pytest.fixture(scope="module")
def made(nonsense_home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Card]:
    """The runs, with one called a, and its published model; for copying."""
    root = tmp_path_factory.mktemp("published")
    home = Home(root / "data", root / "config", root / "cache")
    home.data.mkdir()
    home.library.symlink_to(nonsense_home / "data" / home.library.name)
    train(home, "a", small(validate_every=2))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(publishing, "SAMPLES", (REQUEST,))
        return home.runs, root / "model", publish(home, "a", root / "model")


@pytest.fixture
def published(
    made: tuple[Path, Path, Card], home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, Card]:
    """A published model in a home of the test's own, with the run that it comes from."""
    monkeypatch.setattr(publishing, "SAMPLES", (REQUEST,))
    runs, model, card = made
    shutil.copytree(runs, home.runs)
    return shutil.copytree(model, tmp_path / "model"), card


def test_the_weights_are_in_eight_bits_and_read_as_single_precision(
    published: tuple[Path, Card],
) -> None:
    folder, card = published
    weights = safetensors.torch.load_file(folder / "model.safetensors")
    assert {each.dtype for each in weights.values()} == {torch.int8, torch.float16}
    assert card.bytes == (folder / "model.safetensors").stat().st_size
    network = load_writer(folder, "a").network
    assert {each.dtype for each in network.parameters()} == {torch.float32}
    for name, tensor in from_eight_bits(weights).items():
        assert torch.equal(network.state_dict()[name], tensor.float())


def test_the_card_names_the_machine_that_trained_the_model(
    home: Home, published: tuple[Path, Card], tmp_path: Path
) -> None:
    run = folders.find(home.runs, "a")
    (recorded,) = read_environments(run.folder)
    elsewhere = msgspec.structs.replace(recorded, device="an abacus", torch="1.0")
    record_environment(run.folder, elsewhere)
    card = publish(home, "a", tmp_path / "again")
    assert (card.machine, card.torch) == (f"an abacus, {recorded.precision}", "1.0")


def test_the_card_names_the_file_of_ones_own_poems_without_its_folder(
    published: tuple[Path, Card],
) -> None:
    folder, card = published
    assert card.corpus == "poems.json"
    assert "Data: poems.json; " in (folder / "README.md").read_text("utf-8")


def test_the_card_names_models_that_are_folders_without_the_folders_around_them(
    home: Home, published: tuple[Path, Card], tmp_path: Path
) -> None:
    run = folders.find(home.runs, "a")
    models = {"start": "/home/me/models/old", "teachers": ("/home/me/wise", "b@2")}
    run.write_config(msgspec.structs.replace(run.config(), **models))
    card = publish(home, "a", tmp_path / "again")
    assert (card.config.start, card.config.teachers) == ("old", ("wise", "b@2"))
    for file in ("card.json", "README.md"):
        assert "/home/me" not in (tmp_path / "again" / file).read_text("utf-8")


def test_a_model_that_reads_titles_keeps_its_poets_and_has_both_figures(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "SAMPLES", (REQUEST,))
    titled = msgspec.structs.replace(REQUEST, title="天地山水风月日")
    # A small library has no character of some titles.
    unknown = msgspec.structs.replace(REQUEST, title="塞上")
    monkeypatch.setattr(publishing, "TITLED_SAMPLES", (unknown, titled))
    parts = {"form_input": True, "title_input": True, "poet_input": True}
    session = start_run(home, "a", small(**parts, max_steps=2))
    for _ in session.steps():
        pass
    session.close()
    card = publish(home, "a", tmp_path / "model")
    writer = load_writer(tmp_path / "model", "a")
    assert writer.vocabulary == load_writer(*locate(home, "a")).vocabulary
    assert writer.vocabulary.poets
    assert [each.request.title for each in card.samples] == ["", titled.title]
    for each in card.figures:
        given = each.perplexity, each.perplexity_form, each.perplexity_titled
        assert len(set(given)) == 3 and None not in given
    assert "where title and poet are given" in (tmp_path / "model" / "README.md").read_text("utf-8")


def test_the_networks_beside_the_run_are_published(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "SAMPLES", (REQUEST,))
    session = start_run(home, "a", small(max_steps=2))
    for _ in session.steps():
        pass
    session.close()
    folder, name = locate(home, "a")
    network = load_writer(folder, name).network
    write_coherence(folder, Coherence(features_of(network), width=4))
    write_judge(folder, Judge(inputs_of(network), width=4))
    publish(home, "a", tmp_path / "model")
    published = load_writer(tmp_path / "model", "a")
    assert published.coherence is not None and published.judge is not None


def test_weights_that_readers_prefer_are_published(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "SAMPLES", ())
    train(home, "a", small(validate_every=2))
    folder, name = locate(home, "a")
    network, _, _ = checkpoint.load_model(folder)
    with torch.no_grad():
        network.softmax_bias.add_(torch.arange(len(network.softmax_bias)) % 3)
    learnt = Preference(poems=13824, requests=1145, seconds=1080.0)
    write_preferred(folder, network, learnt)
    card = publish(home, "a", tmp_path / "model")
    assert card.preferred == learnt
    read, _, described = checkpoint.load_model(tmp_path / "model")
    # Those of the run are not its own.
    assert (described.perplexity, described.perplexity_all) == (None, None)
    assert torch.allclose(read.softmax_bias, network.softmax_bias, atol=0.05)
    assert "what readers prefer, in 0.3 hours, from 13,824 poems" in as_markdown(card)
    written_with = load_writer(folder, name).network.softmax_bias
    assert torch.allclose(written_with, network.softmax_bias, rtol=1e-3)


def test_the_card_says_what_it_was_made_from_and_how_good_it_is(
    published: tuple[Path, Card],
) -> None:
    folder, card = published
    assert msgspec.json.decode((folder / "card.json").read_bytes(), type=Card) == card
    assert card.config == small(validate_every=2)
    assert [each.split for each in card.figures] == ["valid", "test"]
    words = (folder / "README.md").read_text(encoding="utf-8")
    for each in card.figures:
        assert each.poems == card.poems[each.split]
        assert f"| {each.perplexity:.1f} | {each.perplexity_han:.1f} |" in words
    assert card.samples[0].text in words.replace("\\\n", "")


def test_other_programs_can_read_the_files_of_a_published_model(
    published: tuple[Path, Card],
) -> None:
    folder, card = published
    held = ModelCard.load(folder / "README.md").data
    assert (held.language, held.pipeline_tag) == (["zh"], "text-generation")
    results = [(each.dataset_split, each.metric_value) for each in held.eval_results]
    assert results == [
        (each.split, value)
        for each in card.figures
        for value in (each.perplexity, each.perplexity_han)
    ]
    config = json.loads((folder / "config.json").read_bytes())
    assert config["model_type"] == "tangshi-studio"
    vocabulary = json.loads((folder / "vocab.json").read_bytes())
    assert len(vocabulary) == config["vocab_size"] == card.vocabulary
    generation = json.loads((folder / "generation_config.json").read_bytes())
    assert vocabulary["<end>"] == generation["eos_token_id"]
    assert generation["temperature"] == USUAL.sampling.temperature


def test_a_program_may_add_fields_to_a_published_model(published: tuple[Path, Card]) -> None:
    folder, _ = published
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"transformers_version": "5"}))
    assert write(load_writer(folder, "a"), REQUEST)


def test_a_model_published_by_an_older_version_writes_the_same(
    published: tuple[Path, Card], home: Home, tmp_path: Path
) -> None:
    folder, card = published
    network, vocabulary, described = checkpoint.load_model(folder)
    old = tmp_path / "old"
    old.mkdir()
    checkpoint.write_model(old, network, vocabulary, described.step, None)
    texts = {
        write(load_writer(*locate(home, str(each))), REQUEST)[0].text for each in (folder, old)
    }
    assert texts == {card.samples[0].text}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("config.json", '{"model_type": "bert"}', "config.json.*model_type"),
        ("vocab.json", '{"<pad>": 0, "山": 2}', "vocab.json.*indices are not 0, 1, 2"),
        (
            "vocab.json",
            '{"<pad>": 0, "<begin>": 1, "<end>": 2, "<unknown>": 3, "山水": 4}',
            "'山水' is not one character",
        ),
        ("vocab.json", '{"山": 0}', "special tokens are not"),
    ],
)
def test_a_damaged_published_model_is_refused(
    published: tuple[Path, Card], name: str, content: str, words: str
) -> None:
    folder, _ = published
    (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(DamageError, match=words):
        load_writer(folder, "a")


def train(home: Home, name: str, config: RunConfig) -> None:
    """Train a run to its end."""
    session = start_run(home, name, config)
    for _ in session.steps():
        pass
    session.close()


def test_the_card_names_the_run_before_it(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "SAMPLES", (REQUEST,))
    home.library_beside("quansongshi").symlink_to(home.library.resolve())
    settings = {"lines_above": 1, "max_steps": 2}
    for name, poems, start in (("a", "quansongshi", ""), ("b", "", "a@2"), ("c", "", "b@2")):
        train(home, name, msgspec.structs.replace(small(**settings), poems=poems, start=start))
    card = publish(home, "c", tmp_path / "model")
    assert card.before is not None and card.before.before is not None
    first = card.before.before
    assert (first.run, first.config.poems, first.before) == ("a@2", "quansongshi", None)
    # The test split is read for the published model only.
    assert [each.split for each in first.figures] == ["valid"]
    assert first.figures[0].tokens == card.figures[0].tokens
    words = (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    assert "Before it the run b@2: 2 steps in" in words
    assert (
        f"Before that the run a@2: 2 steps in {first.hours:.1f} hours on {first.machine}" in words
    )
    assert f"{first.figures[0].perplexity:.1f} (valid)" in words
    assert f"Of its poems {first.sharing:,} share three lines" in words

    shutil.rmtree(home.runs / "a")
    card = publish(home, "c", tmp_path / "model")
    assert card.before is not None and card.before.before is None
    words = (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    assert "Before that there was the model a@2." in words


def test_the_card_of_a_run_on_another_corpus_names_it(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "SAMPLES", (REQUEST,))
    home.library_beside("quansongshi").symlink_to(home.library.resolve())
    train(home, "a", msgspec.structs.replace(small(max_steps=2), poems="quansongshi"))
    card = publish(home, "a", tmp_path / "model")
    assert card.instead is not None
    words = (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    assert f"it read {card.instead.poems:,} poems of {card.instead.corpus}" in words


def test_the_card_says_if_the_library_has_other_poems_than_the_run_read(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "SAMPLES", (REQUEST,))
    train(home, "a", small(max_steps=2))
    assert publish(home, "a", tmp_path / "model").same_poems
    texts = Library.texts
    monkeypatch.setattr(Library, "texts", lambda self, split: texts(self, split)[::-1])
    about = Library.about
    monkeypatch.setattr(Library, "about", lambda self, split: about(self, split)[::-1])
    assert not publish(home, "a", tmp_path / "model").same_poems
    words = (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    assert "The library has changed since: the run read other poems" in words


def test_a_run_whose_name_was_given_again_is_named_once(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "SAMPLES", (REQUEST,))
    train(home, "a", small(max_steps=2))
    train(home, "b", msgspec.structs.replace(small(max_steps=2), start="a@2"))
    shutil.rmtree(home.runs / "a")
    train(home, "a", msgspec.structs.replace(small(max_steps=2), start="b@2"))
    card = publish(home, "a", tmp_path / "model")
    assert card.before is not None and card.before.before is None
    words = (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    assert "Before that there was the model a@2." in words


def test_an_earlier_run_has_the_figures_from_which_the_later_one_started(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "SAMPLES", (REQUEST,))
    train(home, "a", small(max_steps=2))
    train(home, "b", msgspec.structs.replace(small(max_steps=2), start="a@2"))
    plain = publish(home, "b", tmp_path / "model").before
    folder, _ = locate(home, "a")
    network, _, _ = checkpoint.load_model(folder)
    with torch.no_grad():
        network.embedding.weight.mul_(3)
    write_preferred(folder, network, Preference(1, 1, 1.0))
    after = publish(home, "b", tmp_path / "model").before
    assert plain and after and after.figures == plain.figures


def test_the_card_says_what_an_earlier_run_read_beside_and_who_taught_it(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "SAMPLES", (REQUEST,))
    home.library_beside("quansongshi").symlink_to(home.library.resolve())
    config = small("studio", max_steps=2, form_input=False, title_input=False, poet_input=False)
    train(home, "a", config)
    train(home, "b", msgspec.structs.replace(config, mixed="quansongshi", teachers=("a@2",)))
    train(home, "c", msgspec.structs.replace(config, start="b@2"))
    card = publish(home, "c", tmp_path / "model")
    assert card.before is not None and card.before.mixed is not None
    assert card.before.poems == card.poems["train"]
    words = (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    earlier = next(line for line in words.splitlines() if line.startswith("- Before it"))
    assert (
        f"It also read {card.before.mixed.poems:,} poems of {card.before.mixed.corpus}" in earlier
    )
    assert "It learnt from 1 other model by knowledge distillation (a@2)" in earlier


def test_the_card_says_what_is_true_of_the_model() -> None:
    known = " ".join(faults_of(small(min_count=2), "simplified"))
    assert "simplifying merged" in known
    assert "Those seen once in training are unknown" in known
    assert "fewer than 5 times" in " ".join(faults_of(small(min_count=5), "simplified"))
    plain = " ".join(faults_of(small(min_count=1), "traditional"))
    assert "simplif" not in plain
    assert "are unknown" not in plain


def test_a_split_without_poems_has_no_figures(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "SAMPLES", (REQUEST,))
    train(home, "a", small(max_steps=2))
    read = Library.texts
    monkeypatch.setattr(
        Library, "texts", lambda library, split: [] if split == "test" else read(library, split)
    )
    card = publish(home, "a", tmp_path / "model")
    assert [each.split for each in card.figures] == ["valid"]
    assert "nan" not in (tmp_path / "model" / "README.md").read_text("utf-8").lower()


def test_the_card_names_the_poems_mixed_in_and_the_teachers(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "SAMPLES", (REQUEST,))
    home.library_beside("quansongshi").symlink_to(home.library.resolve())
    config = small("studio", max_steps=2, form_input=False, title_input=False, poet_input=False)
    for name, teachers in (("a", ()), ("b", ()), ("c", ("a", "b@2"))):
        own = msgspec.structs.replace(config, mixed="quansongshi", teachers=teachers)
        train(home, name, own)
    card = publish(home, "c", tmp_path / "model")
    assert card.mixed is not None
    words = " ".join((tmp_path / "model" / "README.md").read_text(encoding="utf-8").split())
    assert f"It read {card.mixed.poems:,} poems of {card.mixed.corpus}, all of them in" in words
    longer = msgspec.structs.replace(card.config.train, epochs=9)
    longer_run = msgspec.structs.replace(card.config, train=longer)
    longer_card = as_markdown(msgspec.structs.replace(card, config=longer_run))
    # It has a limit of two steps, which are in the first epoch.
    assert f"{card.mixed.corpus}, all of them in every epoch." in longer_card
    late = msgspec.structs.replace(card.mixed, epochs=9)
    late_card = as_markdown(msgspec.structs.replace(card, config=longer_run, mixed=late))
    assert f"{card.mixed.corpus}, fewer and fewer of them towards the end." in late_card
    assert f"Of these {card.mixed.sharing:,} share three lines" in words
    assert (
        "from 2 other models by knowledge distillation (a, b@2): their predictions have weight 0.7"
        in words
    )


def test_poems_with_three_lines_of_a_held_out_poem_are_counted() -> None:
    held_out = {"valid": (["床前明月光，疑是地上霜。举头望明月，低头思故乡。"], [UNKNOWN_POEM])}
    two = "床前明月光，疑是地上霜。白日依山尽，黄河入海流。"
    three = "床前明月光，疑是地上霜。举头望明月，黄河入海流。"
    assert publishing._sharing([two, three, "春眠不觉晓。"], held_out) == 1


def test_the_samples_come_again_from_their_requests(published: tuple[Path, Card]) -> None:
    folder, card = published
    (sample,) = card.samples
    (poem,) = write(load_writer(folder, "a"), sample.request)
    assert poem.text == sample.text


def test_a_folder_with_anything_else_in_it_is_left_alone(
    published: tuple[Path, Card], home: Home, tmp_path: Path
) -> None:
    mine = tmp_path / "mine" / "letter.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    published_before, _ = published
    (published_before / "notes.txt").write_text("mine")
    for folder in (
        mine.parent,
        next((home.runs / "a" / "checkpoints").iterdir()),
        published_before,
    ):
        before = sorted(folder.iterdir())
        with pytest.raises(RunError, match="no part of a published model"):
            publish(home, "a", folder)
        assert sorted(folder.iterdir()) == before


def test_what_was_published_before_stays_where_publishing_fails(
    published: tuple[Path, Card], home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, card = published

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(publishing, "split_figures", fail)
    with pytest.raises(KeyboardInterrupt):
        publish(home, "a", folder)
    assert msgspec.json.decode((folder / "card.json").read_bytes(), type=Card) == card
    assert [path for path in folder.parent.iterdir() if path.name.startswith(".")] == []
    monkeypatch.undo()
    monkeypatch.setattr(publishing, "SAMPLES", (REQUEST,))
    assert publish(home, "a", folder) == card


def test_what_is_no_run_is_refused(home: Home, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run called 'default'"):
        publish(home, "default", tmp_path / "model")
    assert not (tmp_path / "model").exists()
