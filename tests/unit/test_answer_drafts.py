"""Drafts of what stood in the text before: answers stay what they are, fewer passes make them, and they rest where they do not help."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from engine.data.templates.template import ChatTemplate
from engine.serving.protocol import BASE
from engine.serving.runtime import decode_batch, draft
from engine.serving.runtime.adapted_model import SharedBase
from engine.serving.runtime.draft import LONGEST, PromptLookup
from engine.serving.runtime.loading import load_model
from tests.integration.chat_models import stir, write_adapter
from tests.tiny import write_model
from tests.unit.test_kept_prompts import drawn, said

SEED = 31
KEYS = (BASE, "lora", "dora")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[SharedBase, ChatTemplate]:
    """A tiny model that comes back to what it said, and adapters on it."""
    root = tmp_path_factory.mktemp("drafts")
    folder = stir(write_model(root / "base", tied=False), 2.0)
    trunk = SharedBase(load_model(folder, "fp32", "cpu"))
    trunk.add("lora", str(write_adapter(folder, root / "lora", scale=0.3)))
    trunk.add("dora", str(write_adapter(folder, root / "dora", scale=0.3, use_dora=True)))
    return trunk, ChatTemplate.load(folder)


def counted(
    world: Any, monkeypatch: pytest.MonkeyPatch, key: str, ids: list[int], *, drafts: bool, **changes: Any
) -> Any:
    """How the side ended, and how many passes that took."""
    trunk, passes = world[0], []
    forward = trunk.forward
    with monkeypatch.context() as patch:
        patch.setattr(decode_batch, "draftable", draft.draftable if drafts else lambda *_said: False)
        patch.setattr(PromptLookup, "_helps", lambda _self: True)
        patch.setattr(trunk, "forward", lambda keys, **inputs: passes.append(1) or forward(keys, **inputs))
        found = said(world, {key: ids}, **changes)[key]
    return {name: found[name] for name in ("text", "tokens", "reason")}, len(passes)


@pytest.mark.parametrize("key", KEYS)
def test_answers_with_drafts_are_those_without_in_fewer_passes(
    world: Any, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spared = 0
    for seed in range(SEED, SEED + 6):
        ids = drawn(seed, 12) * 3  # what follows a token often follows it again
        plain, many = counted(world, monkeypatch, key, ids, drafts=False, tokens=40)
        quick, few = counted(world, monkeypatch, key, ids, drafts=True, tokens=40)
        assert quick == plain, seed
        assert plain["tokens"] == 40
        spared += many - few
    assert spared > 20


def test_an_answer_ends_where_it_ends_in_the_middle_of_a_draft(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = drawn(SEED, 12) * 3
    for length in range(1, 24, 3):
        plain, _ = counted(world, monkeypatch, BASE, ids, drafts=False, tokens=length)
        quick, _ = counted(world, monkeypatch, BASE, ids, drafts=True, tokens=length)
        assert quick == plain
    for stop in range(0, 512, 32):
        stops = tuple(range(stop, stop + 32))
        plain, _ = counted(world, monkeypatch, BASE, ids, drafts=False, tokens=30, stop_ids=stops)
        quick, _ = counted(world, monkeypatch, BASE, ids, drafts=True, tokens=30, stop_ids=stops)
        assert quick == plain


def test_what_a_wrong_draft_read_is_forgotten(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next turn reads on from exactly what was said."""
    trunk, ids = world[0], drawn(SEED, 12) * 3
    trunk.kept.shrink(10_000_000)
    try:
        monkeypatch.setattr(PromptLookup, "_helps", lambda _self: True)
        monkeypatch.setattr(PromptLookup, "propose", lambda *_said: [5, 6, 7])
        said(world, {BASE: ids})
        kept = trunk.kept._texts[-1]
        assert kept.cache.get_seq_length() == len(kept.ids)
        following = [*kept.ids, 40, 41]
        found = said(world, {BASE: following})[BASE]
        assert found["reused_tokens"] == len(kept.ids)
    finally:
        trunk.kept.shrink(0)
    assert said(world, {BASE: following})[BASE]["text"] == found["text"]


def test_only_greedy_answers_of_a_model_in_full_are_drafted(world: Any) -> None:
    trunk, _template = world
    cache, _ = trunk.open(BASE)
    greedy, warm = (Row(temperature) for temperature in (0.0, 0.7))
    assert draft.draftable(trunk, greedy, cache)  # type: ignore[arg-type]
    assert not draft.draftable(trunk, warm, cache)  # type: ignore[arg-type]
    trunk.exact = False
    try:
        assert not draft.draftable(trunk, greedy, cache)  # type: ignore[arg-type]
    finally:
        trunk.exact = True


class Row:
    """As much of a row as is asked for."""

    def __init__(self, temperature: float) -> None:
        self.request = type("Asked", (), {"temperature": temperature})()


class Clock:
    """Time that passes as it is told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_drafts_that_do_not_help_rest_longer_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that always looks the same and never goes on so: few of many steps are lost."""
    clock = Clock()
    monkeypatch.setattr(draft.time, "perf_counter", clock)
    wrong, ids, tried = PromptLookup(), [1, 2, 3] * 200, []
    for step in range(400):
        drafted = wrong.propose(ids, 100)
        clock.now += 1.5 if drafted else 1.0
        wrong.took(len(drafted), 0)
        if drafted:
            tried.append(step)
    assert 0 < len(tried) <= 10
    assert 0.5 * len(tried) / 400 < 0.02, "share of the time that was lost"


def test_drafts_that_help_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(draft.time, "perf_counter", clock)
    right, ids, drafts = PromptLookup(), [1, 2, 3] * 50, 0
    for _ in range(50):
        drafted = right.propose(ids, 100)
        clock.now += 1.5 if drafted else 1.0
        right.took(len(drafted), len(drafted))
        drafts += bool(drafted)
    assert drafts > 40
    assert right.propose(ids, 2) == ids[:2]
    assert right.propose([*range(10)], 9) == []
    assert len(right.propose(ids, 100)) == LONGEST
