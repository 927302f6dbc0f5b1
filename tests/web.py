"""The web application without a server around it, for tests of what it answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.testclient import TestClient

from engine.core.context import Context
from engine.services.chat.conversations import Chat
from webui.http.server import create_app
from webui.site import Site

BASE = "http://127.0.0.1:7860"


@contextmanager
def web_client(ctx: Context) -> Iterator[TestClient]:
    """A client of the whole application over the home of `ctx`; it follows no redirects."""
    chat = Chat(ctx)
    with TestClient(create_app(Site(ctx, chat)), base_url=BASE, follow_redirects=False) as client:
        yield client
    chat.close()
