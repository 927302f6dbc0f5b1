"""The kinds of reasons for which a chat template cannot take a row: what pages and commands count and say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from engine.data.templates.losses import CALL_LOSSES
from engine.data.templates.token_rows import BEYOND

OTHER, CALLS, BEYOND_VOCABULARY = "refused", "calls", "vocabulary"
_KINDS = {
    "template.missing": "no_template",
    BEYOND: BEYOND_VOCABULARY,
    "template.drops_system": "system",
    "template.drops_tools": "tools",
    "template.drops_calls": "tools",
    "template.drops_results": "tools",
    **dict.fromkeys(CALL_LOSSES, CALLS),
}
KINDS = frozenset(_KINDS.values()) | {OTHER}


def refusal_kind(code: str) -> str:
    """The kind of a fault with which a template refuses a row."""
    return _KINDS.get(code, OTHER)


def by_kind(refused: Mapping[str, int]) -> Counter[str]:
    """Rows by kind, of rows by the code of the fault."""
    counts: Counter[str] = Counter()
    for code, count in refused.items():
        counts[refusal_kind(code)] += count
    return counts


def reason_in(kind: str, reasons: Mapping[str, object]) -> object:
    """The first reason of that kind in words, of those by the code of the fault; "" where none was given."""
    return next((why for code, why in reasons.items() if refusal_kind(code) == kind and why), "")
