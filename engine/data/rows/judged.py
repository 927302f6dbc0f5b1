"""Rows of pairs and of rankings as one: which answers stand above which."""

from __future__ import annotations

from collections.abc import Iterator

from engine.data.rows.ranking import pairs_in
from engine.data.rows.row import ANSWERS, Message, Row

KINDS = ("preference", "ranking")


def words_of(answer: list[Message]) -> str:
    """What an answer says, all its turns together."""
    return "\n".join(str(turn.get("content") or "") for turn in answer if turn["role"] == "assistant")


def answers_in(row: Row) -> list[str]:
    """Every answer of a row; of a pair the better one first."""
    return [words_of(one) for one in (row[ANSWERS] if ANSWERS in row else (row["chosen"], row["rejected"]))]


def judged_pairs(row: Row) -> Iterator[tuple[int, int]]:
    """Places in `answers_in` of (better, worse)."""
    yield from pairs_in(row["ranks"], "all") if ANSWERS in row else [(0, 1)]


def longer_won(row: Row) -> float | None:
    """Share of the row's pairs in which the better answer is the longer one, in characters; None where all are equally long."""
    lengths = [len(one) for one in answers_in(row)]
    pairs = [(lengths[better], lengths[worse]) for better, worse in judged_pairs(row)]
    told = [better > worse for better, worse in pairs if better != worse]
    return sum(told) / len(told) if told else None
