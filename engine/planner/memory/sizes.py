"""Common sizes of models, to say how large one may be: config.json of plain decoders, largest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SMALL, _LARGE = 49_152, 128_256  # words of the vocabulary
_MEASURES = (  # hidden size, layers, intermediate size, vocabulary: 70, 32, 14, 8, 4, 1.7, 0.5 and 0.13 billion parameters
    (8192, 80, 28672, _LARGE), (5120, 64, 27648, _LARGE), (5120, 40, 17408, _LARGE), (4096, 32, 14336, _LARGE),
    (2560, 36, 9728, _LARGE), (2048, 24, 8192, _SMALL), (960, 32, 2560, _SMALL), (576, 30, 1536, _SMALL),
)  # fmt: skip


def _config(hidden: int, layers: int, intermediate: int, vocabulary: int) -> Mapping[str, Any]:
    return {
        "model_type": "llama",
        "hidden_size": hidden,
        "intermediate_size": intermediate,
        "num_hidden_layers": layers,
        "num_attention_heads": hidden // 64,
        "num_key_value_heads": max(1, hidden // 512),
        "head_dim": 64,
        "vocab_size": vocabulary,
        "tie_word_embeddings": hidden < 4000,
    }


COMMON_SIZES: tuple[Mapping[str, Any], ...] = tuple(_config(*measures) for measures in _MEASURES)
