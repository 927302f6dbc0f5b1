"""What the pages see of the keys of the API."""

from __future__ import annotations

from typing import TypedDict


class ApiKeyView(TypedDict):
    """A key, without what opens anything."""

    id: int  # of its row
    name: str  # that the user gave it
    shown: str  # its beginning and end
    per_minute: int  # requests that it may make in a minute
    made_at: float  # when it was made
    used_at: float | None  # its last request
    requests: int  # so far
    tokens: int  # read and written, so far
    revoked_at: float | None  # from then on it opens nothing


class ApiKeysView(TypedDict):
    """The keys, and what an example of their use needs."""

    keys: list[ApiKeyView]  # the newest first
    model: str | None  # a model that can be asked for; None where none is here
    usual: int  # requests a minute that are proposed
    most: int  # that can be chosen


class MadeKey(TypedDict):
    """A new key: the one time that its secret is told."""

    key: ApiKeyView  # as lists show it
    secret: str  # the key itself
