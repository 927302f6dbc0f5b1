"""How the tests are shared out among processes: by file, the long ones first, files that need the same dear thing together."""

from __future__ import annotations

import os
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

# Files of one name run in one process, one after the other: what they share is made once.
_TOGETHER = {
    "tests/integration/test_methods_resume.py": "forked workers",
    "tests/integration/test_training_faults.py": "forked workers",
    "tests/unit/methods/test_method_learning.py": "lessons",
    "tests/unit/methods/test_method_options.py": "lessons",
    "tests/unit/methods/test_method_results.py": "lessons",
}
# Begun first, in this order: with a long file at the end, one process works while the others have nothing left.
_FIRST = (
    "tests/e2e/test_demo.py",
    "tests/integration/test_methods_resume.py",
    "tests/integration/test_training_faults.py",
    "tests/unit/methods/",
    "tests/browser/test_main_job.py",
    "tests/browser/",
    "tests/integration/",
    "tests/unit/training/test_dry_run.py",
    "tests/unit/test_chat_results.py",
)


class Sharing(LoadFileScheduling):
    """`--dist loadfile`, with files that stay together."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return _TOGETHER.get(file, file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing | None:
    """Takes the place of `--dist loadfile`."""
    return Sharing(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first; the order within a file stays."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    return next((place for place, name in enumerate(_FIRST) if item.nodeid.startswith(name)), len(_FIRST))


def _keep_to_own_cores() -> None:
    """Share the cores among the test processes: threads of two that fight for one core are slower than one thread each."""
    worker, count = os.environ.get("PYTEST_XDIST_WORKER"), int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if worker is None or not hasattr(os, "sched_setaffinity"):
        return
    cores, number = sorted(os.sched_getaffinity(0)), int(worker.removeprefix("gw"))
    os.sched_setaffinity(0, cores[number::count] or [cores[number % len(cores)]])


_keep_to_own_cores()  # before torch counts them
