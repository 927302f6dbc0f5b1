"""What the jobs share that prepare base models or get to know them: their rows, and where their files lie meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.core.settings import Settings
from engine.jobs.reporter import Reporter
from engine.jobs.signals import Cancelled
from engine.models.base.inspect import Inspection
from storage.tables import LanguageModel

NOTES = "_tunesmith"  # key of what we add to a model's config.json


def store(reporter: Reporter, model_id: int, **columns: Any) -> None:
    """Put what was found out into a model's row."""
    with reporter.transaction() as s:
        model = s.get_one(LanguageModel, model_id)
        for name, value in columns.items():
            setattr(model, name, value)


@contextmanager
def telling_failure(reporter: Reporter, model_id: int, status: str) -> Iterator[None]:
    """What ends the work within is said in the model's row, which then has `status`. Raises Cancelled, Fault."""
    try:
        yield
    except Cancelled:
        store(reporter, model_id, status=status, error={"code": "model.cancelled", "params": {}})
        raise
    except Fault as fault:
        store(reporter, model_id, status=status, error=fault.as_dict())
        raise


def staging_folder(settings: Settings, model_id: int) -> Path:
    """Where the files of a hub's model lie until all of them are there."""
    return settings.folder("cache", "hub", str(model_id))


def check_architecture(inspection: Inspection, weights: Path) -> None:
    """Refuse what transformers has no class for. Raises Fault("model.unknown_architecture") or "model.config_unusable"."""
    from transformers import AutoConfig
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    kind = str(inspection.config.get("model_type", ""))
    if kind not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        raise Fault("model.unknown_architecture", architecture=kind or "?")
    try:
        AutoConfig.from_pretrained(weights, trust_remote_code=False, local_files_only=True)
    except Exception as error:  # the library raises anything for a setting of another type or size
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise Fault("model.config_unusable", reason=reason) from error
