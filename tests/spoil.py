"""Files that change behind our back."""

from __future__ import annotations

import os
from pathlib import Path


def edit(file: Path) -> None:
    """Flip one bit in place; size and time stay. Twice is as before."""
    stat = file.stat()
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    with file.open("r+b") as opened:
        opened.write(data)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
