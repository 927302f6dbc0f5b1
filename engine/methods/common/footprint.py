"""What a method makes a model hold: the numbers that the memory estimate counts besides the base and the trained parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.methods.common.shape import ModelShape

_SHARED = (  # modules that read the same tensor: it is kept once for all of them
    frozenset({"q_proj", "k_proj", "v_proj"}),
    frozenset({"gate_proj", "up_proj", "shared_expert_gate"}),
)


@dataclass(frozen=True)
class Footprint:
    """Numbers of a method, to be multiplied by the bytes of one number and by the tokens where they say so.

    Attributes:
        reads: linear modules of each layer whose inputs the backward pass needs, because something that reads them is trained.
        apart: each of them keeps a copy of its own instead of sharing one.
        casts: on a quantised base too, each copies what it reads to the format of what is trained.
        kept: further numbers that a layer keeps of each token.
        aside: numbers of each token that are kept once, whatever the number of layers.
        norms: the norms of the layers are trained, so that normed values are kept.
        layers: so many layers from the top keep anything; all where it says nothing.
        held: numbers that are held all the time and are not trained (random matrices, running averages).
        built: numbers that the forward pass makes out of weights and keeps until the backward pass, in all layers together.
        recast: numbers of untrained parts that half precision copies for each module, in all layers together.
        once: numbers made out of the weights of one module at a time.
        remade: numbers of the base that are made anew as the method is applied, beside those that were loaded.
        after: numbers that a pass of its own keeps, when all gradients are there.
        passing: numbers of each token that only the forward pass holds.
        pairs: numbers of each token for each token of its example, kept once.
        below: numbers of the lowest layer that lie below everything that is trained, and are not kept.
        front: virtual tokens before each example.
        before: keys and values that each layer puts before an example; attention then needs a mask, which it keeps.
        own: the trained numbers are the base's own and not held besides it.
        summed: numbers of the base's matrices that sums take the place of, beside them, while answers are written (in fp32 alone).
        head: the output layer is trained, or the embeddings that it shares its weights with.
        embeddings: the embeddings are trained.
    """

    reads: Mapping[str, int] | None = None
    apart: bool = False
    casts: bool = False
    kept: float = 0.0
    aside: float = 0.0
    norms: bool = False
    layers: int | None = None
    held: float = 0.0
    built: float = 0.0
    recast: float = 0.0
    once: float = 0.0
    remade: float = 0.0
    after: float = 0.0
    passing: float = 0.0
    pairs: float = 0.0
    below: float = 0.0
    front: int = 0
    before: int = 0
    own: bool = False
    summed: float = 0.0
    head: bool = False
    embeddings: bool = False


def inputs_kept(reads: Mapping[str, int], *, apart: bool) -> int:
    """Numbers of a token that are kept as inputs of these modules (name -> inputs)."""
    if apart:
        return sum(reads.values())
    shared = 0
    for group in _SHARED:
        members = [size for name, size in reads.items() if name in group]
        shared += sum(members) - max(members, default=0)
    return sum(reads.values()) - shared


def inputs_of(shape: ModelShape, names: Iterable[str] | None = None) -> dict[str, int]:
    """Name -> inputs of the linear modules of a layer; of all where no names are given. On average, where layers differ."""
    wanted = shape.linears.keys() if names is None else set(names)
    found = {name: inputs for name, (inputs, _) in shape.linears.items() if {name, name.rsplit(".", 1)[-1]} & wanted}
    return {name: inputs * shape.times(name) // shape.layers for name, inputs in found.items()}
