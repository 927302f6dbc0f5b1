"""generation_config.json: what of it transformers takes, and which tokens end an answer.

Folders hold settings that transformers refuses, when it reads them or only when it writes them: options of sampling without
sampling, ids below zero, caches that are no more. Our own answers never use the file, so models are loaded without it; what is
stored or taken away gets it mended.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from engine.core.small_files import read_object

FILE = "generation_config.json"
# what other settings only go with; they are looked at first
_LEADERS = ("do_sample", "num_beams", "use_cache", "return_dict_in_generate", "suppress_tokens")
_IDS = (
    "bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id", "forced_bos_token_id", "forced_eos_token_id",
)  # fmt: skip
_NUMBERS = ("max_new_tokens", "min_new_tokens", "max_time", "min_p")  # that have no usual value
_NOTES = ("transformers_version", "_from_model_config", "_commit_hash")  # which say nothing of answers


def without_settings(config: Any) -> dict[str, Any]:
    """Options of `from_pretrained` that load a model without its settings of generation, which could be refused.

    Args:
        config: the model's configuration. Old ones have such settings too; those that the architecture itself knows stay.
    """
    from transformers import GenerationConfig

    known = {field.name for field in fields(config)} | set(_IDS)
    for name in GenerationConfig().to_dict().keys() - known - set(_NOTES):
        vars(config).pop(name, None)
    return {"config": config, "generation_config": GenerationConfig()}


def write_generation(source: Path, target: Path, ends: Sequence[int]) -> list[str]:
    """Write the mended settings of the model in `source` into the folder `target`; answers end at `ends`.

    Returns:
        names of the settings that were left out or put right.
    """
    settings, changed = mended(_read(source))
    if ends:
        settings["eos_token_id"] = list(ends)
    file = target / FILE
    file.unlink(missing_ok=True)  # it may be another folder's file under a second name
    file.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    return changed


def refused_settings(folder: Path) -> list[str]:
    """Names of the settings of the model in `folder` that are mended where they are kept."""
    return mended(_read(folder))[1]


def mended(settings: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What transformers reads, writes and answers by of some settings, and the names of what was left out or put right.

    One setting after the other joins those that were taken, and stays out where the whole is refused.
    """
    names = sorted(settings, key=lambda name: name not in _LEADERS)
    right = {name: _right(name, settings[name]) for name in names}
    if right.get("temperature") == 0:  # which others take for the likeliest token each time
        right.pop("do_sample", None)
    taken: dict[str, Any] = {}
    for name, value in right.items():
        if value is not None and _is_taken(taken | {name: value}) and _can_be_used(name, value):
            taken[name] = value
    return taken, [name for name in settings if settings[name] is not None and not _same(taken, settings, name)]


def _same(taken: Mapping[str, Any], settings: Mapping[str, Any], name: str) -> bool:
    return name in taken and taken[name] == settings[name] and type(taken[name]) is type(settings[name])


def _is_taken(settings: Mapping[str, Any]) -> bool:
    from transformers import GenerationConfig

    try:
        config = GenerationConfig(**settings)
        config.validate(strict=True)
        config.to_json_string()
    except Exception:  # the libraries below raise anything for a value of a wrong type
        return False
    return True


def _can_be_used(name: str, value: Any) -> bool:
    """Whether the step of sampling that a setting is for can be made of it; values that leave the step out always can."""
    from transformers.generation import logits_process as steps

    made_of = {
        "temperature": (steps.TemperatureLogitsWarper, 1),
        "top_k": (steps.TopKLogitsWarper, 0),
        "top_p": (steps.TopPLogitsWarper, 1),
        "min_p": (steps.MinPLogitsWarper, 0),
        "typical_p": (steps.TypicalLogitsWarper, 1),
        "epsilon_cutoff": (steps.EpsilonLogitsWarper, 0),
        "eta_cutoff": (steps.EtaLogitsWarper, 0),
        "repetition_penalty": (steps.RepetitionPenaltyLogitsProcessor, 1),
        "no_repeat_ngram_size": (steps.NoRepeatNGramLogitsProcessor, 0),
    }
    step, without = made_of.get(name, (None, None))
    if step is None or value == without:
        return True
    try:
        step(value)
    except (ValueError, TypeError):
        return False
    return True


def _read(folder: Path) -> dict[str, Any]:
    """The settings of a model folder; of old ones without the file, those that config.json holds."""
    if (folder / FILE).is_file():
        found = read_object(folder / FILE)
        return {name: value for name, value in found.items() if name not in _NOTES}
    file = folder / "config.json"
    config = read_object(file) if file.is_file() else {}
    inner = config.get("text_config")
    wanted = (_usual().keys() - {"use_cache"}) | set(_IDS)
    every = (inner if isinstance(inner, dict) else {}) | config
    return {name: value for name, value in every.items() if name in wanted and value is not None}


def _usual() -> dict[str, Any]:
    from transformers import GenerationConfig

    found: dict[str, Any] = GenerationConfig._get_default_generation_params()
    return found


def _right(name: str, value: Any) -> Any:
    """The value in the type that the setting has; None where it cannot be read as one."""
    if name in _IDS:
        return _ids(value)
    usual = _usual().get(name)
    if name == "early_stopping" or not (isinstance(usual, (bool, int, float)) or name in _NUMBERS):
        return value
    if isinstance(value, str):
        value = _literal(value)
    if isinstance(usual, bool):
        return value if isinstance(value, bool) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    if isinstance(usual, int):
        return int(value) if value == int(value) else None
    return value


def _literal(text: str) -> Any:
    try:
        return json.loads(text.strip().lower())
    except ValueError:
        return None


def _ids(value: Any) -> Any:
    """A token's id, or a list of them, without those that no token has."""
    several = value if isinstance(value, list) else [value]
    good = [one for one in several if isinstance(one, int) and not isinstance(one, bool) and one >= 0]
    if isinstance(value, list):
        return good or None
    return good[0] if good else None
