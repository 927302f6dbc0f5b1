"""One training step without numbers: what it holds at its peak, found by running the engine's own code on fake tensors.

The real model class is built from its config, so no weights are needed and 8 billion parameters take seconds. The simulated
device is the processor: fake CUDA devices need a CUDA build of torch.
"""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engine.base_formats import base_format
from engine.core.errors import Fault
from engine.data.templates.encoded import Bundle
from engine.devices.cpu import CPU
from engine.methods.common.declaration import Method, RunContext
from engine.objectives import usual_objective
from engine.objectives.declaration import Objective
from engine.optimizers import optimizer_of
from engine.optimizers.trained_format import trained_format
from engine.training.batches.examples import bundle_example
from engine.training.batches.tokenized_dataset import Example
from engine.training.calibration.fake_model import fake_base, fake_tensors
from engine.training.calibration.fake_quantised import as_on_gpus, scales_of
from engine.training.calibration.live_bytes import LiveBytes
from engine.training.forward.choice import forwards_for
from engine.training.forward.fast_lora import speed_up
from engine.training.forward.forward import Forward
from engine.training.forward.half_precision import compute_in, set_words_aside, settle_in
from engine.training.forward.kernels import repeating
from engine.training.heads.scalar import attach_head
from engine.training.updates.choice import in_chosen_format, updating

_log = logging.getLogger(__name__)
_DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
_STEPS = 1000  # of the job that the method believes to be in
PARTS = ("weights", "quantisation", "adapter", "gradients", "optimizer", "activations", "logits", "temporary")


@dataclass(frozen=True)
class Measured:
    """The peak of one step.

    Attributes:
        total_bytes: all parts together.
        parts: bytes at the peak, by kind: "weights" (and buffers), "quantisation" (what they are unpacked with), "adapter" (what the method added),
            "gradients" and "optimizer" of trained parameters, "activations" (made by the forward pass), "logits" (as wide
            as the vocabulary), "temporary" (made by the backward pass or the optimizer).
        seconds: that the dry run took.
        forward: how the step went through the model: "packed" or "padded".
    """

    total_bytes: int
    parts: Mapping[str, int]
    seconds: float
    forward: str


def measure(
    config: Mapping[str, Any],
    method: Method,
    values: Mapping[str, Any],
    training: Mapping[str, Any],
    lengths: Sequence[int],
    precision: str = "fp32",
    recompute: bool = False,
    *,
    budget: int = CPU.tokens_at_once,
    after: Callable[[], None] | None = None,
    objective: Objective | None = None,
    repeat: bool = False,
    bundles: Sequence[Sequence[int]] = (),
) -> Measured:
    """The peak of one step over examples of these lengths, all of whose tokens have a label; without runtime and margin.

    Args:
        config: of the model, as config.json has it.
        budget: most tokens of one group, as the plan arranges it.
        after: called after each operation; what it raises ends the run.
        objective: whose loss is taken; the usual one where it is not given.
        repeat: keys and values are repeated for each query head, as for kernels that take no fewer heads.
        bundles: of examples that are prompts with answers, tokens of what is shared and of each answer: then their log-probabilities
            are read, as objectives do that compare answers, whose own terms are small.

    Raises:
        Fault: "dry_run.cannot" where the step cannot be traced.
    """
    began = time.monotonic()
    try:
        with fake_tensors(), repeating(repeat), tempfile.TemporaryDirectory() as scratch:
            base = fake_base(config, method, training, _DTYPES[precision])
            with _simulated(precision), LiveBytes(base.get_input_embeddings().num_embeddings, after) as count:
                run = RunContext(_STEPS, training, Path(scratch))
                model = _prepared(count, base, method, values, run, precision, objective)
                settle(model, base, recompute)
                examples = [bundle(*sizes) for sizes in bundles] or [example(length) for length in lengths]
                forward = run_step(count, model, method, values, training, examples, budget, precision, objective)
    except Fault:
        raise
    except Exception as error:  # a method or an architecture may object to tensors without numbers in any way
        _log.info("The step cannot be traced", exc_info=True)
        raise Fault("dry_run.cannot", reason=f"{type(error).__name__}: {error}"[:300]) from error
    return Measured(count.peak, {key: count.parts[key] for key in PARTS}, time.monotonic() - began, forward)


def _prepared(
    count: LiveBytes,
    base: Any,
    method: Method,
    values: Mapping[str, Any],
    run: RunContext,
    precision: str,
    objective: Objective | None,
) -> Any:
    """The model as a job sets it up, with what it holds counted by kind."""
    packed, half = base_format(run.training).packing is not None, _DTYPES[precision]
    count.count_as("weights", tensors_of(base))
    count.count_as("quantisation", scales_of(base))
    count.kind = "adapter"
    if not method.trains_base:
        compute_in(base, half, quantised=packed)
    model = method.apply(base, values, run)
    if trained_format(run.training).rounded:
        in_chosen_format(model, run.training)
    elif not method.trains_base:
        settle_in(model, half)
    if packed and precision != "fp32" and (table := set_words_aside(model)) is not None:
        count.forget([table])
        del table
    if objective is not None:
        count.kind = "adapter"
        attach_head(model, objective)
    return model


def settle(model: Any, base: Any, recompute: bool) -> None:
    """The model as the trainer makes it before the first step."""
    model.config.use_cache = False
    if recompute:
        target = model if hasattr(model, "activation_checkpointing_enable") else base
        target.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    speed_up(model)
    model.train()


# ---------------------------------------------------------------- the step


def run_step(
    count: LiveBytes,
    model: Any,
    method: Method,
    values: Mapping[str, Any],
    training: Mapping[str, Any],
    examples: Sequence[Example],
    budget: int,
    precision: str = "fp32",
    objective: Objective | None = None,
) -> str:
    """A step as it is from the second one on, when the optimizer has its state; leaves the peak in `count`.

    Works on real tensors as well. Of more than two groups the two largest are worked through: the second one finds the
    gradients of the first.
    """
    trained = [one for one in model.parameters() if one.requires_grad]
    optimizer = _optimizer(model, method, values, training)
    _first_update(count, trained, optimizer)
    objective = objective or usual_objective()
    forward = _forward(count, model, method, precision, min(map(len, examples)))
    groups = sorted(forward.groups(examples, budget, whole=objective.whole), key=forward.tokens)[-2:]
    hooks = [one.register_post_accumulate_grad_hook(_counts_gradient(count)) for one in trained]
    count.start_peak()
    for group in groups:
        _work_through(count, forward, group, precision, sum(map(len, examples)), objective)
    if method.penalty is not None:
        with _counting(count, "activations"):
            penalty = method.penalty(model)
        with _counting(count, "temporary"):
            penalty.backward()
    with _counting(count, "temporary"):
        if training["max_grad_norm"] > 0:
            nn.utils.clip_grad_norm_(model.parameters(), training["max_grad_norm"])
        optimizer.step()
        if method.after_update is not None:
            method.after_update(model, 1)
    for hook in hooks:
        hook.remove()
    return forward.name


def _optimizer(model: Any, method: Method, values: Mapping[str, Any], training: Mapping[str, Any]) -> Any:
    """The method's own optimizer, or the chosen one as the trainer makes it."""
    own = method.optimizer(model, values, training) if method.optimizer is not None else None
    if own is not None:
        return own
    chosen, options = optimizer_of(training["optimizer"]).make()
    trained = [one for one in model.parameters() if one.requires_grad]
    plain = chosen(trained, **{"lr": training["learning_rate"], **options})  # type: ignore[call-arg]
    return updating(plain, training)


def _first_update(count: LiveBytes, trained: Sequence[Tensor], optimizer: Any) -> None:
    """One update with gradients of zero, which makes the optimizer's state."""
    with _counting(count, "optimizer"):
        for one in trained:
            one.grad = torch.zeros_like(one)
        optimizer.step()
        optimizer.zero_grad()


def _forward(count: LiveBytes, model: Any, method: Method, precision: str, shortest: int) -> Forward:
    """The `Forward` that a job would choose, as far as that depends on sizes."""
    last: Exception | None = None
    for kind in forwards_for(model, pack=method.capabilities.packing):
        try:
            forward: Forward = kind(model)
            group = [example(min(shortest, 8))]
            with torch.no_grad(), _counting(count, "temporary"):
                _loss(count, forward, group, precision, usual_objective())
        except Exception as error:  # as in a job: an architecture may object in any way, and another way is taken
            last = error
            continue
        return forward
    raise Fault("dry_run.cannot", reason=f"{type(last).__name__}: {last}"[:300])


def _work_through(
    count: LiveBytes, forward: Forward, group: list[Example], precision: str, labels: int, objective: Objective
) -> None:
    with _counting(count, "activations"), forward.session(group):
        loss = _loss(count, forward, group, precision, objective) / labels
        with _counting(count, "temporary"):
            loss.backward()


def _loss(count: LiveBytes, forward: Forward, group: Sequence[Example], precision: str, objective: Objective) -> Tensor:
    count.rows = sum(example.trained for example in group)
    count.even = len({len(example) for example in group}) == 1
    with _autocast(precision):
        if any(example.tags is not None for example in group):
            return -forward.read(group).log_probs.sum()
        return objective.loss(forward, group, {}).total


def _simulated(precision: str) -> AbstractContextManager[Any]:
    """Half precision stands for a GPU: attention there leaves out scores at random without writing them down."""
    if precision == "fp32":
        return nullcontext()
    stack = ExitStack()
    stack.enter_context(as_on_gpus())
    attend = nn.functional.scaled_dot_product_attention
    stack.callback(setattr, nn.functional, "scaled_dot_product_attention", attend)
    nn.functional.scaled_dot_product_attention = lambda *given, **options: attend(
        *given, **{**options, "dropout_p": 0.0}
    )
    return stack


def _autocast(precision: str) -> AbstractContextManager[Any]:
    return nullcontext() if precision == "fp32" else torch.autocast("cpu", _DTYPES[precision])


def _counts_gradient(count: LiveBytes) -> Callable[[Tensor], None]:
    def counted(parameter: Tensor) -> None:
        if parameter.grad is not None:
            count.count_as("gradients", [parameter.grad])

    return counted


@contextmanager
def _counting(count: LiveBytes, kind: str) -> Iterator[None]:
    before, count.kind = count.kind, kind
    try:
        yield
    finally:
        count.kind = before


def example(length: int) -> Example:
    """An example of so many tokens, all of which have a label."""
    ids = np.zeros(length, dtype=np.int32)
    labels = np.append(ids[1:], np.int32(-100)).astype(np.int32)
    return Example(ids, labels, length - 1)


def bundle(shared: int, *answers: int) -> Example:
    """A prompt with answers of so many tokens, all of which have a label."""
    made = Bundle([0] * (shared + 1), [[0] * answer for answer in answers], [0.0] * len(answers))
    return bundle_example(made)


def tensors_of(model: nn.Module) -> Iterator[Tensor]:
    """All that a model holds before it is trained."""
    yield from model.parameters()
    yield from model.buffers()
