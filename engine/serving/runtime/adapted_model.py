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
from engine.serving.runtime.kept_prompts import KeptPrompts
from engine.serving.runtime.lean.eight_bits import packed
from engine.serving.runtime.lean.quick_way import QuickWay
from engine.serving.runtime.lean.trial import TextInputs, Trial, by_pieces, exact, new_cache, roomy
from engine.training.limits.memory_use import give_back

_TOGETHER = "together"


class SharedBase:
    """One model in memory, which is never changed, and the tuned results on top of it.

    What the model can do is tried when it is loaded, and when a result is: whether rows can share a batch, and whether an
    answer goes on from a cache. Where it cannot, answers come in turns, or read everything before each token.

    Attributes:
        config: the model's.
        device: where it is held.
        inputs: what its forward pass takes.
        cached: an answer goes on from the cache of the tokens before.
        pieces: a prompt can be read a piece at a time.
        exact: how many numbers are worked out at once changes no token.
        silent: results that change nothing.
        kept: what was read and may be read on from.
        keeps: whether that is done: where it changes no token, and in 8 bits, which were chosen to be quick.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self.config = model.config
        self.device = model.device
        self._mixed = Mixed(model)
        self._backends: dict[str, AdapterBackend] = {}
        self._virtual: dict[str, VirtualTokens] = {}
        self.inputs = TextInputs(model)
        self._quick = QuickWay(model, self._slowly, self.open)
        self._trial = Trial(model, self._scores, self.open)
        self.pieces = by_pieces(self.open(BASE)[0])
        self.cached = self._trial.reads_on(BASE)
        self.exact = exact(model)
        self.keeps = self.pieces and self.cached and (self.exact or packed(model))
        self._untouched = self._fingerprint(BASE)
        self.silent: set[str] = set()
        self.kept = KeptPrompts()
        self._joinable: dict[str, bool] = {}  # as it was tried; the base alone only when two of its rows meet

    @property
    def quick(self) -> bool:
        """Whether there is a quicker way through it than the model's own."""
        return self._quick.open

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
        if not torch.equal(self._fingerprint(BASE), self._untouched):
            raise Fault("chat.base_changed")
        if torch.equal(answered, self._untouched):
            self.silent.add(name)
        self._joinable[name] = self._fits_a_batch(name)
        give_back()

    def _load(self, name: str, folder: Path) -> None:
        kind = kind_of(folder)
        if kind == "virtual":
            self._virtual[name] = VirtualTokens.read(folder, self.device)
        elif kind == "adapter" and mixable(folder):
            self._mixed.add(folder, name)
            self._quick.add(name, self._mixed.model)
        elif kind == "adapter":
            self._backends[name] = Adapted(self._model, folder, name, lambda _key: self.open(BASE))
        elif kind == "delta":
            self._backends[name] = Swapped(self._model, folder, lambda inputs: self._together([BASE], inputs))
        elif kind == "side":
            self._backends[name] = Sided(self._model, folder)
        else:
            raise Fault("chat.no_safetensors")

    def drop(self, name: str) -> None:
        """Forget a result."""
        self.silent.discard(name)
        self.kept.forget(name)
        self._joinable.pop(name, None)
        self._backends.pop(name, None)
        self._virtual.pop(name, None)
        self._quick.drop(name)
        if name in self._mixed.names:
            self._mixed.drop(name)

    def open(self, key: str) -> tuple[DynamicCache, int]:
        """The cache in which a text of these weights begins, and how many tokens are in it already."""
        tokens = self._virtual.get(key)
        if tokens is None:
            return new_cache(self.config), 0
        return roomy(tokens.open(self._model)), len(tokens)

    def begin(self, key: str, ids: torch.Tensor) -> tuple[dict[str, Any], int]:
        """What reads a text of these weights from its beginning in one pass, its cache included, and how many tokens that are."""
        tokens = self._virtual.get(key)
        if tokens is None or tokens.per_layer or self.pieces:
            cache, before = self.open(key)
            return self.inputs.of(ids, cache, before), before + ids.shape[1]
        words = self._model.get_input_embeddings()(ids)
        vectors = torch.cat([tokens.vectors.to(words.dtype)[None], words], dim=1)
        return self.inputs.of(vectors, new_cache(self.config), 0), vectors.shape[1]

    def company(self, key: str) -> str | None:
        """Weights of one company (equal values) can share a batch: each row gets what it would get alone. None: always alone.

        Only in fp32: in fewer bits the size of a batch changes roundings, and with them now and then a token.
        """
        if key == BASE and BASE not in self._joinable:
            self._joinable[BASE] = any(self._joinable.values()) or self._fits_a_batch(BASE)
        return _TOGETHER if self._joinable.get(key) else None

    def _fits_a_batch(self, key: str) -> bool:
        if key in self._backends or not self.exact or not self.cached:
            return False
        return self._untouched_among(key) and self._trial.together((key, BASE))

    def _untouched_among(self, key: str) -> bool:
        """Whether the base's rows are the base's, bit for bit, in the company of the adapter's."""
        if key not in self._mixed.names:
            return True
        try:
            return torch.equal(self._fingerprint(BASE, mixed=True), self._untouched)
        except Exception:  # PEFT cannot tell the rows apart that this model makes of a batch
            return False

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
        return self._together(keys, inputs)

    def _together(self, keys: Sequence[str], inputs: dict[str, Any]) -> Any:
        """Rows of the base and of adapters that are mixed: quickly, where that was tried."""
        if self._quick.takes(set(keys) & set(self._mixed.names), inputs):
            return self._quick.forward(keys, inputs)
        return self._slowly(keys, inputs)

    def _slowly(self, keys: Sequence[str], inputs: dict[str, Any]) -> Any:
        if set(keys) & set(self._mixed.names):
            return self._mixed.forward(keys, **inputs)
        return self._model(**inputs)

    def _scores(self, keys: Sequence[str], inputs: dict[str, Any]) -> torch.Tensor:
        scores: torch.Tensor = self.forward(keys, **inputs, **self.inputs.last_only).logits[:, -1].float().cpu()
        return scores

    @torch.inference_mode()
    def _fingerprint(self, key: str, *, mixed: bool = False) -> torch.Tensor:
        """The answer to a fixed input; equal only for equal weights."""
        ids = torch.arange(1, 9, device=self.device).remainder(self.rows)[None]
        inputs, _count = self.begin(key, ids)
        outputs = self._mixed.forward([key], **inputs) if mixed else self.forward([key], **inputs)
        logits: torch.Tensor = outputs.logits.float().cpu()
        return logits


@dataclass(frozen=True)
class AdaptedModel:
    """Weights that can answer: a shared base and which of its results."""

    shared_base: SharedBase  # the base, held once for all
    key: str  # "base" or the name of a result
    name: str = ""  # under which the process holds it, where one looks after that
