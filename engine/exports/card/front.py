"""The YAML at a card's beginning: what a hub reads of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.exports.card.facts import CardFacts

# those identifiers that people publish models under most; others are written as "other" with their name
_LICENCES = frozenset({
    "apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "openrail", "bigscience-bloom-rail-1.0", "bigscience-openrail-m",
    "creativeml-openrail-m", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "gpl-3.0", "agpl-3.0",
    "lgpl-3.0", "llama2", "llama3", "llama3.1", "llama3.2", "llama3.3", "llama4", "gemma", "unlicense",
})  # fmt: skip
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_NAME_OF_LICENCE = re.compile(r"[^a-z0-9.-]+")
_LIBRARIES = (
    ("adapter_config.json", "peft"),
    (".gguf", "gguf"),
    (".onnx", "onnx"),
    ("config.json", "transformers"),
)  # by a file of the export, the most telling one first
_RELATIONS = {"peft": "adapter", "gguf": "quantized"}


def front_matter(facts: CardFacts) -> str:
    """The block between two lines of three hyphens."""
    import yaml

    told = {key: value for key, value in _told(facts).items() if value}
    return f"---\n{yaml.safe_dump(told, sort_keys=False, allow_unicode=True)}---\n\n"


def _told(facts: CardFacts) -> dict[str, Any]:
    library = _library(facts.files)
    hub = (facts.source.base.config or {}).get("_tunesmith", {}).get("hub") or {}
    return {
        "base_model": facts.base_ref,
        "base_model_relation": _relation(facts, library) if facts.base_ref else None,
        "library_name": library,
        "pipeline_tag": "text-classification" if facts.scores else "text-generation",
        "tags": _tags(facts, library),
        **_licence(hub.get("licence")),
        "language": [code for code in hub.get("languages") or () if _LANGUAGE.fullmatch(str(code))],
        "datasets": [facts.data["hub"]] if facts.data.get("hub") else None,
    }


def _library(files: Mapping[str, str]) -> str | None:
    """What loads the export; None where only Tunesmith's own code does."""
    return next((library for end, library in _LIBRARIES if any(name.endswith(end) for name in files)), None)


def _relation(facts: CardFacts, library: str | None) -> str:
    if facts.merged and library != "peft":
        return "merge"
    return _RELATIONS.get(library or "", "finetune")


def _tags(facts: CardFacts, library: str | None) -> list[str]:
    found = ["tunesmith", facts.source.tuned.method, facts.objective.key if facts.objective else ""]
    found += ["reward-model"] if facts.scores else ["conversational"]
    found += ["merge"] if facts.merged else []
    found += [library] if library else []
    return list(dict.fromkeys(tag for tag in found if tag))


def _licence(name: str | None) -> dict[str, str]:
    """That of the base, where it is known: what is made of it stands under it."""
    plain = _NAME_OF_LICENCE.sub("-", str(name or "").strip().casefold()).strip("-")
    if not plain:
        return {}
    return {"license": plain} if plain in _LICENCES else {"license": "other", "license_name": plain}
