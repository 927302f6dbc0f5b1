"""Keys of programs that ask through the API: made, checked, limited, counted, revoked.

A key is shown once, to whoever makes it. What is stored is its SHA-256: it is 256 random bits long, so no slow hash is needed.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
import time

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.names import free_name
from engine.data.importing.names import clean_name
from engine.serving.request_limits import MOST_PER_MINUTE, USUAL_PER_MINUTE
from engine.shapes.serving.keys import ApiKeyView
from storage.api_tables import ApiKey
from storage.queries.serving import api_keys as queries

PREFIX = "ts-"  # of every key
MINUTE_S = 60.0  # that a limit counts, at any moment back from now
_BYTES = 32  # of chance in a key
_BEGIN, _END = 7, 4  # characters that tell a key from others


def make_key(ctx: Context, name: str, per_minute: int = USUAL_PER_MINUTE) -> tuple[ApiKey, str]:
    """A new key and its secret, which nobody can tell again. Raises Fault("api.no_name" or "api.bad_limit")."""
    name = _name(name)
    if not 1 <= per_minute <= MOST_PER_MINUTE:
        raise Fault("api.bad_limit", given=per_minute, most=MOST_PER_MINUTE)
    secret = PREFIX + secrets.token_urlsafe(_BYTES)
    shown = f"{secret[:_BEGIN]}…{secret[-_END:]}"
    key = ApiKey(name=name, shown=shown, key_hash=_hash(secret), per_minute=per_minute, requests=0, tokens=0)
    with ctx.db.write() as s:
        key.name = free_name(name, queries.taken_names(s))
        s.add(key)
    return key, secret


def check_key(ctx: Context, secret: str) -> ApiKey:
    """Let one request in: it counts for the key's limit. Raises Fault("api.no_key", "api.revoked" or "api.too_many").

    The limit holds exactly, for threads and processes alike: at no moment did more than `per_minute` begin within the minute
    before. A request that is refused counts for nothing. The time that looking takes says nothing of a secret: what is
    looked up is its hash.
    """
    key_hash = _hash(secret)
    with ctx.db.read() as s:
        known = queries.key_of_hash(s, key_hash)
    if known is None or not hmac.compare_digest(known.key_hash, key_hash):
        raise Fault("api.no_key")  # before anything is written: anyone may send anything
    _not_revoked(known)
    with ctx.db.write() as s:
        key = _key(s, known.id)
        wait_s = 0.0 if key.revoked_at else _let_in(s, key, time.time())
    _not_revoked(key)
    if wait_s > 0:
        raise Fault("api.too_many", seconds=math.ceil(wait_s), name=key.name, limit=key.per_minute)
    return key


def count_use(ctx: Context, key_id: int, tokens: int) -> None:
    """Add the tokens that a request read and wrote to its key's count."""
    with ctx.db.write() as s:
        queries.add_tokens(s, key_id, max(0, tokens))


def list_keys(ctx: Context) -> list[ApiKeyView]:
    """Every key that was not deleted, the newest first."""
    with ctx.db.read() as s:
        return [key_view(key) for key in queries.list_keys(s)]


def revoke(ctx: Context, key_id: int) -> None:
    """From now on the key opens nothing; what it did stays in the list. Raises NotFound."""
    with ctx.db.write() as s:
        key = _key(s, key_id)
        key.revoked_at = key.revoked_at or time.time()


def rename(ctx: Context, key_id: int, name: str) -> None:
    """Give it another name. Raises NotFound or Fault("api.no_name")."""
    name = _name(name)
    with ctx.db.write() as s:
        _key(s, key_id).name = free_name(name, queries.taken_names(s, beside=key_id))


def delete(ctx: Context, key_id: int) -> None:
    """Take it off the list; it opens nothing any more. Raises NotFound."""
    with ctx.db.write() as s:
        key = _key(s, key_id)
        key.deleted_at = time.time()
        key.revoked_at = key.revoked_at or key.deleted_at


def key_view(key: ApiKey) -> ApiKeyView:
    """What may be shown of a key."""
    return {
        "id": key.id,
        "name": key.name,
        "shown": key.shown,
        "per_minute": key.per_minute,
        "made_at": key.created_at,
        "used_at": key.used_at,
        "requests": key.requests,
        "tokens": key.tokens,
        "revoked_at": key.revoked_at,
    }


def _let_in(s: Session, key: ApiKey, now: float) -> float:
    """Note the request; where the minute is full, the seconds until it would be let in."""
    queries.forget_calls(s, key.id, now - MINUTE_S, now)
    over = queries.count_calls(s, key.id) - key.per_minute
    if over < 0:
        queries.add_call(s, key.id, now)
        return 0.0
    frees = queries.nth_call(s, key.id, over) or now
    return max(frees + MINUTE_S - now, 0.001)


def _not_revoked(key: ApiKey) -> None:
    if key.revoked_at is not None:
        raise Fault("api.revoked", name=key.name)


def _key(s: Session, key_id: int) -> ApiKey:
    if (key := queries.get_key(s, key_id)) is None:
        raise NotFound(key=key_id)
    return key


def _name(given: str) -> str:
    name = clean_name(given.encode("utf-8", "replace").decode(), "")
    if not name:
        raise Fault("api.no_name")
    return name


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
