"""Keys of the API: what they open, how often, and that nobody reads them again."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.core.context import Context, open_context
from engine.core.errors import Fault, NotFound, TunesmithError
from engine.services import api_keys
from engine.serving.request_limits import MOST_PER_MINUTE


def _code(ctx: Context, secret: str) -> str:
    """What a request with this key meets: nothing, or the code of the fault."""
    try:
        api_keys.check_key(ctx, secret)
    except Fault as fault:
        return fault.code
    return ""


def test_a_key_opens_until_it_is_revoked(ctx: Context) -> None:
    key, secret = api_keys.make_key(ctx, " my   script ", 5)
    assert re.fullmatch(r"ts-[\w-]{43}", secret)
    assert api_keys.check_key(ctx, secret).id == key.id
    api_keys.count_use(ctx, key.id, 120)
    api_keys.count_use(ctx, key.id, -3)
    [view] = api_keys.list_keys(ctx)
    assert (view["name"], view["requests"], view["tokens"], view["per_minute"]) == ("my script", 1, 120, 5)
    assert view["used_at"]
    assert abs(view["used_at"] - time.time()) < 20
    assert view["revoked_at"] is None
    assert view["shown"] == f"{secret[:7]}…{secret[-4:]}"
    api_keys.revoke(ctx, key.id)
    assert _code(ctx, secret) == "api.revoked"
    [view] = api_keys.list_keys(ctx)
    assert view["revoked_at"]
    assert view["requests"] == 1
    api_keys.delete(ctx, key.id)
    assert _code(ctx, secret) == "api.no_key"
    assert api_keys.list_keys(ctx) == []


@pytest.mark.parametrize("wrong", ["", "ts-", "ts-" + "a" * 43, "名字", "\ud800", "a" * 100_000, "' OR 1=1 --"])
def test_what_is_no_key_opens_nothing_and_writes_nothing(ctx: Context, wrong: str) -> None:
    api_keys.make_key(ctx, "one", 5)
    before = ctx.db.stamp()
    assert _code(ctx, wrong) == "api.no_key"
    assert ctx.db.stamp() == before


def test_no_part_of_a_key_and_no_hash_of_it_opens(ctx: Context) -> None:
    _key, secret = api_keys.make_key(ctx, "one", 5)
    parts = [secret[:-1], secret + " ", secret[3:], secret.lower(), hashlib.sha256(secret.encode()).hexdigest()]
    assert {_code(ctx, part) for part in parts} == {"api.no_key"}


def test_names_are_told_apart_and_bad_ones_refused(ctx: Context) -> None:
    first, _ = api_keys.make_key(ctx, "one")
    second, _ = api_keys.make_key(ctx, "one")
    assert (first.name, second.name) == ("one", "one 2")
    api_keys.rename(ctx, second.id, "two")
    api_keys.rename(ctx, second.id, "two")  # its own name is not taken
    assert [view["name"] for view in api_keys.list_keys(ctx)] == ["two", "one"]
    for wrong in ("", " \n", "\u202e"):
        with pytest.raises(Fault, match=r"api\.no_name"):
            api_keys.make_key(ctx, wrong)
        with pytest.raises(Fault, match=r"api\.no_name"):
            api_keys.rename(ctx, first.id, wrong)
    for limit in (0, -1, MOST_PER_MINUTE + 1):
        with pytest.raises(Fault, match=r"api\.bad_limit"):
            api_keys.make_key(ctx, "three", limit)
    for act in (api_keys.revoke, api_keys.delete):
        with pytest.raises(NotFound):
            act(ctx, 99)
    with pytest.raises(NotFound):
        api_keys.rename(ctx, 99, "a")


def test_the_minute_slides(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000_000.0]
    monkeypatch.setattr(api_keys.time, "time", lambda: now[0])
    _key, secret = api_keys.make_key(ctx, "one", 3)
    for at in (0, 20, 40):
        now[0] = 1_000_000.0 + at
        assert _code(ctx, secret) == ""
    now[0] = 1_000_045.0
    with pytest.raises(Fault) as refused:
        api_keys.check_key(ctx, secret)
    assert refused.value.params == {"seconds": 15, "name": "one", "limit": 3}
    now[0] = 1_000_060.0  # the first is a minute ago
    assert _code(ctx, secret) == ""
    assert _code(ctx, secret) == "api.too_many"  # those of 20, 40 and 60 count: a new minute is not an empty one
    now[0] = 999_000.0  # a clock that was set back locks nobody out
    assert _code(ctx, secret) == ""


def test_the_limit_is_exact_for_threads_and_processes(ctx: Context) -> None:
    _key, secret = api_keys.make_key(ctx, "one", 17)
    other = open_context(ctx.settings)  # as a second process sees the database
    gate = threading.Barrier(8)

    def ask(number: int) -> list[str]:
        gate.wait()
        return [_code(ctx if number % 2 else other, secret) for _ in range(6)]

    with ThreadPoolExecutor(8) as threads:
        said = Counter(code for codes in threads.map(ask, range(8)) for code in codes)
    other.db.close()
    assert said == {"": 17, "api.too_many": 31}
    assert api_keys.list_keys(ctx)[0]["requests"] == 17


def test_the_limit_of_one_key_is_not_that_of_another_and_survives_a_restart(ctx: Context) -> None:
    _one, first = api_keys.make_key(ctx, "one", 1)
    _two, second = api_keys.make_key(ctx, "two", 1)
    assert [_code(ctx, first), _code(ctx, second), _code(ctx, first)] == ["", "", "api.too_many"]
    again = open_context(ctx.settings, upgrade=True)
    assert _code(again, first) == "api.too_many"
    again.db.close()


def test_the_secret_stands_nowhere(ctx: Context, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    key, secret = api_keys.make_key(ctx, "one", 1)
    faults: list[TunesmithError] = []
    for _ in range(2):
        try:
            api_keys.check_key(ctx, secret)
        except TunesmithError as fault:
            faults.append(fault)
    api_keys.revoke(ctx, key.id)
    with pytest.raises(Fault) as revoked:
        api_keys.check_key(ctx, secret)
    assert len(faults) == 1
    said = caplog.text + repr([faults, revoked.value, key.__dict__, api_keys.list_keys(ctx)])
    files = [file.read_bytes() for file in Path(ctx.settings.home).rglob("*") if file.is_file()]
    assert files
    assert not any(secret[3:].encode() in content for content in files)
    assert secret[3:] not in said
    with ctx.db.read() as s:
        assert s.scalar(text("SELECT key_hash FROM api_keys")) == hashlib.sha256(secret.encode()).hexdigest()
