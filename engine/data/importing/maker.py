"""A process that makes rows for an import: `python -m engine.data.importing.maker SOCKET`."""

from __future__ import annotations

import sys
from multiprocessing.connection import Connection

from engine.data.importing.making import serve

if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
