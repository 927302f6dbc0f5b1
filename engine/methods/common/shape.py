"""A model's measures as methods count them: enough to know every number of parameters without weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Experts:
    """Mixture of experts: matrices in one tensor for all experts, which are no linear modules.

    Attributes:
        count: experts of a layer; `used` of them work on each token.
        used: experts that work on each token.
        size: width of an expert's inner layer.
        parameters: numbers of all experts of a layer and of what chooses between them.
        layers: layers that have experts.
        matrices: (inputs, outputs) of the matrices of one expert, by the name of the tensor that holds those of all.
    """

    count: int
    used: int
    size: int
    parameters: int
    layers: int
    matrices: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class LayerParts:
    """What one layer has, where layers differ from one another.

    Attributes:
        linears: names of its linear modules.
        norms: names of its norms.
        besides: numbers that are neither (convolutions, states).
        routed: it has the experts.
    """

    linears: frozenset[str]
    norms: frozenset[str]
    besides: int = 0
    routed: bool = False


@dataclass(frozen=True)
class LayerKeeps:
    """Numbers that one layer keeps of each token until the backward pass when everything in it is frozen.

    Attributes:
        norms: for the norms, and for what else autocast calculates in fp32, whatever the precision.
        attention: for attention, whatever the length of the example.
        scores: further ones for each token that a token may attend to (0 where attention never writes them down).
        dropped: scores are written down only where the device's attention cannot leave some out at random.
        mlp: for the MLP or the experts.
        work: most numbers that the backward pass of a layer makes on top, at one time.
        packs: examples can share a row without a mask.
        whole_logits: the scores of all tokens are written down, because something follows the head or is added to it.
    """

    norms: float = 0.0
    attention: float = 0.0
    scores: float = 0.0
    dropped: bool = False
    mlp: float = 0.0
    work: float = 0.0
    packs: bool = True
    whole_logits: bool = False


@dataclass(frozen=True)
class ModelShape:
    """What a model's config.json says of its size.

    Attributes:
        hidden: width of the residual stream.
        intermediate: width of the inner layer of the MLP.
        layers: number of transformer layers.
        heads: query heads of a layer.
        kv_heads: key and value heads of a layer.
        head_dim: width of a head.
        vocabulary: rows of the embedding, in tokens.
        tied: embeddings and output layer share their weights.
        parameters: all numbers of the model; tied ones count once.
        family: `model_type` of the config ("llama", "qwen2", "gpt_neox" ...).
        linear_sizes: the linear modules of one layer where the model is not built like Llama.
        linear_biases: names of the linear modules of a layer that have a bias of their own.
        norm_sizes: size of each norm of one layer, by its module's last name; `final_norm` is (name, size) of the last one.
        final_norm: module name and size of the norm before the output layer.
        norm_tensors: tensors of a norm: 1 (weight) or 2 (weight and bias).
        experts: mixture of experts, where a layer has one.
        keeps: what a layer keeps for the backward pass.
        number_bytes: of a number as the model is stored, and results that are whole models.
        stack: the layers one by one, where they differ; a name means the same sizes in each.
        besides: numbers of every layer that are in no linear module, norm or expert.
        unreached: linear modules whose weights the model reads without calling them: adapters would not be heard.
        converted: linear modules whose names PEFT takes for the experts': LoRA and its kin leave them alone.
        plain_cache: every layer keeps keys and values, of `kv_heads` heads of `head_dim`.
        scales_words: embeddings of tokens are multiplied on their way in, vectors that are given are not.
        turned: linear modules keep their weights turned round (Conv1D).
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
    family: str = "llama"
    linear_biases: frozenset[str] = frozenset()
    norm_sizes: Mapping[str, int] = field(default_factory=dict)
    final_norm: tuple[str, int] = ("norm", 0)
    norm_tensors: int = 1
    experts: Experts | None = None
    keeps: LayerKeeps = LayerKeeps()
    number_bytes: int = 4
    stack: tuple[LayerParts, ...] = ()
    besides: int = 0
    unreached: frozenset[str] = frozenset()
    converted: frozenset[str] = frozenset()
    plain_cache: bool = True
    scales_words: bool = False
    turned: bool = False

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

    @property
    def reached(self) -> Mapping[str, tuple[int, int]]:
        """The linear modules that adapters can change."""
        return {name: sizes for name, sizes in self.linears.items() if name not in self.unreached}

    def times(self, name: str) -> int:
        """Layers that have the linear module or the norm of that name."""
        return sum(name in one.linears or name in one.norms for one in self.stack) if self.stack else self.layers

    def over_layers(self, count: Callable[[int, int], int], names: Iterable[str]) -> int:
        """The sum of `count` (inputs, outputs) over these linear modules of all layers."""
        return sum(self.times(name) * count(*self.linears[name]) for name in names)

    @property
    def linear_weights(self) -> int:
        """Weights of the linear modules of all layers, which can be quantised. Experts in one tensor are none."""
        return self.over_layers(lambda inputs, outputs: inputs * outputs, self.linears)

    @property
    def norm_numbers(self) -> int:
        """Numbers of the norms of all layers."""
        return self.norm_tensors * sum(self.times(name) * size for name, size in self.norm_sizes.items())

    def layer_numbers(self, place: int) -> int:
        """Numbers of one layer: weights and biases of its linear modules, its norms and experts, and what it has besides."""
        every = LayerParts(frozenset(self.linears), frozenset(self.norm_sizes), self.besides, routed=True)
        one = self.stack[place] if self.stack else every
        experts = self.experts.parameters if self.experts and one.routed else 0
        return self.named_numbers(one.linears | one.norms, place) + one.besides + experts

    def named_numbers(self, names: Iterable[str], place: int) -> int:
        """Numbers of the linear modules and norms of one layer that have these names, or end with one."""
        wanted = {name for name in (*self.linears, *self.norm_sizes) if _is_named(name, names)}
        here = wanted & (self.stack[place].linears | self.stack[place].norms) if self.stack else wanted
        weights = sum(inputs * outputs for name, (inputs, outputs) in self.linears.items() if name in here)
        biases = sum(self.linears[name][1] for name in self.linear_biases & here)
        return weights + biases + self.norm_tensors * sum(n for name, n in self.norm_sizes.items() if name in here)


def _is_named(name: str, wanted: Iterable[str]) -> bool:
    return name in set(wanted) or name.rsplit(".", 1)[-1] in set(wanted)
