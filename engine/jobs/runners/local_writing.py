"""A model of this machine as a writer: several answers at the same time, in the worker's own process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault
from engine.data.templates.isolated.isolated_template import open_template
from engine.data.templates.token_rows import BEYOND
from engine.jobs.reporter import Reporter
from engine.models.base.paths import tokenizer_folder
from engine.services.chat.memory import placed_alone, threads_beside
from engine.services.chat.sides import Setup, context_of, shape_of_base, sides_of
from engine.services.data.making.endpoint import Said
from engine.services.data.making.forecast import TOGETHER
from engine.services.data.making.writers import LocalWriter
from engine.serving.process.admission import Tuned, Wanted
from engine.serving.protocol import Ask, Request, ResidentModels, tuned_key
from engine.serving.runtime.generation import generate
from engine.serving.runtime.model_cache import ModelCache
from storage.job_tables import Job

_TOP_P = 0.95
_LEAST_ANSWER = 48  # tokens that must be left for an answer
_TOKENS_EACH = 1_536  # of a question and its answer, for the memory
Turns = Sequence[Mapping[str, str]]


class ModelWriter:
    """Loads the model once; raises Fault where it does not fit."""

    def __init__(self, ctx: Context, job: Job, writer: LocalWriter, reporter: Reporter) -> None:
        self._reporter, self._side = reporter, writer.side
        self._template = open_template(tokenizer_folder(ctx.settings, writer.base), writer.base.name)
        self._context = context_of(writer.base)
        setup = Setup(0, writer.base, writer.tuned, {}, sides_of(writer.base, writer.tuned))
        self._plan = _plan(ctx, job, setup)
        self._cache = ModelCache()
        self._cache.hold(self._plan)

    def say(
        self, asked: Sequence[tuple[Turns, int]], *, temperature: float, longest: int, all_turns: bool = False
    ) -> list[Said | None]:
        """An answer to each (what is asked, seed), in order; None where it is too long for the model.

        Args:
            all_turns: what stands before the last question is never left out.

        Raises:
            Fault: why the model could not answer. Cancelled.
        """
        asks = {
            place: ask
            for place, (turns, seed) in enumerate(asked)
            if (ask := self._ask(place, (turns,) if all_turns else (turns, turns[-1:]), seed, longest))
        }
        told: dict[int, Said] = {}

        def hear(event: dict[str, Any]) -> None:
            if event["event"] != "side":
                return
            if event["reason"] == "failed":
                raise Fault(event["error"]["code"], **event["error"]["params"])
            whole = event["reason"] == "end"
            told[int(event["side"])] = Said(event["text"], whole, event["prompt_tokens"], event["tokens"])

        if asks:
            stops = tuple(self._template.eos_ids)
            request = Request(0, self._plan, tuple(asks.values()), temperature, _TOP_P, stops)
            generate(request, self._cache.hold(self._plan), self._template, self._heed, hear)
        return [told.get(place) for place in range(len(asked))]

    def _heed(self) -> bool:
        self._reporter.heed()
        return False

    def _ask(self, place: int, ways: Sequence[Turns], seed: int, longest: int) -> Ask | None:
        """The first of the ways to ask that fits: the examples before a question may be left out."""
        for several in ways:
            try:
                ids = self._template.encode_prompt(several)
            except Fault as fault:
                if fault.code != BEYOND:
                    raise
                return None
            if len(ids) + _LEAST_ANSWER <= self._context:
                most = min(longest, self._context - len(ids))
                return Ask(str(place), self._side.key, tuple(ids), seed % 2**31, most)
        return None


def _plan(ctx: Context, job: Job, setup: Setup) -> ResidentModels:
    """Where the model goes. Raises Fault where it does not fit."""
    sizes = tuple(Tuned(tuned_key(one.id), one.format, one.bytes) for one in setup.tuned)
    tokens = min(context_of(setup.base), _TOKENS_EACH) * TOGETHER
    placed = placed_alone(ctx, job, Wanted(setup.identity, shape_of_base(setup.base), sizes, setup.answering, tokens))
    base, tuned = setup.weights(ctx.settings)
    folder = str(tokenizer_folder(ctx.settings, setup.base))
    return ResidentModels(setup.identity, base, tuned, folder, placed.device, placed.dtype, threads_beside(ctx, job))
