"""Imports Gradio without its work at import time. Every module that needs Gradio takes it from here: `from webui.gradio_import import gr`.

- At import, Gradio writes a stub file into site-packages for each component class: 2.5 s of 4.6 s here.
- Its command line (typer, rich, pygments) and pandas are imported but not used by any page: pandas comes at first use.
- Each exit of a `Blocks` or of one of its routes builds a whole web application that nobody serves, 0.2 s each: only
  the one that `mount_gradio_app` makes is ever used.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


_ASKED_BY_USERS = {"__path__", "__version__"}


class _Later(ModuleType):
    """Stands in for a module until somebody asks it for anything."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in _ASKED_BY_USERS:
            raise AttributeError(name)  # asked of every module by those who look around, such as `inspect`
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def _set_aside() -> Iterator[None]:
    """While Gradio is imported: no command line, and pandas only when it is used."""
    if "pandas" not in sys.modules:
        later = _Later("pandas")
        later.__spec__ = importlib.util.find_spec("pandas")  # torch asks whether it is there
        sys.modules["pandas"] = later
    command_line = ModuleType("gradio.cli")
    command_line.__dict__["deploy"] = None
    sys.modules["gradio.cli"] = command_line
    try:
        yield
    finally:
        del sys.modules["gradio.cli"]


def _import_gradio() -> ModuleType:
    original = inspect.getfile

    def getfile(thing: Any) -> str:
        if sys._getframe(1).f_globals.get("__name__") == "gradio.component_meta":
            raise OSError("no stub files")  # the answer on which Gradio writes none
        return original(thing)

    inspect.getfile = getfile  # type: ignore[assignment]
    try:
        with _set_aside():
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
