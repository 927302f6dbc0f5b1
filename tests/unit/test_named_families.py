"""The families that docs name are counted as they are built, and load; those that do not say why, where they are added."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.published import MODELS
from engine.core.errors import Fault
from engine.models.architecture.named_families import NAMED_FAMILIES, family_names
from engine.models.base.inspect import read_config
from tests.unit.methods.test_method_families import HYBRIDS
from tests.unit.test_memory_estimate import CHATGLM, MIXTURES
from tests.zoo import ZOO

ROOT = Path(__file__).parents[2]
LOADING = [one for one in NAMED_FAMILIES if not one.obstacle]
OWN_CODE = {"auto_map": {"AutoModel": "modeling_chatglm.ChatGLMForConditionalGeneration"}, "architectures": ["ChatGLMModel"]}  # fmt: skip
IMAGES = {"model_type": "llama4", "architectures": ["Llama4ForConditionalGeneration"]}


def test_each_named_family_has_a_class_of_the_library_and_is_counted_against_it_somewhere() -> None:
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    built = {str(config["model_type"]) for config in (*MODELS.values(), *MIXTURES.values())}
    proven = built | HYBRIDS.keys() | {model.family for model in ZOO}
    for family in LOADING:
        assert set(family.types) <= MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.keys(), family.name
        assert set(family.types) <= proven, family.name
    assert not MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.keys() & {"chatglm"}


@pytest.mark.parametrize(
    ("config", "code", "obstacle"),
    [
        ({**CHATGLM, **OWN_CODE}, "model.own_code", "own_code"),
        (IMAGES, "model.not_a_language_model", "images"),
    ],
)
def test_a_family_that_is_only_counted_is_refused_with_its_reason(
    tmp_path: Path, config: dict[str, object], code: str, obstacle: str
) -> None:
    assert family_names(obstacle=obstacle)  # type: ignore[arg-type]
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(Fault) as refused:
        read_config(tmp_path)
    assert refused.value.code == code


def test_docs_promise_no_family_that_does_not_load() -> None:
    for name in family_names(obstacle="own_code") + family_names(obstacle="images"):
        for page in ("README.md", "docs/planner.md", "docs/zh/planner.md"):
            assert name not in (ROOT / page).read_text(encoding="utf-8"), (page, name)
