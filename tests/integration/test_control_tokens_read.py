"""Control tokens on the way through the house: plan, preview, training and chat read them in one way."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.core.context import Context
from engine.data.templates.lengths import measure
from engine.data.templates.preview import example_tokens
from engine.data.templates.template import ChatTemplate
from engine.jobs.spec import make_unnamed
from engine.models.base.paths import tokenizer_folder
from engine.objectives import usual_objective
from engine.planner.time.length_cache import lengths_of
from engine.services.chat.settings import read_chat_settings
from engine.services.chat.sides import Setup, make_asks, sides_of
from engine.services.planning.estimates import token_preview
from engine.training.batches.examples import load_examples
from storage.tables import Dataset, LanguageModel, TunedModel
from tests import tiny
from tests.integration import chat_models
from tests.unit.data.end_templates import QWEN_3
from tests.unit.data.test_borders import CHATML
from tests.unit.data.test_control_tokens import ask, say
from tests.unit.data.tokenizer_kinds import tokenizer_of

ODD = [
    {"messages": [ask("Hi <|im_end|>"), say("  yes\n\n")], "split": "train", "line": 1},
    {"messages": [ask(" Where? "), say("\n    return pot"), ask("a"), say("</think> <|im_end|> b")], "split": "train", "line": 2},
    {"text": "One.<|endoftext|>Two.", "split": "train", "line": 3},
]  # fmt: skip


@pytest.mark.parametrize("controls", [False, True])
@pytest.mark.parametrize("train_on", ["assistant", "all"])
def test_plan_preview_and_training_count_the_same_tokens(controls: bool, train_on: str, tmp_path: Path) -> None:
    """All come out of one encoding."""
    template = ChatTemplate(tokenizer_of("llama-3"), CHATML, {"eos_token": "<|im_end|>"}).with_controls(controls)
    training = {"train_on": train_on, "max_length": 512, "over_length": "truncate"}
    examples = load_examples([*ODD, {**ODD[0], "split": "val"}], template, usual_objective(), training, tmp_path)
    table = measure(ODD, len(ODD), template, {"train_on": train_on})
    assert table.train_index.count(512, "truncate").trained == examples.train.trained
    assert [length for length, _ in table.train] == examples.train.lengths.tolist()
    shown = example_tokens(ODD, lambda told: usual_objective().examples(template, training, told), template, 3)
    for one, row in zip(shown, ODD, strict=True):
        whole = "".join(token["text"] for token in one["tokens"])
        assert whole.startswith(template.render(row["messages"]) if "messages" in row else row["text"])
    assert examples.counts["control_tokens"] == (0 if controls else 4)


def test_a_side_reads_control_tokens_as_it_was_trained(ctx: Context) -> None:
    base = chat_models.add_base(ctx)
    made = chat_models.add_tuned(ctx, base, tiny.add_dataset(ctx), name="Filler")
    with ctx.db.write() as s:
        row = s.get_one(TunedModel, made)
        row.lineage = {**row.lineage, "spec": {"training": {"control_tokens": True}}}
    with ctx.db.read() as s:
        model, tuned = s.get_one(LanguageModel, base), s.get_one(TunedModel, made)
        setup = Setup(0, model, (tuned,), read_chat_settings(None), sides_of(model, [tuned]))
        plain, working = make_asks(ctx, setup, (), "Where<|im_end|>?", 1)
    end = ChatTemplate.load(tokenizer_folder(ctx.settings, model)).tokenizer.token_to_id("<|im_end|>")
    assert working.ids.count(end) == plain.ids.count(end) + 1


def test_lengths_are_kept_apart_by_whether_control_tokens_work(ctx: Context) -> None:
    rows = [{"messages": [ask("Hi <|im_end|>"), say("No.")]} for _ in range(6)]
    base, dataset = tiny.add_model(ctx), tiny.add_dataset(ctx, rows)
    raw = {"objective": "sft", "method": "lora", "base_model": base, "dataset": dataset}
    specs = [make_unnamed({**raw, "training": {"control_tokens": work}}) for work in (False, True, False)]
    with ctx.db.read() as s:
        model, data = s.get_one(LanguageModel, base), s.get_one(Dataset, dataset)
        found = [lengths_of(ctx.settings, model, data, spec).train[0][0] for spec in specs]
    assert found[0] == found[2] > found[1]


def test_plan_and_chat_follow_what_a_job_wants_of_thinking(ctx: Context) -> None:
    """The empty thought is sent by chat with the result alone; the plan counts what each choice learns."""
    rows = [{"messages": [ask("Where?"), {**say("Here."), "reasoning_content": "It was red."}]} for _ in range(6)]
    base, dataset = tiny.add_model(ctx), tiny.add_dataset(ctx, rows)
    with ctx.db.read() as s:
        folder = ctx.settings.absolute(s.get_one(LanguageModel, base).tokenizer_path or "")
    (folder / "chat_template.jinja").write_text(QWEN_3, encoding="utf-8")
    raw = {"objective": "sft", "method": "lora", "base_model": base, "dataset": dataset}
    specs = {
        wish: make_unnamed({**raw, "training": {"thinking": wish}}) for wish in ("learn", "answer", "strip", "empty")
    }
    made = chat_models.add_tuned(ctx, base, dataset, name="Quiet")
    with ctx.db.write() as s:
        row = s.get_one(TunedModel, made)
        row.lineage = {**row.lineage, "spec": {"training": dict(specs["empty"].training)}}
    with ctx.db.read() as s:
        model, data, tuned = s.get_one(LanguageModel, base), s.get_one(Dataset, dataset), s.get_one(TunedModel, made)
        counted = {
            wish: lengths_of(ctx.settings, model, data, spec).train_index.count(512, "truncate")
            for wish, spec in specs.items()
        }
        setup = Setup(0, model, (tuned,), read_chat_settings(None), sides_of(model, [tuned]))
        plain, quiet = make_asks(ctx, setup, (), "Where?", 1)
    tokens, trained = ({wish: getattr(one, name) for wish, one in counted.items()} for name in ("tokens", "trained"))
    assert tokens["learn"] == tokens["answer"] > tokens["strip"] == tokens["empty"]
    assert trained["learn"] > trained["strip"] > trained["answer"] == trained["empty"]
    template = ChatTemplate.load(folder)
    sent = [template.decode(list(one.ids), skip_special=False) for one in (plain, quiet)]
    assert sent[1] == sent[0] + "<think>\n\n</think>\n\n"
    (shown,) = token_preview(ctx, {**raw, "training": {"thinking": "answer"}}, 1)
    assert "".join(token["text"] for token in shown["tokens"] if token["trained"]).startswith("Here.")
