"""The report of a data set: exact numbers of every row, a sample for the rest, in slices, kept by content and model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer

from engine.core.context import Context
from engine.core.errors import NotFound
from engine.data.rows import overview
from engine.data.templates.check import check_template
from engine.data.templates.template import ChatTemplate
from engine.services.data import datasets, imports, report, slow_work, sources
from engine.services.data.annotation import annotation_queue, feedback
from storage.tables import Conversation, Dataset, LanguageModel, Message
from tests.tiny import CHATML, SPECIAL, tokenizer_json, write_tokenizer


def table(ctx: Context, rows: list[dict[str, Any]]) -> int:
    path = ctx.settings.folder("incoming") / "part"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    made = sources.add_upload(ctx, path, "rows.jsonl")
    view = datasets.dataset_view(ctx, made)
    imports.import_dataset(ctx, made, name="Rows", shape=view["shape"], mapping=view["mapping"])
    return made


def whole(ask: Callable[..., dict[str, Any]], *args: Any) -> dict[str, Any]:
    shares = []
    while "working" in (found := ask(*args)):
        shares.append(found["working"])
    assert shares == sorted(shares)
    return found


def add_tokenizer(ctx: Context) -> int:
    """A model of which only the tokenizer is there: no report reads weights."""
    folder = write_tokenizer(ctx.settings.folder("models", "tiny"))
    with ctx.db.write() as s:
        model = LanguageModel(
            name="Tiny", source="folder", ref="tiny", status="ready", tokenizer_path=ctx.settings.relative(folder), context_length=512
        )  # fmt: skip
        s.add(model)
        s.flush()
        return model.id


ROWS = [
    {"prompt": f"How much is lamp {i}?", "completion": "It costs ten." if i % 2 else f"Number {i} is gone.", "topic": "ab"[i % 4 == 0]}
    for i in range(40)
]  # fmt: skip


def test_the_report_counts_what_is_there(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    made = table(ctx, [*ROWS, ROWS[0], {"prompt": "你好吗", "completion": "很好"}])
    monkeypatch.setattr(slow_work, "SLICE_S", 0.0)  # every step is a slice of its own
    found = whole(report.report, ctx, made)
    assert (found["rows"], sum(found["splits"].values()), found["same"]) == (42, 42, 1)
    assert found["turns"] == [[1, 42]]
    assert dict(found["languages"]) == {"en": 41, "zh": 1}
    sample = found["sample"]
    assert (sample["looked"], sample["identical"][0]) == (42, {"text": "It costs ten.", "rows": 20})
    assert sample["openings"]["question"][0] == ["How much is", 41]
    assert sample["labels"] == [{"column": "topic", "values": [["a", 30], ["b", 11]]}]
    assert found["characters"]["answer"]["longest"] == len("Number 10 is gone.")
    assert found["characters"]["whole"]["longest"] == len("How much is lamp 10?Number 10 is gone.")
    with ctx.db.read() as s:
        row = s.get_one(Dataset, made)
    ctx.settings.absolute(row.rows_path or "").with_suffix(".index").unlink()
    assert report.report(ctx, made) == found  # kept


def test_tokens_and_template_for_a_model(ctx: Context) -> None:
    made, model = table(ctx, ROWS), add_tokenizer(ctx)
    found = whole(report.token_report, ctx, made, model)
    assert (found["looked"], found["refused"], found["over_context"]) == (40, 0, 0)
    assert found["epoch"]["tokens"] > found["epoch"]["learnt"] > 0
    assert sum(bar[2] for bar in found["whole"]["bars"]) == 40
    assert found["speed"] is None
    check = report.template_report(ctx, made, model)
    assert [one["code"] for one in check["findings"]] == ["template.end"]
    assert check["tokens"][-2] == {"text": "<|im_end|>", "trained": True}
    with pytest.raises(NotFound):
        report.token_report(ctx, made, 999)


def template_of(source: str | None) -> ChatTemplate:
    return ChatTemplate(Tokenizer.from_str(tokenizer_json()), source, SPECIAL)


ROW = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Yes"},
    ]
}
NO_END = CHATML.replace("message['content'] + '<|im_end|>'", "message['content'] + ''")
NO_SYSTEM = "{% for message in messages if message['role'] != 'system' %}{{ message['role'] + ':' + message['content'] + '<|im_end|>' }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}"
REFUSES = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
OTHER_END = CHATML.replace("message['content'] + '<|im_end|>'", "message['content'] + '</s>'")


@pytest.mark.parametrize(
    ("template", "codes"),
    [
        (CHATML, ["template.end", "template.system_kept"]),
        (NO_END, ["template.end_added", "template.system_kept"]),
        (OTHER_END, ["template.end", "template.system_kept"]),
        (NO_SYSTEM, ["template.refuses"]),
        (REFUSES, ["template.refuses"]),
        (None, ["template.missing"]),
    ],
)
def test_a_template_that_teaches_wrongly_is_told(template: str | None, codes: list[str]) -> None:
    found = check_template(template_of(template), [{"id": 1, "split": "train", **ROW}])
    assert [one["code"] for one in found["findings"]] == codes


@pytest.mark.parametrize(("before", "code"), [("", "template.system_dropped"), (REFUSES, "template.system_refused")])
def test_lost_system_texts_are_told_beside_rows_that_fit(before: str, code: str) -> None:
    plain = {"messages": ROW["messages"][1:]}
    found = check_template(template_of(before + NO_SYSTEM), [plain, ROW])
    assert [one["code"] for one in found["findings"]] == ["template.end", code]


@pytest.mark.parametrize("values", [[5], [0, 0, 0], [1, 1000], list(range(10_000)), [3] * 990 + [10**7] * 10])
def test_bars_hold_every_row(values: list[int]) -> None:
    bars = overview.histogram(np.array(values))
    assert sum(rows for _, _, rows in bars) == len(values)
    assert bars[0][0] <= min(values) < max(values) + 1 <= bars[-1][1]
    assert len(bars) <= 22
    assert all(a[1] == b[0] for a, b in pairwise(bars))


def test_openings_know_scripts_without_spaces() -> None:
    assert overview.opening_of("  What is\n the price?") == "What is the"
    assert overview.opening_of("点灯啦！月灯售价") == "点灯啦！月"
    assert overview.opening_of(" ") == ""


def test_an_answer_of_the_playground_becomes_a_row(ctx: Context) -> None:
    base = add_tokenizer(ctx)
    with ctx.db.write() as s:
        talk = Conversation(title="", base_model_id=base, settings={"system": "Be brief."})
        s.add(talk)
        s.flush()
        for turn in (1, 2):
            s.add(Message(conversation_id=talk.id, turn=turn, role="user", content=f"Q{turn}"))
            s.add(Message(conversation_id=talk.id, turn=turn, role="assistant", side="base", content=f"A{turn}"))
    feedback.collect_answer(ctx, talk.id, 2, "base", question="Q2", answer="A2!", with_before=True)
    feedback.collect_answer(ctx, talk.id, 2, "base", question="Q2", answer="A2")
    long, short = annotation_queue.queue(ctx)["rows"]
    assert [m["content"] for m in long["row"]["messages"]] == ["Be brief.", "Q1", "A1", "Q2", "A2!"]
    assert [m["content"] for m in short["row"]["messages"]] == ["Be brief.", "Q2", "A2"]
    assert [(row["origin"]["edited"], row["origin"]["side"]) for row in (long, short)] == [
        (True, "base"),
        (False, "base"),
    ]
    with pytest.raises(NotFound):
        feedback.collect_answer(ctx, talk.id, 3, "base", question="Q", answer="A")


def test_work_that_failed_is_no_outcome_for_those_who_asked_meanwhile() -> None:
    """Its steps are over: they would look as if all was done, and what it had so far would be kept."""

    def make(_result: dict[str, Any]) -> Iterator[float]:
        yield 0.0
        raise NotFound()

    work = slow_work._Work(make)
    for _asked in range(2):
        with pytest.raises(NotFound):
            work.go_on(1.0)
