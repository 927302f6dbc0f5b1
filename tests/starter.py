"""The starter model for tests: prepared once, then linked into each fresh home."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from engine.core.context import open_context
from engine.core.errors import Fault
from engine.core.settings import Settings
from engine.models.base.paths import model_folder
from engine.services.models.base_models import ensure_starter

HOME = Path(__file__).resolve().parents[1] / "build" / "starter-home"


def prepared_starter() -> Path:
    """A folder for `Settings(starter_from=...)`. The first call fetches and converts; without any source the test is skipped."""
    if given := os.environ.get("TUNESMITH_STARTER_FROM"):
        return Path(given)
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        settings = Settings(home=HOME)
        ctx = open_context(settings, upgrade=True)
        try:
            return model_folder(settings, ensure_starter(ctx, say=lambda _view: None))
        except Fault as fault:
            if fault.code == "starter.unreachable":
                pytest.skip(f"No source of the starter model answers: {fault.params}")
            raise
        finally:
            ctx.db.close()
