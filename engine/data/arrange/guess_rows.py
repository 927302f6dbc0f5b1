"""Whether the records of a file are messages, and which columns say so: by their contents and by whole names."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from engine.data.arrange.arrangement import Arrangement
from engine.data.arrange.conversations import place_of
from engine.data.arrange.names import (
    CONTENT,
    CONVERSATION,
    DELETED,
    MESSAGE,
    ORDER,
    PARENT,
    RANK,
    ROLE,
    TALK,
    bearing,
    column_name,
    speaker,
)
from engine.data.schema.contents import Rows, mostly_text, reads_like, says_something, values_of
from engine.data.schema.majority import nearly_all

_MOSTLY = 0.8  # share of the cells that must name a known speaker
_ALWAYS = 0.95  # the same where the column's name says nothing
LONGEST = 200  # messages that a file of one conversation may have
_ASKING = ("user",)
_SYSTEM = ("system", "developer")
Way = tuple[Arrangement, str, dict[str, Any]]  # how, and why: sentence `detect.<code>` filled with params


def message_ways(columns: Sequence[str], rows: Rows, *, cut: bool, files: int) -> tuple[list[Way], bool]:
    """The ways in which records could be messages, the likely one first; and whether it is sure.

    Args:
        cut: the file goes on behind these rows.
        files: how many files they are of.
    """
    role = _role_column(columns, rows)
    content = None if role is None else _content_column(role, columns, rows)
    if role is None or content is None:
        return [], False
    plain = Arrangement("rows", role=role, content=content)
    others = [column for column in columns if column not in (role, content)]
    if trees := _trees(plain, others, rows):
        return trees, True
    if (column := _conversation_column(role, others, rows)) is not None:
        order = _order_column(column, [one for one in others if one != column], rows)
        found = replace(plain, id=column, order=order)
        alone = [_by_order(plain, "question"), _by_order(plain, "file")]
        return [_told(found), *alone], True
    return _in_order(plain, others, rows, cut=cut, files=files)


def exchange_ways(asked: str, answered: str, columns: Sequence[str], rows: Rows) -> list[Way]:
    """Questions with their answers that say which conversation they are of, and are several in most of them; perhaps none."""
    others = [column for column in columns if column not in (asked, answered)]
    for column in bearing(TALK, others):
        groups = Counter(str(row.get(column)).strip() for row in rows if says_something(row.get(column)))
        if sum(count for count in groups.values() if count > 1) * 2 > len(rows):
            order = _order_column(column, [one for one in others if one != column], rows)
            found = Arrangement("exchange", role=asked, content=answered, id=column, order=order)
            params = {"asked": asked, "answered": answered, "id": column, "order": order or ""}
            return [(found, "arrange.exchange_ordered" if order else "arrange.exchange", params)]
    return []


def _told(found: Arrangement) -> Way:
    params = {"role": str(found.role), "content": str(found.content), "id": str(found.id), "order": str(found.order)}
    return found, "arrange.by_id_ordered" if found.order else "arrange.by_id", params


def _by_order(plain: Arrangement, begin: Any, **changes: Any) -> Way:
    found = replace(plain, begin=begin, **changes)
    params = {"role": str(found.role), "content": str(found.content), "order": str(found.order)}
    return found, f"arrange.{begin}", params


def _role_column(columns: Sequence[str], rows: Rows) -> str | None:
    """The column that says who speaks: both sides are there, and hardly anything else."""
    named = bearing(ROLE, list(columns))
    found = [one for one in named if _speakers(one, rows) >= _MOSTLY]
    return next(iter(found or [one for one in columns if _speakers(one, rows) >= _ALWAYS]), None)


def _speakers(column: str, rows: Rows) -> float:
    """The share of the cells that name a speaker; 0 where not both sides are there."""
    values = [value for value in values_of(column, rows) if says_something(value)]
    said = Counter(speaker(value) for value in values)
    asking = sum(said[role] for role in _ASKING)
    answering = len(values) - asking - said[None] - sum(said[role] for role in _SYSTEM)
    return (len(values) - said[None]) / len(values) if asking and answering else 0.0


def _content_column(role: str, columns: Sequence[str], rows: Rows) -> str | None:
    """The column with the words: of a usual name, or the only one with texts of its own."""
    named = [one for one in bearing(CONTENT, list(columns)) if one != role and _has_words(one, rows)]
    if named:
        return named[0]
    texts = [one for one in columns if one != role and mostly_text(one, rows) and _reads_as_text(one, rows)]
    return texts[0] if len(texts) == 1 else None


def _has_words(column: str, rows: Rows) -> bool:
    """Texts, or lists of their parts."""
    values = values_of(column, rows)
    fits = sum(isinstance(value, (str, list)) for value in values)
    return any(says_something(value) for value in values) and fits * 2 > len(values)


def _reads_as_text(column: str, rows: Rows) -> bool:
    filled = Counter(str(value).strip() for value in values_of(column, rows) if says_something(value))
    return bool(filled) and reads_like(filled) == "text"


def _trees(plain: Arrangement, columns: list[str], rows: Rows) -> list[Way]:
    """Messages that name the one before them: such a column, and one with their own names, all different."""
    parent = next(iter(bearing(PARENT, columns)), None)
    if parent is None:
        return []
    for column in (one for one in bearing(MESSAGE, columns) if one != parent):
        ids = {str(value).strip() for value in values_of(column, rows)}
        named = [str(value).strip() for value in values_of(parent, rows) if says_something(value)]
        if named and len(ids) >= _ALWAYS * len(rows) and sum(one in ids for one in named) * 2 > len(named):
            rank, deleted = (next(iter(bearing(names, columns)), None) for names in (RANK, DELETED))
            found = replace(plain, how="tree", id=column, parent=parent, rank=rank, deleted=deleted)
            params = {"id": column, "parent": parent, "rank": rank or ""}
            best = (found, "arrange.tree_ranked" if rank else "arrange.tree_best", params)
            return [best, (replace(found, paths="all"), "arrange.tree_all", params)]
    return []


def _conversation_column(role: str, columns: list[str], rows: Rows) -> str | None:
    """The column that messages of one conversation share: most of them share it with others, and few conversations begin with an answer."""
    named = bearing(CONVERSATION, columns)
    ending = [one for one in columns if one not in named and column_name(one).endswith(("id", "编号", "号"))]
    return next((one for one in (*named, *ending) if _parts(one, role, rows)), None)


def _parts(column: str, role: str, rows: Rows) -> bool:
    groups: dict[str, list[str | None]] = defaultdict(list)
    for row in rows:
        if says_something(row.get(column)) and not isinstance(row[column], (list, dict, bool)):
            groups[str(row[column]).strip()].append(speaker(row.get(role)))
    shared = [roles for roles in groups.values() if len(roles) > 1]
    both = sum(any(one in _ASKING for one in roles) and len(set(roles)) > 1 for roles in shared)
    in_them = sum(len(roles) for roles in shared)
    return in_them * 2 > len(rows) and both * 2 > len(shared)


def _order_column(id_column: str | None, columns: list[str], rows: Rows) -> str | None:
    """The column that sorts the messages of a conversation: numbers or times, hardly any twice in one."""
    groups: dict[str, list[Any]] = defaultdict(list)
    for column in bearing(ORDER, columns):
        groups.clear()
        for row in rows:
            groups[str(row.get(id_column)) if id_column else ""].append(place_of(row.get(column)))
        places = [place for several in groups.values() for place in several]
        counted = Counter(type(place) for place in places if place is not None)
        known = max(counted.values(), default=0)
        clear = sum(len(set(several)) == len(several) for several in groups.values())
        sure = nearly_all(known, len(places)) if id_column else len(counted) == 1 and known >= _ALWAYS * len(places)
        if sure and nearly_all(clear, len(groups)):  # an odd place rejects its own conversation alone
            return column
    return None


def _in_order(plain: Arrangement, columns: list[str], rows: Rows, *, cut: bool, files: int) -> tuple[list[Way], bool]:
    """Conversations that follow each other, without a column that says which is which."""
    pairs, whole = _by_order(plain, "question"), _by_order(plain, "file", order=_order_column(None, columns, rows))
    roles = [speaker(row.get(str(plain.role))) for row in rows]
    if (column := _restarting(columns, rows)) is not None:
        return [_by_order(plain, "restart", order=column), pairs, whole], True
    if any(
        not says_something(row.get(str(plain.role))) and not says_something(row.get(str(plain.content))) for row in rows
    ):
        return [_by_order(plain, "blank"), pairs, whole], True
    if sum(role in _SYSTEM for role in roles) > 1:
        return [_by_order(plain, "system"), pairs, whole], True
    likely = len(rows) <= LONGEST * files and (not cut or files > 1)
    return ([whole, pairs], True) if likely else ([pairs, whole], False)


def _restarting(columns: list[str], rows: Rows) -> str | None:
    """A column that numbers the messages of each conversation anew."""
    for column in bearing(ORDER, columns):
        places = [place_of(row.get(column)) for row in rows]
        numbers = [place for place in places if isinstance(place, float)]
        first = min(numbers, default=2.0)
        if len(numbers) < len(places) or first not in (0.0, 1.0):
            continue
        steps = list(pairwise(numbers))
        if numbers.count(first) > 1 and all(now == before + 1 or now == first for before, now in steps):
            return column
    return None
