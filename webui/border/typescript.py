"""Python's types as TypeScript: what JSON makes of them on the way to a page."""

from __future__ import annotations

import ast
import inspect
import json
import sys
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints, is_typeddict

_PLAIN = {str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}
_UNKNOWN = (Any, object)
_LISTS = (list, tuple, set, frozenset, Sequence, Iterable, Iterator)


@dataclass(frozen=True)
class InterfaceField:
    """One field of an interface."""

    name: str  # its key in JSON
    kind: Any  # its annotation
    optional: bool  # whether it may be missing
    says: str  # the comment beside it


class Interfaces:
    """The declared shapes that were named so far; their text is made once all are known."""

    def __init__(self) -> None:
        self._by_name: dict[str, type] = {}

    def typescript(self, kind: Any) -> str:
        """A type in TypeScript; declared shapes in it are remembered.

        Raises:
            TypeError: for what JSON does not have.
        """
        if kind in _PLAIN:
            return _PLAIN[kind]
        if kind in _UNKNOWN:
            return "unknown"
        if is_typeddict(kind) or (isinstance(kind, type) and is_dataclass(kind)):
            return self._named(kind)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return " | ".join(json.dumps(one.value) for one in kind)
        return self._composed(kind)

    def _composed(self, kind: Any) -> str:
        origin, inner = get_origin(kind), get_args(kind)
        if origin in (NotRequired, Required):
            return self.typescript(inner[0])
        if origin is Literal:
            return " | ".join(json.dumps(one) for one in inner)
        if origin in (Union, types.UnionType):
            return " | ".join(dict.fromkeys(self.typescript(one) for one in inner))
        if origin is tuple and inner[-1] is not Ellipsis:
            return f"[{', '.join(self.typescript(one) for one in inner)}]"
        if origin in _LISTS:
            return _list_of(self.typescript(inner[0]))
        if origin in (dict, Mapping):
            # "any": whatever is declared as an interface may be handed over where the server takes any settings.
            value = "any" if inner[1] in _UNKNOWN else self.typescript(inner[1])
            return f"Record<string, {value}>"
        raise TypeError(f"{kind} has no form in JSON")

    def _named(self, kind: type) -> str:
        known = self._by_name.setdefault(kind.__name__, kind)
        if known is not kind:
            raise TypeError(f"two shapes are called {kind.__name__}: in {known.__module__} and {kind.__module__}")
        return kind.__name__

    def declared(self) -> Iterator[str]:
        """The interface of each shape that was named, by name; shapes that they name are declared as well."""
        done: dict[str, str] = {}
        while waiting := [name for name in self._by_name if name not in done]:
            done |= {name: self._interface(self._by_name[name]) for name in waiting}
        yield from (done[name] for name in sorted(done))

    def _interface(self, kind: type) -> str:
        lines = [_comment(inspect.cleandoc(kind.__dict__.get("__doc__") or "")), f"export interface {kind.__name__} {{"]
        for field in fields_of(kind):
            mark = "?" if field.optional else ""
            lines += [_comment(field.says, "  "), f"  {field.name}{mark}: {self.typescript(field.kind)};"]
        return "\n".join([*(line for line in lines if line), "}"])


def _list_of(item: str) -> str:
    return f"({item})[]" if " | " in item else f"{item}[]"


def _comment(text: str, indent: str = "") -> str:
    """A JSDoc comment: the first paragraph, on one line."""
    first = " ".join(text.split("\n\n")[0].split()).replace("*/", "* /")
    return f"{indent}/** {first} */" if first else ""


def fields_of(kind: type) -> list[InterfaceField]:
    """The fields of a TypedDict or dataclass, with those that it inherits."""
    hints, says = get_type_hints(kind, include_extras=True), _said_of_fields(kind)
    if is_typeddict(kind):
        optional: frozenset[str] = kind.__optional_keys__  # type: ignore[attr-defined]
    else:
        optional = frozenset(one.name for one in fields(kind) if one.default is not MISSING)  # type: ignore[arg-type]
    return [
        InterfaceField(name, hint, _may_miss(hint, name in optional), says.get(name, ""))
        for name, hint in hints.items()
    ]


def _may_miss(hint: Any, otherwise: bool) -> bool:
    """Annotations that were text when the class was made say it themselves."""
    return {NotRequired: True, Required: False}.get(get_origin(hint), otherwise)


def _said_of_fields(kind: type) -> dict[str, str]:
    """The comment at the end of the line of each field, in this class and those above it."""
    source = _source(kind.__module__)
    node = next((one for one in ast.walk(ast.parse(source)) if _is_class(one, kind.__name__)), None)
    if not isinstance(node, ast.ClassDef):
        return {}
    lines, found = source.splitlines(), dict[str, str]()
    for base in node.bases:
        above = getattr(sys.modules[kind.__module__], ast.unparse(base), None)
        if isinstance(above, type):
            found |= _said_of_fields(above)
    for part in node.body:
        if isinstance(part, ast.AnnAssign):
            found[ast.unparse(part.target)] = lines[(part.end_lineno or part.lineno) - 1].partition("  # ")[2]
    return found


def _is_class(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.ClassDef) and node.name == name


@cache
def _source(module: str) -> str:
    return inspect.getsource(sys.modules[module])
