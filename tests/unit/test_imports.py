"""Imports of heavy libraries: no collection of garbage meanwhile, none through what they brought afterwards."""

from __future__ import annotations

import gc
import importlib
import subprocess
import sys

import pytest

from engine.core.imports import importing


def test_nothing_is_collected_meanwhile_and_it_goes_on_after_an_error() -> None:
    seen = []

    def fail() -> None:
        with importing():
            seen.append(gc.isenabled())
            importlib.import_module("no_such_module")

    with pytest.raises(ModuleNotFoundError):
        fail()
    assert (seen, gc.isenabled()) == ([False], True)


def test_a_worker_puts_what_it_imports_beyond_the_collections() -> None:
    code = (
        "import gc; from engine.jobs.kinds import kind_of; from engine.jobs.worker import runner_of;"
        "runner_of(kind_of('audit')); print(gc.isenabled(), gc.get_freeze_count() > 10_000)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]
