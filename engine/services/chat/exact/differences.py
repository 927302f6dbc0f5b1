"""Where two sides differ: the answer of one is read by the other, token by token, and what is found is kept beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.small_files import read_bytes
from engine.data.templates.isolated.isolated_template import open_template
from engine.data.templates.template import LARGEST_TOKENIZER
from engine.models.base.paths import tokenizer_folder
from engine.services.chat.exact.again import answered, same_ask, setup_for
from engine.services.chat.exact.compared import ReadTwice, read_twice
from engine.services.chat.exact.kept import KeptAnswer, kept_answer
from engine.services.chat.exact.shapes import SideDifferences
from engine.services.chat.sides import Setup
from engine.serving.made_by import WORDS, ids_sha256
from engine.serving.protocol import Forced
from engine.serving.words import TokenWorth
from storage.queries import conversations

if TYPE_CHECKING:
    from engine.services.chat.conversations import Chat

_GREEDY_TOKENS = 256  # of an answer at temperature 0 that is made only to see where two part
_KEPT = "differences"  # in `Message.made_by`: {side that read it: {"stamp", "found"}}


def differences(ctx: Context, chat: Chat, conversation_id: int, turn: int, side: str, other: str) -> SideDifferences:
    """The answer of `side` as `other` reads it, each behind the prompt that it was asked; found once and kept.

    Raises:
        NotFound: one of them gave no answer in this turn.
        Fault: "exact.same_side", "exact.empty", "exact.not_kept", "exact.side_gone", "exact.other_weights", "exact.other_tokens", or
            why nothing can be asked.
    """
    if side == other:
        raise Fault("exact.same_side")
    said, reads = (kept_answer(ctx, conversation_id, turn, one) for one in (side, other))
    setup = setup_for(ctx, conversation_id, said, reads)
    if not said.ended_ids:
        raise Fault("exact.empty")
    stamp = _stamp(said, reads)
    kept = (said.made_by.get(_KEPT) or {}).get(other) or {}
    if kept.get("stamp") == stamp:
        return cast(SideDifferences, kept["found"])
    reading = _Reading(ctx, chat, setup, said, reads)
    reading.check()
    found = reading.found()
    _keep(ctx, conversation_id, turn, side, other, {"stamp": stamp, "found": found})
    return found


def _vocabulary(folder: Path) -> str:
    return hashlib.sha256(read_bytes(folder / "tokenizer.json", LARGEST_TOKENIZER)).hexdigest()


def _stamp(said: KeptAnswer, reads: KeptAnswer) -> str:
    """Names what the differences were found of: both weights, both prompts, and the answer."""
    texts = (said.prompt_ids, reads.prompt_ids, said.ended_ids)
    return " ".join([str(said.weights_hash), str(reads.weights_hash), *map(ids_sha256, texts)])


@dataclass(frozen=True)
class _Reading:
    """One comparison that is made now."""

    ctx: Context
    chat: Chat
    setup: Setup
    said: KeptAnswer
    reads: KeptAnswer

    def found(self) -> SideDifferences:
        """Everything that is told of it."""
        twice = self._twice(self.said.ended_ids)
        own = self.said.made_by["sampling"]["temperature"] <= 0
        greedy = twice if own else self._twice(self._greedy())
        return {
            "side": self.said.side,
            "other": self.reads.side,
            "words": twice.words,
            "ended": self.said.made_by.get("end_id") is not None,
            "largest": twice.largest,
            "first": twice.first,
            "agree": twice.agree,
            "same_prompt": self.said.prompt_ids == self.reads.prompt_ids,
            "greedy": greedy.first,
            "greedy_words": len(greedy.words),
            "greedy_own": own,
        }

    @property
    def tokenizers(self) -> list[Path]:
        """Folders with those of both sides."""
        bases = [self.setup.answerers[one.side].base for one in (self.said, self.reads)]
        return [tokenizer_folder(self.ctx.settings, base) for base in bases]

    def check(self) -> None:
        """Raises Fault("exact.other_tokens") where the two cut texts into other tokens, so that nothing can be compared one by one."""
        mine, theirs = self.tokenizers
        if mine != theirs and _vocabulary(mine) != _vocabulary(theirs):
            names = [self.setup.answerers[one.side].label for one in (self.said, self.reads)]
            raise Fault("exact.other_tokens", name=names[0], other=names[1])

    def _twice(self, answer: Sequence[int]) -> ReadTwice:
        keys = [self.setup.answerers[one.side].key for one in (self.said, self.reads)]
        prompts = [one.prompt_ids for one in (self.said, self.reads)]
        forced = tuple(Forced(key, (*prompt, *answer), len(answer)) for key, prompt in zip(keys, prompts, strict=True))
        worths: dict[int, list[TokenWorth]] = {}
        for event in self.chat.run(self.setup, forced=forced, words=WORDS):
            if event["event"] == "forced":
                worths[event["place"]] = [TokenWorth(*one) for one in event["worths"]]
        return read_twice(open_template(self.tokenizers[0]), worths[0], worths[1])

    def _greedy(self) -> tuple[int, ...]:
        """What the side says at temperature 0, with the token that ends it."""
        sampling: Mapping[str, Any] = self.said.made_by["sampling"]
        few = {"temperature": 0.0, "max_tokens": min(_GREEDY_TOKENS, sampling["max_tokens"])}
        ask = same_ask(self.ctx, self.setup, self.said, few["max_tokens"])
        event = answered(self.chat, self.setup, ask, {**sampling, **few}, words=1)
        return (*event["ids"], *([] if event["end_id"] is None else [event["end_id"]]))


def _keep(ctx: Context, conversation_id: int, turn: int, side: str, other: str, value: dict[str, Any]) -> None:
    with ctx.db.write() as s:
        for row in conversations.answers_with_makers(s, conversation_id, turn):
            if row.side == side and row.status != conversations.STREAMING:
                found = row.made_by.get(_KEPT) or {}
                row.made_by = {**row.made_by, _KEPT: {**found, other: value}}
