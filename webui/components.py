"""The bridge between Python and our own views: a `gr.HTML` whose JSON value a JavaScript view draws with `textContent`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from webui.gradio_import import gr

_ON_LOAD = """import(`/scripts/${{document.documentElement.dataset.language}}/kit/mount.js`).then(({{mount}}) =>
  mount({name!r}, {{element, props, trigger, watch,
    server: typeof server === 'undefined' ? {{}} : server,
    upload: typeof upload === 'undefined' ? null : upload}}));"""


def view(
    name: str,
    value: Any = None,
    *,
    functions: Sequence[Callable[..., Any]] = (),
    elem_id: str | None = None,
    visible: bool = True,
) -> gr.HTML:
    """Place the JavaScript view `name` (the module webui/static/views/<name>/page.js) on the page.

    Args:
        value: JSON for the view. Text in it may come from users, data or models: views set it by `textContent` only.
        functions: server functions that the view calls as `await ctx.call("function_name", ...args)`;
            wrap each in `guard.guarded(language)`.
    """
    return gr.HTML(
        value=value,
        html_template="",
        js_on_load=_ON_LOAD.format(name=name),
        server_functions=list(functions) or None,
        apply_default_css=False,
        elem_id=elem_id,
        elem_classes=["ts-view"],
        visible=visible,
    )
