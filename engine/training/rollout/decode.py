"""Many answers at once in our own decode loop: each prompt is read once, however many answers it gets.

Prompts of different lengths are padded on the left, the padding is masked and places are counted without it, so that each row gets
what it would get alone. Where a model cannot do that (it is tried once, on a few tokens), answers come one by one, each token
after a reading of the whole text: slow, and right.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engine.training.forward.forward import plain_model
from engine.training.limits.limits import out_of_memory
from engine.training.limits.memory_use import give_back
from engine.training.rollout.draw import next_tokens, numbers_of
from engine.training.rollout.growing_cache import growing_cache, select_rows

_FEWER = 0.75  # rows that are left when the ended ones are taken out of the cache
_TOLERANCE = {torch.float32: 1e-4, torch.float16: 2e-2, torch.bfloat16: 1e-1}
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    """One answer that is wanted.

    Attributes:
        ids: tokens of its prompt.
        key: whole numbers that name it (`numbers_of`).
    """

    ids: Sequence[int]
    key: tuple[int, ...]


@dataclass(frozen=True)
class WrittenTokens:
    """One answer.

    Attributes:
        ids: its tokens, with the end mark where it has one.
        ended: it came to an end by itself.
    """

    ids: Sequence[int]
    ended: bool


@dataclass(frozen=True)
class Writing:
    """How answers are written.

    Attributes:
        ends: tokens that end an answer.
        pad: token that fills rows up.
        most: tokens of an answer.
        temperature: 0 for the likeliest tokens.
        heed: called after each token; what it raises ends everything.
    """

    ends: frozenset[int]
    pad: int
    most: int
    temperature: float
    heed: Callable[[], None] = field(default=lambda: None)


class AnswerDecoder:
    """Writes answers with a model as it is now, without gradients and dropout.

    Attributes:
        batched: many rows can go through the model together, with a cache.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._base: Any = plain_model(model)
        taken = inspect.signature(self._base.forward).parameters
        self._cache = "cache_params" if "cache_params" in taken else "past_key_values"
        self._placed = "position_ids" in taken
        self._last: dict[str, Any] = {"logits_to_keep": 1} if "logits_to_keep" in taken else {}
        self.batched = self._tried()

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(self._model.parameters()).device

    def write(self, asked: Sequence[Asked], how: Writing, rows: int) -> tuple[list[WrittenTokens], int]:
        """The answers, in order, and how many rows went through the model together in the end.

        Args:
            rows: most of them at once; halved where memory runs out.
        """
        found: list[WrittenTokens] = []
        was_training = self._model.training
        self._model.eval()
        try:
            with torch.no_grad():
                while len(found) < len(asked):
                    some = asked[len(found) : len(found) + (rows if self.batched else 1)]
                    if (made := self._try(some, how)) is not None:
                        found += made
                        continue
                    give_back()
                    rows = max(1, len(some) // 2)
                    _log.warning("Out of memory: %d answers at a time from now on", rows)
        finally:
            self._model.train(was_training)
        return found, rows

    def _try(self, asked: Sequence[Asked], how: Writing) -> list[WrittenTokens] | None:
        """None where memory ran out and fewer may do."""
        try:
            return self._together(asked, how) if self.batched else [self._alone(asked[0], how)]
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error) or len(asked) == 1:
                raise
            return None

    def _together(self, asked: Sequence[Asked], how: Writing) -> list[WrittenTokens]:
        batch = _Batch(asked, how, self.device)
        cache = growing_cache(self._base.config, batch.width + how.most)
        prompts, owners = _different(asked)
        scores = self._prefill(prompts, batch.width, how.pad, cache)
        if len(prompts) < len(asked):
            select_rows(cache, owners, self.device)
            scores = scores[torch.tensor(owners, device=self.device)]
        while True:
            ids = batch.take(scores)
            how.heed()
            if (stay := batch.stay()) is not None:
                if not stay:
                    return batch.answers()
                select_rows(cache, stay, self.device)
                ids = ids[torch.tensor(stay, device=self.device)]
            scores = self._forward(ids[:, None], cache, batch.mask(), batch.places()[:, None])

    def _prefill(self, prompts: Sequence[Sequence[int]], width: int, pad: int, cache: Any) -> Tensor:
        ids = torch.tensor([[pad] * (width - len(one)) + list(one) for one in prompts], device=self.device)
        lengths = torch.tensor([len(one) for one in prompts], device=self.device)[:, None]
        columns = torch.arange(width, device=self.device)[None]
        places = (columns - (width - lengths)).clamp_(min=0)
        return self._forward(ids, cache, (columns >= width - lengths).long(), places)

    def _forward(self, ids: Tensor, cache: Any, mask: Tensor, places: Tensor) -> Tensor:
        inputs: dict[str, Any] = {"input_ids": ids, "attention_mask": mask, "use_cache": True, self._cache: cache}
        if self._placed:
            inputs["position_ids"] = places
        scores: Tensor = self._base(**inputs, **self._last).logits[:, -1]
        return scores

    def _alone(self, asked: Asked, how: Writing) -> WrittenTokens:
        """The whole text before each token."""
        batch = _Batch([asked], how, self.device)
        text = list(asked.ids)
        while True:
            ids = torch.tensor([text], device=self.device)
            token = batch.take(self._base(input_ids=ids, use_cache=False, **self._last).logits[:, -1])
            how.heed()
            if batch.stay() is not None:
                return batch.answers()[0]
            text.append(int(token[0]))

    def _tried(self) -> bool:
        """Whether two rows of different lengths say together, read on from a cache, what each says alone."""
        try:
            with torch.no_grad():
                return self._agrees()
        except Exception as error:  # an architecture may object in any way; the slow way is always right
            _log.info("answers are written one by one: %s", error)
            return False

    def _agrees(self) -> bool:
        was_training = self._model.training
        self._model.eval()
        try:
            words = self._base.get_input_embeddings().weight.shape[0]
            texts = [[(1 + 7 * place) % words for place in range(count)] for count in (9, 5)]
            alone = [self._base(input_ids=torch.tensor([one], device=self.device)).logits[:, -1] for one in texts]
            cache, width = growing_cache(self._base.config, 9), 8
            self._prefill([one[:-1] for one in texts], width, 0, cache)
            select_rows(cache, [0, 1], self.device)
            last = torch.tensor([one[-1:] for one in texts], device=self.device)
            lengths = torch.tensor([len(one) for one in texts], device=self.device)[:, None]
            mask = (torch.arange(width + 1, device=self.device)[None] >= width + 1 - lengths).long()
            found, expected = self._forward(last, cache, mask, lengths - 1).float(), torch.cat(alone).float()
            most = _TOLERANCE.get(self._base.dtype, 1e-1) * float(expected.abs().max())
            return bool(torch.isfinite(found).all()) and float((found - expected).abs().max()) <= most
        finally:
            self._model.train(was_training)


class _Batch:
    """Rows that go through the model together, each until its end.

    Attributes:
        width: places that their prompts take.
    """

    def __init__(self, asked: Sequence[Asked], how: Writing, device: torch.device) -> None:
        self._how, self._device = how, device
        self._lengths = [len(one.ids) for one in asked]
        self.width = max(self._lengths)
        draws = how.temperature > 0
        numbers = np.stack([numbers_of(one.key, how.most) if draws else np.zeros(how.most) for one in asked])
        self._numbers = torch.from_numpy(numbers).to(device)
        self._told: list[list[int]] = [[] for _ in asked]
        self._ended = [False] * len(asked)
        self._rows = list(range(len(asked)))  # those that are in the cache, in its order
        self._step = 0

    def take(self, scores: Tensor) -> Tensor:
        """A token more for each row in the cache; those of ended rows are of no account."""
        rows = torch.tensor(self._rows, device=self._device)
        tokens = next_tokens(scores, self._how.temperature, self._numbers[rows, self._step])
        for row, token in zip(self._rows, tokens.tolist(), strict=True):
            if not self._ended[row]:
                self._told[row].append(token)
                self._ended[row] = token in self._how.ends
        self._step += 1
        return tokens

    def stay(self) -> list[int] | None:
        """Places in the cache of the rows that go on, where the others should leave it now; empty when all is written."""
        if self._step >= self._how.most:
            return []
        going = [place for place, row in enumerate(self._rows) if not self._ended[row]]
        if going and len(going) > _FEWER * len(self._rows):
            return None
        self._rows = [self._rows[place] for place in going]
        return going

    def mask(self) -> Tensor:
        """1 for what is to be read, shape (rows in the cache, places)."""
        columns = torch.arange(self.width + self._step, device=self._device)[None]
        return (columns >= self.width - self._own()[:, None]).long()

    def places(self) -> Tensor:
        """Where the latest token of each row stands in its own text."""
        return self._own() + self._step - 1

    def _own(self) -> Tensor:
        return torch.tensor([self._lengths[row] for row in self._rows], device=self._device)

    def answers(self) -> list[WrittenTokens]:
        """All of them, in the order in which they were asked."""
        return [WrittenTokens(ids, ended) for ids, ended in zip(self._told, self._ended, strict=True)]


def _different(asked: Sequence[Asked]) -> tuple[list[Sequence[int]], list[int]]:
    """The prompts without repetitions, and for each answer the place of its own."""
    known: dict[tuple[int, ...], int] = {}
    owners = [known.setdefault(tuple(one.ids), len(known)) for one in asked]
    return [list(one) for one in known], owners
