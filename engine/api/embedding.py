"""Texts as vectors: see `engine.serving.runtime.embedding`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.api.answering import Loading
from engine.api.asking import ApiPrompt, AskedModel
from engine.api.turns import ChatInTurn
from engine.core.errors import Fault
from engine.models.tuned.results import kind_of
from engine.services.chat.halt import Halt
from engine.serving.protocol import Embed


def embedded(
    chat: ChatInTurn, opening: AskedModel, prompts: Sequence[ApiPrompt], halt: Halt
) -> Iterator[list[float] | Loading]:
    """The vector of each text, in their order. Raises Fault("api.no_states"), or why there are none."""
    _has_states(opening)
    embeds = tuple(Embed(opening.one.key, prompt.ids) for prompt in prompts)
    count = 0
    for event in chat.run(opening.setup, embeds=embeds, halt=halt):
        if event["event"] in ("loading", "loaded"):
            yield Loading()
        if event["event"] == "embedded":
            count += 1
            yield [float(one) for one in event["vector"]]
    if count < len(embeds) and not halt.called:
        raise Fault("chat.process_died", exit=0)


def _has_states(opening: AskedModel) -> None:
    """A network beside the model adds to what the head reads: the layers' own states are the base's."""
    tuned = opening.one.tuned
    if tuned is not None and kind_of(opening.ctx.settings.absolute(tuned.path)) == "side":
        raise Fault("api.no_states", param="model", name=opening.served.label)
