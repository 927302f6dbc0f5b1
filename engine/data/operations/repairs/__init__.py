"""Operations that repair what an audit found, and edits by hand."""

from __future__ import annotations

from engine.data.operations.base import Operation

REPAIRS: tuple[Operation, ...] = ()
