"""Rows back into the columns of the file that they came from. What an import would not read as the same row does not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from engine.data.records.record import Record as FileRecord
from engine.data.records.record import RowFault
from engine.data.rows.row import THINKING, Row, content_of
from engine.data.schema.declared import OPENAI_CHOSEN, plain_name, shape_of
from engine.data.schema.mapping import make_plan
from engine.data.schema.normalise import normaliser
from engine.data.schema.normalise.texts import Fields
from engine.data.schema.normalise.weights import cell_of
from engine.data.writers.layout import ExportLayout, NotFit, Record

Columns = Mapping[str, str]  # field -> column
Messages = list[dict[str, Any]]
Given = Callable[[str], str]  # field -> what the row's extra fields say for it; empty for nothing
Fill = Callable[[Row, Columns, Given], Iterator[Record]]  # every form that a row can have, the simplest first


def original_layout(
    shape: str, mapping: Columns, columns: Sequence[str], templates: Mapping[str, Sequence[str]]
) -> ExportLayout:
    """The columns of the file, in its order, as shape, mapping and wordings read them.

    Columns from which a wording made a field were kept as extra fields and are taken from there.

    Raises:
        Fault: where mapping or wordings do not suit the columns.
    """
    plan = make_plan(shape_of(shape), mapping, columns, templates)
    plain = {field: column for field, column in plan.columns.items() if field not in plan.wordings}
    fill, read_again, fields = _FILLS[shape], normaliser(plan), Fields(plan)

    def record(row: Row) -> Record:
        wanted = content_of(row)
        for made in fill(row, plain, partial(_given, fields, row.get("extra") or {})):
            made |= _put(plain, weight=cell_of(row.get("weight", 1), plain.get("weight", "")))
            extra = _beside(made.get(plain.get("prompt", "")), row.get("extra") or {}, columns)
            whole = _with_extra(made, extra, columns)
            try:
                again = read_again(FileRecord(0, None, whole, ""))
            except RowFault:
                continue
            if content_of(again) == wanted:
                return whole
        raise NotFit

    return ExportLayout(record, tuple(columns))


def _given(fields: Fields, extra: Mapping[str, Any], field: str) -> str:
    try:
        return fields.optional(extra, field)
    except RowFault:
        return ""


def _beside(request: Any, extra: Mapping[str, Any], columns: Sequence[str]) -> Mapping[str, Any]:
    """The extra fields that are columns; those that came from within {"messages": [...], ...} go back into it."""
    if not isinstance(request, dict):
        return extra
    request |= {name: value for name, value in extra.items() if name not in columns}
    return {name: value for name, value in extra.items() if name in columns}


def _with_extra(made: Record, extra: Mapping[str, Any], columns: Sequence[str]) -> Record:
    """What was filled in with the extra fields, in the order of the file. An empty optional column is as it was."""
    whole = {**extra, **{name: value for name, value in made.items() if value != "" or not extra.get(name)}}
    return {name: whole[name] for name in (*columns, *whole) if name in whole}


# ------------------------------------------------------------------ one filler a shape


def _split_system(messages: Messages, columns: Columns) -> tuple[Record, Messages]:
    """The system text in its own column, where it has one, and the other messages."""
    if "system" not in columns:
        return {}, messages
    has = bool(messages) and messages[0]["role"] == "system"
    return {columns["system"]: messages[0]["content"] if has else ""}, messages[has:]


def _put(columns: Columns, **fields: Any) -> Record:
    """Values under the names of their columns; fields that a wording makes have none."""
    return {columns[field]: value for field, value in fields.items() if field in columns}


def _pair(row: Row, columns: Columns) -> tuple[Record, str, str]:
    """A conversation of one turn, behind those of a column of earlier ones: its other columns, question and answer. Raises NotFit."""
    made, messages = _split_system(list(row.get("messages", ())), columns)
    made |= _put(columns, tools=row.get("tools", []))
    if "history" in columns:
        made |= _put(columns, history=_paired(messages[:-2]))
        messages = messages[-2:]
    if [message["role"] for message in messages] != ["user", "assistant"]:
        raise NotFit
    made |= _put(columns, reasoning=messages[1].get(THINKING, ""))
    return made, messages[0]["content"], messages[1]["content"]


def _paired(messages: Messages) -> list[Any]:
    """Earlier turns as [question, answer], where they are nothing else."""
    roles = [message["role"] for message in messages]
    if roles == ["user", "assistant"] * (len(roles) // 2) and all(
        set(message) == {"role", "content"} for message in messages
    ):
        return [[asked["content"], said["content"]] for asked, said in zip(messages[::2], messages[1::2], strict=True)]
    return messages


def _alone_asked(asked: str, given: Given) -> Iterator[str]:
    """The question without what the import put before and after it, where it did; then the whole."""
    context, more = given("context"), given("input")
    head, tail = f"{context}\n\n" if context else "", f"\n{more}" if more else ""
    if head + tail and asked.startswith(head) and asked.endswith(tail) and len(asked) > len(head + tail):
        yield asked[len(head) : len(asked) - len(tail)]
    yield asked


def _fill_pair(question: str, answer: str, turns: Callable[[Row, Columns], Record] | None = None) -> Fill:
    """Question and answer; what was joined with the question was kept as an extra field too.

    Args:
        turns: where the columns may hold lists of turns, the record of a conversation that is more than a question and an answer.
    """

    def fill(row: Row, columns: Columns, given: Given) -> Iterator[Record]:
        try:
            made, asked, said = _pair(row, columns)
        except NotFit:
            if turns is None:
                raise
            yield turns(row, columns)
            return
        for alone in _alone_asked(asked, given):
            yield made | _put(columns, **{question: alone, answer: said})
        yield made | _put(columns, **{question: asked, answer: said, "context": None, "input": None})

    return fill


def _as_turns(row: Row, columns: Columns) -> Record:
    """Question and answer as lists of turns: everything before the last answer, and that."""
    *before, last = row.get("messages") or [{}]
    return _put(columns, prompt=before, completion=[last], tools=row.get("tools", []))


def _fill_class(row: Row, columns: Columns, given: Given) -> Iterator[Record]:
    made, asked, said = _pair(row, columns)
    label = (row.get("extra") or {}).get(columns.get("label", ""))
    for text in _alone_asked(asked, given):
        yield made | _put(columns, text=text, label=label if label is not None else said)
        yield made | _put(columns, text=text, label=said)


def _fill_text(row: Row, columns: Columns, _given: Given) -> Iterator[Record]:
    if "text" not in row:
        raise NotFit
    yield _put(columns, text=row["text"])


def _fill_turns(field: str, turn: Callable[[Mapping[str, Any]], Record]) -> Fill:
    def fill(row: Row, columns: Columns, _given: Given) -> Iterator[Record]:
        made, messages = _split_system(list(row.get("messages", ())), columns)
        yield made | _put(columns, **{field: [turn(message) for message in messages], "tools": row.get("tools", [])})

    return fill


_SPOKEN = {"user": "human", "assistant": "gpt"}


def _said(message: Mapping[str, Any]) -> Record:
    others = {key: value for key, value in message.items() if key not in ("role", "content")}
    return {"from": _SPOKEN.get(message["role"], message["role"]), "value": message["content"], **others}


def _fill_preference(row: Row, columns: Columns, given: Given) -> Iterator[Record]:
    made, prompt = _split_system(list(row.get("prompt", ())), columns)
    chosen, rejected = row.get("chosen", []), row.get("rejected", [])
    if plain_name(columns.get("chosen", "")) == OPENAI_CHOSEN and "prompt" in columns:
        request = {"messages": prompt} | (
            {"tools": row["tools"]} if row.get("tools") and "tools" not in columns else {}
        )
        yield made | _put(columns, prompt=request, chosen=chosen, rejected=rejected)
    made |= _put(columns, tools=row.get("tools", []), margin=row.get("margin"))
    if "prompt" in columns:
        for asked in _alone_prompts(prompt, given):
            yield made | _put(columns, prompt=_alone(asked), chosen=_alone(chosen), rejected=_alone(rejected))
            yield made | _put(columns, prompt=asked, chosen=chosen, rejected=rejected)
    yield made | _put(columns, chosen=[*prompt, *chosen], rejected=[*prompt, *rejected])


def _fill_ranking(row: Row, columns: Columns, given: Given) -> Iterator[Record]:
    made, prompt = _split_system(list(row.get("prompt", ())), columns)
    answers = row.get("answers", [])
    made |= _put(columns, tools=row.get("tools", []), ranks=row.get("ranks"), scores=row.get("scores"))
    for asked in _alone_prompts(prompt, given):
        yield made | _put(columns, prompt=_alone(asked), answers=[_alone(answer) for answer in answers])
        yield made | _put(columns, prompt=asked, answers=answers)
        if {"ranks", "scores"}.isdisjoint(columns):
            yield made | _put(columns, prompt=_alone(asked), answers=_noted(row))


def _noted(row: Row) -> list[Record]:
    """Answers as objects that hold their scores, or ranks."""
    name, numbers = ("score", row["scores"]) if "scores" in row else ("rank", row["ranks"])
    return [{"response": _alone(one), name: number} for one, number in zip(row["answers"], numbers, strict=True)]


def _fill_kto(row: Row, columns: Columns, given: Given) -> Iterator[Record]:
    made, prompt = _split_system(list(row.get("prompt", ())), columns)
    completion, label = row.get("completion", []), row.get("label")
    made |= _put(columns, tools=row.get("tools", []))
    if "completion" in columns:
        for asked in _alone_prompts(prompt, given):
            yield made | _put(columns, prompt=_alone(asked), label=label, **_answered(completion))
            yield made | _put(columns, prompt=asked, completion=completion, label=label)
    yield made | _put(columns, prompt=[*prompt, *completion], label=label)


def _answered(completion: Messages) -> Record:
    """A single answer as its text, with its thinking in a column of its own."""
    if [set(one) for one in completion] == [{"role", "content", THINKING}]:
        return {"completion": completion[0]["content"], "reasoning": completion[0][THINKING]}
    return {"completion": _alone(completion), "reasoning": ""}


def _fill_prompt(row: Row, columns: Columns, _given: Given) -> Iterator[Record]:
    made, prompt = _split_system(list(row.get("prompt", ())), columns)
    reference = row.get("reference", {})
    if "reference" not in columns:
        made |= reference
    yield made | _put(columns, prompt=prompt, reference=reference, tools=row.get("tools", []))


def _alone_prompts(prompt: Messages, given: Given) -> Iterator[Messages]:
    """As `_alone_asked`, of a question that is messages."""
    if not prompt:
        yield prompt
        return
    *earlier, last = prompt
    for asked in _alone_asked(str(last["content"]), given):
        yield [*earlier, {**last, "content": asked}]


def _alone(messages: Messages) -> Any:
    """A single plain message as its text."""
    return messages[0]["content"] if len(messages) == 1 and set(messages[0]) == {"role", "content"} else messages


_FILLS: dict[str, Fill] = {
    "prompt_completion": _fill_pair("prompt", "completion", _as_turns),
    "alpaca": _fill_pair("instruction", "output"),
    "qa_context": _fill_pair("question", "answer"),
    "classification": _fill_class,
    "text": _fill_text,
    "messages": _fill_turns("messages", dict),
    "sharegpt": _fill_turns("conversations", _said),
    "preference": _fill_preference,
    "kto": _fill_kto,
    "ranking": _fill_ranking,
    "prompt": _fill_prompt,
}
