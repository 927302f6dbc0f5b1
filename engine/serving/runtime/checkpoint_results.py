"""A checkpoint holds what training changed, not a result. Here it becomes the result that its job would have left at that step.

Imported where a checkpoint is asked for: it brings what training needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.core.hardware import Device, Precision
from engine.devices import precision_for
from engine.jobs.spec import JobSpec, make_stored
from engine.methods import method_of
from engine.methods.common.declaration import Method, RunContext
from engine.models.base.number_formats import stored_format
from engine.serving.protocol import CheckpointRecipe
from engine.training.forward.applied import apply_method, seed_everything
from engine.training.loop.start import Start, loaded_from, put_start
from engine.training.loop.weights import load_base, load_trained, save_result
from storage.tables import TunedModel


@dataclass(frozen=True)
class _Applied:
    """What a method is applied with, as `Applicable` has it."""

    spec: JobSpec
    method: Method
    device: Device
    precision: Precision


def write_checkpoint_result(
    checkpoint: Path, recipe: CheckpointRecipe, target: Path, scratch: Path, device: Device
) -> None:
    """What the job's method makes of a checkpoint's weights, as `ResultFolders` writes it at a job's end.

    Args:
        target: folder that takes it.
        scratch: folder for whatever the method writes on its way.
        device: on which it is made.

    Raises:
        Fault: "training.checkpoint_foreign", or what stands in the way of loading its base.
    """
    spec = make_stored(recipe["spec"])
    method, base = method_of(spec.method), Path(recipe["base"])
    run = RunContext(recipe["steps"], spec.training, scratch, Path(recipe["tokenizer"]))
    model = _as_begun(_Applied(spec, method, device, precision_for(device)), recipe, run)
    load_trained(model, method, checkpoint)
    save_result(model, method, target, run, stored_format(base))


def _as_begun(inputs: _Applied, recipe: CheckpointRecipe, run: RunContext) -> Any:
    """The model before the first step."""
    folder = recipe["start"]
    start = Start(TunedModel(name=Path(folder).name), Path(folder)) if folder else None
    seed_everything(inputs.spec.training["seed"])  # what a method draws once must be what the job drew
    weights = loaded_from(Path(recipe["base"]), inputs.method, start)
    base = load_base(weights, inputs.method, inputs.spec.training, inputs.device, inputs.precision)
    model = apply_method(inputs, base, run)
    if start is not None:
        put_start(model, inputs.method, start)
    return model
