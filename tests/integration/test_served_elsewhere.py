"""Commands of programs that serve a tuned model elsewhere: with its real names, of forms that it has, and why not of others."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import NotFound
from engine.core.text import LANGUAGES, Text
from engine.exports import EXPORTS
from engine.exports.serving_programs import SERVING_PROGRAMS, ServedCopy, ServingProgram
from engine.services.models import served_elsewhere, tuned
from engine.shapes.serving.programs import ServingWayView
from storage.tables import LanguageModel, TunedModel
from tests import workers
from tests.homes import new_home
from tests.integration.chat_models import add_base, add_tuned
from tests.tiny import add_dataset

HERE = {form.key for form in EXPORTS}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Context, int, int]]:
    """A home with an adapter and a whole model."""
    ctx = new_home(tmp_path_factory.mktemp("home"))
    base, data = add_base(ctx), add_dataset(ctx)
    yield (
        ctx,
        add_tuned(ctx, base, data, name="Support bot's №1"),
        add_tuned(ctx, base, data, name="Whole", method="full"),
    )
    ctx.db.close()


def _ways(ctx: Context, tuned_id: int, program: str) -> dict[str, ServingWayView]:
    [found] = [one for one in served_elsewhere.serving_programs(ctx, tuned_id) if one["key"] == program]
    return {one["form"]: one for one in found["ways"]}


def _declared(key: str) -> ServingProgram:
    return next(one for one in SERVING_PROGRAMS if one.key == key)


def _option(code: str, name: str) -> str:
    words = shlex.split(code)
    return words[words.index(name) + 1]


def test_every_line_is_a_command_with_a_sentence_in_each_language(home: tuple[Context, int, int]) -> None:
    for tuned_id in home[1:]:
        for program in served_elsewhere.serving_programs(home[0], tuned_id):
            assert program["ways"] or not any(way.form in HERE for way in _declared(program["key"]).ways)
            for way in program["ways"]:
                assert not way["made"]
                for line in way["lines"]:
                    assert set(line["says"]) >= set(LANGUAGES)
                    assert "{" not in line["code"]
                    shlex.split(line["code"])
    with pytest.raises(NotFound):
        served_elsewhere.serving_programs(home[0], 99)


def test_vllm_takes_the_merged_model_and_the_adapter_with_its_real_rank(home: tuple[Context, int, int]) -> None:
    ctx, adapter, whole = home
    ways = _ways(ctx, adapter, "vllm")
    assert set(ways) == {"merged", "adapter"}
    code = ways["merged"]["lines"][-1]["code"]
    with ctx.db.read() as s:
        base = s.get_one(LanguageModel, s.get_one(TunedModel, adapter).base_model_id)
        assert _option(code, "--max-model-len") == str(base.context_length)
        assert shlex.split(ways["adapter"]["lines"][-1]["code"])[2] == str(ctx.settings.absolute(base.path or ""))
    assert _option(code, "--served-model-name") == "support-bot-s-1"
    assert _option(code, "--dtype") == "auto"
    lora = ways["adapter"]["lines"][-1]["code"]
    assert _option(lora, "--max-lora-rank") == "8"  # room is made in steps
    name, _equals, folder = _option(lora, "--lora-modules").partition("=")
    assert name == "support-bot-s-1"
    assert folder.startswith("./Support")
    [only] = _ways(ctx, whole, "vllm").values()
    assert only["form"] == "whole"
    assert not only["reason"]


@pytest.mark.parametrize(
    ("config", "taken"),
    [
        ({"peft_type": "LORA", "r": 8}, True),
        ({"peft_type": "LORA", "r": 8, "use_dora": True}, False),
        ({"peft_type": "LORA", "r": 8, "bias": "all"}, False),
        ({"peft_type": "LORA", "r": 8, "bias": "none", "modules_to_save": ["lm_head"]}, False),
        ({"peft_type": "LORA", "r": 8, "rank_pattern": {"q_proj": 600}}, False),
        ({"peft_type": "IA3"}, False),
    ],
)
def test_vllm_is_not_said_to_take_adapters_that_it_refuses(config: dict[str, Any], taken: bool) -> None:
    copy = ServedCopy("./a", "a", "b/c", 2048, None, config)
    [way] = [way for program in SERVING_PROGRAMS for way in program.ways if way.form == "adapter"]
    reason = way.why_not(copy)
    assert (reason is None) == taken
    assert reason is None or isinstance(reason, Text)


def test_names_with_blanks_and_quotes_stay_one_word() -> None:
    copy = ServedCopy("/home/a b/it's", "tag", "/base $(rm)", 4096, "bf16", {"peft_type": "LORA", "r": 24})
    for program in SERVING_PROGRAMS:
        for way in program.ways:
            words = [word for line in way.lines(copy) for word in shlex.split(line.code)]
            assert any("/home/a b/it's" in word for word in words)
            assert "$(rm)" not in " ".join(words).replace("/base $(rm)", "")
    lines = [line.code for way in SERVING_PROGRAMS[0].ways for line in way.lines(copy)]
    assert any("--dtype bfloat16" in line for line in lines)
    assert any("--max-lora-rank 32" in line for line in lines)


def test_an_export_that_is_there_is_named_by_its_path(home: tuple[Context, int, int]) -> None:
    ctx, adapter, _whole = home
    tuned.make_export(ctx, adapter, [{"format": "merged", "params": {"dtype": "bf16"}}], "folder")
    workers.run_here(ctx)
    way = _ways(ctx, adapter, "vllm")["merged"]
    assert way["made"]
    folder = shlex.split(way["lines"][-1]["code"])[2]
    assert folder.startswith(str(ctx.settings.home))
    with open(f"{folder}/config.json", encoding="utf-8") as file:
        assert json.load(file)
    assert _option(way["lines"][-1]["code"], "--dtype") == "bfloat16"
