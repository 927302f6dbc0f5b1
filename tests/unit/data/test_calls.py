"""What a template makes of calls is read back: they come out as they were put in, or their row is refused with the reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.core.errors import Fault
from engine.data.calls.ids import Asked, as_asked
from engine.data.calls.values import same, stands_for
from engine.data.templates.check import check_template
from engine.data.templates.fit import Fit
from tests.unit.data.call_templates import FIRST_ALONE, GOOD, WRONG, template_of, writing
from tests.unit.data.chat_templates import published

TYPES = {"city": "string", "n": "integer", "big": "integer", "x": "number", "ok": "boolean", "gone": "null", "deep": "object", "list": "array"}  # fmt: skip
TOOLS = [
    {"type": "function", "function": {"name": "book", "description": "Book.", "parameters": {"type": "object", "properties": {key: {"type": kind} for key, kind in TYPES.items()}}}},
    {"type": "function", "function": {"name": "book_all", "description": "Book.", "parameters": {"type": "object", "properties": {}}}},
]  # fmt: skip
ARGUMENTS: list[dict[str, Any]] = [
    {"city": "Oslo"},
    {"city": 'Ålesund "Brosundet" 🌧\\ <b>&amp;', "n": -3, "big": 1234567890123456789, "x": 2.5, "ok": True},
    {"deep": {"a": [1.5, None, False, {"b": "c"}], "s": "tekst"}, "list": ["a", "b", 3]},
    {"ok": False, "gone": None, "n": 0},
    {"city": "two\nlines"},
    {},
]


def talk(*calls: dict[str, Any], name: str = "book", **more: Any) -> list[dict[str, Any]]:
    made = [{"type": "function", "function": {"name": name, "arguments": one}, **more} for one in calls]
    return [
        {"role": "user", "content": "Please book it."},
        {"role": "assistant", "content": "", "tool_calls": made},
        *({"role": "tool", "content": "done", "name": name} for _call in calls),
        {"role": "assistant", "content": "It is booked."},
    ]


def code_of(template: Any, messages: list[dict[str, Any]], tools: Any = TOOLS) -> str | None:
    try:
        template.row_text(messages, tools)
    except Fault as fault:
        return fault.code
    return None


@pytest.mark.parametrize("name", GOOD)
def test_calls_come_back_from_each_form_that_is_in_use(name: str) -> None:
    template = writing(GOOD[name])
    assert template.call_form.way is not None
    for arguments in ARGUMENTS:
        assert code_of(template, talk(arguments)) is None, arguments
    assert code_of(template, talk({"n": 1}, {"n": 2}, {"n": 1})) is None
    assert code_of(template, talk({}, name="book_all")) is None


@pytest.mark.parametrize("name", ["llama-3.1", "mistral-v0.3", "qwen-2.5", "qwen-3"])
def test_calls_come_back_from_published_templates(name: str) -> None:
    template = published(name)
    assert [code_of(template, talk(arguments)) for arguments in ARGUMENTS] == [None] * len(ARGUMENTS)


@pytest.mark.parametrize("name", WRONG)
def test_calls_that_a_template_changes_are_refused_with_the_reason(name: str) -> None:
    source, code = WRONG[name]
    template = writing(source)
    assert code_of(template, talk({"city": "Oslo", "ok": True, "n": 3})) == code
    with pytest.raises(Fault) as caught:
        template.encode({"messages": talk({"city": "Oslo", "ok": True, "n": 3}), "tools": TOOLS})
    assert caught.value.params == {"name": "book"}


def test_a_template_that_writes_the_first_of_several_calls_refuses_those_rows_alone() -> None:
    template = template_of(FIRST_ALONE)
    assert code_of(template, talk({"n": 1})) is None
    assert code_of(template, talk({"n": 1}, {"n": 2})) in ("template.calls_missing", "template.calls_changed")


def test_a_call_that_the_question_shows_is_not_taken_for_the_one_that_is_lost() -> None:
    messages = talk({"city": "Oslo"})
    messages[0]["content"] = 'Answer with {"name": "book", "arguments": {"city": "Oslo"}}, please.'
    assert code_of(writing(WRONG["dropped"][0]), messages) == "template.calls_changed"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("coder", {"n": "3"}),  # declared as a whole number: it would come back as one
        ("glm", {"city": 3}),  # declared as a text
        ("coder", {"city": "a\n</parameter>\n<parameter=n>\nb"}),  # ends the value
        ("glm", {"city": "x</arg_value>\n<y"}),
        ("pythonic", {"not a name": 1}),
        ("gemma", {"city": "a<|q|>b"}),
    ],
)
def test_single_values_that_do_not_come_back_refuse_their_row_alone(name: str, value: dict[str, Any]) -> None:
    template = writing(GOOD[name])
    assert code_of(template, talk(value)) == "template.calls_changed"
    assert code_of(template, talk({"city": "Oslo"})) is None


def test_values_without_types_are_told_by_what_the_tool_declares() -> None:
    template = writing(GOOD["coder"])
    assert template.call_form.typeless
    assert code_of(template, talk({"free": "5"}), None) is None  # declared nowhere: a text is a text
    assert code_of(template, talk({"free": 5}), None) is None
    assert stands_for("True", True, frozenset({"boolean"}))
    assert not stands_for("True", True)
    assert not stands_for("None", None, frozenset({"null"}))
    assert stands_for("5", 5, frozenset({"integer", "string"}))


def test_equal_by_value_is_neither_by_type_nor_by_look() -> None:
    assert same({"a": [1, 2.0]}, {"a": [1.0, 2]})
    assert not same({"a": 1}, {"a": True})
    assert not same([0], [False])
    assert not same({"a": "1"}, {"a": 1})
    assert not same(1234567890123456789, 1234567890123456788)


# ------------------------------------------------------------------ ids


def test_ids_are_made_where_a_template_asks_for_nine_letters_and_results_keep_to_their_calls() -> None:
    template = published("mistral-v0.3")
    assert template.call_form.asked == Asked("nine")
    messages = talk({"n": 1}, {"n": 2})
    first = template.row_text(messages, TOOLS)
    assert first == template.row_text(messages, TOOLS)
    made = as_asked(messages, template.call_form.asked)
    ids = [call["id"] for call in made[1]["tool_calls"]]
    assert [message["tool_call_id"] for message in made[2:4]] == ids
    assert len(set(ids)) == 2
    assert all(len(one) == 9 and one.isalnum() and one in first for one in ids)
    assert "id" not in messages[1]["tool_calls"][0]  # the row stays as it is


def test_ids_of_the_data_stay_where_they_will_do_and_results_in_another_order_find_their_calls() -> None:
    calls = talk({"n": 1}, {"n": 2})
    for place, call in enumerate(calls[1]["tool_calls"]):
        call["id"] = f"c{place}"
    calls[2]["tool_call_id"], calls[3]["tool_call_id"] = "c1", "c0"
    made = as_asked(calls, Asked("nine"))
    one, two = (call["id"] for call in made[1]["tool_calls"])
    assert (made[2]["tool_call_id"], made[3]["tool_call_id"]) == (two, one)
    kept = as_asked(calls, Asked("any"))
    assert [call["id"] for call in kept[1]["tool_calls"]] == ["c0", "c1"]
    calls[1]["tool_calls"][0]["id"] = "abcdefgh1"
    assert as_asked(calls, Asked("nine"))[1]["tool_calls"][0]["id"] == "abcdefgh1"


def test_results_without_ids_go_to_the_open_call_of_their_function() -> None:
    messages = talk({"n": 1}, {"n": 2})
    messages[1]["tool_calls"][0]["function"]["name"] = "other"
    messages[2]["name"], messages[3]["name"] = "book", "other"
    made = as_asked(messages, Asked("nine"))
    one, two = (call["id"] for call in made[1]["tool_calls"])
    assert (made[2]["tool_call_id"], made[3]["tool_call_id"]) == (two, one)


def test_a_template_that_names_the_function_in_the_id_alone_gets_such_ids() -> None:
    template = writing(GOOD["kimi"])
    assert template.call_form.asked == Asked("named")
    assert "functions.book:0<argument>" in template.row_text(talk({"n": 1}, id="call_9"), TOOLS)


def test_a_template_without_a_word_about_ids_gets_none() -> None:
    assert published("qwen-3").call_form.asked == Asked()
    assert published("llama-3.1").call_form.asked == Asked()


def test_training_masks_the_same_call_with_and_without_an_id() -> None:
    template = published("mistral-v0.3")
    labels = [
        template.encode({"messages": talk({"n": 1}, **more), "tools": TOOLS}).trained
        for more in ({}, {"id": "abcdefgh1"})
    ]  # type: ignore[arg-type]
    assert labels[0] == labels[1] > 0


# ------------------------------------------------------------------ where it is said


def rows_of(*arguments: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"line": line, "split": "train", "messages": talk(one), "tools": TOOLS} for line, one in enumerate(arguments, 1)
    ]


def test_the_check_names_the_rows_whose_calls_do_not_come_back() -> None:
    rows = rows_of({"city": "Oslo"}, {"n": "3"}, {"city": "Rome"}, {"city": 4})
    found = {one["code"]: one for one in check_template(writing(GOOD["coder"]), rows)["findings"]}
    assert found["template.calls_lost"]["params"] | {"reason": ""} == {
        "rows": 2,
        "looked": 4,
        "lines": "2, 4",
        "reason": "",
    }
    assert set(found["template.calls_lost"]["params"]["reason"]) >= {"en", "zh"}


@pytest.mark.parametrize(("source", "code"), [("hermes", "template.calls_kept"), ("glm", "template.calls_typeless")])
def test_the_check_says_that_calls_come_back(source: str, code: str) -> None:
    found = [one["code"] for one in check_template(writing(GOOD[source]), rows_of({"city": "Oslo"}))["findings"]]
    assert code in found


def test_the_fit_counts_them_with_the_reason() -> None:
    fit = Fit(writing(WRONG["text-in-text"][0]), frozenset())
    fit.add(rows_of({"city": "Oslo"}, {"city": "Rome"}))
    measured = json.loads(json.dumps(fit.as_dict(2)))
    assert measured["refused"] == {"template.calls_text": 2}
    assert "within a text" in measured["reasons"]["template.calls_text"]["en"]
