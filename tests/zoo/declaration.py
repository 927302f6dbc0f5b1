"""What a model of the zoo is: a tiny random model with the oddities of a real one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tests.zoo.tokenizers import Tokens

Stored = Literal["fp32", "bf16", "fp16"]
SIZES: dict[str, Any] = {  # of most families; linear sizes are multiples of 64 (4-bit blocks)
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
}


@dataclass(frozen=True)
class ZooModel:
    """One model of the zoo.

    Attributes:
        key: its name in tests.
        family: model_type of its config.
        likeness: the published models that it stands for.
        oddities: what is odd about it, by the names of `tests.zoo.oddities.ODDITIES`.
        tokens: its tokenizer.
        template: name of its chat template; None where it has none.
        config: what its config says beside or instead of `sizes`.
        sizes: its measures.
        ends: tokens that generation_config.json names as ends; eos_token where it is empty.
        stored: number format of the weights.
        said: key under which config.json names that format; "" where it does not.
        spare: rows of the embedding beyond the tokenizer's tokens; fewer than its tokens where negative.
        generation: more of generation_config.json.
        finish: changes to the written folder, in order; each returns where the model lies now.
        stands_for_family: whether it is its family's representative; others are there for their oddities.
    """

    key: str
    family: str
    likeness: str
    oddities: frozenset[str]
    tokens: Tokens
    template: str | None
    config: Mapping[str, Any] = field(default_factory=dict)
    sizes: Mapping[str, Any] = field(default_factory=lambda: SIZES)
    ends: tuple[str, ...] = ()
    stored: Stored = "fp32"
    said: Literal["dtype", "torch_dtype", ""] = "dtype"
    spare: int = 0
    generation: Mapping[str, Any] = field(default_factory=dict)
    finish: tuple[Callable[[Path], Path], ...] = ()
    stands_for_family: bool = True

    def __str__(self) -> str:
        return self.key
