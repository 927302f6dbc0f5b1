"""What a method is: one frozen value that everything else derives from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from engine.params import Param
from engine.text import Text

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Values = Mapping[str, Any]


@dataclass(frozen=True)
class ModelShape:
    """What a model's config.json says of its size; enough to count parameters without weights.

    `linear_sizes`: the linear modules of one layer where the model is not built like Llama.
    """

    hidden: int
    intermediate: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    tied: bool
    parameters: int
    linear_sizes: Mapping[str, tuple[int, int]] | None = None

    @property
    def linears(self) -> Mapping[str, tuple[int, int]]:
        """(inputs, outputs) of the linear modules of one layer, by name."""
        if self.linear_sizes is not None:
            return self.linear_sizes
        q, kv = self.heads * self.head_dim, self.kv_heads * self.head_dim
        return {
            "q_proj": (self.hidden, q),
            "k_proj": (self.hidden, kv),
            "v_proj": (self.hidden, kv),
            "o_proj": (q, self.hidden),
            "gate_proj": (self.hidden, self.intermediate),
            "up_proj": (self.hidden, self.intermediate),
            "down_proj": (self.intermediate, self.hidden),
        }


@dataclass(frozen=True)
class Capabilities:
    """What a method can do; pages and services ask this, never the method's name."""

    merge: bool
    toggle: bool  # base answers come from the same loaded model with the method switched off
    packing: bool = True
    checkpointing: bool = True
    resume: bool = True


@dataclass(frozen=True)
class Method:
    """One way of fine-tuning.

    Attributes:
        key: name in specs and in the database.
        saves: "adapter" (PEFT folder) or "full" (whole model).
        quantised_base: bitsandbytes type of the frozen base as a function of the values, or None.
        params: the method's own settings.
        defaults: this method's defaults for the objective's settings (learning rate ...).
        apply: (model, values) -> the model to train, with only what should train requiring gradients.
        trainable: (shape, values) -> number of trained parameters; `trainable_source` says where the formula is from.
        bytes_per_trained: memory for each trained parameter: weight (if extra), gradient and AdamW's two moments, fp32.
    """

    key: str
    label: Text
    tagline: Text
    help: Text
    saves: Literal["adapter", "full"]
    params: tuple[Param, ...]
    defaults: Values
    apply: Callable[[PreTrainedModel, Values], Any]
    trainable: Callable[[ModelShape, Values], int]
    trainable_source: str
    bytes_per_trained: float
    capabilities: Capabilities
    quantised_base: Callable[[Values], Literal["nf4", "fp4"] | None] = field(default=lambda _values: None)
    notes: tuple[Text, ...] = ()
    recommended: bool = True
