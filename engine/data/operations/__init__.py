"""Every operation on data sets, in one explicit tuple. A new one is a value in its module and stands here by itself."""

from __future__ import annotations

from engine.core.errors import NotFound
from engine.data.operations.base import Operation
from engine.data.operations.repairs import REPAIRS
from engine.data.operations.shaping import SHAPING

OPERATIONS: tuple[Operation, ...] = (*REPAIRS, *SHAPING)
_BY_KEY = {operation.key: operation for operation in OPERATIONS}


def operation_of(key: str) -> Operation:
    """The operation called `key`. Raises NotFound."""
    if key not in _BY_KEY:
        raise NotFound(operation=key[:60])
    return _BY_KEY[key]
