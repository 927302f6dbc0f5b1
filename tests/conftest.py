"""Fixtures that every kind of test shares: a home of its own and an open database."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.core.context import Context
from engine.core.settings import Settings
from tests.homes import opened

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch: as in workers, idle threads must not burn a core

pytest_plugins = ["tests.distribution"]
gc.disable()  # until all is imported: a third of the time of collecting the tests


def pytest_collection_finish() -> None:
    """Spare every collection of garbage the million objects of imported modules: half a second each, two in each job."""
    gc.collect()
    gc.freeze()
    gc.enable()


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
