"""Which stored tensors have a row for each token: the embedding, the head, and the head's bias. Told by names and sizes alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.models.base.tensors import StoredTensor, read_header

_INPUTS = ("embed_tokens", "wte", "word_embeddings", "embed_in", "tok_embeddings", "embeddings", "embedding", "tokens_embed",
           "token_embedding", "word_embedding", "input_embedding", "embed")  # fmt: skip
_HEADS = ("lm_head", "embed_out", "output_layer", "output", "head")
_OTHER_SENSES = ("vision", "visual", "audio", "speech", "image")  # parts of a model that read no tokens
_PLACES = ("pos", "wpe")  # a table with a row for each place in the text, not for each token


@dataclass(frozen=True)
class TokenTables:
    """The tensors with a row for each token.

    Attributes:
        embedding: what a token becomes before the first layer.
        head: what scores each token, where it is stored apart from the embedding.
        bias: what is added to each token's score.
        strange: tables of as many rows whose purpose is not known.
    """

    embedding: StoredTensor
    head: StoredTensor | None
    bias: StoredTensor | None
    strange: tuple[StoredTensor, ...]

    @property
    def rows(self) -> int:
        """Tokens that the embedding has a row for."""
        return self.embedding.shape[0]

    @property
    def known(self) -> tuple[StoredTensor, ...]:
        """All of them whose purpose is known."""
        return tuple(one for one in (self.embedding, self.head, self.bias) if one is not None)


def find_tables(files: Iterable[Path]) -> TokenTables | None:
    """The tables of a model; None where no tensor can be told to be the embedding.

    Raises:
        Fault: "model.file_broken".
    """
    return tables_among(one for file in files for one in read_header(file)[0])


def tables_among(tensors: Iterable[StoredTensor]) -> TokenTables | None:
    """The tables among a model's tensors; None where none can be told to be the embedding."""
    outside = [one for one in tensors if not _within_layers(one.name)]
    tables = [one for one in outside if len(one.shape) == 2 and _of_text(one.name)]
    heads = [one for one in tables if _module(one.name) in _HEADS]
    others = [one for one in tables if one not in heads]
    named = [one for one in others if _module(one.name) in _INPUTS]
    embedding = _largest(named) or _largest(others) or _largest(heads)
    if embedding is None:
        return None
    head = _largest([one for one in heads if one is not embedding])
    bias = next((one for one in outside if _is_bias(one, head or embedding)), None)
    strange = (one for one in others if one is not embedding and one.shape[0] == embedding.shape[0])
    return TokenTables(embedding, head, bias, tuple(strange))


def _within_layers(name: str) -> bool:
    return any(part.isdigit() for part in name.split("."))


def _of_text(name: str) -> bool:
    return name.endswith(".weight") and not any(word in name for word in (*_OTHER_SENSES, *_PLACES))


def _module(name: str) -> str:
    """The last name of the module that a tensor belongs to."""
    return name.split(".")[-2] if "." in name else name


def _largest(tables: Sequence[StoredTensor]) -> StoredTensor | None:
    return max(tables, key=lambda one: one.shape[0], default=None)


def _is_bias(one: StoredTensor, head: StoredTensor) -> bool:
    """A number for each token: `lm_head.bias`, or `final_logits_bias` of shape (1, tokens)."""
    ours = _module(one.name) in _HEADS and one.name.endswith(".bias")
    return (ours or one.name.endswith("final_logits_bias")) and one.shape[-1:] == head.shape[:1]
