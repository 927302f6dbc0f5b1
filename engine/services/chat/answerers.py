"""Whom the sides of a conversation stand for: its base, results and checkpoints on top of it, and models of other bases beside."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from engine.core.errors import Fault, NotFound
from engine.core.settings import Settings
from engine.data.templates.isolated.isolated_template import open_template
from engine.methods import method_of
from engine.models.architecture.shape import shape_of
from engine.models.base.integrity import change_of, intact_weights
from engine.models.base.paths import tokenizer_folder
from engine.models.presence import bare_fault, can_plan
from engine.models.tuned.checkpoints import checkpoint_change, checkpoint_hash, intact_checkpoint
from engine.models.tuned.integrity import intact_result, result_change
from engine.models.tuned.results import virtual_tokens
from engine.objectives import objective_in
from engine.serving.outside.servers import is_outside, model_of
from engine.serving.protocol import BASE, CheckpointRecipe, Weights, tuned_key
from engine.serving.scored_texts import talks
from storage.model_status import READY
from storage.queries import base_models, jobs, linked_jobs, tuned_models
from storage.tables import LanguageModel, TunedModel

if TYPE_CHECKING:
    from storage.job_tables import Checkpoint, Job

EXAMPLES = "shots"  # the form of a result that is no weights: the base answers, with examples before the conversation
_NAME = re.compile(r"(tuned|checkpoint|model):([1-9]\d{0,14})")


@dataclass(frozen=True)
class KeptStep:
    """A checkpoint with what it needs to answer."""

    row: Checkpoint  # of the database
    job: Job  # that wrote it
    start: TunedModel | None = None  # that the job went on with

    @property
    def spec(self) -> Mapping[str, Any]:
        """The settings that it is trained with."""
        return self.job.spec

    @property
    def format(self) -> str:
        """Form of the result that its job would have left."""
        return method_of(str(self.spec["method"])).saves


@dataclass(frozen=True)
class Answerer:
    """What a side's name stands for.

    Attributes:
        side: its name: "base", "tuned:ID", "checkpoint:ID" or "model:ID".
        base: row of the base that it stands on, or is.
        tuned: row of a result.
        step: a checkpoint.
        beside: the base is another one than the conversation's.
    """

    side: str
    base: LanguageModel
    tuned: TunedModel | None = None
    step: KeptStep | None = None
    beside: bool = False

    @property
    def root(self) -> str:
        """The name of its base in the inference process."""
        return f"model-{self.base.id}" if self.beside else BASE

    @property
    def loads(self) -> bool:
        """Whether it has weights of its own on top of the base."""
        return self.step is not None or (self.tuned is not None and self.tuned.format != EXAMPLES)

    @property
    def key(self) -> str:
        """The name of what answers in the inference process."""
        return self.side.replace(":", "-") if self.loads else self.root

    @property
    def kind(self) -> str:
        """As pages colour it."""
        if self.tuned is not None and self.tuned.format == EXAMPLES:
            return "fewshot"
        return "tuned" if self.loads else "base"

    @property
    def label(self) -> str:
        """The model's name; of a checkpoint its job's, with the step."""
        if self.step is not None:
            return f"{self.step.job.name} @{self.step.row.step}"
        return self.tuned.name if self.tuned is not None else self.base.name

    @property
    def training(self) -> Mapping[str, Any] | None:
        """The settings of its training; None of a base."""
        if self.step is not None:
            return dict(self.step.spec.get("training") or {})
        return None if self.tuned is None else dict(self.tuned.lineage.get("spec", {}).get("training", {}))

    @property
    def format(self) -> str:
        """Form of its files: "adapter", "delta", "full", "shots"; "base" of a base."""
        if self.step is not None:
            return self.step.format
        return self.tuned.format if self.tuned is not None else "base"

    @property
    def weights_hash(self) -> str:
        """What makes its answers: the base's weights, a whole tuned model's, or a hash over base and result."""
        own = (
            checkpoint_hash(self.step.row) if self.step is not None else self.tuned.weights_hash if self.tuned else None
        )
        if own is None:
            return self.base.weights_hash or ""
        return own if self.format == "full" else hashlib.sha256(f"{self.base.weights_hash}+{own}".encode()).hexdigest()

    @property
    def speaks(self) -> bool:
        """Whether it answers in words; a reward model scores."""
        if self.step is not None:
            return objective_in(self.step.spec).talks
        return self.tuned is None or talks(self.tuned)

    def own_reading(self, settings: Settings) -> tuple[str, tuple[int, ...]]:
        """The tokenizer's folder and the tokens that end an answer, as `Ask` has them; nothing where they are the conversation's."""
        if not self.beside:
            return "", ()
        folder = tokenizer_folder(settings, self.base)
        return str(folder), tuple(open_template(folder, self.base.name).eos_ids)

    def places(self, settings: Settings) -> int:
        """How many places of the context it takes up before the first word."""
        if self.tuned is not None:
            return virtual_tokens(settings.absolute(self.tuned.path))
        if self.step is None:
            return 0
        method, values = method_of(str(self.step.spec["method"])), self.step.spec.get("method_params") or {}
        held = method.footprint(shape_of(self.base.config, self.base.parameters), values)
        return held.front + held.before

    def obstacle(self, settings: Settings) -> Fault | None:
        """Why it cannot answer, as its row, sizes and times tell; of its base only where that is another one's."""
        if self.beside and (fault := base_obstacle(settings, self.base)):
            return fault
        if self.step is not None:
            return checkpoint_change(settings, self.step.row, self.step.job.name)
        if self.tuned is None:
            return None
        gone = self.tuned.deleted_at is not None
        return Fault("chat.tuned_gone", names=self.tuned.name) if gone else result_change(settings, self.tuned)

    def weights(self, settings: Settings) -> Weights:
        """Where its files are, checked; that can take a while. Raises Fault where they changed."""
        if self.step is not None:
            path = str(intact_checkpoint(settings, self.step.row, self.step.job.name))
            return Weights(
                self.key, self.format, path, checkpoint_hash(self.step.row), self.root, self._recipe(settings)
            )
        assert self.tuned is not None
        path = str(intact_result(settings, self.tuned))
        return Weights(tuned_key(self.tuned.id), self.tuned.format, path, self.tuned.weights_hash, self.root)

    def root_weights(self, settings: Settings) -> Weights:
        """The base's own files, checked likewise."""
        kind = "full" if self.beside else "base"
        return Weights(self.root, kind, str(intact_weights(settings, self.base)), self.base.weights_hash or "")

    def _recipe(self, settings: Settings) -> CheckpointRecipe:
        assert self.step is not None
        job, start = self.step.job, self.step.start
        return {
            "spec": job.spec,
            "steps": int(job.total_steps or self.step.row.step),
            "base": str(intact_weights(settings, self.base)),
            "tokenizer": str(tokenizer_folder(settings, self.base)),
            "start": str(intact_result(settings, start)) if start is not None else None,
        }


def base_obstacle(settings: Settings, base: LanguageModel) -> Fault | None:
    """Why nothing of this base can answer."""
    if base.deleted_at is not None or not can_plan(base):
        return Fault("chat.base_gone", name=base.name)
    return bare_fault(settings, base) or change_of(settings, base)


def find_answerers(s: Session, base: LanguageModel, names: Sequence[str]) -> list[Answerer]:
    """What the names stand for, in their order, deleted ones too; those whose rows are not there any more are left out.

    Models of servers elsewhere are left out too: no weights here stand behind them.
    """
    names = [name for name in names if not is_outside(name)]
    tuned = tuned_models.tuned_by_ids(s, _ids(names, "tuned"))
    steps = _kept_steps(s, _ids(names, "checkpoint"))
    wanted = {one.base_model_id for one in tuned.values()} | {int(one.job.base_model_id or 0) for one in steps.values()}
    bases = base_models.by_ids(s, wanted | set(_ids(names, "model"))) | {base.id: base}
    found = (_answerer(name, base, bases, tuned, steps) for name in names)
    return [one for one in found if one is not None]


def _answerer(
    name: str,
    base: LanguageModel,
    bases: Mapping[int, LanguageModel],
    tuned: Mapping[int, TunedModel],
    steps: Mapping[int, KeptStep],
) -> Answerer | None:
    if name == BASE:
        return Answerer(BASE, base)
    kind, number = name.split(":")
    result = tuned.get(int(number)) if kind == "tuned" else None
    step = steps.get(int(number)) if kind == "checkpoint" else None
    under = result.base_model_id if result else int(step.job.base_model_id or 0) if step else int(number)
    if (kind != "model" and result is None and step is None) or under not in bases:
        return None
    return Answerer(name, bases[under], result, step, beside=under != base.id)


def _ids(names: Sequence[str], kind: str) -> list[int]:
    return [int(name.split(":")[1]) for name in names if name.startswith(f"{kind}:")]


def _kept_steps(s: Session, ids: Sequence[int]) -> dict[int, KeptStep]:
    rows = jobs.checkpoints_by_ids(s, ids)
    made_by = linked_jobs.by_ids(s, {row.job_id for row in rows.values()})
    starts = {one.id: int(one.spec["starts_from"]) for one in made_by.values() if one.spec.get("starts_from")}
    begun = tuned_models.tuned_by_ids(s, set(starts.values()))
    return {
        i: KeptStep(row, made_by[row.job_id], begun.get(starts.get(row.job_id, 0)))
        for i, row in rows.items()
        if row.job_id in made_by
    }


def check_answerers(
    s: Session, base: LanguageModel, names: Sequence[str], most: int, servers: Container[str] = ()
) -> list[str]:
    """The names, each once, of sides that can answer beside each other.

    Args:
        servers: addresses of servers elsewhere that may be asked.

    Raises:
        NotFound: there is no such model or checkpoint.
        Fault: "chat.no_sides", "chat.too_many_sides", "reward.scores", "outside.not_set", or why one of them cannot answer.
    """
    wanted = list(dict.fromkeys(BASE if name == f"model:{base.id}" else name for name in names))
    for name in wanted:
        if is_outside(name):
            _check_outside(name, servers)
        elif name != BASE and not _NAME.fullmatch(name):
            raise NotFound(side=name[:40])
    if not wanted:
        raise Fault("chat.no_sides")
    if len(wanted) > most:
        raise Fault("chat.too_many_sides", most=most)
    found = {one.side: one for one in find_answerers(s, base, wanted)}
    for name in wanted:
        if not is_outside(name):
            _check(name, found.get(name))
    return wanted


def _check_outside(name: str, servers: Container[str]) -> None:
    if (model := model_of(name)) is None:
        raise NotFound(side=name[:40])
    if model.url not in servers:
        raise Fault("outside.not_set", host=model.url[:200])


def _check(name: str, found: Answerer | None) -> None:
    if found is None or (found.tuned is not None and found.tuned.deleted_at is not None):
        raise NotFound(side=name)
    if found.step is not None and found.step.row.deleted_at is not None:
        raise Fault("chat.checkpoint_gone", job=found.step.job.name, step=found.step.row.step)
    if found.beside and (found.base.deleted_at is not None or found.base.status != READY):
        raise Fault("chat.beside_not_ready", name=found.base.name)
    if not found.speaks:
        raise Fault("reward.scores", name=found.label)
