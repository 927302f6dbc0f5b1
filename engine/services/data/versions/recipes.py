"""What makes a version, in a form that a job's spec can hold and that the lineage keeps."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from engine.data.operations import operation_of
from engine.data.operations.adding import ADD_ROWS
from engine.data.operations.base import Operation

_LONGEST_KEPT = 4_000  # characters of one setting; of a longer one its size and mark are kept


@dataclass(frozen=True)
class Recipe:
    """What makes a version: an operation with checked values, and under which name and settings it is written down."""

    operation: str
    values: dict[str, Any]
    recorded: str = ""
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The operation as the lineage names it."""
        return self.recorded or self.operation

    @property
    def kept(self) -> dict[str, Any]:
        """The settings as the lineage keeps them."""
        return self.params | {key: _short(value) for key, value in self.values.items()}

    def found(self) -> Operation:
        """The operation itself. Raises NotFound."""
        return ADD_ROWS if self.operation == ADD_ROWS.key else operation_of(self.operation)


def _short(value: Any) -> Any:
    written = json.dumps(value, ensure_ascii=False, sort_keys=True)
    if len(written) <= _LONGEST_KEPT or not isinstance(value, list | dict):
        return json.loads(written)
    return {"count": len(value), "mark": hashlib.sha256(written.encode()).hexdigest()[:16]}
