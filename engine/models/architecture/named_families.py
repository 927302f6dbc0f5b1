"""The families that docs name: each is counted from its config.json, and loads without code of its own, or it says why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Build = Literal["dense", "experts", "hybrid"]
Obstacle = Literal["", "own_code", "images"]


@dataclass(frozen=True)
class NamedFamily:
    """One family by the name that people know.

    Attributes:
        name: a proper name, the same in every language.
        types: values of "model_type" in its config.json.
        build: what its layers are: all alike, with experts, or of several kinds.
        obstacle: why its published models are counted but not loaded: they bring program code, or read images too.
    """

    name: str
    types: tuple[str, ...]
    build: Build = "dense"
    obstacle: Obstacle = ""


NAMED_FAMILIES: tuple[NamedFamily, ...] = (
    NamedFamily("Llama 2, 3", ("llama",)),
    NamedFamily("Mistral", ("mistral",)),
    NamedFamily("Qwen 2, 2.5", ("qwen2",)),
    NamedFamily("Qwen 3", ("qwen3",)),
    NamedFamily("Gemma 2", ("gemma2",)),
    NamedFamily("Gemma 3 (text)", ("gemma3_text",)),
    NamedFamily("Phi-3, Phi-4", ("phi3",)),
    NamedFamily("GLM-4", ("glm", "glm4")),
    NamedFamily("SmolLM 3", ("smollm3",)),
    NamedFamily("EXAONE 4", ("exaone4",)),
    NamedFamily("MiniCPM 3", ("minicpm3",)),
    NamedFamily("StarCoder2", ("starcoder2",)),
    NamedFamily("GPT-2", ("gpt2",)),
    NamedFamily("GPT-NeoX", ("gpt_neox",)),
    NamedFamily("OPT", ("opt",)),
    NamedFamily("BLOOM", ("bloom",)),
    NamedFamily("Mixtral", ("mixtral",), "experts"),
    NamedFamily("Qwen2-MoE", ("qwen2_moe",), "experts"),
    NamedFamily("Qwen3-MoE", ("qwen3_moe",), "experts"),
    NamedFamily("OLMoE", ("olmoe",), "experts"),
    NamedFamily("Phi-3.5-MoE", ("phimoe",), "experts"),
    NamedFamily("gpt-oss", ("gpt_oss",), "experts"),
    NamedFamily("DeepSeek V2, V3", ("deepseek_v2", "deepseek_v3"), "experts"),
    NamedFamily("Falcon-H1", ("falcon_h1",), "hybrid"),
    NamedFamily("LFM2", ("lfm2",), "hybrid"),
    NamedFamily("Bamba", ("bamba",), "hybrid"),
    NamedFamily("Jamba", ("jamba",), "hybrid"),
    NamedFamily("Zamba2", ("zamba2",), "hybrid"),
    NamedFamily("Granite 4", ("granitemoehybrid",), "hybrid"),
    NamedFamily("Llama 4", ("llama4_text",), "experts", "images"),
    NamedFamily("ChatGLM", ("chatglm",), obstacle="own_code"),
)


def family_names(build: Build | None = None, *, obstacle: Obstacle = "") -> list[str]:
    """Names of the families of a build that load, or of those that one thing keeps from it."""
    fitting = (one for one in NAMED_FAMILIES if one.obstacle == obstacle and build in (None, one.build))
    return [one.name for one in fitting]
