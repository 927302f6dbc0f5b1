"""`serve`: the queue and the pages, until Ctrl-C. Jobs outlive the server."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import ipaddress
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from sqlalchemy.exc import DBAPIError

from engine.commands.console import Console
from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.obstacles import obstacle
from engine.core.private_home import others_home
from engine.core.settings import Settings
from engine.jobs.supervisor import Supervisor
from engine.services.data.leftovers import try_to_sweep
from engine.services.models.base_models import offer_starter
from storage.dialect import software
from storage.queries.job_lists import count_active

if TYPE_CHECKING:
    import uvicorn

    from engine.data.templates.isolated.pool import Pool

_TICK_SECONDS = 1.0  # the date in answers' heads is made anew
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
    with _listen(settings) as listening, _scratch():
        write_log(settings)
        ctx = open_context()
        web = make_web(ctx)
        gc.freeze()
        gc.enable()
        supervisor = Supervisor(ctx)
        supervisor.start()
        threading.Thread(target=try_to_sweep, args=(ctx,), name="sweep", daemon=True).start()
        warming = threading.Timer(_WARM_AFTER_S, lambda: _children().warm())  # the first page has come by then
        warming.daemon = True
        warming.start()
        try:
            _offer(console, ctx)
            _greet(console, settings, allow_remote)
            _run(web.app, listening, settings.proxy)
        finally:
            warming.cancel()
            _children().close()
            supervisor.stop()
            web.close()
            _part(console, ctx)
            ctx.db.close()
    return 0


def _children() -> Pool:
    """The processes that read models' templates and tokenizers."""
    from engine.data.templates.isolated.pool import pool

    return pool()


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


@contextmanager
def _scratch() -> Iterator[None]:
    """Gradio makes its folder before it serves a page: where home takes none, it gets one of the system's for that long."""
    name = "GRADIO_TEMP_DIR"
    try:
        Path(os.environ[name]).mkdir(parents=True, exist_ok=True)
    except (KeyError, OSError):
        with TemporaryDirectory(prefix="tunesmith-") as folder:
            os.environ[name] = folder
            yield
        return
    yield


def write_log(settings: Settings) -> None:
    """Send the log to home/logs/server.log, a few megabytes at most; warnings also to the terminal."""
    shown = logging.StreamHandler()
    shown.setLevel(logging.WARNING)
    handlers: list[logging.Handler] = [shown]
    try:
        handlers.append(_LogFile(settings.folder("logs") / "server.log"))
    except OSError as error:
        _log.info("There is no log file: %s", error)
    form = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    for handler in handlers:
        handler.setFormatter(form)
    logging.basicConfig(level=logging.INFO, handlers=handlers, force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)


class _LogFile(RotatingFileHandler):
    """A log that a full disk silences, instead of a traceback at the terminal for each line."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, encoding="utf-8")

    def handleError(self, record: logging.LogRecord) -> None:
        """What the disk does not take is lost."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)


def _offer(console: Console, ctx: Context) -> None:
    """A home that takes nothing more is still shown; what is wrong with it is said."""
    try:
        offer_starter(ctx)
    except (DBAPIError, OSError) as error:
        _log.warning("The starter could not be offered: %s", error)
        console.fault(
            obstacle(error, ctx.settings.home)
            or Fault("storage.unusable", file=str(ctx.settings.database), reason=str(error))
        )


def _greet(console: Console, settings: Settings, allow_remote: bool) -> None:
    if (used := software()).warning:
        console.say(f"cli.serve.{used.warning}", version=used.version)
    if told := others_home(settings.home):
        console.say("cli.doctor.home_of_another", **told)
    if allow_remote and not is_local(settings.host):
        console.say("cli.serve.open_to_all")
    shown = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    address = f"http://[{shown}]:{settings.port}" if ":" in shown else f"http://{shown}:{settings.port}"
    console.say("cli.serve.address", address=address, home=settings.home)
    console.say("cli.serve.end")


def _run(app: Any, listening: socket.socket, proxy: str) -> None:
    import uvicorn

    from engine.commands.connections import HEAD_BYTES, Connection

    def leave(_number: int, _frame: object) -> NoReturn:
        sys.exit(0)

    signal.signal(signal.SIGTERM, leave)  # uvicorn passes the signal on once it has ended in good order
    Connection.trusted = proxy
    config = uvicorn.Config(
        app,
        http=Connection,
        h11_max_incomplete_event_size=HEAD_BYTES,
        proxy_headers=False,  # `webui.http.proxies` reads them
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    try:
        quiet_server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        _log.info("Ended by Ctrl-C")


def quiet_server(config: uvicorn.Config) -> uvicorn.Server:
    """A server that wakes once a second instead of ten times, and at once for a signal."""
    import uvicorn

    class Quiet(uvicorn.Server):
        _leave: Callable[[], object] | None = None

        async def main_loop(self) -> None:
            left, loop = asyncio.Event(), asyncio.get_running_loop()
            self._leave = lambda: loop.call_soon_threadsafe(left.set)
            while not await self.on_tick(0):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(left.wait(), _TICK_SECONDS)

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            super().handle_exit(sig, frame)
            if self._leave is not None:
                self._leave()

    return Quiet(config)


def _part(console: Console, ctx: Context) -> None:
    with ctx.db.read() as s:
        count = count_active(s)
    console.say("cli.serve.ended_jobs" if count else "cli.serve.ended", count=count)
