"""What of a base model is here, as its row says: enough to plan with, or its weights as well. Looks at no file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.errors import Fault
from storage.model_status import KNOWN, READY

if TYPE_CHECKING:
    from engine.core.settings import Settings
    from storage.tables import LanguageModel


def can_plan(model: LanguageModel) -> bool:
    """Whether all is here that a plan, the lengths of rows and a preview need: its weights may come later."""
    return model.status in (KNOWN, READY)


def bare_fault(settings: Settings, model: LanguageModel) -> Fault | None:
    """Why something that loads the model cannot start: it is not prepared, or its weights cannot be fetched. None where it can."""
    if not can_plan(model):
        return Fault("job.model_not_ready", name=model.name)
    return Fault("model.offline_weights", name=model.name) if model.status == KNOWN and settings.offline else None
