"""Why a loss, or its gradient, is no number: cheap questions one after the other, each with a sentence and advice of its own.

They are asked once, when a job is about to fail; what they do to the model does not matter any more.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import safe_open
from torch import Tensor, nn

from engine.base_formats import base_format
from engine.core.errors import Fault
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.forward import Forward, Padded
from engine.training.loop.find_row import row_of
from engine.training.loop.weights import load_base

if TYPE_CHECKING:
    from engine.training.loop.inputs import Inputs
    from engine.training.loop.trainer import StepTrainer

_MOST_ROWS = 256  # that are looked at one by one
_NAMED_TOKENS = 5
_GREW = 1.5  # times its lowest value: what counts as a loss that had grown
_log = logging.getLogger(__name__)


class CauseFinder:
    """Finds the cause for one job.

    Args:
        weights: folder of the base's weights.
        rows: file of the data set's rows.
    """

    def __init__(self, trainer: StepTrainer, inputs: Inputs, weights: Path, rows: Path) -> None:
        self._trainer, self._inputs, self._weights, self._rows = trainer, inputs, weights, rows
        self._model: Any = trainer.model
        self._autocast: Callable[[], AbstractContextManager[Any]] = trainer.autocast

    def fault(self, examples: Sequence[Example], step: int) -> Fault:
        """What to say of a loss of these examples that is no number. A search that fails hides nothing: it finds no cause."""
        try:
            code, params = self._cause(examples)
        except Exception:
            _log.exception("The search for the cause of a loss that is no number failed")
            code, params = "training.nan", {}
        return Fault(code, step=step, **params)

    def _cause(self, examples: Sequence[Example]) -> tuple[str, dict[str, Any]]:
        if (name := broken_tensor(self._weights)) is not None:
            return "training.nan_base", {"tensor": name}
        trained = [one for one in self._model.parameters() if one.requires_grad]
        frozen = [one for one in self._model.parameters() if not one.requires_grad]
        if not all(map(_is_finite, frozen)):
            return self._format()
        if not all(map(_is_finite, trained)):
            return self._rate()
        self._model.eval()
        grads = examples is self._trainer.latest
        bad = next((one for one in examples[:_MOST_ROWS] if not self._sound(one, grads=grads)), None)
        if bad is None:
            return self._rate()
        if (found := self._empty_tokens(bad, grads=grads)) is not None:
            return found
        if self._is_sound_in_full_precision(bad, grads=grads):
            return self._format()
        return self._of_row(bad, examples)

    def _format(self) -> tuple[str, dict[str, Any]]:
        return "training.nan_format", {"dtype": self._inputs.precision.dtype}

    def _rate(self) -> tuple[str, dict[str, Any]]:
        """The learning rate, where it can be the cause: it has moved the weights."""
        if not self._trainer.moved:
            return "training.nan_unknown", {}
        rate = float(self._inputs.spec.training["learning_rate"])
        told = {"learning_rate": rate, "lower": float(f"{rate / 10:.2g}")}
        low, high = self._trainer.rise
        if high > _GREW * low:
            return "training.nan_rate_grew", told | {"low": float(f"{low:.3g}"), "high": float(f"{high:.3g}")}
        return "training.nan_rate", told

    def _of_row(self, bad: Example, examples: Sequence[Example]) -> tuple[str, dict[str, Any]]:
        """The row or the base itself, where the untouched base gives no number either; else the learning rate."""
        moved = self._trainer.moved
        with self._untouched() as base:
            if moved and self._sound(bad, by=base):
                return self._rate()
            rest = (one for one in examples[:_MOST_ROWS] if one is not bad)
            others = any(self._sound(one, grads=not moved, by=base) for one in rest)
        if not others:
            return "training.nan_untouched", {}
        row = row_of(bad, self._rows, self._inputs)
        return ("training.nan_rows", {}) if row is None else ("training.nan_row", {"row": row})

    # ------------------------------------------------------------ questions

    def _sound(self, example: Example, *, grads: bool = False, by: Forward | None = None) -> bool:
        """Whether the loss of one example is a number, and its gradient; through the model where nothing else is said."""
        forward, total = by or self._trainer.forward, 0.0
        self._model.zero_grad()
        with torch.set_grad_enabled(grads):
            noted = self._trainer.noted([example])
            for group in forward.groups(noted, len(example), whole=self._trainer.objective.whole):
                with forward.session(group):
                    with self._autocast():
                        objective, values = self._trainer.objective, self._trainer.values
                        loss = objective.loss(forward, group, values).total / (objective.weigh(example) or 1)
                    if grads:
                        loss.backward()
                total += float(loss.detach())
        found = [one.grad for one in self._model.parameters() if one.grad is not None]
        return math.isfinite(total) and all(map(_is_finite, found))

    def _empty_tokens(self, bad: Example, *, grads: bool) -> tuple[str, dict[str, Any]] | None:
        """Tokens of the example for which the base has only zeros, where its loss is a number with any others."""
        embedding: nn.Module = self._model.get_input_embeddings()
        weight: Any = embedding.weight
        empty = (weight.detach() == 0).all(dim=-1)
        tokens = [token for token in dict.fromkeys(bad.ids.tolist()) if empty[token]]
        if not tokens:
            return None
        usual = weight.detach()[~empty].float().mean(dim=0)

        def fill(_module: nn.Module, given: tuple[Tensor, ...], out: Tensor) -> Tensor:
            return torch.where(empty[given[0]].unsqueeze(-1), usual.to(out.dtype), out)

        hook = embedding.register_forward_hook(fill)
        try:
            if not self._sound(bad, grads=grads):
                return None
        finally:
            hook.remove()
        return "training.nan_embedding", {"tokens": ", ".join(map(self._named, tokens[:_NAMED_TOKENS]))}

    def _named(self, token: int) -> str:
        """A token as people read it; its number where it is no text by itself."""
        text: str = self._inputs.template.decode([token], skip_special=False).strip()
        return f"#{token}" if not text or "\ufffd" in text else text

    def _is_sound_in_full_precision(self, bad: Example, *, grads: bool) -> bool:
        """Whether the loss is a number with the same weights and fewer limits to their size."""
        if self._inputs.precision.dtype == "fp32" or base_format(self._inputs.spec.training).quantised:
            return False
        before, self._autocast = self._autocast, nullcontext
        self._model.float()
        try:
            return self._sound(bad, grads=grads)
        finally:
            self._autocast = before

    @contextmanager
    def _untouched(self) -> Iterator[Forward]:
        """Within it, this way leads through the base as it is: before the first update, with the adapter off, or read again."""
        trainer = self._trainer
        if not trainer.moved:
            yield trainer.forward
        elif hasattr(self._model, "disable_adapter"):
            with self._model.disable_adapter():
                yield trainer.forward
        else:
            getattr(
                trainer.optimizer, "optimizer", trainer.optimizer
            ).state.clear()  # room for the base beside the model
            inputs = self._inputs
            yield Padded(
                load_base(self._weights, inputs.method, inputs.spec.training, inputs.device, inputs.precision).eval()
            )


def fault_of_base(folder: Path, step: int) -> Fault:
    """What to say of an untouched base whose loss is no number."""
    name = broken_tensor(folder)
    return (
        Fault("training.nan_untouched", step=step)
        if name is None
        else Fault("training.nan_base", step=step, tensor=name)
    )


def broken_tensor(folder: Path) -> str | None:
    """The first of a folder's tensors that holds something that is no finite number."""
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118 - it is no dict
                if not _is_finite(tensors.get_tensor(name)):
                    return str(name)
    return None


def _is_finite(tensor: Tensor) -> bool:
    return not tensor.is_floating_point() or bool(torch.isfinite(tensor).all())
