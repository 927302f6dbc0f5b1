"""Every method learns the same lesson once a session; all tests of results look at what it left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from engine.base_formats import base_format
from engine.data.templates.template import ChatTemplate
from engine.methods.common.declaration import RunContext
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward import forward as forward_forward
from engine.training.forward.choice import choose_forward
from engine.training.loop.weights import save_result, save_trained
from tests import methods
from tests.methods import Case
from tests.zoo import lessons as zoo_lessons
from tests.zoo.keeper import ZooKeeper

ROOT = Path(__file__).resolve().parents[3]
PROBE = [1, *range(20, 43), 2, 7]


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny matrices are slower on several cores, and sums are added up in one order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@dataclass(frozen=True)
class Learnt:
    """What a method made of the lesson.

    Attributes:
        trained, changed: names of the parameters that require gradients, and of those that moved.
        touched: names of those that ever had a gradient.
        forward, packed_loss, padded_loss: how a job would calculate, and what both ways give.
        logits: of the tuned model on the probe.
    """

    case: Case
    values: dict[str, Any]
    training: dict[str, Any]
    base: Path
    folder: Path
    losses: list[float]
    trained: set[str]
    changed: set[str]
    touched: set[str]
    numbers: int
    forward: str
    packed_loss: float
    padded_loss: float
    logits: torch.Tensor

    @property
    def key(self) -> str:
        """A name without dots, as PEFT wants one."""
        return f"{self.base.name}_{self.case}".replace("-", "_").replace(".", "_")

    @property
    def checkpoint(self) -> Path:
        """The weights of a checkpoint at the last step."""
        return self.folder.with_name("checkpoint")

    @property
    def dtype(self) -> str:
        """How the playground must load the base to have the same one."""
        held = base_format(self.training)
        return held.key if held.quantised else "fp32"


class Lessons:
    """Teaches each case once and keeps what it made."""

    def __init__(self, folder: Path, zoo: ZooKeeper) -> None:
        self.folder, self._zoo = folder, zoo
        self._bases: dict[str, Path] = {}
        self._learnt: dict[tuple[str, str], Learnt] = {}
        self._answers: dict[str, dict[str, torch.Tensor]] = {}
        self.broken: dict[str, str] = {}  # results that a fresh process could not load, and why

    def base(self, family: str) -> Path:
        """A tiny model that speaks a little: of a family of `methods.FAMILIES`, or of that key in the zoo."""
        if family not in self._bases:
            ours = family in methods.FAMILIES
            self._bases[family] = methods.taught_base(self.folder / family, family) if ours else self._zoo.plain(family)
        return self._bases[family]

    def rows(self, family: str, count: int, seed: int) -> list[Example]:
        """What is to be learnt, in the family's own chat template."""
        if family in methods.FAMILIES:
            return methods.rows(count, seed, new=True)
        taught = zoo_lessons.examples(ChatTemplate.load(self._zoo.tokenizer(family)), new=True)
        return [taught[number % len(taught)] for number in range(count)]

    def learnt(self, case: Case, family: str) -> Learnt:
        """The case's result on that family. Skips where the method refuses it, with the reason."""
        if reason := case.refused(self.base(family)):
            pytest.skip(str(reason))
        at = (str(case), family)
        if at not in self._learnt:
            self._learnt[at] = self._teach(case, family)
        return self._learnt[at]

    def _teach(self, case: Case, family: str) -> Learnt:
        base = self.base(family)
        scratch = self.folder / f"scratch-{family}-{case}"
        values, training = methods.settings_of(case.method, case.training, **case.values)
        model = methods.applied(base, case.method, scratch, training=case.training, steps=methods.STEPS, **case.values)
        trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
        before = {name: tensor.detach().clone() for name, tensor in [*model.named_parameters(), *model.named_buffers()]}
        touched: set[str] = set()
        for name, parameter in trained.items():
            parameter.register_post_accumulate_grad_hook(lambda _p, name=name: touched.add(name))
        losses = methods.learn(model, case, self.rows(family, 8, 1))
        now = dict([*model.named_parameters(), *model.named_buffers()])
        changed = {name for name, tensor in before.items() if not torch.equal(tensor, now[name])}
        packing = self._packing(model, case, self.rows(family, 4, 2), methods.shape(base).vocabulary)
        numbers = sum(p.numel() for p in trained.values())
        folder = scratch / "result"
        folder.mkdir()
        with torch.inference_mode():
            ids = torch.tensor([PROBE])
            logits = model.eval()(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False).logits
        save_result(model, case.method, folder, RunContext(methods.STEPS, training, scratch, base))
        (scratch / "checkpoint").mkdir()
        save_trained(model, case.method, scratch / "checkpoint")
        return Learnt(
            case, values, training, base, folder, losses, set(trained), changed, touched, numbers, *packing,
            logits[:, -len(PROBE) :].float(),
        )  # fmt: skip

    @staticmethod
    def _packing(model: Any, case: Case, examples: list[Example], vocabulary: int) -> tuple[str, float, float]:
        """The way that a job would choose, its loss and the padded one's."""
        can = case.method.capabilities.packing
        chosen = choose_forward(model.eval(), vocabulary, nullcontext(), pack=can)
        with torch.no_grad():
            with chosen.session(examples):
                found = float(chosen.cross_entropy(examples))
            return chosen.name, found, float(forward_forward.Padded(model).cross_entropy(examples))

    def answers(self, family: str) -> dict[str, torch.Tensor]:
        """What one fresh process answers, which loads each result as the playground does; bases under "base:..."."""
        told = methods.FAMILIES if family in methods.FAMILIES else (family,)
        if family not in self._answers:
            everything = [self._if_taught(case, one) for one in told for case in methods.cases()]
            self._answers |= dict.fromkeys(told, self._ask([learnt for learnt in everything if learnt is not None]))
        return self._answers[family]

    def _if_taught(self, case: Case, family: str) -> Learnt | None:
        """None where the method is refused, and where it breaks: its own test says so."""
        if case.refused(self.base(family)):
            return None
        try:
            return self.learnt(case, family)
        except Exception:
            return None

    def _ask(self, everything: list[Learnt]) -> dict[str, torch.Tensor]:
        out = self.folder / "answers.safetensors"
        results = [
            {"key": one.key, "base": str(one.base), "dtype": one.dtype, "folder": str(one.folder)} for one in everything
        ]
        request = json.dumps({"ids": PROBE, "out": str(out), "results": results})
        done = subprocess.run(
            [sys.executable, "-m", "tests.fresh"], cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"},
            input=request, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        self.broken |= json.loads(done.stdout.splitlines()[-1])
        return load_file(out)


@pytest.fixture(scope="session")
def lessons(tmp_path_factory: pytest.TempPathFactory, zoo: ZooKeeper) -> Lessons:
    """All that is learnt in this session."""
    return Lessons(tmp_path_factory.mktemp("lessons"), zoo)
