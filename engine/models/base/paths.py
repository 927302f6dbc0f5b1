"""Where the files of base models are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.errors import Fault
from engine.data.templates.token_rows import TokenRows
from engine.models.base.read_files import require_tokenizer
from engine.models.base.vocabulary import known_rows
from engine.models.presence import can_plan, is_bare, is_whole

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
    """The folder with tokenizer.json, chat_template.jinja, special.json and embedding.json, which are what they were.

    Raises:
        Fault: "job.model_not_ready", "model.changed_here", "model.vanished_here".
    """
    folder = _planned(settings, model)
    require_tokenizer(settings, model)
    if model.path is not None:
        known_rows(weights_folder(settings, model), folder)  # models of earlier versions were not looked into
    return folder


def token_rows_of(settings: Settings, model: LanguageModel) -> TokenRows:
    """Which tokens the model has rows for. Raises Fault("job.model_not_ready")."""
    if is_bare(model):  # looked into by the headers of its weights
        return TokenRows.read(_planned(settings, model)) or TokenRows()
    return known_rows(weights_folder(settings, model), _stored(settings, model, model.tokenizer_path))


def known_elsewhere(model: LanguageModel) -> bool:
    """Whether its `ref` means the same on other machines: a hub name; a folder, or the id of another model, does not."""
    return model.source in ("hub", "starter")


def _planned(settings: Settings, model: LanguageModel) -> Path:
    if not can_plan(model) or model.tokenizer_path is None:
        raise Fault("job.model_not_ready", name=model.name)
    return settings.absolute(model.tokenizer_path)


def _stored(settings: Settings, model: LanguageModel, path: str | None) -> Path:
    if not is_whole(model) or path is None:
        raise Fault("job.model_not_ready", name=model.name)
    return settings.absolute(path)
