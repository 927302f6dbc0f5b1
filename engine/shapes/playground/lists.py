"""What pages see of lists of questions as tables, and what jobs keep of them."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from engine.core.shapes import CodedMessage


class ListQuestion(TypedDict):
    """One question of a list as it lies beside the job."""

    question: str  # with the values of its row
    values: NotRequired[dict[str, str]]  # of the variables, by name
    error: NotRequired[CodedMessage]  # why it cannot be asked


class RowWish(TypedDict, total=False):
    """Which rows of a table are looked at, and in which order."""

    search: str  # that stands in a question, a value or an answer
    only: Literal["", "differ", "same", "failed", "cut"]  # rows whose answers are so
    sort: str  # "": as asked; "question"; "unlike": by how different the answers are; a side: by the length of its answers
    down: bool  # the largest first
