"""Every family of the zoo says in chat what plain transformers says: the base and a LoRA on it, alone and side by side."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel

from engine.methods import method_of
from engine.methods.common.declaration import RunContext
from engine.methods.common.refusals import refused
from engine.models.architecture.shape import shape_of
from engine.serving.protocol import BASE, Ask, Request, ResidentModels, Weights
from engine.serving.runtime.adapted_model import AdaptedModel, SharedBase
from engine.serving.runtime.answer_row import AnswerRow
from engine.serving.runtime.decode_batch import DecodeBatch, join, prefill
from engine.serving.runtime.lean import quick_way
from engine.serving.runtime.lean.trial import Trial
from engine.serving.runtime.loading import load_model
from engine.serving.runtime.reading import read_some
from tests import methods
from tests.zoo import representatives
from tests.zoo.keeper import ZooKeeper

_ALWAYS = ("llama-3", "gemma-3", "gpt-2", "opt", "bloom", "qwen-2-moe", "deepseek-r1", "falcon-h1", "lfm-2", "llama-4")
FAMILIES = tuple(
    model.key if model.key in _ALWAYS else pytest.param(model.key, marks=pytest.mark.zoo) for model in representatives()
)
NEW_TOKENS = 12
_PROMPTS = {BASE: range(20, 62), "lora": range(90, 113)}  # longer than the zoo's sliding windows, and unlike in length


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _adapter(folder: Path, target: Path, **raw: Any) -> Path:
    """A LoRA that changes a lot, as PEFT saves it."""
    model = load_model(folder, "fp32", "cpu")
    lora = method_of("lora")
    values, training = methods.settings_of(lora, rank=4, **raw)
    assert not refused(lora, shape_of(model.config.to_dict()), values, training, 8)
    tuned = lora.apply(model, values, RunContext(8, training, target, folder))
    torch.manual_seed(1)
    with torch.no_grad():
        for name, one in tuned.named_parameters():
            if ".lora_B." in name:
                one.normal_(std=0.3)
    tuned.save_pretrained(target, save_embedding_layers=False)
    return target


def _plain(folder: Path, adapter: Path | None, ids: list[int]) -> list[int]:
    """What transformers' own loop generates."""
    model = load_model(folder, "fp32", "cpu")
    model = PeftModel.from_pretrained(model, adapter).eval() if adapter else model
    lengths = {"max_new_tokens": NEW_TOKENS, "min_new_tokens": NEW_TOKENS, "eos_token_id": None}
    options = {"do_sample": False, "repetition_penalty": 1.0, **lengths}
    with torch.inference_mode():
        found = model.generate(input_ids=torch.tensor([ids]), pad_token_id=0, **options)
    tokens: list[int] = found[0, len(ids) :].tolist()
    return tokens


def _said(trunk: SharedBase, *keys: str, prompts: Mapping[str, Sequence[int]] = _PROMPTS) -> dict[str, list[int]]:
    """What chat answers, all of them asked at the same time."""
    plan = ResidentModels("x", Weights(BASE, "base", ""), (), "", "cpu", "fp32", 1)
    asks = tuple(Ask(key, key, tuple(prompts[key]), 0, NEW_TOKENS) for key in keys)
    request = Request(1, plan, asks)
    rows = [AnswerRow(ask, AdaptedModel(trunk, ask.weights), request, torch.Generator(), 0.0) for ask in asks]
    with torch.inference_mode():
        some, _begun, alone = read_some(rows, lambda: False)
        batches: list[DecodeBatch] = join([*some, *(batch for row in alone if (batch := prefill(row, lambda: False)))])
        while batches:
            for batch in batches:
                batch.step()
            batches = [batch for batch in batches if batch.rows]
    return {row.ask.side: row.tokens for row in rows}


@pytest.mark.parametrize("family", FAMILIES)
def test_chat_says_what_plain_transformers_says(zoo: ZooKeeper, family: str, tmp_path: Path) -> None:
    folder = zoo.folder(family)
    adapter = _adapter(folder, tmp_path)
    expected = {
        BASE: _plain(folder, None, list(_PROMPTS[BASE])),
        "lora": _plain(folder, adapter, list(_PROMPTS["lora"])),
    }
    assert expected["lora"] != _plain(folder, None, list(_PROMPTS["lora"]))
    trunk = SharedBase(load_model(folder, "fp32", "cpu"))
    trunk.add("lora", str(adapter))
    assert trunk.cached
    for keys in ((BASE,), ("lora",), (BASE, "lora"), ("lora", BASE)):
        assert _said(trunk, *keys) == {key: expected[key] for key in keys}, keys
    _goes_on(trunk, folder, adapter, expected)


def _goes_on(trunk: SharedBase, folder: Path, adapter: Path, expected: dict[str, list[int]]) -> None:
    """The same once more and a next turn, with what was read before kept."""
    trunk.kept.shrink(1 << 30)
    for _ in range(2):
        assert _said(trunk, BASE, "lora") == expected
    after = {key: [*_PROMPTS[key], *expected[key], 33, 34, 35] for key in expected}
    plain = {BASE: _plain(folder, None, after[BASE]), "lora": _plain(folder, adapter, after["lora"])}
    assert _said(trunk, BASE, "lora", prompts=after) == plain
    assert bool(trunk.kept.bytes) == trunk.keeps


def test_rows_that_cannot_be_told_apart_are_answered_in_turns(zoo: ZooKeeper, tmp_path: Path) -> None:
    """OPT makes one long row of a batch: base rows still share one, an adapter answers by itself."""
    companies = {}
    for family in ("llama-3", "opt"):
        trunk = SharedBase(load_model(zoo.folder(family), "fp32", "cpu"))
        trunk.add("lora", str(_adapter(zoo.folder(family), tmp_path / family)))
        companies[family] = [trunk.company(key) for key in (BASE, "lora")]
    assert companies == {"llama-3": ["together", "together"], "opt": ["together", None]}


@pytest.mark.parametrize("family", ["qwen-3-moe", "llama-4"])
def test_adapted_experts_answer_in_turns(zoo: ZooKeeper, family: str, tmp_path: Path) -> None:
    folder = zoo.folder(family)
    adapter = _adapter(folder, tmp_path, experts=True)
    trunk = SharedBase(load_model(folder, "fp32", "cpu"))
    trunk.add("lora", str(adapter))
    assert trunk.company("lora") is None
    expected = _plain(folder, adapter, list(_PROMPTS["lora"]))
    assert _said(trunk, BASE, "lora")["lora"] == expected


def test_a_model_that_does_not_go_on_from_its_cache_reads_everything_anew(
    zoo: ZooKeeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = zoo.folder("llama-3")
    adapter = _adapter(folder, tmp_path)
    monkeypatch.setattr(Trial, "reads_on", lambda _self, _key: False)
    trunk = SharedBase(load_model(folder, "fp32", "cpu"))
    trunk.add("lora", str(adapter))
    assert {trunk.company(BASE), trunk.company("lora")} == {None}
    said = _said(trunk, BASE, "lora")
    assert said["lora"] == _plain(folder, adapter, list(_PROMPTS["lora"]))
    assert said[BASE] == _plain(folder, None, list(_PROMPTS[BASE]))


def test_a_cache_that_loses_its_place_is_found_by_trial(zoo: ZooKeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    """As families do that count from 0 in every pass where no places are said."""
    model = load_model(zoo.folder("llama-3"), "fp32", "cpu")
    forward = model.forward

    def forgetful(*args: Any, **inputs: Any) -> Any:
        ids = inputs["input_ids"]
        return forward(*args, **{**inputs, "position_ids": torch.arange(ids.shape[1])[None]})

    vars(forgetful)["__signature__"] = inspect.signature(forward)
    monkeypatch.setattr(model, "forward", forgetful)
    monkeypatch.setattr(quick_way, "lean_of", lambda _model: None)
    assert not SharedBase(model).cached


@pytest.mark.parametrize("family", ["lfm-2", "falcon-h1"])
def test_virtual_tokens_are_read_with_the_text_where_states_do_not_go_on_over_many_tokens(
    zoo: ZooKeeper, family: str, tmp_path: Path
) -> None:
    folder, prompt = zoo.folder(family), method_of("prompt_tuning")
    values, training = methods.settings_of(prompt, start="random")
    tuned = prompt.apply(load_model(folder, "fp32", "cpu"), values, RunContext(8, training, tmp_path, folder)).eval()
    torch.manual_seed(1)
    with torch.no_grad():
        tuned.prompt_encoder["default"].embedding.weight.normal_(std=0.5)
    tuned.save_pretrained(tmp_path, save_embedding_layers=False)
    trunk = SharedBase(load_model(folder, "fp32", "cpu"))
    assert not trunk.pieces
    trunk.add("lora", str(tmp_path))
    ids = list(_PROMPTS["lora"])
    with torch.inference_mode():
        for _ in range(NEW_TOKENS):
            ids.append(int(tuned(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1].argmax()))
    assert _said(trunk, "lora")["lora"] == ids[len(_PROMPTS["lora"]) :]
