"""A base model with its tuned results: which weights answer is said with every forward pass, never remembered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import DynamicCache

from engine.core.errors import Fault
from engine.models.tuned.results import kind_of
from engine.models.tuned.virtual_tokens import VirtualTokens
from engine.serving.protocol import BASE
from engine.serving.runtime.adapter_backends import Adapted, AdapterBackend, Mixed, Sided, Swapped, mixable

_TOGETHER = "together"


class SharedBase:
    """One model in memory, which is never changed, and the tuned results on top of it."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.config = model.config
        self.device = model.device
        self._mixed = Mixed(model)
        self._backends: dict[str, AdapterBackend] = {}
        self._virtual: dict[str, VirtualTokens] = {}
        self._untouched = self._fingerprint(BASE)
        self.silent: set[str] = set()  # results that change nothing

    @property
    def rows(self) -> int:
        """Tokens that the model has a row for in its embedding."""
        return int(self._model.get_input_embeddings().num_embeddings)

    @property
    def adapters(self) -> tuple[str, ...]:
        """Names of all results on top of the base."""
        return (*self._mixed.names, *self._virtual, *self._backends)

    def add(self, name: str, folder: str) -> None:
        """Load a result, whatever kind lies in the folder, and prove that the base still answers as before.

        Raises:
            Fault: "chat.base_changed", "chat.no_safetensors", "chat.delta_foreign".
        """
        self._load(name, Path(folder))
        answered = self._fingerprint(name)
        if not all(torch.equal(found, self._untouched) for found in self._base_fingerprints()):
            raise Fault("chat.base_changed")
        if torch.equal(answered, self._untouched):
            self.silent.add(name)

    def _load(self, name: str, folder: Path) -> None:
        kind = kind_of(folder)
        if kind == "virtual":
            self._virtual[name] = VirtualTokens.read(folder, self.device)
        elif kind == "adapter" and mixable(folder):
            self._mixed.add(folder, name)
        elif kind == "adapter":
            self._backends[name] = Adapted(self._model, folder, name)
        elif kind == "delta":
            self._backends[name] = Swapped(self._model, folder)
        elif kind == "side":
            self._backends[name] = Sided(self._model, folder)
        else:
            raise Fault("chat.no_safetensors")

    def drop(self, name: str) -> None:
        """Forget a result."""
        self.silent.discard(name)
        self._backends.pop(name, None)
        self._virtual.pop(name, None)
        if name in self._mixed.names:
            self._mixed.drop(name)

    def open(self, key: str) -> tuple[DynamicCache, int]:
        """The cache in which a text of these weights begins, and how many tokens are in it already."""
        tokens = self._virtual.get(key)
        if tokens is None:
            return DynamicCache(config=self.config), 0
        return tokens.open(self._model), len(tokens)

    def company(self, key: str) -> str | None:
        """Weights of one company (equal values) can share a batch: each row gets what it would get alone. None: always alone.

        Only in fp32: in 16 bits the size of a batch changes roundings, and with them now and then a token.
        """
        return _TOGETHER if key not in self._backends and self._model.dtype == torch.float32 else None

    def forward(self, keys: Sequence[str], **inputs: Any) -> Any:
        """One forward pass; row i is computed by the weights named `keys[i]` ("base" or a result).

        Rows of virtual tokens are the base's: their tokens are in the cache from `open`.

        Raises:
            Fault: "chat.wrong_weights" where the rows cannot be computed together.
        """
        if not set(keys) <= {BASE, *self.adapters}:
            raise Fault("chat.wrong_weights", wanted=", ".join(keys))
        backend = self._backends.get(keys[0])
        if backend is not None:
            if len(keys) > 1:
                raise Fault("chat.wrong_weights", wanted=", ".join(keys))
            return backend.forward(**inputs)
        if set(keys) & set(self._mixed.names):
            return self._mixed.forward(keys, **inputs)
        return self._model(**inputs)

    def _base_fingerprints(self) -> list[torch.Tensor]:
        """The base as it answers alone, and as a row among rows of adapters."""
        found = [self._fingerprint(BASE)]
        if self._mixed.names:
            found.append(self._fingerprint(BASE, mixed=True))
        return found

    @torch.inference_mode()
    def _fingerprint(self, key: str, *, mixed: bool = False) -> torch.Tensor:
        """The answer to a fixed input; equal only for equal weights."""
        ids = torch.arange(1, 9, device=self.device).remainder(self.rows)[None]
        cache, _length = self.open(key)
        inputs = {"input_ids": ids, "past_key_values": cache, "use_cache": True}
        outputs = self._mixed.forward([key], **inputs) if mixed else self.forward([key], **inputs)
        logits: torch.Tensor = outputs.logits.float().cpu()
        return logits


@dataclass(frozen=True)
class AdaptedModel:
    """Weights that can answer: a shared base and which of its results."""

    shared_base: SharedBase  # the base, held once for all
    key: str  # "base" or the name of a result
