"""How often the kernel has killed a process for want of memory: of our control group where it counts that, else of the machine.

In a container the machine's count (`/proc/vmstat`) is that of all its containers; the group's is ours, and that of workers too, which
are in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from engine.core.hardware import control_groups

_ROOT, _MACHINE = Path("/sys/fs/cgroup"), Path("/proc/vmstat")


def memory_kills() -> int | None:
    """The count now; None where the kernel does not say."""
    group = kills_of_group(_ROOT, control_groups())
    return _count(_MACHINE) if group is None else group


def kills_of_group(root: Path, groups: Mapping[str, str]) -> int | None:
    """The count of our own group, in the unified layout (its subgroups too) or the older one; None where there is none.

    Args:
        root: where control groups are mounted.
        groups: the process's path by controller; the unified one has the empty name.
    """
    unified, older = groups.get(""), groups.get("memory")
    files = [root / unified.lstrip("/") / "memory.events"] if unified is not None else []
    files += [root / "memory" / older.lstrip("/") / "memory.oom_control"] if older is not None else []
    found = (_count(file) for file in files)
    return next((count for count in found if count is not None), None)


def _count(file: Path) -> int | None:
    try:
        found = re.search(r"^oom_kill (\d+)$", file.read_text(encoding="ascii"), re.MULTILINE)
    except (OSError, ValueError):
        return None
    return int(found[1]) if found else None
