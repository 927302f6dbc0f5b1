"""What every page is built on: the context of the services and the chat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.core.context import Context

if TYPE_CHECKING:
    from engine.services.chat.conversations import Chat


@dataclass(frozen=True)
class Site:
    """Made once, by the composition root, and handed to every page."""

    ctx: Context  # settings and database
    chat: Chat  # conversations and the inference process
