"""The quick way beside a model's own: what it may be asked for is tried first, for the base and for each adapter."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from engine.serving.protocol import BASE
from engine.serving.runtime.lean.forward import lean_of
from engine.serving.runtime.lean.lora_rows import Lora, LoraPair
from engine.serving.runtime.lean.trial import TextInputs, stacked, tolerance

_LENGTHS = (23, 14)  # of the texts that are tried
_PIECES = (9, 9)  # tokens that are read at once, at first
_log = logging.getLogger(__name__)

Forward = Callable[[Sequence[str], dict[str, Any]], Any]  # names of weights, inputs -> the model's output
Open = Callable[[str], tuple[Any, int]]  # a cache, and how many tokens are in it


class QuickWay:
    """A lean forward pass for rows of a model and of adapters on it, where it was tried and found right."""

    def __init__(self, model: Any, slow: Forward, opened: Open) -> None:
        self._slow, self._open, self._inputs = slow, opened, TextInputs(model)
        self._most = tolerance(model)
        self._words = model.get_input_embeddings().weight.shape[0]
        self._loras: dict[str, Lora] = {}
        self._lean = lean_of(model)
        if self._lean is not None and not self._tried((BASE,)):
            self._lean = None

    @property
    def open(self) -> bool:
        """Whether the base goes this way."""
        return self._lean is not None

    def add(self, name: str, tuned: Any) -> None:
        """An adapter that PEFT holds in `tuned` goes this way too, where it can."""
        if self._lean is None:
            return
        lora = _lora_of(tuned, name, self._lean.parts.linear_names)
        if lora is None:
            return
        self._lean.forget()
        self._loras[name] = lora
        if not self._tried((name, BASE)):
            self.drop(name)

    def drop(self, name: str) -> None:
        """Forget an adapter."""
        if self._lean is not None and self._loras.pop(name, None) is not None:
            self._lean.forget()

    def takes(self, adapters: set[str], inputs: dict[str, Any]) -> bool:
        """Whether rows of the base and of these adapters may go this way."""
        return self._lean is not None and adapters <= self._loras.keys() and self._lean.takes(inputs)

    def forward(self, keys: Sequence[str], inputs: dict[str, Any]) -> Any:
        """The scores of the rows' last tokens, for what `takes` takes."""
        assert self._lean is not None
        return self._lean.forward(keys, self._loras, inputs)

    @torch.inference_mode()
    def _tried(self, keys: Sequence[str]) -> bool:
        """Whether texts of these weights have, read in pieces and then together, the scores of the model's own pass."""
        try:
            return self._agrees(keys)
        except Exception as error:  # an architecture may object in any way; the slow way is always right
            _log.info("the model's own forward pass is taken: %s", error)
            return False

    def _agrees(self, keys: Sequence[str]) -> bool:
        begun, lasts, expected = [], [], []
        for number, key in enumerate(keys):
            ids = self._text(number)
            cache, before = self._open(key)
            expected.append(self._slow([key], self._inputs.of(ids, cache, before)).logits[:, -1].float())
            cache, read = self._open(key)
            for piece in ids[:, :-1].split(_PIECES[0], dim=1):
                self._quickly([key], self._inputs.of(piece, cache, read))
                read += piece.shape[1]
            begun.append((cache, read))
            lasts.append(ids[:, -1:])
        caches, lengths = [cache for cache, _ in begun], [length for _, length in begun]
        joined = self._inputs.padded(torch.cat(lasts), stacked(caches, lengths), lengths, max(lengths))
        found, wanted = self._quickly(keys, joined), torch.cat(expected)
        most = self._most * float(wanted.abs().max())
        return bool(torch.isfinite(found).all()) and float((found - wanted).abs().max()) <= most

    def _quickly(self, keys: Sequence[str], inputs: dict[str, Any]) -> Tensor:
        inputs = inputs | self._inputs.last_only
        if not self.takes({key for key in keys if key != BASE}, inputs):
            raise ValueError("inputs that only the model takes")
        scores: Tensor = self.forward(keys, inputs).logits[:, -1]
        return scores

    def _text(self, number: int) -> Tensor:
        generator = torch.Generator().manual_seed(number)
        return torch.randint(self._words, (1, _LENGTHS[number]), generator=generator)


def _lora_of(tuned: Any, name: str, known: set[str]) -> Lora | None:
    """A plain LoRA's pairs as PEFT loaded them; None where it changes more than these matrices."""
    from peft.tuners.lora import Linear, LoraLayer

    found: dict[str, LoraPair] = {}
    for place, layer in tuned.base_model.model.named_modules():
        if not isinstance(layer, LoraLayer) or name not in layer.scaling:
            continue
        plain = isinstance(layer, Linear) and place in known and name in layer.lora_A and not layer.fan_in_fan_out
        if not plain or layer.lora_variant.get(name) or layer.lora_B[name].bias is not None:
            return None
        down, up = layer.lora_A[name].weight, layer.lora_B[name].weight
        if down.dtype != torch.float32 or up.dtype != torch.float32:
            return None
        found[place] = LoraPair(down, up, float(layer.scaling[name]))
    return found or None
