"""/v1/embeddings: texts as vectors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.api.answering import Loading, Used
from engine.api.asking import AskedModel
from engine.api.embedding import embedded
from engine.api.names import find_served
from engine.api.turns import Asker
from engine.services.chat.halt import Halt
from webui.api.sending import Sent, whole
from webui.api.shapes import vector_shape


def embedding_answer(asker: Asker, read: Mapping[str, Any], halt: Halt, used: Used) -> Iterator[Sent]:
    """The answer to a request. Raises Fault."""
    opening = AskedModel.of(asker.ctx, find_served(asker.ctx, read["model"], asker.owner))
    prompts = [opening.plain_prompt(one, "input", room=0) for one in read["input"]]
    vectors = [one for one in embedded(asker.chat, opening, prompts, halt) if not isinstance(one, Loading)]
    used.prompt = sum(len(prompt.ids) for prompt in prompts)
    yield whole(
        {
            "object": "list",
            "data": [vector_shape(place, one, read["encoding_format"]) for place, one in enumerate(vectors)],
            "model": opening.served.name,
            "usage": {"prompt_tokens": used.prompt, "total_tokens": used.prompt},
        }
    )
