"""What the pages see of servers elsewhere."""

from __future__ import annotations

from typing import TypedDict

from engine.core.shapes import CodedMessage


class OutsideModelView(TypedDict):
    """A model of a server."""

    side: str  # the name of its side in a conversation
    name: str  # as the server calls it


class OutsideServerView(TypedDict):
    """A server that the operator has set."""

    host: str  # scheme, host and port
    url: str  # its whole address
    models: list[OutsideModelView]  # that it has
    error: CodedMessage | None  # why it does not tell them
