"""The bridge between Python and our own views: a `gr.HTML` whose JSON value a JavaScript view draws with `textContent`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any

import orjson
from starlette.responses import Response

from webui.gradio_import import gr

_ON_LOAD = """import(`/scripts/${{document.documentElement.dataset.language}}/kit/mount.js`).then(({{mount}}) =>
  mount({name!r}, {{element, props, trigger, watch,
    server: typeof server === 'undefined' ? {{}} : server,
    upload: typeof upload === 'undefined' ? null : upload}}));"""


@dataclass(frozen=True)
class PlacedView:
    """A view as a page places it."""

    name: str  # of the view, as its script declares it
    value: Callable[[], object] | None  # gives the JSON that it is placed with
    functions: Sequence[Callable[..., Any]]  # what it may call, each wrapped by the guard


_noted: ContextVar[list[PlacedView] | None] = ContextVar("noted", default=None)


@contextmanager
def noted_views() -> Iterator[list[PlacedView]]:
    """While it lasts, views are written into the list that it gives, and not drawn."""
    placed: list[PlacedView] = []
    token = _noted.set(placed)
    try:
        yield placed
    finally:
        _noted.reset(token)


def _sending(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its answer written as JSON in the thread that made it: the framework would walk through all of it first,
    and answer nobody meanwhile."""

    @wraps(function)
    def send(arguments: Sequence[Any] = ()) -> Response:
        return Response(orjson.dumps(function(arguments)), media_type="application/json")

    del send.__wrapped__  # type: ignore[attr-defined]  # Gradio would read the inner signature
    return send


def view(
    name: str,
    value: Callable[[], object] | None = None,
    *,
    functions: Sequence[Callable[..., Any]] = (),
    elem_id: str | None = None,
    visible: bool = True,
) -> None:
    """Place the JavaScript view `name` (the module webui/static/views/<name>/page.js) on the page.

    Args:
        value: gives the JSON for the view. Text in it may come from users, data or models: views set it by `textContent`
            only. Its annotation, as those of `functions`, says to the scripts what they get (`webui.border`).
        functions: server functions that the view calls as `await ctx.call("function_name", ...args)`;
            wrap each in `guard.guarded(language)`.
    """
    if (noted := _noted.get()) is not None:
        noted.append(PlacedView(name, value, functions))
        return
    gr.HTML(
        value=value() if value else None,
        html_template="",
        js_on_load=_ON_LOAD.format(name=name),
        server_functions=[_sending(function) for function in functions] or None,
        apply_default_css=False,
        elem_id=elem_id,
        elem_classes=["ts-view"],
        visible=visible,
    )
