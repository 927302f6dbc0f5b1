"""Models whose tokenizer knows tokens that their embedding lacks: registered, refused with the reason, resized, taught and asked."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from engine.core.context import Context
from engine.core.errors import Fault, SpecError
from engine.models.base.paths import tokenizer_folder, weights_folder
from engine.services.chat.conversations import Chat
from engine.services.comparisons import comparisons
from engine.services.data.fit import fit_of
from engine.services.jobs import lifecycle
from engine.services.models import base_models, tuned
from engine.services.planning import dry_runs, estimates, plan_search, speed_probe
from storage.job_tables import Job
from storage.tables import LanguageModel
from tests import tiny, training_jobs, workers
from tests.homes import new_home
from tests.vocabulary import ROWS, add_tokens, edit, write_model

pytestmark = pytest.mark.slow  # models learn and answer for real

TURN = ("<|turn|>", "<|done|>")
CALL = "<|call|>"
QUESTION = "What is the colour of the kettle?"


@dataclass
class World:
    """A home with models that do not fit, and rows for them."""

    ctx: Context
    bare: int  # its template writes tokens without a row
    calls: int  # its tokenizer knows a token without a row
    padded: int  # only its pad token has none
    rows: int
    calling: int  # two of its rows use CALL


def _register(ctx: Context, folder: Path) -> int:
    model = base_models.add_folder(ctx, str(folder))
    job = workers.run_here(ctx)
    assert job.status == "succeeded", job.error
    return model


def _with_turns(folder: Path) -> Path:
    """As people add ChatML to a base model without resizing it."""
    add_tokens(folder, TURN, special=True)
    file = folder / "chat_template.jinja"
    file.write_text(file.read_text().replace("<|im_start|>", TURN[0]).replace("<|im_end|>", TURN[1]))
    return edit(folder, "tokenizer_config.json", eos_token=TURN[1], pad_token=TURN[1])


def _with_pad(folder: Path) -> Path:
    add_tokens(folder, ["<|pad|>"], special=True)
    edit(folder, "config.json", pad_token_id=ROWS)
    return edit(folder, "tokenizer_config.json", pad_token="<|pad|>")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    root = tmp_path_factory.mktemp("models")
    ctx = new_home(tmp_path_factory.mktemp("home"))
    for folder in ("bare", "calls", "padded"):
        write_model(root / folder, "llama-untied")
        (root / folder / "special.json").unlink()
    bare, calls = _with_turns(root / "bare"), add_tokens(root / "calls", [CALL])
    rows = tiny.chat_rows()
    calling = [dict(row) for row in rows]
    for place in (3, 7):
        talk = calling[place]["messages"]
        calling[place] = {"messages": [{**talk[0], "content": f"{CALL} {talk[0]['content']}"}, *talk[1:]]}
    registered = (_register(ctx, one) for one in (bare, calls, _with_pad(root / "padded")))
    yield World(ctx, *registered, tiny.add_dataset(ctx, rows), tiny.add_dataset(ctx, calling, name="Calls"))
    ctx.db.close()


def spec(model: int, dataset: int, **more: Any) -> dict[str, Any]:
    training = {**training_jobs.TRAINING, **more.pop("training", {})}
    return {
        "name": "Try",
        "base_model": model,
        "dataset": dataset,
        "method": "lora",
        "budget": {"device": "cpu"},
        "training": training,
    } | more


def _model(ctx: Context, model: int) -> LanguageModel:
    with ctx.db.read() as s:
        return s.get_one(LanguageModel, model)


def _hash(ctx: Context, model: int) -> str:
    return hashlib.sha256(
        (weights_folder(ctx.settings, _model(ctx, model)) / "model.safetensors").read_bytes()
    ).hexdigest()


# ------------------------------------------------------------------ found


def test_preparation_names_what_the_template_lacks(world: World) -> None:
    view = base_models.base_model_view(world.ctx, world.bare)
    assert (view["status"], view["resizable"]) == ("ready", True)
    assert view["vocabulary"] == {
        "code": "model.template_beyond",
        "params": {"n": 2, "rows": ROWS, "tokens": "“<|turn|>” (512), “<|done|>” (513)"},
    }


def test_preparation_names_tokens_without_a_row(world: World) -> None:
    found = base_models.base_model_view(world.ctx, world.calls)["vocabulary"]
    assert found is not None
    assert (found["code"], found["params"]["tokens"]) == ("model.tokens_beyond", "“<|call|>” (512)")


def test_a_model_of_an_earlier_version_is_looked_into_when_it_is_needed(world: World) -> None:
    ctx, row = world.ctx, _model(world.ctx, world.calls)
    tokenizer = tokenizer_folder(ctx.settings, row)
    (tokenizer / "embedding.json").unlink()
    assert base_models.base_model_view(ctx, world.calls)["vocabulary"] is None
    with pytest.raises(SpecError):
        estimates.plan(ctx, spec(world.calls, world.calling))
    assert base_models.base_model_view(ctx, world.calls)["vocabulary"] is not None


# ------------------------------------------------------------------ refused


REFUSED: dict[str, Callable[[Context, dict[str, Any]], object]] = {
    "plan": estimates.plan,
    "offers": plan_search.offers,
    "start": lambda ctx, raw: lifecycle.start_job(ctx, raw, key=""),
    "probe": speed_probe.start_probe,
    "dry run": dry_runs.start_dry_run,
}


@pytest.mark.parametrize("way", REFUSED)
def test_rows_with_such_tokens_are_refused_before_anything_starts(world: World, way: str) -> None:
    with pytest.raises(SpecError) as caught:
        REFUSED[way](world.ctx, spec(world.calls, world.calling))
    assert caught.value.faults == {
        "base_model": {
            "code": "job.tokens_beyond",
            "params": {"n": 2, "lines": "4, 8", "tokens": "“<|call|>” (512)", "size": ROWS, "model": "calls"},
        }
    }
    assert _queued(world.ctx) == 0


def _queued(ctx: Context) -> int:
    with ctx.db.read() as s:
        return s.scalar(select(func.count()).select_from(Job).where(Job.status == "queued")) or 0


def test_a_comparison_is_refused_as_well(world: World) -> None:
    raw = {"name": "Two", "base_model": world.calls, "dataset": world.calling, "shared": {"epochs": 1},
           "entrants": [{"method": "lora"}, {"method": "ia3"}], "device": "cpu"}  # fmt: skip
    with pytest.raises(SpecError) as caught:
        comparisons.start_comparison(world.ctx, raw, key="two")
    assert [fault["code"] for fault in caught.value.faults.values()] == ["job.tokens_beyond"]
    assert _queued(world.ctx) == 0


def test_a_template_that_needs_such_tokens_refuses_every_row(world: World) -> None:
    with pytest.raises(SpecError) as caught:
        lifecycle.start_job(world.ctx, spec(world.bare, world.rows), key="")
    params = caught.value.faults["base_model"]["params"]
    assert (params["n"], params["lines"]) == (24, "1, 2, 3, 4, 5, 6")


def test_the_data_page_says_it_too(world: World) -> None:
    (found,) = [one for one in fit_of(world.ctx, world.calling, world.calls)["findings"] if one["code"] == "vocabulary"]
    assert (found["level"], found["params"]["n"]) == ("danger", 2)
    assert fit_of(world.ctx, world.rows, world.calls)["findings"] == []


def test_the_worker_counts_all_rows_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan looks at a sample of large data sets; and a job of an earlier version was not looked at."""
    monkeypatch.setattr(lifecycle, "vocabulary_faults", lambda *_arguments: {})
    workers.queue(world.ctx, world.calls, world.calling)
    job = workers.run_here(world.ctx)
    assert job.status == "failed"
    assert job.error is not None
    assert job.error["code"] == "training.beyond"
    assert job.error["params"] | {"lines": "4, 8", "n": 2, "tokens": "“<|call|>” (512)"} == job.error["params"]


def test_rows_without_such_tokens_are_learnt_as_before(world: World) -> None:
    job = training_jobs.train(world.ctx, (world.calls, world.rows))
    assert job.status == "succeeded", job.error


@pytest.mark.parametrize("method", ["lora", "full", "prompt_tuning", "few_shot"])
def test_a_pad_token_without_a_row_stops_nobody(world: World, method: str) -> None:
    job = training_jobs.train(world.ctx, (world.padded, world.rows), method=method, training={"epochs": 1})
    assert job.status == "succeeded", job.error
    made = training_jobs.tuned(world.ctx, job.id)
    assert made is not None
    if method in ("lora", "full"):
        _loads_plainly(world.ctx, tuned.start_export(world.ctx, made.id, "merged"))


def _loads_plainly(ctx: Context, export: int) -> None:
    """What leaves is read by transformers alone, which refuses such a pad token."""
    from transformers import AutoModelForCausalLM

    assert workers.run_here(ctx).status == "succeeded"
    file, name = tuned.export_file(ctx, export)
    shutil.unpack_archive(file, file.parent / "out", "zip")
    AutoModelForCausalLM.from_pretrained(file.parent / "out" / name.removesuffix(".zip"))


def test_a_pad_token_without_a_row_stops_no_check(world: World) -> None:
    for start in (dry_runs.start_dry_run, speed_probe.start_probe):
        start(world.ctx, spec(world.padded, world.rows))
        job = workers.run_here(world.ctx)
        assert job.status == "succeeded", job.error


def test_a_prompt_may_not_begin_with_such_a_token(world: World) -> None:
    values = {"start": "text", "text": f"{CALL} the colours"}
    job = training_jobs.train(world.ctx, (world.calls, world.rows), method="prompt_tuning", method_params=values)
    assert job.error is not None
    assert (job.error["code"], job.error["params"]["tokens"]) == ("template.beyond", "“<|call|>” (512)")


# ------------------------------------------------------------------ asked


@pytest.fixture(scope="module")
def chat(world: World) -> Iterator[Chat]:
    chat = Chat(world.ctx)
    yield chat
    chat.close()


def _ask(chat: Chat, model: int, question: str, *tuned: int) -> dict[str, str]:
    conversation = chat.open(model, tuned, {"max_tokens": 12})
    return {event["side"]: event["status"] for event in chat.ask(conversation, question)}


def test_a_question_with_such_a_token_is_refused_and_the_next_is_answered(world: World, chat: Chat) -> None:
    with pytest.raises(Fault) as caught:
        _ask(chat, world.calls, f"{CALL} {QUESTION}")
    assert (caught.value.code, caught.value.params["tokens"]) == ("template.beyond", "“<|call|>” (512)")
    assert _ask(chat, world.calls, QUESTION) == {"base": "complete"}
    assert _ask(chat, world.padded, QUESTION) == {"base": "complete"}


def test_the_inference_process_survives_a_token_that_slipped_through(
    world: World, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.services.chat import conversations

    asks = conversations.make_asks
    beyond = lambda *given: tuple(replace(ask, ids=(*ask.ids, 600)) for ask in asks(*given))  # noqa: E731
    monkeypatch.setattr(conversations, "make_asks", beyond)
    with pytest.raises(Fault, match=r"chat\.beyond"):
        _ask(chat, world.calls, QUESTION)
    monkeypatch.undo()
    pid = chat._client.pid
    assert _ask(chat, world.calls, QUESTION) == {"base": "complete"}
    assert chat._client.pid == pid is not None


# ------------------------------------------------------------------ resized


def test_a_resized_copy_is_taught_and_asked_and_its_original_stays(world: World, chat: Chat) -> None:
    ctx, before = world.ctx, _hash(world.ctx, world.bare)
    copy = base_models.resize_model(ctx, world.bare)
    assert base_models.resize_model(ctx, world.bare) == copy == base_models.base_model_view(ctx, world.bare)["resized"]
    assert workers.run_here(ctx).status == "succeeded"
    view = base_models.base_model_view(ctx, copy)
    assert (view["name"], view["status"], view["source"]) == ("bare (resized)", "ready", "resized")
    assert (view["vocabulary"], view["resizable"]) == (None, False)
    assert view["parameters"] == base_models.base_model_view(ctx, world.bare)["parameters"] + 2 * 2 * 64
    assert view["weights_hash"] == _hash(ctx, copy) != before == _hash(ctx, world.bare)

    warnings = {one["code"]: one["params"] for one in estimates.plan(ctx, spec(copy, world.rows))["warnings"]}
    assert warnings["warning.untaught"]["n"] == 24
    losses = []
    for method in ("lora", "full"):
        job = training_jobs.train(ctx, (copy, world.rows), method=method, training={"epochs": 12})
        assert job.status == "succeeded", job.error
        losses.append((job.result["base_val_loss"], job.result["val_loss"]))
        made = training_jobs.tuned(ctx, job.id)
        assert made is not None
        assert training_jobs.loss_of_tuned(ctx, job, made) == pytest.approx(job.result["val_loss"], rel=1e-3)
        sides = _ask(chat, copy, QUESTION, made.id)
        assert sides == {"base": "complete", f"tuned:{made.id}": "complete"}
        _loads_plainly(ctx, tuned.start_export(ctx, made.id, "merged"))
    (base, lora), (_base, full) = losses
    assert full < 0.7 * base > 0.7 * lora, losses  # LoRA leaves the new rows of the head as they are


def test_config_and_weights_that_differ(world: World, chat: Chat, tmp_path: Path) -> None:
    folder = edit(write_model(tmp_path / "differs", "gpt2"), "config.json", vocab_size=500)
    (folder / "special.json").unlink()
    model = _register(world.ctx, folder)
    view = base_models.base_model_view(world.ctx, model)
    assert view["vocabulary"] == {"code": "model.rows_differ", "params": {"configured": 500, "rows": ROWS}}
    with pytest.raises(SpecError) as refused:
        lifecycle.start_job(world.ctx, spec(model, world.rows), key="")
    assert refused.value.faults["base_model"]["code"] == "model.rows_differ"
    with pytest.raises(Fault, match=r"model\.rows_differ"):
        _ask(chat, model, QUESTION)
    copy = base_models.resize_model(world.ctx, model)
    assert workers.run_here(world.ctx).status == "succeeded"
    assert _ask(chat, copy, QUESTION) == {"base": "complete"}
    assert training_jobs.train(world.ctx, (copy, world.rows), training={"epochs": 1}).status == "succeeded"


def test_there_is_nothing_to_resize_where_all_fits(world: World, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "fits")
    (folder / "special.json").unlink()
    model = _register(world.ctx, folder)
    with pytest.raises(Fault, match=r"model\.nothing_to_resize"):
        base_models.resize_model(world.ctx, model)


def test_a_copy_whose_original_is_gone(world: World, tmp_path: Path) -> None:
    folder = add_tokens(write_model(tmp_path / "gone"), [CALL])
    (folder / "special.json").unlink()
    model = _register(world.ctx, folder)
    base_models.resize_model(world.ctx, model)
    base_models.remove_base_model(world.ctx, model)
    job = workers.run_here(world.ctx)
    assert job.error is not None
    assert (job.status, job.error["code"]) == ("failed", "model.original_gone")


def test_ids_without_a_text_may_be_said(tmp_path: Path) -> None:
    """The embedding is larger than the tokenizer, and the model says nothing but its rows without a token."""
    import torch

    from engine.data.templates.template import ChatTemplate
    from engine.serving.protocol import BASE, Ask, Request, ResidentModels, Weights
    from engine.serving.runtime.generation import generate
    from engine.serving.runtime.model_cache import ModelCache

    folder = write_model(tmp_path / "padding", "phi")
    template, cache = ChatTemplate.load(folder), ModelCache()
    plan = ResidentModels("1", Weights(BASE, "base", str(folder)), (), str(folder), "cpu", "fp32", 1)
    held = cache.hold(plan)
    with torch.no_grad():
        held[BASE].shared_base._model.lm_head.bias[505] += 100.0
    ids = tuple(template.encode_prompt([{"role": "user", "content": QUESTION}]))
    said: list[dict[str, Any]] = []
    generate(Request(1, plan, (Ask("base", BASE, ids, 1, 8),)), held, template, lambda: False, said.append)
    assert (said[-1]["text"], said[-1]["tokens"], said[-1]["reason"]) == ("", 8, "length")


def test_the_command_line_tells_of_the_copy(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import app

    folder = add_tokens(write_model(tmp_path / "typed"), [CALL])
    (folder / "special.json").unlink()
    model = _register(world.ctx, folder)
    copy = base_models.resize_model(world.ctx, model, "zh")
    assert workers.run_here(world.ctx).status == "succeeded"
    assert app.main(["resize", str(folder), "--home", str(world.ctx.settings.home), "--lang", "en"]) == 0
    printed = capsys.readouterr().out
    assert "The tokenizer knows tokens (1) that the embedding of 512 rows lacks: “<|call|>” (512)" in printed
    assert f"Its resized copy is model {copy}." in printed
    assert f"typed（扩充词表） is ready: model {copy}." in printed
    assert json.loads((folder / "config.json").read_text())["vocab_size"] == ROWS
