"""How large the base model of a form is: defaults follow it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.context import Context
from storage.queries.base_models import size_of


def size_of_base(ctx: Context, raw: Mapping[str, Any]) -> int | None:
    """Parameters of the base model that a raw form names; None where there is none or they are not known."""
    with ctx.db.read() as s:
        return size_of(s, raw.get("base_model"))
