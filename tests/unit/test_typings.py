"""The types of the border: the committed file says what the annotations say, and every annotation can be said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, NotRequired, TypedDict

import pytest

from webui.border.typescript import Interfaces
from webui.border.typings import FILE, typings
from webui.border.views import borders


class Shade(StrEnum):
    DARK = "dark"
    LIGHT = "light"


class Leaf(TypedDict):
    """One leaf.

    Further words.
    """

    shade: Shade  # of its upper side
    holes: NotRequired[int]


class Branch(Leaf):
    leaves: list[Leaf]


@dataclass(frozen=True)
class Tree:
    name: str  # of its kind
    height: float | None = None


def test_the_committed_file_is_fresh() -> None:
    assert FILE.read_text(encoding="utf-8") == typings(), "run: python -m webui.border.typings"


def test_it_is_written_the_same_each_time() -> None:
    assert typings() == typings()


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (bool, "boolean"),
        (int | None, "number | null"),
        (int | float, "number"),
        (Literal["a", "b"], '"a" | "b"'),
        (list[int | None], "(number | null)[]"),
        (Sequence[Leaf], "Leaf[]"),
        (tuple[int, str], "[number, string]"),
        (tuple[int, ...], "number[]"),
        (Mapping[int, list[str]], "Record<string, string[]>"),
        (dict[str, Any], "Record<string, any>"),
        (object, "unknown"),
        (Shade, '"dark" | "light"'),
    ],
)
def test_types_in_typescript(kind: object, said: str) -> None:
    assert Interfaces().typescript(kind) == said


def test_shapes_come_with_what_they_name_and_what_they_inherit() -> None:
    interfaces = Interfaces()
    assert interfaces.typescript(list[Branch] | Tree) == "Branch[] | Tree"
    branch, leaf, tree = interfaces.declared()
    fields = '  /** of its upper side */\n  shade: "dark" | "light";\n  holes?: number;\n'
    assert branch == "export interface Branch {\n" + fields + "  leaves: Leaf[];\n}"
    assert leaf == "/** One leaf. */\nexport interface Leaf {\n" + fields + "}"
    assert "  /** of its kind */\n  name: string;\n  height?: number | null;\n" in tree


def test_two_shapes_of_one_name_are_refused() -> None:
    class Other(TypedDict):
        holes: int

    Other.__name__ = "Leaf"
    interfaces = Interfaces()
    interfaces.typescript(Leaf)
    with pytest.raises(TypeError, match="two shapes are called Leaf"):
        interfaces.typescript(Other)


def test_what_json_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match="has no form in JSON"):
        Interfaces().typescript(bytes)


def test_each_view_is_there_once_with_functions_of_different_names() -> None:
    found = borders()
    assert len({view.name for view in found}) == len(found) >= 9
    assert all(view.functions for view in found)


def test_what_functions_take_and_give_is_said() -> None:
    """Settings have as many types as there are declarations; everything else has a shape."""
    settings = {"values", "params"}
    said, kinds = [], Interfaces()
    for view in borders():
        for function in view.functions.values():
            given = kinds.typescript(function.gives)
            said += [f"{view.name}.{function.name} gives {given}"] if _says_nothing(given) else []
            for one in function.arguments:
                taken = kinds.typescript(one.kind)
                if _says_nothing(taken) and one.name not in settings:
                    said.append(f"{view.name}.{function.name} takes {one.name}: {taken}")
    assert said == ["train.mends gives Record<string, Record<string, any>>"]  # values by field of the form


def _says_nothing(kind: str) -> bool:
    return "unknown" in kind or "any>" in kind
