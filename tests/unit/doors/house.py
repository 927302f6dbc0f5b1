"""A copy of the product to which one entry is added: one file, its texts and one line in the tuple, as a contributor would do it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.core.text import DECLARED

ROOT = Path(__file__).parents[3]
_PARTS = ("engine", "storage", "webui")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "vendor", "*.woff2", "*.png")


class House:
    """The product's code in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in _PARTS:
            shutil.copytree(ROOT / part, folder / part, ignore=_LEFT_OUT)
        for file in ("app.py", "pyproject.toml"):
            shutil.copy(ROOT / file, folder / file)

    def add(self, path: str, source: str) -> None:
        """The one new file. It must not be there yet."""
        file = self.folder / path
        assert not file.exists()
        file.write_text(source, encoding="utf-8")

    def say(self, path: str, texts: Mapping[str, tuple[str, str]]) -> None:
        """What it says: one file of texts a language, each text in English and Chinese."""
        for place, language in enumerate(("en", "zh")):
            file = self.folder / "engine" / "texts" / language / DECLARED / f"{path}.json"
            assert not file.exists()
            said = {key: both[place] for key, both in texts.items()}
            file.write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")

    def enter(self, path: str, name: str, entry: str, brought_by: str) -> None:
        """The one line: `entry` at the end of the tuple called `name` in the file `path`, and its import."""
        file = self.folder / path
        text = file.read_text(encoding="utf-8")
        found = re.search(
            rf"^{name}\b[^=\n]*= \((.*?)^\)|^{name}\b[^=\n]*= \(([^\n]*)\)$", text, re.MULTILINE | re.DOTALL
        )
        assert found is not None, f"no tuple {name} in {path}"
        end = found.end() - 1
        text = f"{text[:end].rstrip().removesuffix(',')}, {entry}{text[end:]}"
        first = re.search(r"^from engine", text, re.MULTILINE)
        place = first.start() if first else text.index("\n\n") + 2
        file.write_text(f"{text[:place]}from {brought_by} import {entry}\n{text[place:]}", encoding="utf-8")

    def ask(self, code: str) -> Any:
        """Run Python in this house; what it passes to `tell(...)` comes back as JSON."""
        script = f"import json\ndef tell(value):\n    print('TOLD' + json.dumps(value, default=str))\n{code}"
        environment = os.environ | {"PYTHONPATH": str(self.folder)}
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        told = [line for line in done.stdout.splitlines() if line.startswith("TOLD")]
        return json.loads(told[-1].removeprefix("TOLD"))
