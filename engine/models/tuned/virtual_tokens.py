"""Virtual tokens as a cache that is already filled: what follows are ordinary forward passes of the base.

PEFT's own `generate` shifts the places of left-padded rows (peft 0.21.2 with transformers 5.23: padding between the virtual
tokens and the text counts as text), so nothing here goes through it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import DynamicCache

from engine.core.errors import Fault
from engine.models.tuned.results import ADAPTER_WEIGHTS, adapter_config


@dataclass(frozen=True)
class VirtualTokens:
    """Trained vectors in front of every text.

    Attributes:
        vectors: (tokens, width): embeddings, or keys and values of all layers.
        per_layer: they are keys and values (prefix tuning, P-tuning v2), of `heads` heads.
        heads: that keys and values are split into.
    """

    vectors: Tensor
    per_layer: bool
    heads: int

    @classmethod
    def read(cls, folder: Path, device: Any) -> VirtualTokens:
        """Those of a result folder. Raises Fault("chat.no_safetensors") where there are none."""
        stored = load_file(folder / ADAPTER_WEIGHTS)
        if "prompt_embeddings" not in stored:
            raise Fault("chat.no_safetensors")
        config = adapter_config(folder)
        per_layer = config["peft_type"] == "PREFIX_TUNING"
        return cls(stored["prompt_embeddings"].to(device), per_layer, int(config["num_attention_heads"]))

    @classmethod
    @torch.no_grad()
    def of(cls, tuned: Any) -> VirtualTokens | None:
        """Those of a model in training as they are now; None for other methods."""
        name = getattr(tuned, "active_adapter", None)
        config = getattr(tuned, "peft_config", {}).get(name) if isinstance(name, str) else None
        if config is None or not config.is_prompt_learning:
            return None
        vectors = tuned.get_prompt_embedding_to_save(name).to(tuned.device)
        return cls(vectors, config.peft_type == "PREFIX_TUNING", int(config.num_attention_heads))

    def __len__(self) -> int:
        """How many there are."""
        return len(self.vectors)

    def open(self, model: Any, rows: int = 1) -> DynamicCache:
        """A cache that holds them, for so many rows. The order of keys and values is PEFT's (`PeftModel.get_prompt`)."""
        cache = DynamicCache(config=model.config)
        vectors = self.vectors.to(model.dtype)
        if not self.per_layer:
            model(inputs_embeds=vectors.expand(rows, -1, -1), past_key_values=cache, use_cache=True, logits_to_keep=1)
            return cache
        head_dim = vectors.shape[1] // (2 * model.config.num_hidden_layers * self.heads)
        layers = vectors.view(len(self), -1, self.heads, head_dim).permute(1, 2, 0, 3)[:, None]
        for number in range(len(layers) // 2):
            keys, values = (layers[2 * number + i].expand(rows, -1, -1, -1) for i in (0, 1))
            cache.update(keys, values, number)
        return cache
