"""One cell of the zoo's table: a method on a model, from the job to what plain libraries make of its exports."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

from engine.commands.documents.models import MADE, SAME, STOPS
from engine.core.context import Context
from engine.core.errors import SpecError, TunesmithError
from engine.data.templates.template import ChatTemplate
from engine.exports.common.declaration import ExportFormat
from engine.exports.forms.adapter import ADAPTER
from engine.exports.forms.delta import DELTA
from engine.exports.forms.merged import MERGED
from engine.exports.forms.shots import SHOTS
from engine.exports.forms.whole import WHOLE
from engine.jobs.runners import export as export_runner
from engine.methods.common.declaration import Method
from engine.services.chat.sides import side_of
from engine.services.models import tuned as tuned_service
from engine.serving.protocol import BASE
from tests import tiny, training_jobs, workers
from tests.zoo import lessons
from tests.zoo.keeper import ZooKeeper
from tests.zoo.playground import MOST_TOKENS, Answer, Playground, heard
from tests.zoo.taken import Said, code_of, follow_readme, is_plain
from tests.zoo.ties import follow

PLAIN = (ADAPTER, DELTA, SHOTS, MERGED, WHOLE)  # what plain Python reads; docs/export.md tells of the other forms
TRAINING = {"epochs": 6, "batch_size": 8, "evaluations": 1}
_FASTER = 3.0  # tiny models take larger steps
_USUAL_RATE = 2e-4
_QUESTION = lessons.QUESTION.format(word=lessons.WORDS[0])
Trouble = dict[str, Any]  # as `engine.commands.documents.models.Trouble`
Facts = dict[str, Trouble | None]  # what was tried, and what went wrong; None where it holds
Cell = dict[str, Any]  # {"facts": Facts} or {"refused": Trouble}


_Found = TypeVar("_Found")


class _Failed(Exception):
    """A job that ended otherwise than well."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


def _agree(kind: str, playground: str, found: str) -> None:
    if playground != found:
        raise _Failed({"kind": kind, "playground": playground, "found": found})


def _try(facts: Facts, name: str, act: Callable[[], _Found]) -> _Found | None:
    """What `act` gives; the fact is noted, with what went wrong."""
    facts[name] = None
    try:
        return act()
    except _Failed as error:
        facts[name] = error.trouble
    except TunesmithError as error:
        facts[name] = {"code": error.code, "params": error.params}
    except Exception as error:  # whatever it is, the table is to say it
        facts[name] = {"text": f"{type(error).__name__}: {error}".splitlines()[0][:300]}
    return None


@dataclass(frozen=True)
class Enclosure:
    """A home with one taught model of the zoo and its lesson.

    Attributes:
        ctx: the home.
        key: of the zoo model.
        base: id of its row.
        weights: where its files are.
        dataset: id of the lesson's row.
        template: its chat template.
        playground: where it answers.
        said: what plain transformers say as the base.
    """

    ctx: Context
    key: str
    base: int
    weights: Path
    dataset: int
    template: ChatTemplate
    playground: Playground

    @classmethod
    def of(cls, zoo: ZooKeeper, ctx: Context, key: str) -> Enclosure:
        """The model's enclosure in that home."""
        rows = [*lessons.rows(new=True) * 6, *lessons.rows(new=True)]
        return cls(
            ctx,
            key,
            zoo.add_to(ctx, key, taught=True),
            zoo.taught(key),
            tiny.add_dataset(ctx, rows, held_out=len(lessons.WORDS), name=key),
            ChatTemplate.load(zoo.tokenizer(key)),
            Playground(ctx),
        )

    def examine(self, method: Method) -> Cell:
        """Everything that the table says of the method on this model."""
        facts: Facts = {}
        rate = _FASTER * float(method.defaults.get("learning_rate", _USUAL_RATE))
        try:
            workers.queue(
                self.ctx,
                self.base,
                self.dataset,
                method=method.key,
                training={**TRAINING, "learning_rate": min(rate, 1.0)},
            )
        except SpecError as error:
            return {"refused": next(iter(error.faults.values()))}
        job = workers.run_here(self.ctx)
        made = training_jobs.tuned(self.ctx, job.id)
        facts["trains"] = None if made is not None else dict(job.error or {"text": job.status})
        if made is not None:
            self._ends(facts)
            told = self._chats(made.id, facts)
            for form in PLAIN:
                if form.refusal(method, made.format) is None:
                    self._take(form, made.id, told, facts)
        return {"facts": facts}

    def _chats(self, tuned: int, facts: Facts) -> Answer | None:
        """Answers of base and result together, and of the result alone: the same."""

        def ask() -> Answer:
            found = self.playground.answers(self.base, [tuned], _QUESTION)
            base, mine = found["base"], found[side_of(tuned)]
            alone = self.playground.alone(self.base, tuned, _QUESTION)
            _agree("company", mine.text, alone.text)
            _agree("base", base.text, self._plain())
            return mine

        return _try(facts, "chats", ask)

    def _ends(self, facts: Facts) -> None:
        """The base, which had lessons enough, ends its answers; results of a few steps need not."""

        def end() -> None:
            base = self.playground.answers(self.base, (), _QUESTION)[BASE]
            if not base.ended:
                raise _Failed({"kind": "endless", "playground": base.text})

        _try(facts, "ends", end)

    def _plain(self) -> str:
        """What plain transformers say as the base, stopped where the playground stops."""
        import torch
        from transformers import AutoModelForCausalLM

        model: Any = AutoModelForCausalLM.from_pretrained(self.weights, dtype="float32")
        ids = self.template.encode_prompt([{"role": "user", "content": _QUESTION}])
        prompt = torch.tensor([ids])
        answer = model.generate(
            prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=MOST_TOKENS, do_sample=False,
            eos_token_id=self.template.eos_ids, pad_token_id=self.template.pad_id,
        )  # fmt: skip
        said = answer[0, len(ids) :].tolist()
        return heard(said[:-1] if said[-1] in self.template.eos_ids else said, self.template)

    def _take(self, form: ExportFormat, tuned: int, told: Answer | None, facts: Facts) -> None:
        """Export, then do as the README says."""
        folder = _try(facts, f"{form.key} {MADE}", lambda: self._export(form, tuned))
        if folder is None or told is None or not is_plain(code_of(folder)):
            return

        def same() -> Said:
            found = follow_readme(folder, self.weights, _QUESTION)
            hear = partial(heard, template=self.template)
            ids = follow(found.model, found.prompt, found.ids, told.text, hear)
            _agree("other", told.text, hear(ids[: told.tokens]))
            return replace(found, ids=tuple(ids))

        def stops(said: Said) -> None:
            if len(said.ids) != told.tokens + 1 or said.ids[-1] not in self.template.eos_ids:
                raise _Failed({"kind": "on", "playground": told.text, "found": said.text})

        said = _try(facts, f"{form.key} {SAME}", same)
        if said is not None and told.ended:
            _try(facts, f"{form.key} {STOPS}", lambda: stops(said))

    def _export(self, form: ExportFormat, tuned: int) -> Path:
        """Without its proof, a process that loads the libraries: following the README proves it here."""
        job_id = tuned_service.start_export(self.ctx, tuned, form.key)
        with mock.patch.object(export_runner, "_proved", return_value=None):
            job = workers.run_here(self.ctx)
        assert job.id == job_id
        if job.status != "succeeded":
            raise _Failed(dict(job.error or {"text": job.status}))
        path, name = tuned_service.export_file(self.ctx, job_id)
        target = self.ctx.settings.folder("unpacked", str(job_id))
        with zipfile.ZipFile(path) as archive:
            archive.extractall(target)
        return target / name.removesuffix(".zip")
