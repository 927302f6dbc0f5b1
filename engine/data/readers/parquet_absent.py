"""Members of objects that no row had: one schema for all rows gives each object the members of all others, as null."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyarrow import DataType, Schema

Values = dict[str, Any]


def without_absent(schema: Schema) -> Callable[[Values], Values]:
    """What takes the members that are null out of the objects in a row's columns; a column that is null itself stays."""
    nested = [field.name for field in schema if _holds_objects(field.type)]
    if not nested:
        return lambda values: values
    return lambda values: values | {name: _present(values[name]) for name in nested}


def _holds_objects(kind: DataType) -> bool:
    """Whether there are objects in such values, at any depth."""
    from pyarrow import types

    return types.is_struct(kind) or any(_holds_objects(kind.field(place).type) for place in range(kind.num_fields))


def _present(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _present(one) for name, one in value.items() if one is not None}
    return [_present(one) for one in value] if isinstance(value, list) else value
