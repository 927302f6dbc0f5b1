"""Scores of reward models, from the inference process that answers chats too: one base in memory, the reward model on top of it."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.data.templates.isolated.isolated_template import open_template
from engine.models.base.paths import tokenizer_folder
from engine.services.chat.bare_base import require_weights
from engine.services.chat.settings import read_chat_settings
from engine.services.chat.sides import Setup, obstacle_now, sides_of
from engine.services.scoring.shapes import ScoreOf, ScorerView
from engine.serving.protocol import Score, tuned_key
from engine.serving.scored_texts import ScoredTexts, talks
from storage.queries import base_models, tuned_models
from storage.tables import LanguageModel, TunedModel

if TYPE_CHECKING:
    from engine.services.chat.conversations import Chat

Talk = tuple[Sequence[Mapping[str, Any]], str]  # a conversation and the answer that follows
_REMEMBERED = 20_000  # scores
_REQUEST = 64  # texts of one request: between two, chats have their turn


def scorers(ctx: Context) -> list[ScorerView]:
    """Every tuned reward model, the newest first."""
    with ctx.db.read() as s:
        rows = [one for one in tuned_models.list_tuned(s) if not talks(one)]
        names = base_models.model_names(s, {one.base_model_id for one in rows})
    return [{"id": one.id, "name": one.name, "base_name": names.get(one.base_model_id, "")} for one in rows]


class AskedScorer:
    """One reward model, ready to be asked.

    Raises (when made):
        NotFound: there is no such tuned model.
        Fault: "reward.talks", or why its files or those of its base cannot be used.
    """

    def __init__(self, ctx: Context, chat: Chat, tuned_id: int) -> None:
        self._chat = chat
        self.tuned, base = _rows(ctx, tuned_id)
        if fault := obstacle_now(ctx.settings, base, [self.tuned]):
            raise fault
        require_weights(ctx, base)
        self._setup = Setup(0, base, (self.tuned,), read_chat_settings({}), sides_of(base, [self.tuned]))
        self._texts = ScoredTexts.of(open_template(tokenizer_folder(ctx.settings, base), base.name), self.tuned)

    def score(self, batch: Sequence[Talk]) -> list[ScoreOf]:
        """What it says of each answer; why it says nothing stands in its place. What was asked before is remembered.

        Raises:
            Fault: where nothing can be scored at all, such as for want of memory.
        """
        names = [_name(self.tuned, one) for one in batch]
        found: dict[str, ScoreOf] = {name: _SCORES[name] for name in names if name in _SCORES}
        texts: dict[str, tuple[int, ...]] = {}
        for name, (question, answer) in zip(names, batch, strict=True):
            if name in found or name in texts:
                continue
            try:
                texts[name] = self._texts.ids(question, answer)
            except Fault as fault:
                found[name] = {"score": None, "error": fault.as_dict()}
        wanted = list(texts)
        for start in range(0, len(wanted), _REQUEST):
            some = wanted[start : start + _REQUEST]
            for name, score in zip(some, self._asked([texts[name] for name in some]), strict=True):
                found[name] = {"score": score, "error": None}
        _remember(found)
        return [found[name] for name in names]

    def _asked(self, texts: Sequence[tuple[int, ...]]) -> list[float]:
        key = tuned_key(self.tuned.id)
        scores = [0.0] * len(texts)
        for event in self._chat.run(self._setup, scores=tuple(Score(key, ids) for ids in texts)):
            if event["event"] == "scores":
                for place, score in zip(event["places"], event["scores"], strict=True):
                    scores[place] = score
        return scores


def _rows(ctx: Context, tuned_id: int) -> tuple[TunedModel, LanguageModel]:
    with ctx.db.read() as s:
        tuned = tuned_models.get_tuned(s, tuned_id)
        base = None if tuned is None else base_models.get_model(s, tuned.base_model_id)
    if tuned is None:
        raise NotFound(tuned=tuned_id)
    if talks(tuned):
        raise Fault("reward.talks", name=tuned.name)
    if base is None:
        raise Fault("chat.base_gone", name=tuned.name)
    return tuned, base


_SCORES: OrderedDict[str, ScoreOf] = OrderedDict()


def _name(tuned: TunedModel, talk: Talk) -> str:
    said = json.dumps([tuned.id, tuned.weights_hash, [dict(one) for one in talk[0]], talk[1]], ensure_ascii=False)
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()


def _remember(found: Mapping[str, ScoreOf]) -> None:
    _SCORES.update(found)
    while len(_SCORES) > _REMEMBERED:
        _SCORES.popitem(last=False)
