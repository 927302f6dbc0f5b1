"""What the layers of a family are made of, where they are not built like Llama's: filled in by the files of families."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.methods.common.shape import Experts, LayerParts

Config = Mapping[str, Any]
Linears = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Sizes:
    """The measures of a layer. `queries` and `keys`: numbers of a token's queries, and of its keys (or values)."""

    hidden: int  # width of the residual stream
    intermediate: int  # width of the inner layer of the MLP
    heads: int  # query heads
    head_dim: int  # width of a head
    queries: int  # heads * head_dim
    keys: int  # key and value heads * head_dim


@dataclass(frozen=True)
class Layers:
    """The fields of `ModelShape` that a family decides, under their names there.

    Attributes:
        linears: (inputs, outputs) of every linear module that a layer can have.
        norms: sizes of its norms.
        final: name of the norm behind the last layer.
        norm_tensors: tensors of a norm.
        biases: linear modules with a bias.
        unreached: linear modules whose weights the model reads without calling them.
        converted: linear modules whose names PEFT takes for the experts'.
        stack: the layers one by one, where they differ.
        besides: numbers of every layer that are in none of these.
        outside: numbers outside of the layers that are neither embeddings nor head nor the last norm.
        experts: mixture of experts.
        plain_cache: every layer keeps keys and values of like heads.
        packs: examples can share a row without a mask.
        states: numbers that a state space keeps of each token until the backward pass, in a layer on average.
        scan: numbers of a token that the backward pass of one state space makes at one time.
        scales_words: embeddings of tokens are multiplied on their way in, vectors that are given are not.
    """

    linears: Linears
    norms: dict[str, int]
    final: str = "norm"
    norm_tensors: int = 1
    biases: frozenset[str] = frozenset()
    unreached: frozenset[str] = frozenset()
    converted: frozenset[str] = frozenset()
    stack: tuple[LayerParts, ...] = ()
    besides: int = 0
    outside: int = 0
    experts: Experts | None = None
    plain_cache: bool = True
    packs: bool = True
    states: float = 0.0
    scan: float = 0.0
    scales_words: bool = False


Family = Callable[[Config, Sizes, int], Layers]  # config, sizes, number of layers


def attention(sizes: Sizes, end: str = "o_proj") -> Linears:
    """Queries, keys, values and the way back."""
    return {
        "q_proj": (sizes.hidden, sizes.queries),
        "k_proj": (sizes.hidden, sizes.keys),
        "v_proj": (sizes.hidden, sizes.keys),
        end: (sizes.queries, sizes.hidden),
    }


def gated(hidden: int, inner: int, place: str = "") -> Linears:
    """A gated MLP, in a module of that name where there are several."""
    before = f"{place}." if place else ""
    up = (hidden, inner)
    return {f"{before}gate_proj": up, f"{before}up_proj": up, f"{before}down_proj": (inner, hidden)}


def experts(count: int, used: int, hidden: int, size: int, layers: int, router: int | None = None) -> Experts:
    """Experts in two tensors, and a router without biases."""
    matrices = {"gate_up_proj": (hidden, 2 * size), "down_proj": (size, hidden)}
    numbers = count * sum(inputs * outputs for inputs, outputs in matrices.values())
    return Experts(count, used, size, numbers + (count * hidden if router is None else router), layers, matrices)


def parts(linears: Sequence[str], norms: Sequence[str], besides: int = 0, *, routed: bool = False) -> LayerParts:
    """One layer of a stack."""
    return LayerParts(frozenset(linears), frozenset(norms), besides, routed)
