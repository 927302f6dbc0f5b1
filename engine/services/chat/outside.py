"""Models of servers elsewhere in the Playground: which there are, and what they are asked in a conversation."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from engine.core.context import Context
from engine.core.errors import Fault
from engine.services.chat.sides import Setup, history_of
from engine.serving.outside.call import OutsideCall
from engine.serving.outside.servers import OutsideModel, OutsideServer, model_of, server_at, servers_of
from engine.serving.outside.speech import OutsideAsk, models_of
from engine.shapes.serving.outside import OutsideServerView
from storage.tables import Message

_LIST_SECONDS = 4.0  # that a list of models may take


def count_servers(ctx: Context) -> int:
    """How many servers may be asked."""
    return len(servers_of(ctx.settings))


def outside_models(ctx: Context) -> list[OutsideServerView]:
    """Every server that the operator has set, with the models that it has now, or why it does not tell them."""
    found = [_view(one) for one in servers_of(ctx.settings)]
    threads = [
        threading.Thread(target=_look, args=(server, view), daemon=True)
        for server, view in zip(servers_of(ctx.settings), found, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def outside_asks(
    ctx: Context, setup: Setup, messages: Sequence[Message], prompt: str, seed: int, failed: dict[str, Fault]
) -> tuple[OutsideAsk, ...]:
    """What servers elsewhere are asked: each the history of its own side. `failed` takes those that are not set any more."""
    asks: list[OutsideAsk] = []
    for side in setup.outside:
        model = model_of(side)
        server = server_at(ctx.settings, model.url) if model else None
        if model is None or server is None:
            failed[side] = Fault("outside.not_set", host=model.url if model else "")
            continue
        sampling = {name: setup.settings[name] for name in ("temperature", "top_p", "max_tokens")} | {"seed": seed}
        asks.append(OutsideAsk(side, server, model.name, history_of(setup, messages, side, prompt), sampling))
    return tuple(asks)


def _view(server: OutsideServer) -> OutsideServerView:
    return {"host": server.host, "url": server.url, "models": [], "error": None}


def _look(server: OutsideServer, view: OutsideServerView) -> None:
    call = OutsideCall(server, connect_s=_LIST_SECONDS, silent_s=_LIST_SECONDS)
    try:
        names = models_of(call, server.host)
    except Fault as fault:
        view["error"] = fault.as_dict()
    else:
        told = (OutsideModel(server.url, name) for name in names)
        view["models"] = [{"side": one.side, "name": one.name} for one in told if model_of(one.side)]
