"""`serve`: the queue and the pages, until Ctrl-C. Jobs outlive the server."""

from __future__ import annotations

import errno
import gc
import ipaddress
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from typing import Any, NamedTuple, NoReturn

from engine.commands.console import Console
from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.settings import Settings
from engine.data.templates.isolated.pool import pool
from engine.jobs.supervisor import Supervisor
from engine.services.models.base_models import offer_starter
from storage.dialect import software
from storage.queries.jobs import active_jobs

_LOG_BYTES = 5_000_000
_LOG_FILES = 3
_GRACE_SECONDS = 3
_WARM_AFTER_S = 3.0
_log = logging.getLogger("tunesmith")


class Web(NamedTuple):
    """The pages, and what ends them."""

    app: Any  # the ASGI application
    close: Callable[[], None]  # ends what it started


def serve(
    console: Console,
    settings: Settings,
    open_context: Callable[[], Context],
    make_web: Callable[[Context], Web],
    *,
    allow_remote: bool,
) -> int:
    """Serve until a signal. The port is taken first: whoever asks early waits instead of failing.

    Raises:
        Fault: "serve.remote", "serve.port_taken" or "serve.bad_address".
    """
    if not is_local(settings.host) and not allow_remote:
        raise Fault("serve.remote", host=settings.host)
    with _listen(settings) as listening:
        write_log(settings)
        ctx = open_context()
        web = make_web(ctx)
        gc.freeze()
        gc.enable()
        supervisor = Supervisor(ctx)
        supervisor.start()
        warming = threading.Timer(_WARM_AFTER_S, lambda: pool().warm())  # the first page has come by then
        warming.daemon = True
        warming.start()
        try:
            offer_starter(ctx)
            _greet(console, settings, allow_remote)
            _run(web.app, listening)
        finally:
            warming.cancel()
            pool().close()
            supervisor.stop()
            web.close()
            _part(console, ctx)
            ctx.db.close()
    return 0


def is_local(host: str) -> bool:
    """Whether an address can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(128)
    except (OSError, OverflowError) as error:
        listening.close()
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            raise Fault("serve.port_taken", port=settings.port, next=settings.port + 1) from None
        raise Fault("serve.bad_address", host=settings.host, port=settings.port, reason=str(error)) from None
    return listening


def write_log(settings: Settings) -> None:
    """Send the log to home/logs/server.log, a few megabytes at most; warnings also to the terminal."""
    file = RotatingFileHandler(
        settings.folder("logs") / "server.log", maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, encoding="utf-8"
    )
    shown = logging.StreamHandler()
    shown.setLevel(logging.WARNING)
    form = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    for handler in (file, shown):
        handler.setFormatter(form)
    logging.basicConfig(level=logging.INFO, handlers=[file, shown], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _greet(console: Console, settings: Settings, allow_remote: bool) -> None:
    if (used := software()).warning:
        console.say(f"cli.serve.{used.warning}", version=used.version)
    if allow_remote and not is_local(settings.host):
        console.say("cli.serve.open_to_all")
    shown = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    address = f"http://[{shown}]:{settings.port}" if ":" in shown else f"http://{shown}:{settings.port}"
    console.say("cli.serve.address", address=address, home=settings.home)
    console.say("cli.serve.end")


def _run(app: Any, listening: socket.socket) -> None:
    import uvicorn

    def leave(_number: int, _frame: object) -> NoReturn:
        sys.exit(0)

    signal.signal(signal.SIGTERM, leave)  # uvicorn passes the signal on once it has ended in good order
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=_GRACE_SECONDS)
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        _log.info("Ended by Ctrl-C")


def _part(console: Console, ctx: Context) -> None:
    with ctx.db.read() as s:
        count = len(active_jobs(s))
    console.say("cli.serve.ended_jobs" if count else "cli.serve.ended", count=count)
