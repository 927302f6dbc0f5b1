"""What was read of earlier prompts is not read again, and the answers stay what they are when everything is read anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest
import torch

from engine.data.templates.template import ChatTemplate
from engine.serving.process import server
from engine.serving.process.admission import Running, place
from engine.serving.process.client import Held
from engine.serving.protocol import BASE, Ask, Request, ResidentModels, Weights
from engine.serving.runtime import decode_batch, kept_prompts
from engine.serving.runtime.adapted_model import AdaptedModel, SharedBase
from engine.serving.runtime.generation import generate
from engine.serving.runtime.kept_prompts import KeptPrompts
from engine.serving.runtime.lean.trial import exact
from engine.serving.runtime.loading import load_model
from tests.integration.chat_models import stir, write_adapter
from tests.tiny import write_model
from tests.unit.test_chat_admission import CPU, wanted

SEED = 20_26
PLAN = ResidentModels("x", Weights(BASE, "base", ""), (), "", "cpu", "fp32", 1)
Said = dict[str, dict[str, Any]]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[SharedBase, ChatTemplate]:
    """The tiny base with what is computed in different ways: in a batch, in a twin, and behind virtual tokens."""
    from engine.methods import METHODS
    from tests.unit.test_chat_results import VIRTUAL, saved

    root = tmp_path_factory.mktemp("kept")
    folder = stir(write_model(root / "base", tied=False))
    trunk = SharedBase(load_model(folder, "fp32", "cpu"))
    trunk.add("lora", str(write_adapter(folder, root / "lora")))
    trunk.add("dora", str(write_adapter(folder, root / "dora", use_dora=True)))
    virtual = next(method for method in METHODS if method in VIRTUAL)
    trunk.add("virtual", str(saved(folder, root / "virtual", virtual)))
    return trunk, ChatTemplate.load(folder)


KEYS = (BASE, "lora", "dora", "virtual")


def said(
    world: tuple[SharedBase, ChatTemplate], prompts: dict[str, Sequence[int]], *, tokens: int = 12, **changes: Any
) -> Said:
    """How each side ended; `prompts` by the key of its weights."""
    trunk, template = world
    asks = tuple(Ask(key, key.split("#")[0], tuple(ids), 7, tokens) for key, ids in prompts.items())
    events: list[dict[str, Any]] = []
    models = {key: AdaptedModel(trunk, key) for key in KEYS}
    generate(Request(1, PLAN, asks, **changes), models, template, lambda: False, events.append)
    return {event["side"]: event for event in events if event["event"] == "side"}


def texts(found: Said) -> dict[str, str]:
    return {side: event["text"] for side, event in found.items()}


def reused(found: Said) -> dict[str, int]:
    return {side: event["reused_tokens"] for side, event in found.items()}


def drawn(seed: int, count: int) -> list[int]:
    return torch.randint(20, 500, (count,), generator=torch.Generator().manual_seed(seed)).tolist()


@pytest.mark.parametrize("seed", [SEED, SEED + 1, SEED + 2])
def test_the_next_turn_reads_only_what_is_new_and_says_the_same(world: Any, seed: int) -> None:
    """Turns of several sides, a repeated one, and a branch that leaves in the middle of an earlier prompt."""
    trunk, _template = world
    first, more, other = drawn(seed, 40), drawn(seed + 10, 9), drawn(seed + 20, 5)
    second = [*first, *drawn(seed + 30, 6), *more]
    branch = [*second[:30], *other]
    talks = ([first] * 2, [second], [branch], [second])

    def all_of_it(limit: int) -> tuple[list[dict[str, str]], list[dict[str, int]]]:
        trunk.kept.forget()
        trunk.kept.shrink(limit)
        found = [said(world, dict.fromkeys(KEYS, prompt)) for talk in talks for prompt in talk]
        return [texts(one) for one in found], [reused(one) for one in found]

    anew, nothing = all_of_it(0)
    again, told = all_of_it(10_000_000)
    assert again == anew
    assert len(set(again[0].values())) == len(KEYS)
    assert {count for one in nothing for count in one.values()} == {0}
    assert [set(one.values()) for one in told] == [{0}, {39}, {40}, {30}, {len(second) - 1}]


def test_an_answer_is_part_of_what_was_read(world: Any) -> None:
    """Also of rows that shared a batch and ended apart."""
    trunk, _template = world
    trunk.kept.forget()
    trunk.kept.shrink(10_000_000)
    lengths = {BASE: 20, "lora": 33}
    first = {key: drawn(length, length) for key, length in lengths.items()}
    answer = {key: answered(trunk, key, ids, 12) for key, ids in first.items()}
    assert reused(said(world, first)) == {BASE: 0, "lora": 0}
    second = {key: [*first[key], *answer[key], 31, 32, 33] for key in first}
    found = said(world, second)
    assert reused(found) == {key: length + 11 for key, length in lengths.items()}, "the last token was chosen, not read"
    trunk.kept.shrink(0)
    assert texts(said(world, second)) == texts(found)


@torch.inference_mode()
def answered(trunk: SharedBase, key: str, ids: list[int], count: int) -> list[int]:
    """What the model alone says, greedily, the whole text read for each token."""
    made = list(ids)
    for _ in range(count):
        made.append(int(trunk.forward([key], input_ids=torch.tensor([made])).logits[0, -1].argmax()))
    return made[len(ids) :]


def test_questions_after_the_same_examples_share_them_within_one_request(world: Any) -> None:
    trunk, _template = world
    trunk.kept.forget()
    trunk.kept.shrink(10_000_000)
    before = drawn(5, 50)
    asks = {f"{BASE}#{number}": [*before, *drawn(60 + number, 8)] for number in range(3)}
    found = said(world, asks)
    assert reused(found) == {f"{BASE}#0": 0, f"{BASE}#1": 50, f"{BASE}#2": 50}
    trunk.kept.shrink(0)
    assert texts(said(world, asks)) == texts(found)


def test_other_weights_under_a_name_have_read_nothing(world: Any) -> None:
    trunk, _template = world
    trunk.kept.forget()
    trunk.kept.shrink(10_000_000)
    said(world, {BASE: drawn(1, 20), "lora": drawn(1, 20)})
    assert trunk.kept.begun("lora", drawn(1, 20))
    trunk.kept.forget("lora")
    assert trunk.kept.begun("lora", drawn(1, 20)) is None
    assert trunk.kept.begun(BASE, drawn(1, 20)) is not None
    assert trunk.kept.begun(BASE, drawn(1, 1)) is None, "the last token gives the scores of the first one"


def test_a_row_that_is_opened_anew_skips_nothing_of_what_is_gone(world: Any) -> None:
    """Prompts are opened together first; where they are read one by one, the first may push out what the second began with."""
    trunk, _template = world
    trunk.kept.forget()
    trunk.kept.shrink(10_000_000)
    begun = {BASE: drawn(1, 20), "lora": drawn(2, 20)}
    said(world, begun)
    one = max(text.bytes for text in trunk.kept._texts)
    asks = {BASE: [*begun[BASE], *drawn(3, 600)], "lora": [*begun["lora"], *drawn(4, 30)]}
    trunk.kept.shrink(2 * one)
    trunk.kept.limit = _bytes_of_text(world, asks[BASE]) + one // 2
    found = texts(said(world, asks))
    trunk.kept.shrink(0)
    assert found == texts(said(world, asks))


def test_where_nothing_can_be_kept_or_joined_answers_stay_what_they_are(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    trunk, _template = world
    trunk.kept.forget()
    trunk.kept.shrink(0)
    asks = {BASE: drawn(1, 20), "lora": drawn(2, 20), "virtual": drawn(3, 33)}
    expected = texts(said(world, asks))

    def full(*_: object) -> Any:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(decode_batch, "row_of", full)
    monkeypatch.setattr(decode_batch, "stacked", full)
    trunk.kept.shrink(10_000_000)
    assert texts(said(world, asks)) == expected
    assert trunk.kept.bytes == 0


def _bytes_of_text(world: Any, ids: Sequence[int]) -> int:
    trunk, _template = world
    cache, before = trunk.open(BASE)
    with torch.inference_mode():
        trunk.forward([BASE], **trunk.inputs.of(torch.tensor([ids]), cache, before))
    return kept_prompts._bytes_of(cache)


def test_what_is_kept_is_bounded_and_goes_where_memory_is_short(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    trunk, _template = world
    trunk.kept.forget()
    trunk.kept.shrink(10_000_000)
    said(world, {BASE: drawn(1, 20)})
    one = trunk.kept.bytes
    trunk.kept.shrink(3 * one)
    for number in range(6):
        said(world, {BASE: drawn(100 + number, 20)})
    assert one < trunk.kept.bytes <= 3 * one
    assert trunk.kept.begun(BASE, drawn(105, 20)), "the last one used stays"
    assert trunk.kept.begun(BASE, drawn(100, 20)) is None
    monkeypatch.setattr(kept_prompts, "MOST_TOKENS", 31)
    trunk.kept.shrink(3 * one)
    assert trunk.kept.tokens <= 31
    trunk.kept.forget()
    monkeypatch.setattr(kept_prompts, "_spare_bytes", lambda: 1)
    said(world, {BASE: drawn(1, 20)})
    assert trunk.kept.bytes == 0


def test_what_goes_on_says_nothing_to_what_was_kept(world: Any) -> None:
    """Two branches grow from one beginning."""
    trunk, _template = world
    cache, before = trunk.open(BASE)
    with torch.inference_mode():
        trunk.forward([BASE], **trunk.inputs.of(torch.tensor([drawn(1, 20)]), cache, before))
        kept = KeptPrompts()
        kept.limit = 10_000_000
        kept.keep(BASE, drawn(1, 20), 0, cache)
        grown, length = kept.begun(BASE, [*drawn(1, 12), 7, 8]) or (None, 0)
        trunk.forward([BASE], **trunk.inputs.of(torch.tensor([[7, 8]]), grown, length))
    assert (length, grown.get_seq_length(), cache.get_seq_length()) == (12, 14, 20)


def test_admission_counts_what_is_kept_and_takes_it_back_first() -> None:
    held = Held("1:hash", "cpu", "fp32", ("base", "tuned-1"), kept_mb=400)
    running = Running(held, alive=True, memory_mb=2_000, sizes={"tuned-1": 600 << 20})

    def placed(free_mb: int, tokens: int = 512) -> Any:
        return place(wanted(tokens=tokens), running, [replace(CPU, free_mb=free_mb)])

    assert placed(8_000).keep_mb == 1_024
    some = placed(400)
    assert 0 < some.keep_mb < 400
    assert some.evict == ()
    assert some.needed_mb <= some.free_mb
    none = placed(0, tokens=4_000)
    assert (none.keep_mb, none.evict) == (0, ("tuned-1",))


def test_only_a_model_in_full_is_exact(world: Any) -> None:
    trunk, _template = world
    assert exact(trunk._model)


def test_an_idle_process_gives_prompts_back_where_memory_is_short(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    trunk, _template = world
    trunk.kept.forget()
    trunk.kept.shrink(10_000_000)
    said(world, {BASE: drawn(1, 20)})
    inbox = server.Inbox()
    idle = server.Server(cast(server.Wire, None), inbox)
    idle._models._bases[BASE] = trunk
    monkeypatch.setattr(server, "_LOOK_SECONDS", 0.01)
    assert inbox.next(0.03, idle.spare) is None
    assert trunk.kept.bytes > 0, "there is enough"
    short = type("Memory", (), {"available": 1_000_000})()
    with monkeypatch.context() as patch:
        patch.setattr(server.psutil, "virtual_memory", lambda: short)
        assert inbox.next(0.03, idle.spare) is None
    assert trunk.kept.bytes == 0
