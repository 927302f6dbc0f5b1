"""Rows as prompts: what is asked of each, cut from the left where it is too long. Answers are never in the examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.core.errors import Fault
from engine.data.bundles.sizes import BundleSize
from engine.data.templates.lengths import Counts, LengthIndex
from engine.data.templates.losses import refuses_a_row
from engine.data.templates.masking import IGNORED
from engine.objectives.online.params import new_tokens

if TYPE_CHECKING:
    from engine.data.templates.encoded import Encoded
    from engine.data.templates.template import ChatTemplate

Values = Mapping[str, Any]
Row = Mapping[str, Any]


def asked_of(row: Row) -> list[dict[str, object]]:
    """The messages that the model answers: the prompt, or a conversation up to its last answer; empty where nothing is asked."""
    if "prompt" in row:
        return list(row["prompt"])
    messages = list(row.get("messages", ()))
    last = max((place for place, one in enumerate(messages) if one["role"] == "assistant"), default=0)
    return messages[:last]


class PromptMaker:
    """One example for each row that asks something: the tokens of its prompt, without any label."""

    def __init__(self, template: ChatTemplate, values: Values, left_out: Callable[..., None]) -> None:
        self._template, self._left_out = template, left_out
        self._most = int(values["max_length"]) - new_tokens(values)

    def add(self, row: Row) -> Iterator[tuple[Encoded, ...]]:
        """The row's prompt."""
        from engine.data.templates.encoded import Encoded

        asked = asked_of(row)
        if not asked:
            self._left_out("unlearnable")
            return
        try:
            ids = self._template.encode_prompt(asked, row.get("tools"))
        except Fault as fault:
            if not refuses_a_row(fault):
                raise
            self._left_out("refused", fault=fault)
            return
        self._left_out("truncated", int(len(ids) > self._most))
        ids = ids[-self._most :]
        yield (Encoded(ids, [IGNORED] * len(ids)),)

    def close(self) -> Iterator[tuple[Encoded, ...]]:
        """Nothing waits."""
        return iter(())


def prompt_counts(index: LengthIndex, values: Values) -> Counts:
    """Each prompt with all its answers, as long as they may become."""
    answers, most = int(values["answers"]), new_tokens(values)
    room = max(1, int(values["max_length"]) - most)
    sizes = [BundleSize(min(length, room) - 1, (most,) * answers) for length in index.every_length]
    lengths = [one.tokens for one in sizes]
    return Counts(
        rows=round(len(lengths) * index.scale),
        tokens=round(sum(lengths) * index.scale),
        trained=round(len(lengths) * answers * most * index.scale),
        lengths=lengths,
        bundles=sizes,
        truncated=round(sum(length > room for length in index.every_length) * index.scale),
        dropped=0,
        unlearnable=0,
    )
