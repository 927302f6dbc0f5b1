"""One answer to a conversation as tokens that end with its end mark: as a reward model reads it, in training and afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.data.templates.lengths import runs_of

if TYPE_CHECKING:
    from engine.data.templates.template import ChatTemplate

Messages = Sequence[Mapping[str, Any]]


def answer_tokens(
    template: ChatTemplate, prompt: Messages, answer: Messages, tools: Any = None
) -> tuple[list[int], int] | None:
    """The tokens up to the answer's end mark, and where among them the answer begins: what the template writes behind the mark,
    such as a line break, is no part of it. None where nothing of the answer stands in the text.

    Raises:
        Fault: what `ChatTemplate.encode` raises.
    """
    before = [{**one, "weight": 0} if one["role"] == "assistant" else one for one in prompt]
    given = [{key: value for key, value in one.items() if key != "weight"} for one in answer]
    row: dict[str, Any] = {"messages": [*before, *given]}
    encoded = template.encode(row if tools is None else row | {"tools": tools})
    runs = runs_of(encoded.labels)
    return (list(encoded.ids[: runs[-1][1]]), runs[0][0]) if runs else None


def within(ids: list[int], start: int, most: int) -> tuple[list[int], int] | None:
    """The same within a limit of tokens: the prompt is cut at its beginning, an answer never; None where that alone is too long."""
    if len(ids) <= most:
        return ids, start
    if len(ids) - start >= most:
        return None
    cut = len(ids) - most
    return ids[cut:], start - cut


def shared_beginning(several: Sequence[tuple[list[int], int]]) -> int:
    """How many tokens all of them begin with, before any of the answers."""
    most = min(start for _, start in several)
    first = several[0][0]
    return next((at for at in range(most) if any(ids[at] != first[at] for ids, _ in several)), most)
