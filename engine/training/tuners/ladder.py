"""Ladder-side tuning (Sung et al. 2022, arXiv:2206.06522): a narrow side network that reads the model's hidden states.

No gradient goes through the model. Unlike in the paper, whose side network's output alone goes to the head, the output is
added here to the model's last hidden state through a projection that starts at zero: the start is the base, exactly.
The side network's own keys and values lie in the model's cache, behind those of its layers, so that whatever is done to the
cache (choosing rows, cropping) is done to them too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional
from transformers.cache_utils import DynamicLayer

from engine.training.tuners.structure import decoder, plain

CONFIG, WEIGHTS, NAME = "ladder.json", "side.safetensors", "ladder"
HEAD = 16  # width of a side head; the side's width is a multiple of it
_BASE = 10_000.0  # of the rotary angles
_TEMPERATURE = 0.1  # of the gates, as in section 3.2 of the paper


@dataclass(frozen=True)
class LadderMeasures:
    """Measures of a side network.

    Attributes:
        hidden, layers: of the model that it reads.
        width: of the side network.
        every: it reads each `every`-th layer, the last one always.
    """

    hidden: int
    layers: int
    width: int
    every: int

    @property
    def taps(self) -> list[int]:
        """Layers that are read, counted from 1."""
        return list(range(self.layers, 0, -self.every))[::-1]


class _Block(nn.Module):
    """A transformer layer: causal attention and a GELU network, both behind a norm."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention_norm, self.mlp_norm = nn.RMSNorm(width), nn.RMSNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.up, self.down = nn.Linear(width, 4 * width, bias=False), nn.Linear(4 * width, width, bias=False)

    def forward(self, states: Tensor, attend: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Tensor:
        rows, length, width = states.shape
        parts = self.qkv(self.attention_norm(states)).view(rows, length, 3, width // HEAD, HEAD)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        states = states + self.out(attend(query, key, value).transpose(1, 2).reshape(rows, length, width))
        changed: Tensor = states + self.down(functional.gelu(self.up(self.mlp_norm(states))))
        return changed


class SideNetwork(nn.Module):
    """The ladder: what each block gets is a gated mean of the block before and of the layer that it reads."""

    def __init__(self, plan: LadderMeasures) -> None:
        super().__init__()
        self.plan = plan
        rungs = len(plan.taps)
        self.reads = nn.ModuleList(nn.Linear(plan.hidden, plan.width, bias=False) for _ in range(rungs + 1))
        self.gates = nn.Parameter(torch.zeros(rungs))
        self.blocks = nn.ModuleList(_Block(plan.width) for _ in range(rungs))
        self.norm = nn.RMSNorm(plan.width)
        self.write = nn.Linear(plan.width, plan.hidden, bias=False)
        nn.init.zeros_(self.write.weight)

    def forward(self, hidden: Sequence[Tensor], mask: Tensor | None, cache: Any) -> Tensor:
        """What is added to the model's last hidden state.

        Args:
            hidden: the embeddings, then the output of each layer.
            mask: 0 where there is padding, for all tokens so far.
            cache: the model's; already holds the present tokens.
        """
        length = hidden[0].shape[1]
        past = 0 if cache is None else cache.get_seq_length() - length
        turn = _angles(past, length, hidden[0].device)
        allowed = _allowed(past, length, mask, hidden[0].device)
        read = [self._read(read, hidden[tap]) for read, tap in zip(self.reads, [0, *self.plan.taps], strict=True)]
        states = read[0]
        gates = torch.sigmoid(self.gates / _TEMPERATURE)
        for place, block in enumerate(self.blocks):
            states = gates[place] * read[place + 1] + (1 - gates[place]) * states
            keep = partial(_keep, cache, self.plan.layers + place, past)
            states = block(states, partial(_attend, turn, allowed, keep))
        added: Tensor = self.write(self.norm(states))
        return added

    def _read(self, read: nn.Module, hidden: Tensor) -> Tensor:
        result: Tensor = read(functional.rms_norm(hidden.to(self.gates.dtype), hidden.shape[-1:]))
        return result


def _angles(past: int, length: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Cosines and sines that turn queries and keys by their place."""
    places = torch.arange(past, past + length, device=device, dtype=torch.float32)
    speeds = _BASE ** (-torch.arange(0, HEAD, 2, device=device, dtype=torch.float32) / HEAD)
    angles = torch.outer(places, speeds).repeat(1, 2)
    return angles.cos(), angles.sin()


def _turned(states: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    first, second = states.chunk(2, -1)
    return (states * turn[0] + torch.cat((-second, first), -1) * turn[1]).to(states.dtype)


def _allowed(past: int, length: int, mask: Tensor | None, device: torch.device) -> Tensor | None:
    """Which tokens each token may attend to; None where that is all of them."""
    if length == 1 and mask is None:
        return None
    places = torch.arange(past + length, device=device)
    causal = places[None, :] <= places[past:, None]
    if mask is None:
        return causal
    itself = places[None, :] == places[past:, None]  # so that padding attends to something
    return (causal & mask[:, None, None, :].bool()) | itself


def _keep(cache: Any, place: int, past: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """Keys and values of all tokens so far. Raises ValueError for a cache that was begun without the side network."""
    if cache is None:
        return key, value
    while len(cache.layers) <= place:
        cache.layers.append(DynamicLayer())
    layer = cache.layers[place]
    if layer.get_seq_length() != past:
        raise ValueError("the cache was begun without this side network")
    key, value = layer.update(key, value)
    return key, value


def _attend(
    turn: tuple[Tensor, Tensor],
    allowed: Tensor | None,
    keep: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
    query: Tensor,
    key: Tensor,
    value: Tensor,
) -> Tensor:
    keys, values = keep(_turned(key, turn), value)
    return functional.scaled_dot_product_attention(_turned(query, turn), keys, values, attn_mask=allowed)


class Attached:
    """A model with a side network; called like the model. Off, it is the base, bit for bit."""

    def __init__(self, model: Any, side: SideNetwork) -> None:
        self.model, self.side = model, side
        self._decoder = decoder(model)
        plain(model).add_module(NAME, side)
        self.on()

    def __call__(self, **inputs: Any) -> Any:
        """The model's own forward."""
        return self.model(**inputs)

    def on(self) -> None:
        """The side network speaks."""
        self.off()
        self._decoder.forward = partial(_forward, self._decoder.forward, self.side)

    def off(self) -> None:
        """The model is the base."""
        vars(self._decoder).pop("forward", None)

    def remove(self) -> None:
        """Leave the model as it was found."""
        self.off()
        delattr(plain(self.model), NAME)


def _forward(
    decoder: Callable[..., Any],
    side: SideNetwork,
    input_ids: Tensor | None = None,
    attention_mask: Tensor | None = None,
    *,
    output_hidden_states: bool | None = None,
    **options: Any,
) -> Any:
    """The decoder without gradients, and the side network's part on top."""
    with torch.no_grad():
        outputs = decoder(input_ids, attention_mask=attention_mask, output_hidden_states=True, **options)
    last = outputs.last_hidden_state
    added = side(outputs.hidden_states, attention_mask, outputs.get("past_key_values"))
    kept: Mapping[str, Any] = {
        name: value for name, value in outputs.items() if name != "hidden_states" or output_hidden_states
    }
    return type(outputs)(**{**kept, "last_hidden_state": last + added.to(last.dtype)})


def build(model: Any, width: int, every: int) -> Any:
    """`model` with a fresh side network, which alone is trained."""
    config = plain(model).config.get_text_config(decoder=True)
    model.requires_grad_(False)
    plan = LadderMeasures(config.hidden_size, config.num_hidden_layers, width, every)
    Attached(model, SideNetwork(plan).to(model.device))
    model._hf_peft_config_loaded = (
        True  # or transformers' trainer takes a quantised base for one without anything to train
    )
    return model


def save(model: Any, folder: Path) -> None:
    """The side network alone."""
    side = getattr(plain(model), NAME)
    (folder / CONFIG).write_text(json.dumps(asdict(side.plan), indent=1), encoding="utf-8")
    save_file({name: one.detach().cpu().contiguous() for name, one in side.state_dict().items()}, folder / WEIGHTS)


def load(model: Any, folder: Path) -> None:
    """The weights that `save` wrote, into the side network of a model that has one of the same measures."""
    getattr(plain(model), NAME).load_state_dict(load_file(folder / WEIGHTS))


def attach(model: Any, folder: Path | str) -> Attached:
    """The side network of a result folder on `model`, for answering."""
    stored = json.loads((Path(folder) / CONFIG).read_text(encoding="utf-8"))
    side = SideNetwork(LadderMeasures(**stored))
    side.load_state_dict(load_file(Path(folder) / WEIGHTS))
    return Attached(model, side.to(model.device).eval().requires_grad_(False))
