"""Files that are uploaded one after another and belong together: kept in a folder of their own until the last one is here."""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from pathlib import Path

from engine.core.errors import Fault
from engine.core.settings import Settings

MAX_FILES = 200
_KEY = re.compile(r"[0-9a-f]{32}")
_FORGOTTEN_SECONDS = 24 * 3600


class UploadGroup:
    """The files of one key that are here so far."""

    def __init__(self, settings: Settings, key: str) -> None:
        if not _KEY.fullmatch(key):
            raise Fault("web.upload_incomplete", got=0, size=0)
        self._parent = settings.folder("uploads", "groups")
        self.folder = self._parent / key

    def size(self) -> int:
        """Bytes that are here."""
        return sum(path.stat().st_size for path in self._files())

    def take(self, path: Path, name: str, place: int) -> None:
        """Move a file in. Raises Fault("web.upload_too_many")."""
        if not 0 <= place < MAX_FILES:
            raise Fault("web.upload_too_many", limit=MAX_FILES)
        self._forget_old()
        self.folder.mkdir(exist_ok=True)
        shutil.move(path, self.folder / f"{place:04}.part")
        (self.folder / f"{place:04}.name").write_text(name, encoding="utf-8")

    def files(self, count: int) -> list[tuple[Path, str]]:
        """Every file with its name, in order. Raises Fault("web.upload_incomplete") when some are missing."""
        found = self._files()
        if len(found) != count:
            raise Fault("web.upload_incomplete", got=len(found), size=count)
        return [(path, path.with_suffix(".name").read_text(encoding="utf-8")) for path in found]

    def remove(self) -> None:
        """Nothing of the group stays."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.part"))

    def _forget_old(self) -> None:
        for folder in self._parent.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another upload is done with it
                if time.time() - folder.stat().st_mtime > _FORGOTTEN_SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)
