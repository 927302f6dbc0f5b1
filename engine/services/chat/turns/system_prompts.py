"""The library of system prompts: those that users keep, and a few that come with the product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.names import LONGEST_NAME
from engine.core.text import Text
from engine.services.chat.settings import LONGEST_SYSTEM
from engine.shapes.playground.branches import SystemPromptView
from storage.queries.talks import system_prompts as queries
from storage.tables import SystemPrompt

_MOST = 500  # kept ones


@dataclass(frozen=True)
class ShippedPrompt:
    """A system prompt that comes with the product."""

    name: Text  # in the list
    text: Text  # with a placeholder for each variable
    variables: Mapping[str, Text] = field(default_factory=dict)  # placeholder -> what the variable is called

    def in_(self, lang: str) -> SystemPromptView:
        """The prompt in one language, its variables as `{{name}}`."""
        marks = {key: "{{" + name.in_(lang) + "}}" for key, name in self.variables.items()}
        text = self.text.filled(**marks).in_(lang)
        return {"id": None, "name": self.name.in_(lang), "text": text, "updated_at": None}


SHIPPED = (
    ShippedPrompt(Text("services.chat.system_prompts.brief.name"), Text("services.chat.system_prompts.brief.text")),
    ShippedPrompt(Text("services.chat.system_prompts.steps.name"), Text("services.chat.system_prompts.steps.text")),
    ShippedPrompt(
        Text("services.chat.system_prompts.support.name"),
        Text("services.chat.system_prompts.support.text"),
        {"company": Text("services.chat.system_prompts.company"), "tone": Text("services.chat.system_prompts.tone")},
    ),
    ShippedPrompt(
        Text("services.chat.system_prompts.grounded.name"),
        Text("services.chat.system_prompts.grounded.text"),
        {"source": Text("services.chat.system_prompts.source")},
    ),
    ShippedPrompt(
        Text("services.chat.system_prompts.json.name"),
        Text("services.chat.system_prompts.json.text"),
        {"fields": Text("services.chat.system_prompts.fields")},
    ),
)


def library(ctx: Context, lang: str) -> list[SystemPromptView]:
    """The user's own by name, then those that come with the product."""
    with ctx.db.read() as s:
        own = [_view(row) for row in queries.all_prompts(s)]
    return [*own, *(one.in_(lang) for one in SHIPPED)]


def keep_prompt(ctx: Context, name: str, text: str, prompt_id: int | None = None) -> int:
    """Keep a system prompt under a name, or change a kept one; its id.

    Raises:
        NotFound: there is no such prompt.
        Fault: "prompts.no_name", "prompts.no_text", "prompts.too_long", "prompts.name_taken", "prompts.too_many".
    """
    name, text = " ".join(_valid(name).split())[:LONGEST_NAME], _valid(text).strip()
    if not name:
        raise Fault("prompts.no_name")
    if not text:
        raise Fault("prompts.no_text")
    if len(text) > LONGEST_SYSTEM:
        raise Fault("prompts.too_long", characters=len(text), most=LONGEST_SYSTEM)
    with ctx.db.write() as s:
        kept = queries.all_prompts(s)
        row = _found(kept, prompt_id) if prompt_id is not None else SystemPrompt()
        if any(one.name == name and one is not row for one in kept):
            raise Fault("prompts.name_taken", name=name)
        if prompt_id is None and len(kept) >= _MOST:
            raise Fault("prompts.too_many", most=_MOST)
        row.name, row.text = name, text
        s.add(row)
        s.flush()
        return row.id


def forget_prompt(ctx: Context, prompt_id: int) -> None:
    """Take a prompt out of the library; conversations that use its text keep it. Raises NotFound."""
    with ctx.db.write() as s:
        queries.forget(_found(queries.all_prompts(s), prompt_id))


def _valid(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _found(kept: list[SystemPrompt], prompt_id: int) -> SystemPrompt:
    row = next((one for one in kept if one.id == prompt_id), None)
    if row is None:
        raise NotFound(system_prompt=prompt_id)
    return row


def _view(row: SystemPrompt) -> SystemPromptView:
    return {"id": row.id, "name": row.name, "text": row.text, "updated_at": row.updated_at}
