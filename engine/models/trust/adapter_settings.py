"""Settings of an adapter that lead PEFT elsewhere: to other modules, other files, another adapter. Ours have none of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.errors import Fault
from engine.models.trust.settings_keys import says_nothing

_EMPTY = (
    "auto_mapping", "auto_map", "megatron_config", "arrow_config", "adapters", "layer_replication", "loftq_config", "eva_config",
    "corda_config", "lora_ga_config", "kasa_config", "monteclora_config", "velora_config", "trainable_token_indices",
    "alora_invocation_tokens", "runtime_config", "revision", "tokenizer_name_or_path", "tokenizer_kwargs", "prompt_tuning_init_text",
    "use_bdlora", "path_initial_model_for_weight_conversion",
)  # fmt: skip
_USUAL = {"megatron_core": "megatron.core"}  # what PEFT writes without being asked


def refuse_adapter_settings(config: Mapping[str, Any], file: str) -> None:
    """Raises Fault("tuned.leads_elsewhere") for a setting that no result of ours has."""
    for key in _EMPTY:
        if not says_nothing(config.get(key)):
            raise Fault("tuned.leads_elsewhere", file=file, key=key, value=str(config[key])[:80])
    for key, usual in _USUAL.items():
        if config.get(key) not in (None, usual):
            raise Fault("tuned.leads_elsewhere", file=file, key=key, value=str(config[key])[:80])
