"""Where the files of base models are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.errors import Fault

if TYPE_CHECKING:
    from engine.core.settings import Settings
    from storage.tables import LanguageModel


def model_folder(settings: Settings, model_id: int) -> Path:
    """The folder that holds what we keep of a base model (not made here)."""
    return settings.home / "models" / str(model_id)


def is_ours(settings: Settings, model: LanguageModel) -> bool:
    """Whether we made the files of its weights; else they are a user's own."""
    return settings.absolute(str(model.path)).is_relative_to(model_folder(settings, model.id))


def weights_folder(settings: Settings, model: LanguageModel) -> Path:
    """The folder with config.json and safetensors. Raises Fault("job.model_not_ready")."""
    return _stored(settings, model, model.path)


def tokenizer_folder(settings: Settings, model: LanguageModel) -> Path:
    """The folder with tokenizer.json, chat_template.jinja and special.json. Raises Fault("job.model_not_ready")."""
    return _stored(settings, model, model.tokenizer_path)


def _stored(settings: Settings, model: LanguageModel, path: str | None) -> Path:
    if model.status != "ready" or path is None:
        raise Fault("job.model_not_ready", name=model.name)
    return settings.absolute(path)
