"""A small control group, in which the kernel really kills: where this system lets us make one."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_ROOT = Path("/sys/fs/cgroup")
_OLDER = ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")
_UNIFIED = ("memory.max", "memory.swap.max")


@contextmanager
def small_group(mb: int) -> Iterator[list[str]]:
    """What to put before a command so that it and its children have this much memory together; skips where there is no way."""
    folder = next((made for made in (_made(_ROOT, _UNIFIED, mb), _made(_ROOT / "memory", _OLDER, mb)) if made), None)
    try:
        yield ["sh", "-c", f'echo $$ > {folder}/cgroup.procs; exec "$@"', "sh"] if folder else _scope(mb)
    finally:
        _remove(folder)


def _made(root: Path, limits: tuple[str, str], mb: int) -> Path | None:
    folder = root / f"tunesmith-test-{os.getpid()}"
    try:
        folder.mkdir()
    except OSError:
        return None
    files = [folder / name for name in ("cgroup.procs", *limits)]
    if not all(file.is_file() for file in files[:2]):  # an ordinary folder, or one without a controller of memory
        _remove(folder)
        return None
    files[1].write_text(str(mb << 20))
    if files[2].is_file():  # a system that counts swap
        files[2].write_text("0" if limits is _UNIFIED else str(mb << 20))
    return folder


def _scope(mb: int) -> list[str]:
    command = ["systemd-run", "--user", "--scope", "--quiet", "-p", f"MemoryMax={mb}M", "-p", "MemorySwapMax=0"]
    with suppress(OSError, subprocess.TimeoutExpired):
        if subprocess.run([*command, "true"], capture_output=True, timeout=10).returncode == 0:
            return command
    pytest.skip("this system lets nobody make a control group: the simulated kill of test_limits.py stands alone")


def _remove(folder: Path | None) -> None:
    for _try in range(50) if folder else ():
        with suppress(OSError):
            folder.rmdir()
            return
        time.sleep(0.02)
