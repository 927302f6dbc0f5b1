"""Lessons in a model's own chat template: rows as tokens, and a model that has learnt to answer and to end its answers."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.data.templates.template import ChatTemplate
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.forward import Padded
from tests import tiny
from tests.zoo.build import save
from tests.zoo.declaration import ZooModel

QUESTION = "What is the colour of the {word}?"
OLD, NEW = "The {word} is {colour}.", "Tell me, {colour} is a naïve {word}!"
WORDS = tiny.WORDS[:4]
_STEPS, _RATE = 70, 4e-3


def turns(word: str, *, new: bool) -> list[dict[str, str]]:
    """A question about a word, with its one answer of old, or the one that tuning teaches."""
    colour = tiny.WORDS[-1 - tiny.WORDS.index(word)]
    answer = (NEW if new else OLD).format(word=word, colour=colour)
    return [{"role": "user", "content": QUESTION.format(word=word)}, {"role": "assistant", "content": answer}]


def rows(*, new: bool) -> list[Mapping[str, Any]]:
    """All that there is to learn, as rows of a data set."""
    return [{"messages": turns(word, new=new)} for word in WORDS]


def examples(template: ChatTemplate, *, new: bool) -> list[Example]:
    """The rows as training takes them."""
    return [example(template, row) for row in rows(new=new)]


def example(template: ChatTemplate, row: Mapping[str, Any]) -> Example:
    """One row, with shifted labels."""
    encoded = template.encode(row)
    ids = np.array(encoded.ids, dtype=np.int32)
    labels = np.append(np.array(encoded.labels, dtype=np.int32)[1:], np.int32(encoded.following))
    return Example(ids, labels, int((labels >= 0).sum()))


def teach(model: ZooModel, folder: Path, tokenizer: Path, target: Path) -> Path:
    """A copy of the model that answers in the old manner, stored as the model is."""
    from transformers import AutoModelForCausalLM

    shutil.copytree(folder, target, ignore=shutil.ignore_patterns("*.safetensors*"))
    learner: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).train()
    learn(learner, examples(ChatTemplate.load(tokenizer), new=False), _STEPS, _RATE)
    save(model, learner, target)
    for change in model.finish:
        target = change(target)
    return target


def learn(model: Any, lesson: list[Example], steps: int, rate: float) -> list[float]:
    """Plain training of all weights; the losses."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.0)
    forward, losses, rng = Padded(model), [], random.Random(0)
    for _step in range(steps):
        chosen = rng.sample(lesson, len(lesson))
        loss = forward.cross_entropy(chosen) / sum(one.weight for one in chosen)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
    return losses
