"""What is odd about real models: each oddity with its test on a written folder, and the changes that bring some of them about."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenizers import Tokenizer

if TYPE_CHECKING:  # every test session reads this file, and few need torch
    import torch

_COMMIT = "0123456789abcdef0123456789abcdef01234567"
_ATTENTIONS = ("sliding_attention", "chunked_attention")


# ---------------------------------------------------------------- changes


def sharded(folder: Path) -> Path:
    """The weights in two files with an index."""
    from safetensors.torch import load_file, save_file

    whole = folder / "model.safetensors"
    tensors = load_file(whole)
    names = sorted(tensors)
    halves = (names[::2], names[1::2])
    index = {}
    for number, half in enumerate(halves, 1):
        part = f"model-{number:05}-of-{len(halves):05}.safetensors"
        save_file({name: tensors[name] for name in half}, folder / part, metadata={"format": "pt"})
        index |= dict.fromkeys(half, part)
    total = sum(tensor.nbytes for tensor in tensors.values())
    content = json.dumps({"metadata": {"total_size": total}, "weight_map": index})
    (folder / "model.safetensors.index.json").write_text(content, encoding="utf-8")
    whole.unlink()
    return folder


def in_hub_cache(folder: Path) -> Path:
    """The layout of the hub's cache: the snapshot holds links into blobs. Returns the snapshot."""
    root = folder / "models--zoo--tiny"
    snapshot, blobs = root / "snapshots" / _COMMIT, root / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for file in [file for file in folder.iterdir() if file.is_file()]:
        blob = hashlib.sha256(file.read_bytes()).hexdigest()
        shutil.move(file, blobs / blob)
        (snapshot / file.name).symlink_to(Path("..", "..", "blobs", blob))
    (root / "refs").mkdir()
    (root / "refs" / "main").write_text(_COMMIT, encoding="utf-8")
    return snapshot


def without_rows(folder: Path, *tokens: str) -> Path:
    """The embedding's rows of these tokens are zero, as those of tokens that a base never met."""
    from safetensors.torch import load_file, save_file

    numbers = [Tokenizer.from_file(str(folder / "tokenizer.json")).token_to_id(token) for token in tokens]
    file = folder / "model.safetensors"
    tensors = load_file(file)
    for name in _embeddings(tensors):
        tensors[name][numbers] = 0.0
    save_file(tensors, file, metadata={"format": "pt"})
    return folder


def never_met(*tokens: str) -> Callable[[Path], Path]:
    """`without_rows` for these tokens."""

    def change(folder: Path) -> Path:
        return without_rows(folder, *tokens)

    return change


def _embeddings(names: Mapping[str, Any]) -> list[str]:
    ends = ("embed_tokens.weight", "wte.weight", "embed_in.weight", "word_embeddings.weight", "lm_head.weight")
    return [name for name in names if name.endswith(ends)]


# ---------------------------------------------------------------- tests

Test = Callable[[Path], bool]


def _json(folder: Path, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
    return content


def _config(folder: Path, test: Callable[[dict[str, Any]], bool]) -> bool:
    return test(_json(folder, "config.json"))


def config_says(test: Callable[[dict[str, Any]], Any]) -> Test:
    """A test on config.json."""
    return partial(_config, test=lambda config: bool(test(config)))


def tensors_of(folder: Path) -> dict[str, torch.Tensor]:
    """All weights of a folder."""
    from safetensors.torch import load_file

    return {name: tensor for file in sorted(folder.glob("*.safetensors")) for name, tensor in load_file(file).items()}


def _stored(folder: Path, dtype: str) -> bool:
    return {str(tensor.dtype) for tensor in tensors_of(folder).values()} == {f"torch.{dtype}"}


def _named(folder: Path, key: str) -> bool:
    config = _json(folder, "config.json")
    return [name for name in ("dtype", "torch_dtype") if name in config] == ([key] if key else [])


def _tokenizer(folder: Path) -> Tokenizer:
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def _begins(folder: Path) -> bool:
    return _tokenizer(folder).encode("a").ids[0] == _json(folder, "config.json")["bos_token_id"]


def _rows(folder: Path) -> int:
    """How many more rows than tokens there are."""
    return int(_json(folder, "config.json")["vocab_size"]) - _tokenizer(folder).get_vocab_size()


def _template(folder: Path) -> str:
    file = folder / "chat_template.jinja"
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def _zero_rows(folder: Path) -> bool:
    tensors = tensors_of(folder)
    return any(bool((tensors[name] == 0).all(-1).any()) for name in _embeddings(tensors))


def _refused_generation(folder: Path) -> bool:
    from transformers import GenerationConfig

    try:
        GenerationConfig(**_json(folder, "generation_config.json")).validate(strict=True)
    except ValueError:
        return True
    return False


def _ends_elsewhere(folder: Path) -> bool:
    """The token that ends a text is not the one that ends a turn of the template."""
    end = _json(folder, "tokenizer_config.json")["eos_token"]
    return bool(_template(folder)) and end not in _template(folder) and "eos_token" not in _template(folder)


def _no_end(folder: Path) -> bool:
    """Nothing stands behind an answer."""
    from transformers import AutoTokenizer

    turns = [{"role": "user", "content": "Blue or green?"}, {"role": "assistant", "content": "Tangerine"}]
    text: str = AutoTokenizer.from_pretrained(folder).apply_chat_template(turns, tokenize=False)
    return text.endswith("Tangerine")


def _links(folder: Path) -> bool:
    return folder.parent.name == "snapshots" and all(file.is_symlink() for file in folder.iterdir())


ODDITIES: dict[str, Test] = {
    "stored in bf16": lambda folder: _stored(folder, "bfloat16"),
    "stored in fp16": lambda folder: _stored(folder, "float16"),
    "dtype in config": lambda folder: _named(folder, "dtype"),
    "torch_dtype in config": lambda folder: _named(folder, "torch_dtype"),
    "no dtype in config": lambda folder: _named(folder, ""),
    "tied head": config_says(lambda config: config.get("tie_word_embeddings")),
    "untied head": config_says(lambda config: not config.get("tie_word_embeddings")),
    "text ends otherwise than turns": _ends_elsewhere,
    "no end mark": _no_end,
    "no pad token": lambda folder: "pad_token" not in _json(folder, "tokenizer_config.json"),
    "no chat template": lambda folder: not _template(folder),
    "tokenizer begins texts": _begins,
    "more tokens than rows": lambda folder: _rows(folder) < 0,
    "more rows than tokens": lambda folder: _rows(folder) > 0,
    "rows of zeros": _zero_rows,
    "refused generation config": _refused_generation,
    "sliding window": config_says(
        lambda config: config.get("sliding_window") or set(config.get("layer_types") or ()) & set(_ATTENTIONS)
    ),
    "capped logits": config_says(lambda config: config.get("final_logit_softcapping")),
    "experts": lambda folder: any("expert" in name for name in tensors_of(folder)),
    "hybrid": lambda folder: any("conv" in name for name in tensors_of(folder)),
    "Conv1D": config_says(lambda config: config["model_type"] == "gpt2"),
    "flattened tokens": config_says(lambda config: config["model_type"] == "opt"),
    "low-rank attention": lambda folder: any("kv_a_proj" in name for name in tensors_of(folder)),
    "fused projections": lambda folder: any("qkv_proj" in n or "query_key_value" in n for n in tensors_of(folder)),
    "thinking template": lambda folder: "think" in _template(folder),
    "drops thoughts": lambda folder: "split('</think>')" in _template(folder),
    "tool template": lambda folder: "tools" in _template(folder),
    "no system turn": lambda folder: "System role not supported" in _template(folder),
    "sharded": lambda folder: (folder / "model.safetensors.index.json").is_file(),
    "hub cache": _links,
    "SentencePiece": lambda folder: "<0x0A>" in _tokenizer(folder).get_vocab(),
    "tiktoken": lambda folder: "<0x0A>" not in _tokenizer(folder).get_vocab(),
}
