"""Values of Arrow's types as rows have them: moments and exact decimals become text, maps become objects."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.data.readers.shown.dates import iso

if TYPE_CHECKING:
    from pyarrow import DataType, Field, RecordBatch

_LISTS = ("is_list", "is_large_list", "is_fixed_size_list", "is_list_view", "is_large_list_view")
_TEXTS = ("is_string", "is_large_string", "is_string_view")
_PLAIN = (*_TEXTS, "is_boolean", "is_integer", "is_floating", "is_null")
_MOMENTS = ("is_date", "is_time", "is_timestamp", "is_duration", "is_decimal")


def _is(kind: Any, tests: tuple[str, ...]) -> bool:
    from pyarrow import types

    return any(getattr(types, test)(kind) for test in tests)


def is_usable(kind: DataType) -> bool:
    """Whether values of a type are texts, numbers, moments, or lists and objects: bytes and intervals are none."""
    if _is(kind, ("is_dictionary",)):
        return is_usable(kind.value_type)
    if _is(kind, _LISTS):
        return is_usable(kind.value_type)
    if _is(kind, ("is_map",)):
        return _is(kind.key_type, _TEXTS) and is_usable(kind.item_type)
    return _is(kind, (*_PLAIN, *_MOMENTS, "is_struct"))


def needs_texts(kind: DataType) -> bool:
    """Whether values of a type hold moments or decimals anywhere."""
    return _is(kind, _MOMENTS) or any(needs_texts(inner) for inner in _inner(kind))


def _inner(kind: Any) -> Iterator[Any]:
    if _is(kind, ("is_dictionary", *_LISTS)):
        yield kind.value_type
    elif _is(kind, ("is_map",)):
        yield kind.item_type
    elif _is(kind, ("is_struct",)):
        yield from (kind.field(place).type for place in range(kind.num_fields))


def handy_type(kind: DataType) -> DataType:
    """The type without nanoseconds, which Python has no word for, and without dictionaries."""
    import pyarrow as pa

    if _is(kind, ("is_dictionary",)):
        return handy_type(kind.value_type)
    if _is(kind, ("is_list",)):
        return pa.list_(kind.value_field.with_type(handy_type(kind.value_type)))
    if _is(kind, ("is_large_list",)):
        return pa.large_list(kind.value_field.with_type(handy_type(kind.value_type)))
    if _is(kind, ("is_struct",)):
        fields = [kind.field(place) for place in range(kind.num_fields)]
        return pa.struct([field.with_type(handy_type(field.type)) for field in fields])
    if getattr(kind, "unit", "") == "ns":
        if _is(kind, ("is_timestamp",)):
            return pa.timestamp("us", tz=kind.tz)
        return pa.duration("us") if _is(kind, ("is_duration",)) else pa.time64("us")
    return kind


def handy(batch: RecordBatch, kinds: list[Field]) -> RecordBatch:
    """The batch in types that Python has; a moment of fewer than a millionth of a second is a text at once."""
    import pyarrow as pa

    schema = pa.schema([field.with_type(handy_type(field.type)) for field in kinds])
    if batch.schema.equals(schema):
        return batch
    with contextlib.suppress(pa.ArrowInvalid):
        return batch.cast(schema)
    columns = [_exact(column, field.type) for column, field in zip(batch.columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(columns, names=schema.names)


def _exact(column: Any, kind: Any) -> Any:
    import pyarrow as pa

    with contextlib.suppress(pa.ArrowInvalid):
        return column.cast(kind)
    return column.cast(pa.string()) if _is(kind, ("is_timestamp", "is_time")) else column.cast(kind, safe=False)


def python_rows(batch: RecordBatch) -> list[dict[str, Any]]:
    """The rows; maps are objects, which takes twice as long and is asked for where there are some.

    Raises:
        KeyError: a map has a key twice; ValueError, OverflowError: a value is none.
    """
    if any(_has_maps(kind) for kind in batch.schema.types):
        return batch.to_pylist(maps_as_pydicts="strict")
    return batch.to_pylist()


def _has_maps(kind: DataType) -> bool:
    return _is(kind, ("is_map",)) or any(_has_maps(inner) for inner in _inner(kind))


def with_texts(values: dict[str, Any], columns: list[str]) -> None:
    """Put texts in place of moments and decimals in these columns."""
    for name in columns:
        values[name] = _text(values[name])


def _text(value: Any) -> Any:
    if isinstance(value, list):
        return [_text(one) for one in value]
    if isinstance(value, dict):
        return {key: _text(one) for key, one in value.items()}
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, timedelta):
        return iso(value) + (f".{abs(value).microseconds:06}" if value.microseconds else "")
    return value.isoformat() if isinstance(value, (date, time)) else value
