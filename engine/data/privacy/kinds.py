"""The kinds of personal data and secrets that are looked for, and how."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from engine.core.text import Text
from engine.data.privacy.numbers import NUMBERS, Hit
from engine.data.privacy.secrets import SECRETS

_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9_](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9_+-])?@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}(?![A-Za-z0-9-])(?!:\S)"
)
_NOT_DOMAINS = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".css", ".js", ".py", ".json")
_LONG_NUMBER = re.compile(r"\d(?:\W{0,3}\d){6}")  # what every number has that stands for a person
_NET = re.compile(r"\d\.\d{1,3}\.\d|[0-9A-Fa-f]::?[0-9A-Fa-f]{1,4}:")


def emails(text: str) -> Iterator[Hit]:
    """Addresses of e-mail."""
    if "@" in text:
        found = (one for one in _EMAIL.finditer(text) if not one.group().lower().endswith(_NOT_DOMAINS))
        yield from (one.span() for one in found)


KINDS: dict[str, tuple[Text, Callable[[str], Iterator[Hit]]]] = {
    # in this order: of two that overlap the first one counts
    "private_key": (Text("data.privacy.kinds.private_key"), SECRETS["private_key"]),
    "jwt": (Text("data.privacy.kinds.jwt"), SECRETS["jwt"]),
    "key": (Text("data.privacy.kinds.key"), SECRETS["key"]),
    "login": (Text("data.privacy.kinds.login"), SECRETS["login"]),
    "email": (Text("data.privacy.kinds.email"), emails),
    "password": (Text("data.privacy.kinds.password"), SECRETS["password"]),
    "id_number": (Text("data.privacy.kinds.id_number"), NUMBERS["id_number"]),
    "iban": (Text("data.privacy.kinds.iban"), NUMBERS["iban"]),
    "card": (Text("data.privacy.kinds.card"), NUMBERS["card"]),
    "ssn": (Text("data.privacy.kinds.ssn"), NUMBERS["ssn"]),
    "ip": (Text("data.privacy.kinds.ip"), NUMBERS["ip"]),
    "phone": (Text("data.privacy.kinds.phone"), NUMBERS["phone"]),
}
_NEEDED = {kind: _NET if kind == "ip" else _LONG_NUMBER for kind in NUMBERS}


def spans_in(text: str, kinds: Sequence[str]) -> list[tuple[int, int, str]]:
    """Where a text holds such data: (from, to, kind), in order. Those that overlap are one, of the kind that comes first."""
    present = {pattern for pattern in (_LONG_NUMBER, _NET) if pattern.search(text)}
    wanted = [kind for kind in kinds if kind not in _NEEDED or _NEEDED[kind] in present]
    hits = sorted((start, end, rank) for rank, kind in enumerate(wanted) for start, end in KINDS[kind][1](text))
    found: list[tuple[int, int, int]] = []
    for start, end, rank in hits:
        if found and start < found[-1][1]:
            before = found.pop()
            start, end, rank = before[0], max(end, before[1]), min(rank, before[2])
        found.append((start, end, rank))
    return [(start, end, wanted[rank]) for start, end, rank in found]


def ordered(kinds: Sequence[str]) -> list[str]:
    """Kinds in the order in which they win over each other."""
    return [kind for kind in KINDS if kind in kinds]
