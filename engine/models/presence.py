"""What of a base model is here, as its row says: enough to plan with, or its weights as well. Looks at no file.

The database's words are imported in the functions: the command line is quicker without a database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.errors import Fault

if TYPE_CHECKING:
    from engine.core.settings import Settings
    from storage.tables import LanguageModel


def is_bare(model: LanguageModel) -> bool:
    """Whether all of it is here but its weights."""
    from storage.model_status import KNOWN

    return model.status == KNOWN


def is_whole(model: LanguageModel) -> bool:
    """Whether its weights are here as well."""
    from storage.model_status import READY

    return model.status == READY


def can_plan(model: LanguageModel) -> bool:
    """Whether all is here that a plan, the lengths of rows and a preview need: its weights may come later."""
    return is_bare(model) or is_whole(model)


def bare_fault(settings: Settings, model: LanguageModel) -> Fault | None:
    """Why something that loads the model cannot start: it is not prepared, or its weights cannot be fetched. None where it can."""
    if not can_plan(model):
        return Fault("job.model_not_ready", name=model.name)
    return Fault("model.offline_weights", name=model.name) if is_bare(model) and settings.offline else None
