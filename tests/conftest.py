"""Fixtures that every kind of test shares: a home of its own and an open database."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.imports import importing
from engine.core.settings import Settings
from tests.homes import opened

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch: as in workers, idle threads must not burn a core

pytest_plugins = ["tests.distribution", "tests.lock", "tests.zoo.keeper"]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """Import without collections of garbage, and spare later ones the million objects of modules: half a second each."""
    with importing():
        answer = yield
        gc.collect()
    return answer


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with an empty home folder; no hub is ever asked."""
    return Settings(home=tmp_path / "home", offline=True)


@pytest.fixture
def ctx(settings: Settings) -> Iterator[Context]:
    """An open, migrated database in an empty home."""
    context = opened(settings)
    yield context
    context.db.close()
