"""What values of a Parquet file weigh once they are Python's, told without making them: texts out of a dictionary may be many."""

from __future__ import annotations

from typing import Any

_OBJECT = 32  # bytes that an object or a list takes besides what is in it, about
_VALUE = 8


def weight(array: Any) -> int:
    """About so many bytes of an Arrow array (or of a batch of columns)."""
    import pyarrow as pa
    from pyarrow import types

    if isinstance(array, pa.RecordBatch):
        return sum(weight(column) for column in array.columns)
    kind = array.type
    if types.is_dictionary(kind):
        return _VALUE * len(array) + _referred(array)
    if types.is_struct(kind):
        return _OBJECT * len(array) + sum(weight(column) for column in array.flatten())
    if types.is_map(kind):
        return _OBJECT * len(array) + weight(_of_rows(array, array.keys)) + weight(_of_rows(array, array.items))
    if types.is_nested(kind):
        return _OBJECT * len(array) + (weight(array.flatten()) if hasattr(array, "flatten") else array.nbytes)
    return _VALUE * len(array) + int(array.nbytes)


def _of_rows(array: Any, inner: Any) -> Any:
    """Of all keys or values of a map those that the rows at hand have."""
    offsets = array.offsets
    first, last = offsets[0].as_py(), offsets[-1].as_py()
    return inner.slice(first, last - first) if len(inner) >= last else inner


def _referred(array: Any) -> int:
    """Bytes of the texts that a dictionary's places stand for, each as often as it comes."""
    import pyarrow.compute as pc
    from pyarrow import types

    values = array.dictionary
    if not _is_text(types, values.type):
        return weight(values) if types.is_nested(values.type) else 0
    lengths = pc.cast(pc.binary_length(values), "int64")
    return pc.sum(pc.take(lengths, array.indices)).as_py() or 0


def _is_text(types: Any, kind: Any) -> bool:
    tests = (types.is_string, types.is_large_string, types.is_string_view, types.is_binary, types.is_large_binary)
    return any(test(kind) for test in tests)
