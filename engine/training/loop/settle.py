"""Which weights become the model: those of the last step, or those of the check with the lowest held-out loss."""

from __future__ import annotations

from typing import Any

from engine.training.loop.checkpoints import CheckedStep, CheckpointStore, TrainingProgress
from engine.training.loop.result import ResultFolders
from engine.training.loop.trainer import StepTrainer


def settle(
    store: CheckpointStore, folders: ResultFolders, trainer: StepTrainer, model: Any, progress: TrainingProgress
) -> CheckedStep:
    """Have the weights in `model` that become the model, and say which. Where an earlier check was better, the last step's
    weights are written aside and its own are loaded, with the method's state of that time.

    Raises:
        Fault: "training.disk_full".
    """
    best = progress.best
    if not store.keeps_best or best is None or best.step == progress.step:
        return progress.now
    folder = store.weights_of(best.step)
    if folder is None:
        store.reporter.event("warning", "best_lost", step=best.step)
        return progress.now
    folders.set_aside(model, progress.now)
    trainer.load_weights(folder)
    return best
