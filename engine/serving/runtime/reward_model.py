"""A tuned reward model in this process: talks in, scores out. For workers; pages ask the inference process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.hardware import Device
from engine.data.templates.isolated.isolated_template import open_template
from engine.devices import kind_of, precision_for
from engine.models.base.integrity import intact_weights
from engine.models.base.paths import tokenizer_folder
from engine.models.tuned.integrity import intact_result
from engine.serving.protocol import BASE
from engine.serving.runtime.adapted_model import AdaptedModel, SharedBase
from engine.serving.runtime.loading import load_model
from engine.serving.runtime.scoring import scored
from engine.serving.scored_texts import UNSCORED, ScoredTexts
from engine.training.heads.scalar import ScalarHead, load_head
from storage.queries import base_models, tuned_models
from storage.tables import LanguageModel, TunedModel

_NAME = "reward"
Talk = tuple[Sequence[Mapping[str, Any]], str]  # a conversation and the answer that follows


class RewardModel:
    """It scores each answer; higher is better, and only differences mean something."""

    def __init__(self, adapted: AdaptedModel, head: ScalarHead, texts: ScoredTexts) -> None:
        self._adapted, self._head, self._texts = adapted, head, texts

    def __call__(self, talks: Sequence[Talk]) -> list[float | None]:
        """The score of each answer; None of one that is empty, or longer than any in its training."""
        found: list[float | None] = [None] * len(talks)
        read = {place: ids for place, talk in enumerate(talks) if (ids := self._read(talk)) is not None}
        where = list(read)
        for places, scores in scored(self._adapted, self._head, list(read.values())):
            for place, score in zip(places, scores, strict=True):
                found[where[place]] = score
        return found

    def _read(self, talk: Talk) -> tuple[int, ...] | None:
        try:
            return self._texts.ids(*talk)
        except Fault as fault:
            if fault.code not in UNSCORED:
                raise
            return None


def load_reward_model(ctx: Context, tuned_id: int, device: Device) -> RewardModel:
    """The reward model of that id with its base, on the device.

    Raises:
        NotFound: there is no such tuned model.
        Fault: "reward.talks" for a tuned model that does not score, "chat.base_gone", "chat.damaged" and their like for changed files.
    """
    tuned, base = _rows(ctx, tuned_id)
    texts = ScoredTexts.of(open_template(tokenizer_folder(ctx.settings, base), base.name), tuned)
    folder = intact_result(ctx.settings, tuned)
    adapted = _loaded(tuned, folder, intact_weights(ctx.settings, base), device)
    return RewardModel(adapted, load_head(folder).to(adapted.shared_base.device), texts)


def _rows(ctx: Context, tuned_id: int) -> tuple[TunedModel, LanguageModel]:
    with ctx.db.read() as s:
        tuned = tuned_models.get_tuned(s, tuned_id)
        if tuned is None:
            raise NotFound(tuned=tuned_id)
        base = base_models.get_model(s, tuned.base_model_id)
        if base is None:
            raise Fault("chat.base_gone", name=tuned.name)
        return tuned, base


def _loaded(tuned: TunedModel, folder: Path, weights: Path, device: Device) -> AdaptedModel:
    name, dtype = kind_of(device).torch_name, precision_for(device).dtype
    if tuned.format == "full":
        return AdaptedModel(SharedBase(load_model(folder, dtype, name)), BASE)
    shared = SharedBase(load_model(weights, dtype, name))
    shared.add(_NAME, str(folder))
    return AdaptedModel(shared, _NAME)
