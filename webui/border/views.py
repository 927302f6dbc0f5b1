"""What every view is given and may call, read from the pages without drawing them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast, get_type_hints

from webui.components import PlacedView, noted_views
from webui.pages import PAGES
from webui.site import Site


@dataclass(frozen=True)
class Argument:
    """One argument of a server function."""

    name: str  # as in Python
    kind: Any  # its annotation, resolved
    optional: bool  # whether a call may leave it out


@dataclass(frozen=True)
class ServerFunction:
    """What a view calls as `ctx.call(name, ...arguments)`."""

    name: str  # as the script calls it
    arguments: tuple[Argument, ...]  # in their order
    gives: Any  # the annotation of what it returns, resolved
    says: str  # its docstring, "" where it has none
    call: Callable[..., Any]  # the function itself, without the guard
    polled: bool = False  # it is asked as `ctx.news(name, version, ...arguments)`


@dataclass(frozen=True)
class ViewBorder:
    """One view as its script sees the server."""

    name: str  # of the view
    page: str  # key of the page that places it
    value: Any  # the annotation of the value that it is placed with; None where it has none
    functions: Mapping[str, ServerFunction]  # by name
    placed_with: Callable[[], object] | None  # gives that value


_NOWHERE = cast(Site, SimpleNamespace(ctx=None, chat=None))  # for functions that are read, not called


def borders(site: Site = _NOWHERE) -> list[ViewBorder]:
    """Every view of every page, in the order of the navigation."""
    found = []
    for page in PAGES:
        with noted_views() as placed:
            page.build(site, "en")
        found += [_border(page.key, view) for view in placed]
    return found


def _border(page: str, view: PlacedView) -> ViewBorder:
    functions = [_function(one) for one in view.functions]
    functions += [_function(one.function, polled=True) for one in view.polled]
    return ViewBorder(
        name=view.name,
        page=page,
        value=_hints(view.value).get("return") if view.value else None,
        functions={one.name: one for one in functions},
        placed_with=view.value,
    )


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    return get_type_hints(function, include_extras=True)


def _function(guarded: Callable[..., Any], *, polled: bool = False) -> ServerFunction:
    function: Callable[..., Any] = guarded.answers  # type: ignore[attr-defined]
    hints = _hints(function)
    arguments = [
        Argument(one.name, hints[one.name], one.default is not inspect.Parameter.empty)
        for one in inspect.signature(function).parameters.values()
    ]
    return ServerFunction(
        function.__name__, tuple(arguments), hints["return"], inspect.getdoc(function) or "", function, polled
    )
