"""What one group of examples and one optimizer step cost: operations, bytes, and seconds on a device.

Operations are counted as in Kaplan et al. 2020 (Scaling Laws for Neural Language Models, arXiv:2001.08361, section 2.1):
2 for each weight and token forward, 2 more for the gradient that goes on to the layer below, 2 more for each weight that
is trained itself: the well-known 6N when everything is trained, 4N on a frozen base. Of a mixture of experts, only those
count that a token goes through. Bytes: every weight is read once a pass, activations between the matrix products are read
and written, the optimizer reads and writes its state once a step. Seconds follow the roofline of the device (`rates`).
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.models.architecture.shape import body_parameters
from engine.planner.memory.workload import Workload
from engine.planner.time.groups import packed_groups, padded_groups
from engine.planner.time.moving import moving_seconds
from engine.planner.time.rates import rates_of

_ADAPTED = 1.6  # calls of a layer with an adapter over those of a plain one


def groups_of(work: Workload, lengths: Sequence[int]) -> list[list[int]]:
    """Lengths of a step's examples, grouped as the trainer does it."""
    items = [range(length) for length in lengths]
    if work.packs:
        return [[len(item) for item in group] for group in packed_groups(items, work.tokens)]
    return [[len(item) for item in group] for group in padded_groups(items, work.tokens, work.footprint.front)]


def width_of(work: Workload, group: Sequence[int]) -> int:
    """Tokens that the model sees of a group: all of them where they are packed, else padded to the longest."""
    if work.packs:
        return sum(group)
    return len(group) * (max(group, default=0) + work.footprint.front)


def forward_flops(work: Workload, group: Sequence[int], labelled: float) -> float:
    """Operations of a group without training.

    Args:
        group: tokens of each example.
        labelled: share of the tokens that have a label; the output layer works at those alone.
    """
    shape = work.shape
    head = shape.hidden * shape.vocabulary * labelled * sum(group)
    return 2.0 * (body_parameters(shape) * width_of(work, group) + head) + _attention(work, group)


def train_flops(work: Workload, group: Sequence[int], labelled: float) -> float:
    """Operations of a group forward and backward."""
    forward, tokens = forward_flops(work, group, labelled), width_of(work, group)
    passes = forward * (2.0 if work.recompute else 1.0) + (forward + _attention(work, group)) * _deep(work)
    if work.method.trains_base:
        body, head = body_parameters(work.shape), work.shape.hidden * work.shape.vocabulary
        beyond = min(max(0, work.trained - body), head)  # the head, which works where there are labels
        return passes + 2.0 * (min(work.trained, body) * tokens + beyond * labelled * sum(group))
    return passes if work.method.family == "prompt" else passes + 6.0 * work.trained * tokens


def _attention(work: Workload, group: Sequence[int]) -> float:
    """Scores and weighted sums, forward; half of all pairs, as no token looks ahead."""
    shape = work.shape
    pairs = work.attended * sum(length * length for length in group)
    return 2.0 * pairs * shape.layers * shape.heads * shape.head_dim


def _deep(work: Workload) -> float:
    """Share of the layers that the gradient goes through."""
    layers = work.footprint.layers
    return 1.0 if layers is None else min(1.0, layers / work.shape.layers)


def group_seconds(work: Workload, group: Sequence[int], labelled: float, *, train: bool = True) -> float:
    """Forward, and backward where it trains: the slower of operations and weights, then activations and calls."""
    rates, shape, tokens = rates_of(work.device), work.shape, width_of(work, group)
    passes = 1.0 + (_deep(work) + (1.0 if work.recompute else 0.0) if train else 0.0)
    flops = train_flops(work, group, labelled) if train else forward_flops(work, group, labelled)
    body = shape.parameters - shape.hidden * shape.vocabulary * (1 if shape.tied else 2)
    weights = passes * body * work.base_format.weight_bytes(work.width)
    between = 10 * shape.hidden + 4 * shape.heads * shape.head_dim + 3 * shape.intermediate
    moved = tokens * shape.layers * between * work.width * (passes + (_deep(work) if train else 0.0))
    seconds = max(flops / rates.flops, weights / rates.bandwidth) + moved / rates.bandwidth
    unpacked = passes * body * rates.unpack_s * work.base_format.unpacking
    return seconds + unpacked + shape.layers * rates.layer_s * (passes + 1.0) / 3.0


def step_seconds(work: Workload, lengths: Sequence[int], labelled: float) -> float:
    """One optimizer step over examples of these lengths."""
    return sum(group_seconds(work, group, labelled) for group in groups_of(work, lengths)) + update_seconds(work)


def update_seconds(work: Workload) -> float:
    """What the optimizer does once a step, whatever the examples."""
    rates = rates_of(work.device)
    moved = work.trained * work.optimizer.moved(work.kind) / rates.bandwidth
    return rates.step_s + moved + moving_seconds(work)


def written_seconds(work: Workload, prompts: int, rows: int, asked: float, tokens: float) -> float:
    """So many answers of `tokens` tokens at once: each different prompt is read once, adapters are merged for the time."""
    rates, shape = rates_of(work.device), work.shape
    reading = group_seconds(work, [max(1, round(asked))] * prompts, 0.0, train=False)
    flops = 2.0 * shape.parameters * rows / rates.flops
    weights = shape.parameters * work.base_format.weight_bytes(work.width) / rates.bandwidth
    kept = 2.0 * work.width * shape.layers * shape.kv_heads * shape.head_dim * rows * (asked + tokens / 2)
    unpacked = body_parameters(shape) * rates.unpack_s * work.base_format.unpacking
    beside = work.method.saves == "adapter" and not work.footprint.summed
    calls = shape.layers * rates.word_layer_s * (_ADAPTED if beside else 1.0)
    return reading + tokens * (max(flops, weights) + kept / rates.bandwidth + unpacked + calls)


def answer_seconds(work: Workload, questions: int, asked: float, tokens: float) -> float:
    """Greedy answers of `tokens` tokens to questions of `asked` tokens on average, all at once."""
    if not questions or not tokens:
        return 0.0
    rates, shape = rates_of(work.device), work.shape
    reading = group_seconds(work, [max(1, round(asked))] * questions, 0.0, train=False)
    flops = 2.0 * shape.parameters * questions / rates.flops
    weights = shape.parameters * work.base_format.weight_bytes(work.width) / rates.bandwidth
    unpacked = body_parameters(shape) * rates.unpack_s * work.base_format.unpacking
    calls = shape.layers * rates.word_layer_s * (_ADAPTED if work.method.saves == "adapter" else 1.0)
    return reading + tokens * (max(flops, weights) + unpacked + calls)
