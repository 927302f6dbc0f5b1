"""Who may ask: whoever sends a key, as many requests at once as a key may have."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from engine.core.context import Context
from engine.core.errors import Fault, TunesmithError
from engine.core.obstacles import sources
from engine.services.api_keys import check_key, count_use
from storage.api_tables import ApiKey

MOST_AT_ONCE = 32  # requests of one key that wait or are answered
_SCHEME = "bearer"
_log = logging.getLogger("tunesmith.api")


class Access:
    """The door: made once, as it counts who is inside."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._lock = threading.Lock()
        self._inside: Counter[int] = Counter()

    @contextmanager
    def entered(self, authorization: str) -> Iterator[ApiKey]:
        """For the time of the block somebody is inside, with the key of an Authorization header.

        Raises:
            Fault: "api.key_missing", "api.no_key", "api.revoked", "api.too_many", "api.too_many_at_once".
        """
        scheme, _, secret = authorization.strip().partition(" ")
        if scheme.lower() != _SCHEME or not secret.strip():
            raise Fault("api.key_missing")
        key = check_key(self._ctx, secret.strip())
        with self._lock:
            if self._inside[key.id] >= MOST_AT_ONCE:
                raise Fault("api.too_many_at_once", name=key.name, most=MOST_AT_ONCE)
            self._inside[key.id] += 1
        try:
            yield key
        finally:
            with self._lock:
                self._inside[key.id] -= 1

    def count(self, key: ApiKey, tokens: int) -> None:
        """Note what a request took; an answer that was given is not lost where that cannot be written."""
        try:
            if tokens:
                count_use(self._ctx, key.id, tokens)
        except Exception as error:
            if not isinstance(error, (TunesmithError, *sources())):
                raise
            _log.warning("the use of the key %s could not be noted: %s", key.name, error)
