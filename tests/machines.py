"""Machines that refuse: a disk that is full, a folder that can only be read. Real ones, wherever the system lets us make them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"this system lets us mount nothing: {done.stderr.decode(errors='replace').strip()}")


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A disk of its own at `folder`, of so many megabytes."""
    folder.mkdir(parents=True, exist_ok=True)
    _mount("-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take every byte that is free; give the file that holds them."""
    file = folder / "filler"
    with file.open("wb", buffering=0) as stream:
        for size in (1 << 20, 4096, 1):
            try:
                while stream.write(b"\0" * size):
                    pass
            except OSError:
                continue
    return file


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Within, nobody writes into the folder: mounted so for root, to whom rights mean nothing; by its rights for others."""
    if os.geteuid() != 0:
        folders = [folder, *(one for one in folder.rglob("*") if one.is_dir())]
        rights = {one: one.stat().st_mode for one in folders}
        try:
            for one in folders:
                one.chmod(0o555)
            yield
        finally:
            for one, mode in rights.items():
                one.chmod(mode)
        return
    _mount("--bind", str(folder), str(folder))
    try:
        _mount("-o", "remount,ro,bind", str(folder))
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
