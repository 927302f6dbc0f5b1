"""Tuned results on top of a base: each has modules of its own, all share the base's tensors, and the base stays as it is."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from engine.models.tuned.deltas import Delta
from engine.models.tuned.results import adapter_config
from engine.serving.protocol import BASE
from engine.serving.runtime.lean.quick_way import QuickWay
from engine.serving.runtime.loading import attach_side, load_adapter

UNTOUCHED = "__base__"  # PEFT's name for rows of a batch that no adapter may touch


class AdapterBackend(Protocol):
    """One tuned result that answers in a batch of its own."""

    def forward(self, **inputs: Any) -> Any:
        """A forward pass with the tuned weights."""
        ...


def twin(model: Any) -> Any:
    """The model's modules anew, around the very same parameters and buffers: another model that takes no memory."""
    tensors = [*model.parameters(), *model.buffers()]
    return copy.deepcopy(model, {id(tensor): tensor for tensor in tensors})


class Adapted:
    """An adapter in a twin of the base: quickly, where that was tried.

    Args:
        opened: a cache of the base, and how many tokens are in it.
    """

    def __init__(self, model: Any, folder: Path, name: str, opened: Callable[[str], tuple[Any, int]]) -> None:
        self._model = load_adapter(twin(model), folder, name)
        self._quick = QuickWay(self._model.base_model.model, lambda _keys, inputs: self._model(**inputs), opened)

    def forward(self, **inputs: Any) -> Any:
        """See `AdapterBackend`."""
        if self._quick.takes(set(), inputs):
            return self._quick.forward([BASE], inputs)
        return self._model(**inputs)


class Swapped:
    """Replaced numbers of the base, in it for the time of a forward pass, which is `answer`'s."""

    def __init__(self, model: Any, folder: Path, answer: Callable[[dict[str, Any]], Any]) -> None:
        self._answer, self._delta = answer, Delta.read(model, folder)

    def forward(self, **inputs: Any) -> Any:
        """See `AdapterBackend`."""
        with self._delta.on():
            return self._answer(inputs)


class Sided:
    """A side network that reads a twin of the base."""

    def __init__(self, model: Any, folder: Path) -> None:
        self._model = attach_side(twin(model), folder)

    def forward(self, **inputs: Any) -> Any:
        """See `AdapterBackend`."""
        return self._model(**inputs)


def mixable(folder: Path) -> bool:
    """Whether PEFT may choose this adapter row by row: plain LoRA of modules alone. Whether the model lets it is tried."""
    config = adapter_config(folder)
    plain = not config.get("use_dora") and config.get("bias", "none") == "none" and not config.get("target_parameters")
    return config["peft_type"] == "LORA" and plain and not config.get("modules_to_save")


class Mixed:
    """LoRA adapters in one twin of the base: each row of a batch is computed by the adapter that it names, or by none.

    Attributes:
        model: the twin with all adapters, as PEFT has it; None before the first.
        names: of the adapters.
    """

    def __init__(self, model: Any) -> None:
        self._base = model
        self.model: Any = None
        self.names: tuple[str, ...] = ()
        self._row_adapters: list[str] | None = None  # for each row of the batch in hand; None: the active one for all
        self._active = ""
        self._asking: set[Any] = set()  # layers that ask which adapter a row takes

    def add(self, folder: Path, name: str) -> None:
        """Load an adapter."""
        self.model = load_adapter(self.model or twin(self._base), folder, name)
        self.names, self._active = (*self.names, name), ""
        self._tell_layers()

    def drop(self, name: str) -> None:
        """Forget an adapter."""
        self.names, self._active = tuple(other for other in self.names if other != name), ""
        if self.names:
            self.model.delete_adapter(name)
        else:
            self.model = None
            self._asking.clear()

    def forward(self, keys: Sequence[str], **inputs: Any) -> Any:
        """Row i is computed by the adapter `keys[i]`; keys that are no adapter's mean the base.

        One adapter for all rows is switched on as a whole: that works where a model takes the rows of a batch apart.
        """
        one = keys[0] if len(set(keys)) == 1 and keys[0] in self.names else None
        if one is None:
            self._row_adapters = [key if key in self.names else UNTOUCHED for key in keys]
            return self.model(**inputs)
        self._row_adapters = None
        if self._active != one:
            self.model.base_model.set_adapter(one, inference_mode=True)
            self._active = one
        return self.model(**inputs)

    def _tell_layers(self) -> None:
        """Let each adapted layer ask which adapter a row takes. PEFT itself says so anew for each token: a fifth of the time."""
        from peft.tuners.lora import LoraLayer

        def ask(_layer: Any, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
            return args, kwargs if self._row_adapters is None else {**kwargs, "adapter_names": self._row_adapters}

        for layer in self.model.modules():
            if isinstance(layer, LoraLayer) and layer not in self._asking:
                layer.register_forward_pre_hook(ask, with_kwargs=True)
                self._asking.add(layer)
