"""Several answers to one question, ranked or scored, whatever form they come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.data.records.record import RowFault, show
from engine.data.schema.contents import list_in
from engine.data.schema.normalise.asked import tools_beside, with_given
from engine.data.schema.normalise.pairs import joined, question_before, shared
from engine.data.schema.normalise.texts import Fields, text_of
from engine.data.schema.normalise.tidy import tidied
from engine.data.schema.normalise.turns import Message, check_order, read_any_turns, with_system
from engine.data.schema.ranked import MOST_ANSWERS, numbers_in, order_within, ranks_of, said_in

Values = Mapping[str, Any]


def ranking_row(values: Values, fields: Fields) -> dict[str, Any]:
    """{"prompt", "answers", "ranks"}, and "scores" where the file has them. Raises RowFault."""
    column = fields.column("answers")
    found = list_in(fields.raw(values, "answers"))
    if not isinstance(found, list) or not 2 <= len(found) <= MOST_ANSWERS:
        raise RowFault("data.ranking.count", column, found=show(found), most=MOST_ANSWERS)
    before = with_given(question_before(values, fields), values, fields, "prompt")
    if not before:
        raise RowFault("data.row.empty", fields.column("prompt"))
    wholes = [_whole(one, place, before, values, fields) for place, one in enumerate(found, 1)]
    same = min(shared(wholes[0], other) for other in wholes[1:])
    prompt = wholes[0][:same]
    if not any(message["role"] == "user" for message in prompt):
        raise RowFault("data.ranking.other_beginning", column)
    row: dict[str, Any] = {"prompt": prompt, "answers": [whole[same:] for whole in wholes]}
    return row | _order(found, values, fields) | tools_beside(values, fields)


def _whole(answer: Any, place: int, before: list[Message], values: Values, fields: Fields) -> list[Message]:
    """The whole conversation with one of the answers, its system prompt included."""
    column = fields.column("answers")
    said = said_in(answer)
    turns = read_any_turns(said, column)
    if turns is None:
        if said is None or not str(said).strip():
            raise RowFault("data.ranking.blank", column, place=place)
        turns = [{"role": "assistant", "content": text_of(said, column)}]
    whole = with_system(joined(before, turns, column), fields.optional(values, "system"), fields.column("system"))
    whole = tidied(whole, fields.tidy)
    check_order(whole, column)
    return whole


def _order(answers: Sequence[Any], values: Values, fields: Fields) -> dict[str, Any]:
    """Ranks by the column of ranks, else of scores, else by what the answers say of themselves."""
    for key, by_score in (("ranks", False), ("scores", True)):
        if fields.has(key):
            return _ranked(list_in(fields.raw(values, key)), len(answers), fields.column(key), by_score)
    within = order_within(answers)
    if within is None:
        raise RowFault("data.ranking.no_order", fields.column("answers"))
    kind, name = within
    return _ranked([one[name] for one in answers], len(answers), fields.column("answers"), kind == "score")


def _ranked(listed: Any, count: int, column: str, by_score: bool) -> dict[str, Any]:
    numbers = numbers_in(listed)
    if numbers is None or len(numbers) != count:
        raise RowFault("data.ranking.order", column, found=show(listed), count=count)
    ranks = ranks_of(numbers, scores=by_score)
    return {"ranks": ranks, "scores": numbers} if by_score else {"ranks": ranks}
