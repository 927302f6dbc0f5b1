"""A prompt with variables for the rows of a file: a real job on tiny models, its table, and its rows as conversations."""

from __future__ import annotations

import csv
from functools import partial
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.jobs.runners import question_list as runner
from engine.services.chat import question_lists
from engine.services.chat.answer_tables import answers_table
from engine.services.chat.conversations import Chat
from engine.services.chat.stored.rows import chosen_rows, unlikeness
from engine.services.chat.stored.variables import system_at
from engine.services.chat.turns import batches, opening
from storage.queries import conversations
from tests import workers
from tests.integration.test_question_list import models, rows
from webui.i18n import t

__all__ = ["models", "rows"]  # fixtures
Models = tuple[int, list[int]]
TEMPLATE = "Where is the {{ thing }}?"
ROWS = [
    {"thing": "lamp", "Notes": "kind", "other": "x"},
    {"thing": " ", "Notes": "", "other": "blank"},
    {"thing": "falcon", "Notes": ""},
    {"thing": "bell", "Notes": "{{thing}}"},
    {"thing": "x" * 4001, "Notes": "dry"},
    {"thing": "kettle", "Notes": "kind"},
]


def start(
    ctx: Context, models: Models, template: str = TEMPLATE, table: Any = ROWS, system: str = "Be {{Notes}}."
) -> int:
    base, tuned = models
    sides = ["base", *(f"tuned:{one}" for one in tuned)]
    settings = {"max_tokens": 5, "temperature": 0.0, "system": system}
    return batches.start_batch(ctx, base, sides, settings, template, table, name="Batch", key=template)


def breaks_at(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    """Answering breaks off wherever a question with this word is among the asked ones."""
    ids: list[tuple[int, ...]] = []
    ask, answer = runner.make_asks, runner.generate

    def noted(*arguments: Any) -> Any:
        asks = ask(*arguments)
        ids.extend(one.ids for one in asks if word in arguments[3])
        return asks

    def broken(request: Any, *arguments: Any, **named: Any) -> None:
        if any(one.ids in ids for one in request.asks):
            raise RuntimeError("a broken kernel")
        answer(request, *arguments, **named)

    monkeypatch.setattr(runner, "make_asks", noted)
    monkeypatch.setattr(runner, "generate", broken)


def test_rows_fill_prompt_and_system_prompt_and_those_that_fail_cost_no_other(
    ctx: Context, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaks_at(monkeypatch, "bell")
    job_id = start(ctx, models)
    job = workers.run_here(ctx)
    assert (job.status, job.error, job.result) == ("succeeded", None, {"answered": 5})
    view = question_lists.list_view(ctx, job_id)
    assert view["columns"] == ["thing", "Notes"]
    shown = view["rows"]
    assert [row["question"][:22] for row in shown[:3]] == [
        "Where is the lamp?",
        "Where is the falcon?",
        "Where is the bell?",
    ]
    codes = [{(one["error"] or {}).get("code") for one in row["answers"].values()} for row in shown]
    assert codes == [{None}, {"questions.value_missing"}, {"chat.failed"}, {"questions.value_too_long"}, {None}]
    assert [len(row["answers"]) for row in shown] == [3] * 5
    assert all(one["text"] for row in (shown[0], shown[4]) for one in row["answers"].values())
    failed = question_lists.list_view(ctx, job_id, 0, 50, {"only": "failed"})
    assert (failed["matched"], [row["place"] for row in failed["rows"]]) == (3, [1, 2, 3])
    path, _name = answers_table(ctx, job_id, "csv", partial(t, "en"))
    table = list(csv.reader(path.read_text("utf-8-sig").splitlines()))
    assert table[0][:3] == ["thing", "Notes", "Question"]
    assert table[0][-2] == "Notes (2)"
    assert table[1][:3] == ["lamp", "kind", "Where is the lamp?"]
    assert "Prompt with variables: Where is the {{ thing }}?" in table[1][-1]

    opened = opening.open_row(ctx, job_id, 0)
    assert opening.open_row(ctx, job_id, 0) == opened
    with ctx.db.read() as s:
        messages = conversations.messages_of(s, opened)
        assert messages[0].content == "Where is the lamp?"
        assert {m.side: m.content for m in messages[1:]} == {
            side: answer["text"] for side, answer in shown[0]["answers"].items()
        }
        assert messages[0].stats == {"template": TEMPLATE, "values": {"thing": "lamp", "Notes": "kind"}}
        assert system_at("Be {{Notes}}.", messages, 1) == "Be kind."
        assert all(m.weights_hash for m in messages[1:])
    chat = Chat(ctx)
    again = {event["side"]: event["text"] for event in chat.regenerate(opened)}  # greedy: the very same
    assert again == {side: answer["text"] for side, answer in shown[0]["answers"].items()}
    chat.delete(opened)
    assert opening.open_row(ctx, job_id, 0) != opened
    chat.close()
    for place in (-1, 5):
        with pytest.raises(NotFound):
            opening.open_row(ctx, job_id, place)


def test_when_every_row_breaks_off_the_job_fails(ctx: Context, rows: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: Any) -> Any:
        raise RuntimeError("the device is gone")

    monkeypatch.setattr(runner, "_said", broken)
    asks = [runner.Ask(f"{place} base", "base", (1,), 0, 1) for place in range(20)]
    task = runner._Task(ctx, *([None] * 5), {})  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="device"):
        runner._said_each(task, asks, 0)
    assert task.broken == runner._MOST_BROKEN


@pytest.mark.parametrize(
    ("template", "table", "system", "code"),
    [
        ("Why?", ROWS, "", "questions.no_variables"),
        (" ", ROWS, "{{a}}", "questions.none"),
        ("{{a}}", [{"b": "c"}], "", "questions.no_rows"),
        ("{{a}}", [{"a": "c"}] * 1001, "", "questions.too_many"),
        ("{{a}}" + "x" * 4000, [{"a": "c"}], "", "questions.template_too_long"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    ctx: Context, rows: Models, template: str, table: Any, system: str, code: str
) -> None:
    with pytest.raises(Fault) as refused:
        start(ctx, rows, template, table, system)
    assert refused.value.code == code


def _row(question: str, *texts: str, reason: str = "end") -> Any:
    answers = {
        side: {"text": text, "reason": reason, "tokens": 1, "error": None}
        for side, text in zip("ab", texts, strict=True)
    }
    return {"question": question, "values": {"town": f"{question} town"}, "answers": answers}


def test_a_table_is_searched_filtered_and_put_in_order() -> None:
    table = [_row("b", "one", "one two"), _row("A", "Ünlike", "zzz", reason="length"), _row("c", "same ", "same")]
    for wish, places in (
        ({"only": "differ"}, [0, 1]),
        ({"only": "same"}, [2]),
        ({"only": "cut"}, [1]),
        ({"only": "failed"}, []),
        ({"search": "ÜNLIKE"}, [1]),
        ({"search": "c town"}, [2]),
        ({"sort": "question"}, [1, 0, 2]),
        ({"sort": "b", "down": True}, [0, 2, 1]),
        ({"sort": "unlike", "down": True}, [1, 0, 2]),
        ({"sort": "", "down": True}, [2, 1, 0]),
        ({"sort": "unlike", "only": "differ"}, [0, 1]),
    ):
        assert [row["place"] for row in chosen_rows(table, wish)] == places, wish  # type: ignore[arg-type]
    assert [unlikeness(row) for row in (table[1], table[2])] == [1.0, 0.0]
    assert 0 < unlikeness(table[0]) < 1
