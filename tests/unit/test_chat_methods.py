"""Each method's result says beside others what its model says alone, and the base says what it said before they came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.base_formats import base_format
from engine.data.templates.template import ChatTemplate
from engine.methods.common.declaration import RunContext
from engine.models.tuned.results import kind_of
from engine.serving.protocol import BASE, Ask, Request, ResidentModels, Weights
from engine.serving.runtime.generation import generate
from engine.serving.runtime.loading import load_model
from engine.serving.runtime.model_cache import ModelCache
from engine.training.loop.weights import save_result
from tests import methods, tiny
from tests.integration.chat_models import stir, write_adapter
from tests.methods import Case

NEW_TOKENS = 10
PROMPT = tuple(range(40, 63))  # the same for all, as in a chat
LORA = "lora_beside"


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@dataclass
class Bench:
    """A base with a LoRA on it, loaded once a number format.

    Attributes:
        base: folder of the base.
        lora: folder of an adapter that is there already.
    """

    base: Path
    lora: Path

    def __post_init__(self) -> None:
        self.template = ChatTemplate.load(self.base)
        self._held: dict[str, tuple[ModelCache, str]] = {}

    def held(self, dtype: str) -> tuple[ModelCache, str]:
        """What answers, and what the base says greedily with nothing beside it, by the model's own forward pass."""
        if dtype not in self._held:
            self._held[dtype] = ModelCache(), self.greedy(load_model(self.base, dtype, "cpu"))
        return self._held[dtype]

    @torch.inference_mode()
    def greedy(self, model: Any) -> str:
        """The likeliest tokens, each after a reading of the whole text by the model's own forward pass."""
        ids = list(PROMPT)
        for _ in range(NEW_TOKENS):
            text = torch.tensor([ids])
            logits = model.eval()(input_ids=text, attention_mask=torch.ones_like(text), use_cache=False).logits
            ids.append(int(logits[0, -1].argmax()))
        return self.template.answer_text(ids[len(PROMPT) :])

    def said(self, dtype: str, results: dict[str, Path]) -> dict[str, str]:
        """Answers of the base and of these results, asked at once."""
        cache, _ = self.held(dtype)
        kinds = {key: Weights(key, _form(folder), str(folder)) for key, folder in results.items()}
        base = Weights(BASE, "base", str(self.base))
        gone = tuple(key for key in cache.keys if key not in {BASE, *results})
        plan = ResidentModels(dtype, base, tuple(kinds.values()), "", "cpu", dtype, 1, gone)
        request = Request(1, plan, tuple(Ask(key, key, PROMPT, 0, NEW_TOKENS) for key in (BASE, *results)))
        events: list[dict[str, Any]] = []
        generate(request, cache.hold(plan), self.template, lambda: False, events.append)
        ended = {event["side"]: event for event in events if event["event"] == "side"}
        assert all(event["error"] is None for event in ended.values()), ended
        return {side: event["text"] for side, event in ended.items()}


def _form(folder: Path) -> str:
    kind = kind_of(folder)
    return "full" if kind == "model" else kind


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("methods")
    base = stir(tiny.write_model(folder / "base", tied=False))
    return Bench(base, write_adapter(base, folder / "lora"))


@pytest.mark.parametrize("case", methods.cases(), ids=str)
def test_a_result_says_beside_others_what_it_says_alone(bench: Bench, case: Case, tmp_path: Path) -> None:
    if reason := case.refused(bench.base):
        pytest.skip(str(reason))
    _values, training = methods.settings_of(case.method, case.training, **case.values)
    held = base_format(training)
    model = methods.applied(bench.base, case.method, tmp_path / "scratch", training=case.training, **case.values)
    torch.manual_seed(3)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter += 0.3 * parameter.std().clamp(min=0.3) * torch.randn_like(parameter)
    (tmp_path / "result").mkdir()
    save_result(model, case.method, tmp_path / "result", RunContext(8, training, tmp_path / "scratch", bench.base))
    alone, dtype = bench.greedy(model), held.key if held.quantised else "fp32"
    untouched = bench.held(dtype)[1]
    with_lora = bench.said(dtype, {LORA: bench.lora})
    assert with_lora[BASE] == untouched
    together = bench.said(dtype, {LORA: bench.lora, "it": tmp_path / "result"})
    assert together == {BASE: untouched, LORA: with_lora[LORA], "it": alone}
    assert alone != untouched
    assert bench.said(dtype, {}) == {BASE: untouched}
