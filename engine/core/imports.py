"""Importing heavy libraries in a process of their own."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importing() -> Iterator[None]:
    """No garbage is collected meanwhile, and later collections do not look through what was imported.

    With torch and transformers that is a third of the import, and half a second of each whole collection after it.
    """
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collected:
            gc.enable()
