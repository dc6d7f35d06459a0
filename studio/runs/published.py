"""The files of a published model, in the layout that other programs and model hubs expect."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from studio.corpus.vocabulary import BEGIN, END, PAD, Vocabulary
from studio.model import checkpoint
from studio.model.checkpoint import Description
from studio.model.eight_bits import SCALE
from studio.model.network import Network
from studio.paths import VOCAB
from studio.runs.card import Card, as_markdown
from studio.verse.request import USUAL


def write_model(
    folder: Path, network: Network, vocabulary: Vocabulary, description: Description
) -> None:
    """Write weights in eight bits, config.json, vocab.json and generation_config.json.

    `description` is that of the checkpoint. The folder is not written atomically.
    """
    checkpoint.write_small_weights(folder, network)
    vocabulary.save_published(folder / VOCAB)
    config = {
        "model_type": "tangshi-studio",
        "architectures": [type(network).__name__],
        # Matrices are int8, each row with its scale; what comes of them fits half precision.
        "dtype": "float16",
        "quantization": {"bits": 8, "scale": f"NAME{SCALE}, one a row"},
        "vocab_size": len(vocabulary),
        **msgspec.to_builtins(description),
        **({"poets": vocabulary.poets} if vocabulary.poets else {}),
    }
    _write_json(folder / "config.json", config)
    sampling = USUAL.sampling
    generation = {
        "bos_token_id": BEGIN,
        "eos_token_id": END,
        "pad_token_id": PAD,
        "do_sample": True,
        "temperature": sampling.temperature,
        "top_k": sampling.top_k,
        "top_p": sampling.top_p,
        "min_p": sampling.min_p,
        "max_new_tokens": USUAL.longest,
    }
    _write_json(folder / "generation_config.json", generation)


def write_card(folder: Path, card: Card) -> None:
    """Write the card for programs (card.json) and for people (README.md, with a YAML header)."""
    encoded = msgspec.json.format(msgspec.json.encode(card), indent=2)
    (folder / "card.json").write_bytes(encoded)
    (folder / "README.md").write_text(readme(card), encoding="utf-8")


def readme(card: Card) -> str:
    """The card as Markdown, after a header in YAML with the fields of a model card."""
    header = {
        "language": ["zh"],
        "license": "mit",
        "library_name": "tangshi-studio",
        "pipeline_tag": "text-generation",
        "tags": ["poetry", "tang-poetry", "character-level", card.config.model.cell],
        "model-index": [{"name": card.run, "results": [*_results(card)]}],
    }
    return f"---\n{_yaml(header)}---\n\n{as_markdown(card)}"


def _results(card: Card) -> Iterator[dict[str, object]]:
    for each in card.figures:
        yield {
            "task": {"type": "text-generation"},
            "dataset": {"name": card.corpus, "type": "tang-poems", "split": each.split},
            "metrics": [
                {
                    "type": "perplexity",
                    "name": "Perplexity over all targets",
                    "value": each.perplexity,
                },
                {
                    "type": "perplexity",
                    "name": "Perplexity over Han characters",
                    "value": each.perplexity_han,
                },
            ],
        }


def _yaml(fields: Mapping[str, object], indent: str = "") -> str:
    """Fields as YAML: strings and numbers as in JSON, lists of them, and lists of fields."""
    lines = ""
    for key, value in fields.items():
        if isinstance(value, dict):
            lines += f"{indent}{key}:\n{_yaml(value, indent + '  ')}"
        elif isinstance(value, list) and isinstance(value[0], dict):
            # The first field of each item stands on the line of its dash.
            items = (_yaml(each, indent + "    ").removeprefix(indent + "    ") for each in value)
            lines += f"{indent}{key}:\n" + "".join(f"{indent}  - {item}" for item in items)
        else:
            lines += f"{indent}{key}: {json.dumps(value, ensure_ascii=False)}\n"
    return lines


def _write_json(path: Path, document: Mapping[str, object]) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2))
