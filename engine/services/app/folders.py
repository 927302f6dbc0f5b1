"""What lies in the home folder and how much disk it takes."""

from __future__ import annotations

import os
from pathlib import Path

from engine.core.context import Context
from engine.shapes.app import DiskUse, FolderSize

FOLDERS = ("models", "datasets", "rejected", "uploads", "imports", "jobs", "tuned", "exports", "cache", "logs")


def disk_use(ctx: Context) -> DiskUse:
    """{home, database, folders: [{key, bytes}], total}: sizes in bytes; files that vanish meanwhile count nothing."""
    home = ctx.settings.home
    sizes = {key: _size(home / key) for key in FOLDERS}
    database = sum(_file_size(file) for file in home.glob(f"{ctx.settings.database.name}*"))
    folders: list[FolderSize] = [{"key": key, "bytes": size} for key, size in sizes.items()]
    return {"home": str(home), "database": database, "folders": folders, "total": database + sum(sizes.values())}


def _size(folder: Path) -> int:
    return sum(_file_size(Path(place) / name) for place, _folders, names in os.walk(folder) for name in names)


def _file_size(file: Path) -> int:
    try:
        return file.lstat().st_size
    except OSError:
        return 0
