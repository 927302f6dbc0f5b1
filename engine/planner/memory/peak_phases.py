"""What a training step holds in the phase of its peak.

Six phases can be the highest: weights made anew before the first step ("apply"); the end of a forward pass that holds more than it keeps ("forward"); the first chunk of
logits, when all activations are kept ("head"); the topmost layer's backward pass ("backward"); the lowest one's, when all
gradients are there and activations are gone ("end"); the optimizer's step ("update"). A job that answers questions may hold
most while it does so ("answer"). Gradients grow while activations are
freed, so with one microbatch a step they do not peak together; with several, those of the first ones stay.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.methods.common.footprint import Footprint, inputs_kept
from engine.methods.common.shape import ModelShape
from engine.planner.memory.answering import answer_bytes, cache_bytes, written_bytes
from engine.planner.memory.attention import KeptAttention
from engine.planner.memory.base_weights import copied_bytes, recast_bytes
from engine.planner.memory.fullest import packed, padded
from engine.planner.memory.offloaded import gradient_bytes, leaving_bytes, update_bytes
from engine.planner.memory.workload import FP32, Workload

HEAD_TOKENS = 256  # label positions whose scores exist at a time (engine.training.forward.chunked_cross_entropy)
_WHOLE_KEPT, _WHOLE_MADE = 2, 2  # bent scores and their softmax; the gradients of both


@dataclass(frozen=True)
class PeakPhase:
    """Bytes in one phase of a step, besides weights, adapter and optimizer state."""

    name: str  # "apply", "forward", "head", "backward", "end", "update" or "answer"
    gradients: float = 0.0  # of trained parameters
    activations: float = 0.0  # kept for the backward pass
    logits: float = 0.0  # scores over the vocabulary
    temporary: float = 0.0  # made by the backward pass or the optimizer

    @property
    def bytes(self) -> float:
        """All of them."""
        return self.gradients + self.activations + self.logits + self.temporary


@dataclass(frozen=True)
class StepMeasures:
    """The measures of one step; everything per token is in bytes."""

    work: Workload  # the job's step as it is planned
    uses: Footprint  # what the method holds besides

    @property
    def tokens(self) -> int:
        """Of the largest group, virtual ones included."""
        held = self._filled
        return max(held, self.row) if self.uses.front else held

    @property
    def _filled(self) -> int:
        """Of the largest group, as far as the examples fill it."""
        work = self.work
        if not work.lengths:
            return work.tokens
        if work.method.capabilities.packing and work.shape.keeps.packs:
            return min(work.tokens, packed(work.lengths, work.batch, work.tokens))
        return min(work.tokens, padded(work.lengths, work.batch, work.tokens, self.uses.front))

    @property
    def row(self) -> int:
        """What a token of the longest example may attend to, virtual tokens included."""
        return min(self.work.longest or self.work.tokens, self.work.tokens) + self.uses.front + self.uses.before

    @property
    def masked(self) -> bool:
        """Whether attention gets a mask: rows of unlike lengths, padded."""
        alone = self.row >= self.work.tokens + self.uses.front
        packs = self.work.method.capabilities.packing and self.work.shape.keeps.packs
        return bool(self.uses.before) or not (packs or alone)

    @property
    def attention(self) -> KeptAttention:
        """How attention is calculated, and what it keeps."""
        return KeptAttention(self.work, self.masked, self.row)

    @property
    def layers(self) -> int:
        """Layers that keep something."""
        return self.work.shape.layers if self.uses.layers is None else self.uses.layers

    def layer(self) -> float:
        """Bytes that one layer keeps of each token."""
        shape, width = self.work.shape, self.work.width
        keeps = shape.keeps
        inputs = inputs_kept(self.uses.reads or {}, apart=self.uses.apart or self.work.copies_inputs)
        normed = _normed(shape) if self.uses.norms and shape.norm_tensors == 1 else 0
        numbers = keeps.attention + keeps.mlp + inputs + normed + self.uses.kept
        return FP32 * keeps.norms + width * (numbers + self.attention.scores * self.row) + self.attention.bytes

    def aside(self) -> float:
        """Bytes that are kept of each token once: angles, the last norm's input less the lowest one's, what the method adds."""
        shape, width = self.work.shape, self.work.width
        first = self.uses.embeddings or self.uses.front  # otherwise no gradient goes into the lowest layer's norm
        last = FP32 * shape.hidden if self.layers and first else 0
        return last + width * (2 * shape.head_dim + self.uses.aside + self.uses.pairs * self.row)

    def made(self) -> float:
        """Most bytes of each token that the backward pass of a layer makes on top of what is kept."""
        if not self.layers:
            return 0.0
        shape, width = self.work.shape, self.work.width
        scores = 3 * shape.heads * self.row if self.attention.scores else 0
        inner = max((size for size in (self.uses.reads or {}).values() if size != shape.hidden), default=0)
        return width * max(shape.keeps.work - inner, scores + 2 * shape.hidden, 0) + self.attention.made

    def kept(self) -> float:
        """Bytes of all activations at the end of the forward pass."""
        shape, width = self.work.shape, self.work.width
        if self.work.recompute:
            return self.tokens * (self.layers * shape.hidden * self.work.stream + self.aside())
        below = width * self.uses.below
        kept = self.tokens * (self.layers * self.layer() + self.aside() - below) + FP32 * self.uses.built
        return kept + copied_bytes(self.work) + recast_bytes(self.work)

    def head(self) -> float:
        """Bytes of one matrix of the output layer or the embeddings, where it is trained."""
        return float(self.work.trained_width * self.work.shape.vocabulary * self.work.shape.hidden)


def _normed(shape: ModelShape) -> int:
    """Numbers of a token that a layer's norms give out."""
    each = {"q_norm": shape.heads * shape.head_dim, "k_norm": shape.kv_heads * shape.head_dim}
    return sum(each.get(name, shape.hidden) for name in shape.norm_sizes)


def peak_phases(step: StepMeasures) -> list[PeakPhase]:
    """The candidates; the highest one is the peak, with what the allocator adds to it."""
    if not step.work.method.capabilities.trains:
        return [_only_forward(step), _answer(step)]
    return [_apply(step), _forward(step), _head(step), _backward(step), _end(step), _update(step), _answer(step)]


def _only_forward(step: StepMeasures) -> PeakPhase:
    """Nothing is kept: one layer at work, then the scores."""
    work = step.work
    return PeakPhase(
        "forward", activations=step.tokens * (step.layer() + step.aside()), logits=logit_bytes(work, step.tokens)
    )


def _apply(step: StepMeasures) -> PeakPhase:
    """Before the first step: weights that are made anew beside those that they are made of. Those of a file stay in RAM alone."""
    beside = FP32 * step.uses.remade if step.work.kind.memory is None else 0.0
    return PeakPhase("apply", temporary=beside)


def _forward(step: StepMeasures) -> PeakPhase:
    """The end of the forward pass, where a method holds more than it keeps."""
    kept = step.kept() + step.tokens * step.work.width * step.uses.passing
    return PeakPhase("forward", gradients=_earlier(step), activations=kept)


def _head(step: StepMeasures) -> PeakPhase:
    earlier, trained = _earlier(step), step.uses.head
    return PeakPhase(
        "head",
        gradients=earlier + (step.head() if trained else 0.0),
        activations=step.kept() + (copied_bytes(step.work) if step.work.recompute else 0.0),
        logits=logit_bytes(step.work, step.tokens),
        temporary=step.head() if trained else 0.0,
    )


def _backward(step: StepMeasures) -> PeakPhase:
    work = step.work
    one = step.tokens * step.layer() + FP32 * step.uses.built / max(1, step.layers) if work.recompute else 0.0
    return PeakPhase(
        "backward",
        gradients=_earlier(step) + (step.head() if step.uses.head and not work.moved.gradients else 0.0),
        activations=step.kept() + one,
        temporary=step.tokens * step.made() + FP32 * step.uses.once + unpacked_bytes(work) + leaving_bytes(work),
    )


def _end(step: StepMeasures) -> PeakPhase:
    """The lowest layer that keeps something, or the embeddings' own gradient, which is as large as they are."""
    shape = step.work.shape
    layer = step.tokens * (step.layer() + step.made()) + unpacked_bytes(step.work) if step.layers else 0.0
    table = step.head() if step.uses.embeddings else 0.0
    again = step.work.trained_width * step.work.trained / shape.layers if step.work.groups > 1 else 0.0
    after = FP32 * step.uses.after
    if step.work.moved.gradients:
        return PeakPhase("end", temporary=max(layer, after) + leaving_bytes(step.work))
    return PeakPhase("end", gradients=gradient_bytes(step.work), temporary=max(layer + again, table, after))


def _update(step: StepMeasures) -> PeakPhase:
    return PeakPhase("update", gradients=gradient_bytes(step.work), temporary=update_bytes(step.work))


def _answer(step: StepMeasures) -> PeakPhase:
    """No step: keys and values of all questions, and what is made on top; of answers to questions, or of those that are learnt."""
    work = step.work
    asked = (cache_bytes(work), answer_bytes(work)) if work.asked else (0.0, 0.0)
    kept, made = max(asked, written_bytes(work), key=sum)
    return PeakPhase("answer", activations=kept, temporary=made + (unpacked_bytes(work) if made else 0.0))


def _earlier(step: StepMeasures) -> float:
    """Gradients of the groups before this one."""
    return gradient_bytes(step.work) if step.work.groups > 1 else 0.0


def logit_bytes(work: Workload, tokens: int) -> float:
    """Scores in fp32 at label positions, a chunk at a time; the states that they come from, and their gradient."""
    shape = work.shape
    states = 3.0 * work.width * shape.hidden * tokens
    labels = tokens if shape.keeps.whole_logits else min(tokens, HEAD_TOKENS)
    return states + score_bytes(work) * shape.vocabulary * labels


def score_bytes(work: Workload) -> int:
    """Bytes of one score: itself, which becomes its gradient, and that as it is multiplied; whole ones with all that is made."""
    if work.shape.keeps.whole_logits:
        return FP32 * (_WHOLE_KEPT + _WHOLE_MADE)
    return FP32 + (work.width if work.width < FP32 else 0)


def unpacked_bytes(work: Workload) -> float:
    """A quantised matrix while it is used."""
    if not work.base_format.quantised:
        return 0.0
    return float(work.width * max((i * o for i, o in work.shape.linears.values()), default=0))
