"""Variables of prompts: `{{name}}` stands for a text to fill in, `{{{{` for two braces that are meant as such."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from engine.core.errors import Fault
from storage.queries.conversations import USER
from storage.tables import Message

# A name has up to 60 characters on one line; `variables.js` reads the same.
_MARK = re.compile(r"\{\{\{\{|\{\{[ \t]*([^ \t{}\n\r](?:[^{}\n\r]{0,58}[^ \t{}\n\r])?)[ \t]*\}\}")
LONGEST_PROMPT = 200_000  # characters: more is refused before it is cut into tokens
Values = Mapping[str, str]  # by name


def variables_of(*texts: str) -> list[str]:
    """The names in some texts, each once, in the order of their first place."""
    return list(dict.fromkeys(found[1] for text in texts for found in _MARK.finditer(text) if found[1] is not None))


def fill(text: str, values: Values) -> str:
    """The text with its variables filled in; what values say is not read for variables.

    Raises:
        Fault: "chat.variables_missing" with the names that have no value, "chat.prompt_too_long".
    """
    if missing := [name for name in variables_of(text) if not values.get(name, "").strip()]:
        raise Fault("chat.variables_missing", names=", ".join(missing))
    refuse_long(filled_length(text, values))
    return _MARK.sub(lambda found: "{{" if found[1] is None else values[found[1]], text)


def filled_length(text: str, values: Values) -> int:
    """How many characters a text has at most once its variables are filled in: few marks can make very many of them."""
    return len(text) + sum(len(values.get(found[1]) or "") for found in _MARK.finditer(text) if found[1] is not None)


def refuse_long(characters: int) -> None:
    """Raises Fault("chat.prompt_too_long") where a text is longer than may be asked."""
    if characters > LONGEST_PROMPT:
        raise Fault("chat.prompt_too_long", characters=characters, most=LONGEST_PROMPT)


def fill_known(text: str, values: Values) -> str:
    """As `fill`; variables without a value stay as they stand."""
    return _MARK.sub(lambda found: "{{" if found[1] is None else values.get(found[1]) or found[0], text)


def fill_prompt(prompt: str, values: Values | None) -> tuple[str, dict[str, Any]]:
    """What is asked, and what is kept beside it so that it can be asked again; without values it is asked as it stands."""
    if values is None:
        return prompt, {}
    named = {str(name): str(value) for name, value in values.items()}
    refuse_long(sum(len(name) + len(value) for name, value in named.items()))
    return fill(prompt, named), {"template": prompt, "values": named}


def fill_settings(settings: dict[str, Any], values: Values | None) -> dict[str, Any]:
    """Settings of a chat with the variables of the system prompt filled in. Raises Fault as `fill`."""
    return settings if values is None else {**settings, "system": fill(settings["system"], values)}


def values_at(messages: Sequence[Message], turn: int) -> dict[str, str] | None:
    """The values that a turn was asked with; None where it was asked as it stands."""
    asked = next((one for one in messages if one.turn == turn and one.role == USER), None)
    return None if asked is None else asked.stats.get("values")


def system_at(system: str, messages: Sequence[Message], turn: int) -> str:
    """The system prompt as the sides were told it at a turn."""
    values = values_at(messages, turn)
    try:
        return system if values is None else fill(system, values)
    except Fault:  # the system prompt was changed since
        return system
