"""Imports Gradio without its work at import time. Every module that needs Gradio takes it from here: `from webui.gradio_import import gr`.

At import, Gradio writes a stub file into site-packages for each component class (4.6 s here); without it, 2 s. And each
exit of a `Blocks` or of one of its routes builds a whole web application that nobody serves (0.2 s each): only the one
that `mount_gradio_app` makes is ever used.
"""

from __future__ import annotations

import inspect
import os
import sys
from types import ModuleType
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def _import_gradio() -> ModuleType:
    original = inspect.getfile

    def getfile(thing: Any) -> str:
        if sys._getframe(1).f_globals.get("__name__") == "gradio.component_meta":
            raise OSError("no stub files")  # the answer on which Gradio writes none
        return original(thing)

    inspect.getfile = getfile  # type: ignore[assignment]
    try:
        import gradio
    finally:
        inspect.getfile = original
    return gradio


class _NoApp:
    """Stands in for Gradio's App while a `Blocks` is built."""

    @staticmethod
    def create_app(*_args: Any, **_kwargs: Any) -> None:
        return None


def _load() -> ModuleType:
    gradio = _import_gradio()
    import gradio.blocks as blocks

    blocks.App = _NoApp  # type: ignore[misc, assignment]
    return gradio


gr: Any = _load()
