"""From a thread that works to the loop that sends: no request waits in the loop, and whoever leaves ends the work."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from starlette.types import Receive

from engine.core.errors import Fault
from engine.services.chat.halt import Halt

Work = Callable[[Halt], Iterator[Any]]
_END = object()


class Bridge:
    """Runs work in threads of its own, so many at once.

    They are not those of the pages: a hundred programs that wait for a model must not keep a page from being shown.
    """

    def __init__(self, most: int) -> None:
        self._free = threading.Semaphore(most)

    def begin(self, work: Work) -> Crossing:
        """Begin work. Raises Fault("api.busy") where too much is under way."""
        if not self._free.acquire(blocking=False):
            raise Fault("api.busy")
        crossing = Crossing(asyncio.get_running_loop())
        threading.Thread(target=self._run, args=(work, crossing), name="api", daemon=True).start()
        return crossing

    def _run(self, work: Work, crossing: Crossing) -> None:
        last: Any = _END
        try:
            for item in work(crossing.halt):
                crossing.put(item)
        except Exception as error:
            last = error
        finally:
            self._free.release()  # before the end is told: whoever hears it may ask again
        crossing.put(last)


class Crossing:
    """What one work gives, as it comes.

    Attributes:
        halt: ends the work.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.halt = Halt()
        self._loop = loop
        self._items: asyncio.Queue[Any] = asyncio.Queue()

    def put(self, item: Any) -> None:
        """From the thread; nobody listens any more where the loop is closed."""
        try:
            self._loop.call_soon_threadsafe(self._items.put_nowait, item)
        except RuntimeError:
            self.halt.call()

    async def next(self) -> Any:
        """The next item; None at the end. Raises what the work raised."""
        item = await self._items.get()
        if isinstance(item, Exception):
            raise item
        return None if item is _END else item

    async def heard(self, receive: Receive) -> Any:
        """As `next`; also None when the asker leaves, which ends the work."""
        gone, item = asyncio.create_task(_gone(receive)), asyncio.create_task(self.next())
        try:
            await asyncio.wait((gone, item), return_when=asyncio.FIRST_COMPLETED)
            if item.done():
                return item.result()
            self.halt.call()
            return None
        finally:
            gone.cancel()
            item.cancel()

    async def rest(self, silence_s: float) -> AsyncIterator[Any]:
        """All that comes; None where nothing came for so long. What leaves early ends the work."""
        waiting: asyncio.Task[Any] | None = None
        try:
            while True:
                waiting = waiting or asyncio.create_task(self.next())
                done, _ = await asyncio.wait((waiting,), timeout=silence_s)
                if not done:
                    yield None
                    continue
                item, waiting = waiting.result(), None
                if item is None:
                    return
                yield item
        finally:
            self.halt.call()
            if waiting is not None:
                waiting.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
