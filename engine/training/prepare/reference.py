"""What an objective needs of the model as it was before the first step, put where its loss finds it."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import torch

from engine.jobs.reporter import Reporter
from engine.training.loop.held_out import ScoredRows
from engine.training.reference.before import ReferenceWork
from engine.training.reference.start_model import StartModel

if TYPE_CHECKING:
    from engine.training.loop.inputs import Inputs
    from engine.training.loop.trainer import StepTrainer
    from engine.training.pace.outlook import Outlook

PHASE = "reference"
_HELD = ("quantisation", "double_quantisation")  # settings of how the base is held


def prepare_reference(
    inputs: Inputs,
    trainer: StepTrainer,
    held: ScoredRows,
    reporter: Reporter,
    outlook: Outlook,
    report: Callable[[], None],
    planned: float = 0.0,
) -> None:
    """Before the first step, and before a checkpoint is read: the weights are those that training starts from.

    Args:
        report: tells how far the job is.
        planned: seconds that it takes by the plan.

    Raises:
        Cancelled, StoppedEarly: as the user wishes.
        OutOfMemory: where smaller groups are no help.
    """
    wanted = trainer.objective.needs(trainer.spec.training).reference
    if wanted == "beside":
        trainer.start = StartModel(trainer)
    if wanted != "before":
        return
    folder = reporter.ctx.settings.home / "cache" / "reference"
    work = ReferenceWork(trainer, reporter.heed, folder, start_weights(inputs, trainer))
    outlook.know(PHASE, lambda: planned if not work.done else work.seconds_left)
    outlook.enter(PHASE)
    reporter.phase("reference")

    def tell() -> None:
        outlook.touch()
        report()

    trainer.examples, held.rows = work.noted(trainer.examples, held.rows, tell=tell)


def start_weights(inputs: Inputs, trainer: StepTrainer) -> str:
    """A hash of the model as it is now, and of the way in which it is read."""
    spec = inputs.spec
    told = {
        "base": inputs.base.weights_hash,
        "start": inputs.start and inputs.start.tuned.weights_hash,
        "method": [spec.method, spec.method_params],
        "held": {key: spec.training.get(key) for key in _HELD},
        "precision": inputs.precision.dtype,
        "device": inputs.device.kind,
        "forward": type(trainer.forward).__name__,
    }
    found = sha256(json.dumps(told, sort_keys=True, default=str).encode())
    for name, tensor in _trained(trainer.model, inputs.method):
        found.update(name.encode())
        found.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return found.hexdigest()


def _trained(model: Any, method: Any) -> list[tuple[str, torch.Tensor]]:
    own = {} if method.state is None else method.state(model)
    return [*((name, one) for name, one in model.named_parameters() if one.requires_grad), *own.items()]
