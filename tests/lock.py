"""While a writer holds the database's lock, nothing but queries runs: every test fails in which something else does."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from sqlalchemy.orm import Session

from storage.db import Database

ROOT = f"{Path(__file__).parents[1]}/"
# Code that reads files, renders, tokenises, plans or talks to others; of the house itself, by folder.
_SLOW = tuple(
    ROOT + folder
    for folder in (
        "engine/data/templates/", "engine/data/rows/", "engine/data/readers/", "engine/data/quality/",
        "engine/data/operations/", "engine/data/detection/", "engine/models/base/", "engine/models/architecture/",
        "engine/models/trust/", "engine/planner/", "engine/training/forward/", "engine/training/batches/",
        "engine/serving/", "engine/core/hardware.py", "engine/core/process.py",
    )
)  # fmt: skip
_FOREIGN = ("/jinja2/", "/transformers/", "/torch/", "/subprocess.py", "/shutil.py", "/tempfile.py", "/socket.py")
_MODULES = ("posix", "_io", "io", "_hashlib", "_sha2", "_socket", "_posixsubprocess", "time")
_DEEP = 3  # calls of a finaliser that are its own
_HARMLESS = {"urandom", "getpid", "fspath", "time", "monotonic", "perf_counter", "get_ident", "StringIO", "BytesIO",
             "rename", "mkdir", "stat",  # one step of the disk that belongs to a row: a folder that appears with it
             "strftime", "localtime", "gmtime", "time_ns", "thread_time", "text_encoding"}  # fmt: skip
breaches: list[str] = []


def _place(frame: FrameType | None) -> str:
    """The line of the house that led there."""
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(ROOT) and "/.venv/" not in file and not file.startswith(ROOT + "tests/"):
            return f"{file.removeprefix(ROOT)}:{frame.f_lineno}"
        frame = frame.f_back
    return "a test"


def _finalises(frame: FrameType | None) -> bool:
    """Whether a finaliser is at work, which the collector of garbage calls wherever it happens to be."""
    for _step in range(_DEEP):
        if frame is None:
            return False
        if frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False


def _watch(frame: FrameType, event: str, argument: Any) -> None:
    file = frame.f_code.co_filename
    if event == "call" and not _finalises(frame) and (file.startswith(_SLOW) or any(part in file for part in _FOREIGN)):
        breaches.append(f"{file.removeprefix(ROOT)} {frame.f_code.co_name}, from {_place(frame.f_back)}")
    elif event == "c_call" and getattr(argument, "__module__", None) in _MODULES:
        name = getattr(argument, "__name__", "")
        harmless = name in _HARMLESS or file.startswith("<frozen importlib") or "/logging/" in file
        if not harmless and not _finalises(frame):
            breaches.append(f"{argument.__module__}.{name}, from {_place(frame)}")


@contextmanager
def _watched(self: Database, patience_s: float | None = None) -> Iterator[Session]:
    with _WRITE(self, patience_s) as session:
        if not _asked_by_product():
            yield session
            return
        before = sys.getprofile()
        sys.setprofile(_watch)
        try:
            yield session
        finally:
            sys.setprofile(before)


def _asked_by_product() -> bool:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if "/contextlib.py" not in file and file != __file__:
            return not file.startswith(ROOT + "tests/")
        frame = frame.f_back
    return False


_WRITE = Database.write
Database.write = _watched  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _nothing_ran_under_the_lock() -> Iterator[None]:
    """Fails the test in which code of the product did something else within `Database.write`."""
    breaches.clear()
    yield
    found = sorted(set(breaches))
    breaches.clear()
    assert found == [], "within Database.write"
