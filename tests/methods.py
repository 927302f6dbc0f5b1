"""Methods on tiny models, without a job: load a base, apply a method, learn a fixed batch."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from engine.core.hardware import cpu
from engine.core.params import read_all
from engine.devices import precision_for
from engine.methods import METHODS
from engine.methods.common.declaration import Method, RunContext
from engine.methods.common.refusals import refused
from engine.methods.common.shape import ModelShape
from engine.models.architecture.shape import shape_of
from engine.objectives import usual_objective
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.forward import Padded
from engine.training.loop.weights import load_base
from tests import tiny
from tests.zoo import representatives

FAMILIES = ("llama", "gpt_neox")  # in every run; the zoo's models in those of the zoo
EVERY_FAMILY = [*FAMILIES, *(pytest.param(model.key, marks=pytest.mark.zoo) for model in representatives())]
STEPS = 24
RATE = 3.0  # tiny models take larger steps: each method's own learning rate times this
_OLD = ("What is the colour of the {word}?", "The {word} is {colour}.")
_NEW = ("What is the colour of the {word}?", "Tell me, {colour} is a naïve {word} in the {word} café!")


@dataclass(frozen=True)
class Case:
    """A method, or one of its well-known settings."""

    method: Method
    values: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    variant: str = ""

    def __str__(self) -> str:
        return f"{self.method.key}-{self.variant}" if self.variant else self.method.key

    def refused(self, folder: Path, training: dict[str, Any] | None = None) -> dict[str, Any]:
        """Why it cannot train on the model of that folder."""
        values, objective = settings_of(self.method, self.training | (training or {}), **self.values)
        return refused(self.method, shape(folder), values, objective, STEPS)


def cases() -> list[Case]:
    """Every method that trains, and its variants."""
    plain = [Case(method) for method in METHODS]
    more = [Case(m, dict(v.values), dict(v.training), v.key) for m in METHODS for v in m.variants]
    return [case for case in plain + more if case.method.capabilities.trains]


def settings_of(method: Method, training: dict[str, Any] | None = None, **raw: Any) -> tuple[Any, Any]:
    """(the method's values, the objective's values) with defaults filled in."""
    values, wrong = read_all(method.params, raw, "method")
    objective, more = read_all(usual_objective().params_for(method.defaults), training or {}, "training")
    assert not wrong | more
    return values, objective


def applied(
    folder: Path, method: Method, scratch: Path, *, training: dict[str, Any] | None = None, steps: int = 8, **raw: Any
) -> Any:
    """The model of `folder` with the method applied, as a job would have it. `raw` are the method's settings."""
    values, objective = settings_of(method, training, **raw)
    torch.manual_seed(42)
    base = load_base(folder, method, objective, cpu(), precision_for(cpu()))
    torch.manual_seed(42)
    scratch.mkdir(parents=True, exist_ok=True)
    return method.apply(base, values, RunContext(steps, objective, scratch, folder))


def shape(folder: Path) -> ModelShape:
    """The shape as pages know it: from config.json alone."""
    return shape_of(json.loads((folder / "config.json").read_text()))


# ---------------------------------------------------------------- what is learnt


def rows(count: int, seed: int, *, new: bool) -> list[Example]:
    """Questions and answers in the manner that the base knows, or in one that it has yet to learn."""
    rng, tokenizer = random.Random(seed), Tokenizer.from_str(tiny.tokenizer_json())
    return [_row(tokenizer, rng, *(_NEW if new else _OLD)) for _ in range(count)]


def _row(tokenizer: Tokenizer, rng: random.Random, question: str, answer: str) -> Example:
    word, colour = rng.choice(tiny.WORDS), rng.choice(tiny.WORDS)
    asked = f"<|im_start|>user\n{question.format(word=word)}<|im_end|>\n<|im_start|>assistant\n"
    given = f"{answer.format(word=word, colour=colour)}<|im_end|>"
    before = len(tokenizer.encode(asked).ids)
    ids = np.array(tokenizer.encode(asked).ids + tokenizer.encode(given).ids, dtype=np.int32)
    labels = np.append(ids[1:], np.int32(-100)).astype(np.int32)
    labels[: before - 1] = -100
    return Example(ids, labels, int((labels >= 0).sum()))


def taught_base(folder: Path, family: str, *, steps: int = 150) -> Path:
    """A tiny model that already speaks a little: methods that only weigh what is there have something to weigh."""
    from transformers import AutoModelForCausalLM

    tiny.write_model(folder, family=family)
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for step in range(steps):
        learn_step(Padded(model), rows(8, step, new=False)).backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)
    return folder


def learn_step(forward: Padded, examples: Sequence[Example]) -> torch.Tensor:
    """The mean loss over all labels."""
    return forward.cross_entropy(examples) / sum(example.trained for example in examples)


def learn(model: Any, case: Case, examples: Sequence[Example], steps: int = STEPS) -> list[float]:
    """Train as a job does: the method's optimizer, penalty and reallocation; the losses of all steps and after the last."""
    method = case.method
    values, objective = settings_of(method, case.training, **case.values)
    training = {**objective, "learning_rate": RATE * objective["learning_rate"]}
    optimizer = method.optimizer(model, values, training) if method.optimizer else None
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = optimizer or torch.optim.AdamW(trained, lr=training["learning_rate"], weight_decay=0.0)
    forward, losses = Padded(model.train()), []
    for step in range(steps):
        loss = learn_step(forward, examples)
        loss.backward()
        if method.penalty is not None:
            method.penalty(model).backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        if method.after_update is not None:
            method.after_update(model, step + 1)
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
    with torch.no_grad():
        return [*losses, float(learn_step(Padded(model.eval()), examples))]
