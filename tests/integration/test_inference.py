"""The inference process: whose tokens come out, how they are streamed, and how the process begins and ends."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.core.errors import Fault
from engine.core.settings import Settings
from engine.data.templates.template import ChatTemplate
from engine.models.base.inspect import hash_file
from engine.serving.process.client import InferenceClient
from engine.serving.protocol import BASE, Ask, Request, ResidentModels, Weights
from tests.integration.chat_models import stir, write_adapter
from tests.tiny import write_model

pytestmark = pytest.mark.slow  # models answer for real

PROMPTS = ("Tell me about the lantern.", "What is the colour of the kettle?", "你好，请问falcon在哪里？")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The tiny base, two strong adapters, one that PEFT cannot mix into a batch, and a whole model."""
    root = tmp_path_factory.mktemp("models")
    base = stir(write_model(root / "base", tied=False))
    return {
        "base": base,
        "tuned-1": write_adapter(base, root / "one", seed=1),
        "tuned-2": write_adapter(base, root / "two", seed=2),
        "tuned-3": write_adapter(base, root / "dora", seed=3, use_dora=True),
        "tuned-4": stir(write_model(root / "whole", seed=44, tied=False)),
    }


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InferenceClient]:
    """One process for the tests that leave it alive."""
    client = InferenceClient(Settings(home=tmp_path_factory.mktemp("home"), offline=True))
    yield client
    client.close()


def plan_of(folders: dict[str, Path], *tuned: str, **changes: Any) -> ResidentModels:
    kinds = {"tuned-4": "full"}
    weights = tuple(Weights(key, kinds.get(key, "adapter"), str(folders[key])) for key in tuned)  # type: ignore[arg-type]
    base = Weights(BASE, "base", str(folders["base"]))
    values = {"identity": "1:x", "base": base, "tuned": weights, "tokenizer": str(folders["base"])}
    return ResidentModels(**{**values, "device": "cpu", "dtype": "fp32", "threads": 2, **changes})


def prompt_ids(folders: dict[str, Path], text: str) -> tuple[int, ...]:
    return tuple(ChatTemplate.load(folders["base"]).encode_prompt([{"role": "user", "content": text}]))


def answers(
    client: InferenceClient, folders: dict[str, Path], keys: tuple[str, ...], *, tokens: int = 24, **changes: Any
) -> dict[str, dict[str, Any]]:
    """Each key answers another prompt of another length; their last events."""
    asks = tuple(Ask(key, key, prompt_ids(folders, PROMPTS[i % len(PROMPTS)]), 7, tokens) for i, key in enumerate(keys))
    plan = plan_of(folders, *(key for key in keys if key != BASE))
    request = Request(client.new_id(), plan, asks, **changes)
    return {event["side"]: event for event in client.stream(request) if event["event"] == "side"}


def test_other_weights_under_the_same_name_are_read(client: InferenceClient, folders: dict[str, Path]) -> None:
    """A resumed job leaves new ones, and a user may choose those of another step."""
    ids, said = prompt_ids(folders, PROMPTS[0]), []
    for number in ("tuned-1", "tuned-2", "tuned-1"):
        file = folders[number] / "adapter_model.safetensors"
        weights = Weights("tuned-9", "adapter", str(folders[number]), hash_file(file))
        plan = replace(plan_of(folders), tuned=(weights,))
        request = Request(client.new_id(), plan, (Ask("tuned-9", "tuned-9", ids, 7, 24),))
        said += [event["text"] for event in client.stream(request) if event["event"] == "side"]
    apart = answers(client, folders, ("tuned-1",))["tuned-1"]["text"]
    assert said[0] == said[2] == apart
    assert said[1] != said[0]


def untouched(folder: Path, ids: tuple[int, ...], tokens: int, adapter: Path | None = None) -> list[int]:
    """What plain transformers (and PEFT) generate, greedily."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, use_safetensors=True)
    if adapter:
        model = PeftModel.from_pretrained(model, adapter)
    prompt = torch.tensor([ids])
    mask = torch.ones_like(prompt)
    out = model.generate(
        input_ids=prompt, attention_mask=mask, max_new_tokens=tokens, do_sample=False, eos_token_id=None, pad_token_id=0
    )
    return out[0, len(ids) :].tolist()


def test_every_side_equals_plain_generation_token_for_token(client: InferenceClient, folders: dict[str, Path]) -> None:
    keys = (BASE, "tuned-1", "tuned-2")
    found = answers(client, folders, keys)
    again = answers(client, folders, keys)
    alone = {key: answers(client, folders, (key,))[key]["text"] for key in (BASE,)}
    template = ChatTemplate.load(folders["base"])
    for i, key in enumerate(keys):
        adapter = None if key == BASE else folders[key]
        expected = untouched(folders["base"], prompt_ids(folders, PROMPTS[i]), 24, adapter)
        assert found[key]["text"] == template.decode(expected).rstrip("\ufffd")
        assert again[key]["text"] == found[key]["text"]
        assert found[key]["tokens"] == 24
        assert found[key]["reason"] == "length"
        assert found[key]["weights"] == key
        assert not found[key]["silent"]
    assert alone[BASE] == found[BASE]["text"]


def test_same_prompt_gives_different_answers_by_base_and_tuned(
    client: InferenceClient, folders: dict[str, Path]
) -> None:
    ids = prompt_ids(folders, PROMPTS[0])
    asks = tuple(Ask(key, key, ids, 7, 24) for key in (BASE, "tuned-1"))
    request = Request(client.new_id(), plan_of(folders, "tuned-1"), asks)
    events = list(client.stream(request))
    ends = {event["side"]: event["text"] for event in events if event["event"] == "side"}
    assert ends[BASE] != ends["tuned-1"]
    kinds = [(event["event"], event.get("side")) for event in events]
    assert kinds.index(("text", "tuned-1")) < kinds.index(("side", BASE)), "both stream at the same time"


def test_adapters_that_cannot_share_a_batch_and_whole_models_take_turns(
    client: InferenceClient, folders: dict[str, Path]
) -> None:
    keys = (BASE, "tuned-3", "tuned-4")
    found = answers(client, folders, keys)
    template = ChatTemplate.load(folders["base"])
    expected = {
        BASE: untouched(folders["base"], prompt_ids(folders, PROMPTS[0]), 24),
        "tuned-3": untouched(folders["base"], prompt_ids(folders, PROMPTS[1]), 24, folders["tuned-3"]),
        "tuned-4": untouched(folders["tuned-4"], prompt_ids(folders, PROMPTS[2]), 24),
    }
    for key in keys:
        assert found[key]["text"] == template.decode(expected[key]).rstrip("\ufffd"), key


def test_sampling_depends_on_the_seed_alone(client: InferenceClient, folders: dict[str, Path]) -> None:
    keys = (BASE, "tuned-1")
    one = answers(client, folders, keys, temperature=1.0, top_p=0.9)
    two = answers(client, folders, keys, temperature=1.0, top_p=0.9)
    alone = answers(client, folders, (BASE,), temperature=1.0, top_p=0.9)
    greedy = answers(client, folders, keys)
    assert {key: event["text"] for key, event in one.items()} == {key: event["text"] for key, event in two.items()}
    assert alone[BASE]["text"] == one[BASE]["text"]
    assert one[BASE]["text"] != greedy[BASE]["text"]


def test_rows_of_one_batch_end_on_their_own(client: InferenceClient, folders: dict[str, Path]) -> None:
    ids = [prompt_ids(folders, prompt) for prompt in PROMPTS]
    plan = plan_of(folders, "tuned-1", "tuned-2")
    lengths = {BASE: 3, "tuned-1": 30, "tuned-2": 1}
    asks = tuple(Ask(key, key, ids[i], 7, lengths[key]) for i, key in enumerate(lengths))
    events = list(client.stream(Request(client.new_id(), plan, asks)))
    assert {event["side"]: event["tokens"] for event in events if event["event"] == "side"} == lengths
    full = answers(client, folders, tuple(lengths), tokens=30)
    for event in events:
        if event["event"] == "side":
            assert full[event["side"]]["text"].startswith(event["text"])


def test_no_half_characters_are_sent(client: InferenceClient, folders: dict[str, Path]) -> None:
    asks = (Ask(BASE, BASE, prompt_ids(folders, PROMPTS[2]), 3, 80),)
    request = Request(client.new_id(), plan_of(folders), asks, temperature=2.0)
    texts = [event["text"] for event in client.stream(request) if "text" in event]
    assert texts
    assert not any(text.endswith("\ufffd") for text in texts)


def test_a_stop_token_ends_the_answer_and_is_not_shown(client: InferenceClient, folders: dict[str, Path]) -> None:
    ids = prompt_ids(folders, PROMPTS[0])
    tokens = untouched(folders["base"], ids, 24)
    end = tokens[5]
    request = Request(client.new_id(), plan_of(folders), (Ask(BASE, BASE, ids, 7, 24),), stop_ids=(end,))
    last = next(event for event in client.stream(request) if event["event"] == "side")
    assert last["reason"] == "end"
    assert last["tokens"] == tokens.index(end)


def test_stop_keeps_what_was_said(client: InferenceClient, folders: dict[str, Path]) -> None:
    ids = prompt_ids(folders, PROMPTS[0])
    asks = tuple(Ask(key, key, ids, 7, 450) for key in (BASE, "tuned-1"))
    request = Request(client.new_id(), plan_of(folders, "tuned-1"), asks)
    ends = {}
    for event in client.stream(request):
        if event["event"] == "text" and event["tokens"] > 3:
            client.stop(request.id)
        if event["event"] == "side":
            ends[event["side"]] = event
    assert {event["reason"] for event in ends.values()} == {"stopped"}
    assert all(0 < event["tokens"] < 450 for event in ends.values())


def test_weights_that_are_not_numbers_are_named(
    client: InferenceClient, folders: dict[str, Path], tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    broken = write_adapter(folders["base"], tmp_path / "broken", seed=5)
    weights = load_file(broken / "adapter_model.safetensors")
    save_file({name: tensor * float("nan") for name, tensor in weights.items()}, broken / "adapter_model.safetensors")
    found = answers(client, folders | {"tuned-5": broken}, (BASE, "tuned-5"))
    assert found["tuned-5"]["error"] == {"code": "chat.not_finite", "params": {}}
    assert found[BASE]["reason"] == "length"


def test_an_adapter_without_effect_is_noticed(
    client: InferenceClient, folders: dict[str, Path], tmp_path: Path
) -> None:
    idle = write_adapter(folders["base"], tmp_path / "idle", seed=6, scale=0.0)
    found = answers(client, folders | {"tuned-6": idle}, (BASE, "tuned-6"))
    assert found["tuned-6"]["silent"]


def test_pickled_adapters_are_refused(client: InferenceClient, folders: dict[str, Path], tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    bad = write_adapter(folders["base"], tmp_path / "bad", seed=8)
    torch.save(load_file(bad / "adapter_model.safetensors"), bad / "adapter_model.bin")
    (bad / "adapter_model.safetensors").unlink()
    found = answers(client, folders | {"tuned-8": bad}, (BASE, "tuned-8"))
    assert (found["tuned-8"]["error"], found["tuned-8"]["text"]) == ({"code": "chat.no_safetensors", "params": {}}, "")
    assert found[BASE]["tokens"] == 24, "it takes no other's answer"


def test_evicted_adapters_leave_and_the_base_stays_itself(client: InferenceClient, folders: dict[str, Path]) -> None:
    before = answers(client, folders, (BASE, "tuned-1", "tuned-2"))
    plan = plan_of(folders, evict=("tuned-1", "tuned-2", "tuned-3", "tuned-4"))
    asks = (Ask(BASE, BASE, prompt_ids(folders, PROMPTS[0]), 7, 24),)
    events = list(client.stream(Request(client.new_id(), plan, asks)))
    held = client.held
    assert held is not None
    assert not {"tuned-1", "tuned-2", "tuned-3", "tuned-4"} & set(held.keys)
    assert [e["text"] for e in events if e["event"] == "side"] == [before[BASE]["text"]]


def memory_of_the_tree() -> int:
    """MiB of this process and of all below it."""
    found = 0
    for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
        with suppress(psutil.Error):
            found += process.memory_info().rss
    return found >> 20


@pytest.mark.slow
def test_the_process_survives_nothing_and_the_next_request_starts_another(
    tmp_path: Path, folders: dict[str, Path]
) -> None:
    client = InferenceClient(Settings(home=tmp_path, offline=True, chat_idle_s=1.0), stop_s=0.5)
    before = memory_of_the_tree()
    try:
        ids = prompt_ids(folders, PROMPTS[0])
        asks = (Ask(BASE, BASE, ids, 7, 490),)
        events = client.stream(Request(client.new_id(), plan_of(folders), asks))
        while next(events)["event"] != "text":
            pass
        assert client.pid
        os.kill(client.pid, signal.SIGKILL)
        with pytest.raises(Fault, match=r"chat\.process_died"):
            list(events)
        assert client.held is None
        first = answers(client, folders, (BASE,))
        assert first[BASE]["tokens"] == 24
        loaded = memory_of_the_tree()
        assert loaded - before > 200, "what is measured shows a process with torch"
        assert client.memory_mb() >= 0.9 * (loaded - before), "what is told counts its children too"
        pid = client.pid
        assert pid is not None
        deadline = time.monotonic() + 20
        while psutil.pid_exists(pid) and time.monotonic() < deadline:
            client.held  # noqa: B018 (looking reaps the child)
            time.sleep(0.1)
        assert client.pid is None, "idle: all memory is given back by ending the process"
        assert client.memory_mb() == 0
        assert memory_of_the_tree() - before < 0.2 * (loaded - before), "not a part of it: all of it"
        assert answers(client, folders, (BASE,))[BASE]["text"] == first[BASE]["text"]
        assert client.pid not in (None, pid)
        os.kill(client.pid or 0, signal.SIGSTOP)  # hangs: a stop ends it
        request = Request(client.new_id(), plan_of(folders), asks)
        client.stop(request.id)
        with pytest.raises(Fault, match=r"chat\.process_died"):
            list(client.stream(request))
    finally:
        client.close()
    assert "Traceback" not in (tmp_path / "logs" / "chat.log").read_text()


@pytest.mark.slow
def test_the_process_ends_with_its_parent(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from engine.serving.process.client import InferenceClient\n"
        "from engine.core.settings import Settings\n"
        "client = InferenceClient(Settings(home=Path(sys.argv[1])))\n"
        "client._ensure()\n"
        "print(client.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    root = Path(__file__).resolve().parents[2]
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=root)
    assert parent.stdout
    child = int(parent.stdout.readline())
    assert psutil.pid_exists(child)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 20
    while psutil.pid_exists(child) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not psutil.pid_exists(child)
