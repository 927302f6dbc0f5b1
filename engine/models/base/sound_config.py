"""The configuration that a model is loaded with: config.json without what makes torch or transformers give up. For workers only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.models.base.embedding import find_tables
from engine.models.base.generation_settings import without_settings
from engine.models.base.inspect import inspect_folder, read_config, weight_files
from engine.models.base.vocabulary import configured_rows, text_part
from engine.models.trust.settings_keys import refuse_keys


def sound_config(folder: Path) -> Any:
    """The configuration of a model folder. A pad token without a row is left out: no embedding can be built with it.

    Raises:
        Fault: "model.rows_differ" where config.json and the weights have different numbers of rows, "model.*".
    """
    from transformers import AutoConfig

    said, tables = configured_rows(read_config(folder)), find_tables(weight_files(folder))
    if said is not None and tables is not None and said != tables.rows:
        raise Fault("model.rows_differ", configured=said, rows=tables.rows)
    config = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    config.name_or_path = str(folder)  # not the folder that it once lay in
    text = config.get_text_config()
    if not _has_row(text.pad_token_id, text.vocab_size):
        text.pad_token_id = None
    return config


def read_model(folder: Path, device: Any, **options: Any) -> Any:
    """The causal language model of a folder: safetensors alone, no code, nothing from a hub, no settings of generation.

    Args:
        device: as torch calls it.
        options: further ones of `from_pretrained`.

    Raises:
        Fault: "model.*" when the folder must not be loaded. What the libraries raise where it cannot be.
    """
    from transformers import AutoModelForCausalLM

    inspect_folder(folder)
    return AutoModelForCausalLM.from_pretrained(
        folder,
        use_safetensors=True,
        trust_remote_code=False,
        local_files_only=True,
        device_map={"": device},
        **without_settings(sound_config(folder)),
        **options,
    )


def sound_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a config.json that is at hand, for models without weights. Raises Fault("model.*")."""
    refuse_keys(config, "config.json")
    part = dict(text_part(config))
    if _has_row(part.get("pad_token_id"), configured_rows(config)):
        return dict(config)
    part["pad_token_id"] = None
    return {**config, "text_config": part} if text_part(config) is not config else part


def _has_row(token: Any, rows: int | None) -> bool:
    return rows is None or not isinstance(token, int) or token < rows
