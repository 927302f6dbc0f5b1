"""The probe: a few real steps of a training job's spec, to learn how fast this machine is."""

from __future__ import annotations

import json

from engine.core.params import naming
from engine.core.text import Text
from engine.jobs.kinds.declaration import Endings, JobKind, SameWish, Spec
from engine.jobs.kinds.phases import EVALUATING, LOADING, READING, SAMPLING, SAVING, SCORING, TRAINING
from engine.methods import method_of
from engine.optimizers.offload import offload
from engine.optimizers.trained_format import trained_format

_TIMED = (
    "batch_size", "max_length", "over_length", "train_on", "optimizer", "checkpointing", "quantisation", "double_quantisation",
)  # fmt: skip


def timed(spec: Spec) -> str:
    """All that a step's speed depends on, besides the columns."""
    training = {key: spec["training"].get(key) for key in _TIMED}
    updates = (trained_format(spec["training"]), offload(spec["training"]))  # earlier specs have the usual ones
    held = {key: spec["budget"].get(key) for key in ("memory_mb", "goal")}
    values = naming(method_of(spec["method"]).params, spec["method_params"])
    return json.dumps((spec.get("objective"), values, training, [one.key for one in updates], held), sort_keys=True)


PROBE = JobKind(
    key="probe",
    runner="engine.jobs.runners.probe:run",
    title=Text("jobs.kinds.probe.title"),
    lane="device",
    phases=(READING, LOADING, TRAINING, EVALUATING, SAMPLING, SCORING, SAVING),
    endings=Endings(Text("jobs.kinds.probe.endings.succeeded")),
    same=SameWish(columns=("base_model_id", "dataset_id", "method", "lane"), wish=timed),
    listed=False,
    plans_memory=True,
    needs_weights=True,
)
