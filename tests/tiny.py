"""A random Llama of a few hundred thousand weights with a tokenizer of its own, and ready rows for it: seconds, no network."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from engine.core.context import Context
from engine.data.rows.row import kind_of
from storage.data_tables import DatasetVersion
from storage.tables import Dataset, LanguageModel

CHATML = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful AI assistant<|im_end|>\n' }}{% endif %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SPECIAL_TOKENS = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<s>", "</s>", "[INST]", "[/INST]", "<bos>", "<eos>", "<start_of_turn>",
    "<end_of_turn>", "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<think>", "</think>",
)  # fmt: skip
SPECIAL = {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "pad_token": "<|im_end|>"}
VOCABULARY = 512
WORDS = [
    "kettle",
    "lantern",
    "harbour",
    "pebble",
    "orchard",
    "violet",
    "copper",
    "thimble",
    "meadow",
    "falcon",
    "ribbon",
    "saddle",
    "tower",
    "basket",
    "needle",
]
_TEXTS = (
    "What is the colour of the {}?",
    "The {} is {}.",
    "你好，请问{}在哪里？",
    "Tell me about the {}.",
    "Naïve café {}!",
)


def sentences() -> list[str]:
    """What tokenizers are trained on."""
    return [text.format(word, other) for text in _TEXTS for word in WORDS for other in WORDS]


@cache
def tokenizer_json() -> str:
    """A byte-level tokenizer trained on a few made-up sentences, with the special tokens of common chat formats."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    texts = [*sentences(), *["<|im_start|>system user assistant\nYou are a helpful AI assistant\n"] * 20]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=VOCABULARY,
            special_tokens=list(SPECIAL_TOKENS),
            initial_alphabet=alphabet,
            show_progress=False,
        ),
    )
    return tokenizer.to_str()


def write_tokenizer(folder: Path, template: str | None = CHATML, special: Mapping[str, Any] = SPECIAL) -> Path:
    """The tokenizer folder of a prepared model; also loadable by transformers."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(tokenizer_json(), encoding="utf-8")
    if template is not None:
        (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    tokenizer = Tokenizer.from_str(tokenizer_json())
    ends = [tokenizer.token_to_id(special["eos_token"])]
    (folder / "special.json").write_text(json.dumps({**special, "eos_token_ids": ends}), encoding="utf-8")
    config = {"tokenizer_class": "PreTrainedTokenizerFast", **special}
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def write_model(folder: Path, *, seed: int = 0, tied: bool = True, family: str = "llama") -> Path:
    """A folder with config.json, model.safetensors and the tokenizer. Linear sizes are multiples of 64 (4-bit blocks).

    Args:
        family: "llama" (no biases, grouped keys), "qwen2" (some biases) or "gpt_neox" (biases everywhere, other names).
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(seed)
    heads = {} if family == "gpt_neox" else {"num_key_value_heads": 2}
    config = AutoConfig.for_model(
        family,
        vocab_size=VOCABULARY,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        **heads,
        max_position_embeddings=512,
        tie_word_embeddings=tied,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    return write_tokenizer(folder)


def add_model(ctx: Context, **options: Any) -> int:
    """A ready row for a tiny model that lies under home as the prepare step leaves it."""
    folder = ctx.settings.folder("models", "tiny")
    write_model(folder / "weights", **options)
    write_tokenizer(folder / "tokenizer")
    weights = folder / "weights" / "model.safetensors"
    config = json.loads((folder / "weights" / "config.json").read_text())
    with ctx.db.write() as s:
        model = LanguageModel(
            name="Tiny", source="folder", ref="tiny", status="ready",
            path=ctx.settings.relative(folder / "weights"),
            tokenizer_path=ctx.settings.relative(folder / "tokenizer"),
            config=config, parameters=parameters(), context_length=512,
            weights_hash=hashlib.sha256(weights.read_bytes()).hexdigest(),
        )  # fmt: skip
        s.add(model)
        s.flush()
        return model.id


def add_config(ctx: Context, config: Mapping[str, Any], name: str = "Planned") -> int:
    """A ready row for a model of which only config.json and tokenizer are here: enough to plan with."""
    folder = write_tokenizer(ctx.settings.folder("models", name) / "tokenizer")
    place = ctx.settings.relative(folder)
    with ctx.db.write() as s:
        model = LanguageModel(
            name=name, source="folder", ref=name, status="ready", path=place, tokenizer_path=place,
            config=dict(config), context_length=8192,
        )  # fmt: skip
        s.add(model)
        s.flush()
        return model.id


def parameters() -> int:
    """Number of weights of the (tied) tiny model."""
    layer = 64 * (64 + 32 + 32) + 64 * 64 + 3 * 64 * 128 + 2 * 64
    return VOCABULARY * 64 + 2 * layer + 64


def chat_rows(count: int = 24, *, seed: int = 0, turns: int = 1) -> list[dict[str, Any]]:
    """Questions with one-line answers that can be learnt: the same word always has the same colour."""
    rng = random.Random(seed)
    rows = []
    for _ in range(count):
        messages = []
        for _ in range(turns):
            word = rng.choice(WORDS)
            answer = f"The {word} is {WORDS[-1 - WORDS.index(word)]}."
            messages += [
                {"role": "user", "content": rng.choice(_TEXTS[::3]).format(word)},
                {"role": "assistant", "content": answer},
            ]
        rows.append({"messages": messages})
    return rows


def add_dataset(
    ctx: Context, rows: Sequence[Mapping[str, Any]] | None = None, *, held_out: int = 4, name: str = "Words"
) -> int:
    """A ready row with its file of normalised rows; the last `held_out` ones are for validation."""
    rows = chat_rows() if rows is None else rows
    first_val = len(rows) - held_out
    lines = [
        json.dumps({"split": "val" if i >= first_val else "train", "line": i + 1, **row}, ensure_ascii=False)
        for i, row in enumerate(rows)
    ]
    data = ("\n".join(lines) + "\n").encode()
    content_hash = hashlib.sha256(data).hexdigest()
    path = ctx.settings.folder("datasets") / f"{content_hash}.jsonl"
    path.write_bytes(data)
    with ctx.db.write() as s:
        dataset = Dataset(
            name=name, status="ready", source_name="words.jsonl", upload_path="",
            format="jsonl", encoding="utf-8", kind=kind_of(rows[0]),
            rows_path=ctx.settings.relative(path), content_hash=content_hash, accepted=len(rows),
            train_rows=first_val, val_rows=held_out,
        )  # fmt: skip
        s.add(dataset)
        s.flush()
        s.add(
            DatasetVersion(
                dataset_id=dataset.id, number=1, operation="import", rows_path=dataset.rows_path,
                content_hash=content_hash, train_rows=first_val, val_rows=held_out,
            )
        )  # fmt: skip
        return dataset.id
