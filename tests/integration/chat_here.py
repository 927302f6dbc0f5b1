"""A chat whose inference runs in this process: the same server, without the seconds of another Python."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault
from engine.services.chat.conversations import Chat
from engine.serving.process.client import Held
from engine.serving.process.server import Inbox, Server
from engine.serving.protocol import Request, read_request, request_message


class HereClient:
    """As `InferenceClient`; events come when all is done."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._events: list[dict[str, Any]] = []
        self._server = Server(self, Inbox())  # type: ignore[arg-type]
        self.held: Held | None = None
        self.pid = None
        self.idle_s = 0.0

    def send(self, event: dict[str, Any]) -> None:
        """The server's pipe."""
        self._events.append(event)

    def memory_mb(self) -> int:
        return 0

    def new_id(self) -> int:
        return len(self.requests) + 1

    def stream(self, request: Request) -> Generator[dict[str, Any]]:
        self.requests.append(request)
        self._events = []
        self._server.serve(read_request(request_message(request)["request"]))
        for event in list(self._events):
            if event["event"] == "failed":
                raise Fault(event["error"]["code"], **event["error"]["params"])
            if event["event"] == "loaded":
                plan = request.plan
                self.held = Held(plan.identity, plan.device, plan.dtype, tuple(event["keys"]), 0)
            yield event

    def stop(self, request_id: int) -> None:
        """Nothing runs any more when this is called."""

    def stop_side(self, request_id: int, side: str) -> None:
        """As `stop`."""

    def close(self) -> None:
        """Nothing is left of it."""


def chat_here(ctx: Context) -> tuple[Chat, HereClient]:
    """A chat and its client."""
    chat, client = Chat(ctx), HereClient()
    chat._client = client  # type: ignore[assignment]
    return chat, client
