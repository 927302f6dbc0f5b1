"""A prompt with variables, filled from the rows of a file: what each row asks, or why it cannot be asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.shapes import RawSpec
from engine.services.chat.question_lists import LONGEST_QUESTION, MOST_QUESTIONS, queue_list
from engine.services.chat.settings import read_chat_settings
from engine.services.chat.stored.variables import fill_known, filled_length, refuse_long, variables_of
from engine.shapes.playground.lists import ListQuestion

Row = Mapping[str, str]  # value by name


def start_batch(
    ctx: Context,
    base_id: int,
    sides: Sequence[str],
    settings: RawSpec | None,
    template: str,
    rows: Sequence[Row],
    *,
    name: str,
    key: str,
) -> int:
    """Queue a job that asks the prompt with each row's values; the same `key` again gives the same job.

    A row that lacks a value, or has one that is too long, is part of the table and says so; the others are asked.

    Raises:
        Fault: "questions.no_variables", "questions.no_rows", "questions.too_many", "questions.template_too_long", or as `start_list`.
    """
    template = _text(template)
    system = str(read_chat_settings(settings)["system"])
    if not template:
        raise Fault("questions.none")
    if len(template) > LONGEST_QUESTION:
        raise Fault("questions.template_too_long", characters=len(template), most=LONGEST_QUESTION)
    names = variables_of(template, system)
    if not names:
        raise Fault("questions.no_variables")
    asked = list(islice(asked_rows(template, names, rows), MOST_QUESTIONS + 1))
    if not asked:
        raise Fault("questions.no_rows", names=", ".join(names))
    if len(asked) > MOST_QUESTIONS:
        raise Fault("questions.too_many", most=MOST_QUESTIONS)
    told = {"template": template, "columns": names}
    return queue_list(ctx, base_id, sides, settings, asked, name=name, key=key, told=told)


def asked_rows(template: str, names: Sequence[str], rows: Iterable[Row]) -> Iterable[ListQuestion]:
    """What each row that says anything asks."""
    for row in rows:
        values = {name: _text(row.get(name, "")) for name in names}
        if any(values.values()):
            yield _asked(template, values)


def _asked(template: str, values: dict[str, str]) -> ListQuestion:
    long = next((name for name, value in values.items() if len(value) > LONGEST_QUESTION), None)
    missing = [name for name, value in values.items() if not value]
    if long is not None:
        fault = Fault("questions.value_too_long", name=long, characters=len(values[long]), most=LONGEST_QUESTION)
        values = {name: value[:LONGEST_QUESTION] for name, value in values.items()}
    elif missing:
        fault = Fault("questions.value_missing", names=", ".join(missing))
    else:
        return _filled(template, values)
    return {"question": _filled(template, values)["question"], "values": values, "error": fault.as_dict()}


def _filled(template: str, values: dict[str, str]) -> ListQuestion:
    """What a whole row asks; the prompt as it stands where a variable stands in it so often that it would be too long."""
    try:
        refuse_long(filled_length(template, values))
    except Fault as fault:
        return {"question": template, "values": values, "error": fault.as_dict()}
    return {"question": fill_known(template, values), "values": values}


def _text(value: str) -> str:
    return str(value).encode("utf-8", "replace").decode().strip()
