"""The home folder is its owner's alone: folders 0700, files 0600, whatever is made in it and whatever earlier versions made.

On Windows a folder has the rights of the user's own profile; nothing is done there.
"""

from __future__ import annotations

import logging
import os
import stat
from contextlib import suppress
from pathlib import Path

_KNOWS_RIGHTS = os.name != "nt"
_OWNERS = 0o700  # bits that stay
_MASK = 0o077
_MARK = ".private"  # names the folder in which everything was made private: a copy of a home is another one
_OURS = ("cache", "datasets", "exports", "imports", "jobs", "logs", "models", "rejected", "tuned", "uploads")
_AT_EACH_START = ("tunesmith.db", "tunesmith.db-wal", "tunesmith.db-shm", "session.key")
_SHARED = "models"  # in it files may be second names of a prepared model that others read too
_log = logging.getLogger(__name__)


def create_privately() -> None:
    """What this process and its children make from now on is readable by their user alone."""
    if _KNOWS_RIGHTS:
        os.umask(_MASK)


def make_private(home: Path) -> int:
    """Make the folder, and take what others may do with it away: of all that is ours in it once, of the folder itself each time.

    Returns:
        how many files and folders others could reach before.

    Raises:
        OSError: the folder cannot be made.
    """
    create_privately()
    home.mkdir(parents=True, exist_ok=True)
    if not _KNOWS_RIGHTS:
        return 0
    changed = _closed(home) + sum(_closed(home / name) for name in _AT_EACH_START)
    if not _is_done(home):
        changed += sum(_closed(file) for file in home.glob("tunesmith.*"))  # copies made before an upgrade
        changed += sum(sum(_close_below(home / name)) + _closed(home / name) for name in _OURS)
        _mark_done(home)
        if changed:
            _log.warning("%d files and folders of %s could be reached by others. Now only you can.", changed, home)
    return changed


def others_home(home: Path) -> dict[str, str] | None:
    """The words of what to tell where the folder belongs to somebody else, who can read and change all that is in it."""
    if not _KNOWS_RIGHTS or not home.is_dir() or home.stat().st_uid == os.geteuid():
        return None
    return {"home": str(home), "owner": _name(home.stat().st_uid)}


def _name(user: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def _close_below(folder: Path) -> list[bool]:
    """Whether each entry was open to others. Links are not followed."""
    done: list[bool] = []
    shared, left = folder.name == _SHARED, [str(folder)]
    while left:
        place = left.pop()
        with suppress(OSError), os.scandir(place) as entries:
            for entry in entries:
                done.append(_close_entry(entry, shared=shared))
                if entry.is_dir(follow_symlinks=False):
                    left.append(entry.path)
    return done


def _close_entry(entry: os.DirEntry[str], *, shared: bool) -> bool:
    with suppress(OSError):
        found = entry.stat(follow_symlinks=False)
        several = shared and found.st_nlink > 1 and stat.S_ISREG(found.st_mode)
        if not stat.S_ISLNK(found.st_mode) and not several:
            return _take_away(entry.path, found.st_mode)
    return False


def _closed(file: Path) -> bool:
    with suppress(OSError):
        mode = file.lstat().st_mode
        return not stat.S_ISLNK(mode) and _take_away(str(file), mode)
    return False


def _take_away(path: str, mode: int) -> bool:
    if not stat.S_IMODE(mode) & ~_OWNERS:
        return False
    os.chmod(path, mode & _OWNERS)
    return True


def _is_done(home: Path) -> bool:
    try:
        return (home / _MARK).read_text(encoding="ascii") == _number(home)
    except (OSError, ValueError):
        return False


def _mark_done(home: Path) -> None:
    """A home that cannot be written to is looked through again at the next start."""
    with suppress(OSError):
        (home / _MARK).write_text(_number(home), encoding="ascii")


def _number(home: Path) -> str:
    found = home.stat()
    return f"{found.st_dev}:{found.st_ino}"
