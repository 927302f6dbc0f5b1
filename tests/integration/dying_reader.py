"""A foreign reader whose library ends the process, as llama.cpp does where one of its assertions fails."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def open_export(_folder: Path, _base: Path | None) -> None:
    """Complain as it does, and end."""
    print("some/file.cpp:12: GGML_ASSERT(a == b) failed\n\n", file=sys.stderr, flush=True)
    os.abort()
