"""What an objective needs of the model as it was before the first step, put where its loss finds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.jobs.reporter import Reporter
from engine.training.loop.held_out import ScoredRows
from engine.training.reference.before import ReferenceWork, start_weights
from engine.training.reference.start_model import StartModel

if TYPE_CHECKING:
    from engine.training.loop.inputs import Inputs
    from engine.training.loop.trainer import StepTrainer
    from engine.training.pace.outlook import Outlook

PHASE = "reference"


def prepare_reference(
    inputs: Inputs,
    trainer: StepTrainer,
    held: ScoredRows,
    reporter: Reporter,
    outlook: Outlook,
    report: Callable[[], None],
) -> None:
    """Before the first step, and before a checkpoint is read: the weights are those that training starts from.

    Args:
        report: tells how far the job is.

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
    outlook.know(PHASE, lambda: work.seconds_left)
    outlook.enter(PHASE)
    reporter.phase(PHASE)

    def tell() -> None:
        outlook.touch()
        report()

    trainer.examples, held.rows = work.noted(trainer.examples, held.rows, tell=tell)
