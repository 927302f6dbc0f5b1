"""A job that goes on with a tuned model: its weights are checked, read, and put into the model that is trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.text import Text
from engine.jobs.spec import JobSpec
from engine.methods.common.declaration import Method
from engine.models.base.known_files import OnBytes
from engine.models.tuned.deltas import Delta
from engine.models.tuned.integrity import intact_result
from engine.models.tuned.results import ADAPTER_WEIGHTS
from engine.planner.going_on import start_faults
from storage.queries.tuned_models import get_tuned
from storage.tables import TunedModel

_VIRTUAL = "prompt_embeddings"  # the one tensor of a result of virtual tokens


@dataclass(frozen=True)
class Start:
    """What training begins with instead of the base."""

    tuned: TunedModel  # its row
    folder: Path  # of its files, which are still those that were stored

    def lineage(self) -> dict[str, Any]:
        """What a result says of where it began."""
        own = self.tuned
        return {"id": own.id, "name": own.name, "job_id": own.job_id, "weights_hash": own.weights_hash}


def read_start(ctx: Context, spec: JobSpec, on_bytes: OnBytes = lambda _count: None) -> Start | None:
    """The model that a job goes on with; None where it begins with the base.

    Raises:
        Fault: "start.gone", why it does not fit ("start.*"), or how its files changed.
    """
    if spec.starts_from is None:
        return None
    with ctx.db.read() as s:
        tuned = get_tuned(s, spec.starts_from)
    if tuned is None:
        raise Fault("start.gone")
    for fault in start_faults(spec, tuned).values():
        raise Fault(fault["code"], **fault["params"])
    return Start(tuned, intact_result(ctx.settings, tuned, whole=True, on_bytes=on_bytes))


def loaded_from(weights: Path, method: Method, start: Start | None) -> Path:
    """The folder that the model is read from: a whole result stands for the base."""
    return weights if start is None or method.saves != "full" else start.folder


def put_start(model: Any, method: Method, start: Start) -> None:
    """Put the start's weights into a model to which the method was applied with the same settings.

    Raises:
        Fault: "start.foreign" where it lacks a trained number of the model, or has others; "chat.delta_foreign".
    """
    assert not isinstance(method.goes_on, Text)
    if method.goes_on.load is not None:
        method.goes_on.load(model, start.folder)
    elif method.saves == "delta":
        Delta.read(model, start.folder).settle()
    elif method.saves == "adapter":
        _put_adapter(model, start)


def _put_adapter(model: Any, start: Start) -> None:
    from peft import set_peft_model_state_dict

    stored = load_file(start.folder / ADAPTER_WEIGHTS)
    try:
        said = set_peft_model_state_dict(model, stored, adapter_name="default")
    except (RuntimeError, KeyError, ValueError) as error:  # sizes that differ, and what PEFT misses
        raise Fault("start.foreign", name=start.tuned.name, part=str(error)[:200]) from error
    if _VIRTUAL in stored:  # PEFT puts it in strictly, under a name that it reports as missing
        return
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    foreign = [*getattr(said, "unexpected_keys", ()), *(trained & set(getattr(said, "missing_keys", ())))]
    if foreign:
        raise Fault("start.foreign", name=start.tuned.name, part=foreign[0])
