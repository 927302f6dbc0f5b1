"""A base model and its adapters as voices that answer: which weights speak is said with every forward pass, never remembered."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from engine.errors import Fault
from engine.inference.loading import load_adapter
from engine.inference.protocol import BASE

_UNTOUCHED = "__base__"  # PEFT's name for rows of a batch that no adapter may touch


class Trunk:
    """One model in memory and the adapters beside its weights."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.config = model.config
        self.device = model.device
        self.adapters: tuple[str, ...] = ()
        self._speaking: list[str] = []  # for each row of the batch in hand
        self._told: set[Any] = set()  # layers that ask who is speaking
        self._untouched = self._fingerprint(BASE)
        self.silent: set[str] = set()  # adapters that change nothing

    def add(self, name: str, folder: str) -> None:
        """Load an adapter, and prove that the base still answers as it did before. Raises Fault("chat.base_changed")."""
        self._model = load_adapter(self._model, folder, name)
        self.adapters = (*self.adapters, name)
        self._tell_layers()
        if not torch.equal(self._fingerprint(BASE), self._untouched):
            raise Fault("chat.base_changed")
        if torch.equal(self._fingerprint(name), self._untouched):
            self.silent.add(name)

    def drop(self, name: str) -> None:
        """Forget an adapter."""
        self.adapters = tuple(other for other in self.adapters if other != name)
        self.silent.discard(name)
        if self.adapters:
            self._model.delete_adapter(name)
        else:
            self._model = self._model.unload()
            self._told.clear()

    @property
    def mixes(self) -> bool:
        """Whether several adapters can speak in one batch and each row still gets what it would get alone.

        Only in fp32: in 16 bits the size of a batch changes roundings, and with them now and then a token.
        """
        return bool(self.adapters) and self._by_name and self._model.dtype == torch.float32

    @property
    def _by_name(self) -> bool:
        configs = self._model.peft_config.values()
        return all(config.peft_type == "LORA" and not config.use_dora for config in configs)

    def forward(self, keys: Sequence[str], **inputs: Any) -> Any:
        """One forward pass; row i is computed by the weights named `keys[i]` ("base" or an adapter)."""
        if not set(keys) <= {BASE, *self.adapters}:
            raise Fault("chat.wrong_weights", wanted=", ".join(keys))
        if not self.adapters:
            return self._model(**inputs)
        if self._by_name:
            self._speaking = [_UNTOUCHED if key == BASE else key for key in keys]
            return self._model(**inputs)
        self._speaking = []
        with self._switched(keys[0]):
            return self._model(**inputs)

    def _tell_layers(self) -> None:
        """Let each adapted layer ask who is speaking. PEFT's own way does this anew for each token: a fifth of the time."""
        from peft.tuners.lora import LoraLayer
        from peft.utils.other import AuxiliaryTrainingWrapper

        def ask(_layer: Any, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
            return args, {**kwargs, "adapter_names": self._speaking} if self._speaking else kwargs

        for layer in self._model.modules():
            if isinstance(layer, LoraLayer | AuxiliaryTrainingWrapper) and layer not in self._told:
                layer.register_forward_pre_hook(ask, with_kwargs=True)
                self._told.add(layer)

    @contextlib.contextmanager
    def _switched(self, key: str) -> Any:
        """For adapters that PEFT cannot choose row by row."""
        if key == BASE:
            with self._model.disable_adapter():
                yield
        else:
            self._model.set_adapter(key)
            if self._model.active_adapters != [key]:
                raise Fault("chat.wrong_weights", wanted=key)
            yield

    @torch.inference_mode()
    def _fingerprint(self, key: str) -> torch.Tensor:
        """The base's answer to a fixed input; equal only for equal weights."""
        ids = torch.arange(1, 9, device=self.device).remainder(self.config.vocab_size)[None]
        return self.forward([key], input_ids=ids, use_cache=False).logits.float().cpu()


@dataclass(frozen=True)
class Voice:
    """Weights that can answer: a trunk and which of its adapters."""

    trunk: Trunk
    key: str
