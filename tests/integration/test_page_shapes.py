"""What page functions give has the shape that they declare: asked of a home with everything in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NotRequired, TypedDict

import pytest

from engine.core.context import Context
from engine.services.chat.conversations import Chat
from tests.earlier import LOADS, opened
from tests.shapes import breaches
from webui.border.views import ViewBorder, borders
from webui.site import Site


class Twig(TypedDict):
    name: str
    leaves: NotRequired[list[tuple[int, str]]]


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[ViewBorder]]:
    """Every view over a home of before."""
    ctx: Context = opened(tmp_path_factory.mktemp("earlier") / "home")
    chat = Chat(ctx)
    yield borders(Site(ctx, chat))
    chat.close()
    ctx.db.close()


def test_the_reader_sees_what_is_wrong() -> None:
    assert list(breaches({"name": "a", "leaves": [[1, "b"]]}, Twig)) == []
    assert list(breaches({"leaves": [[1, 2]], "colour": 3}, Twig)) == [
        ".colour: not in Twig",
        ".name: missing in Twig",
        ".leaves[0][1]: 2 is no <class 'str'>",
    ]
    assert list(breaches(None, int | None)) == []
    assert list(breaches(True, int | None, "x")) == ["x: True is no <class 'int'>"]


@pytest.mark.parametrize("name", LOADS)
def test_what_a_page_loads_has_its_declared_shape(views: list[ViewBorder], name: str) -> None:
    functions = [view.functions[name] for view in views if name in view.functions]
    assert functions
    found = [
        f"{function.name}({arguments!r:.80}): {line}"
        for function in functions
        for arguments in LOADS[name]
        for line in breaches(function.call(*arguments), function.gives)
    ]
    assert found == []


def test_what_a_view_is_placed_with_has_its_declared_shape(views: list[ViewBorder]) -> None:
    found = [line for view in views if view.placed_with for line in breaches(view.placed_with(), view.value, view.name)]
    assert found == []
