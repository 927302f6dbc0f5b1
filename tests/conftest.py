"""Fixtures that every kind of test shares: a home of its own and an open database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.context import Context, open_context
from engine.settings import Settings

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch: as in workers, idle threads must not burn a core


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with an empty home folder; no hub is ever asked."""
    return Settings(home=tmp_path / "home", offline=True)


@pytest.fixture
def ctx(settings: Settings) -> Iterator[Context]:
    """An open, migrated database in an empty home."""
    context = open_context(settings, upgrade=True)
    yield context
    context.db.close()
