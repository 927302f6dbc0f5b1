"""Word, PDF and others: their text or their tables are taken out once, into a file next to them that is then read in place of them.

The libraries that do it may work for hours or fill the memory over a file that was made to do so, or is only odd. So they
run in a child (`python -m engine.data.readers.documents`), one for all documents of an upload, which is ended when that happens.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from engine.core.errors import Fault
from engine.core.shapes import CodedMessage
from engine.data.readers.pdf_reader import extract_pdf
from engine.data.readers.tables.take import PAGE_TEXT, TAKERS, take_out
from engine.data.readers.word_reader import extract_word
from engine.data.records.bounds import DOCUMENT_MEMORY, DOCUMENT_SECONDS, ReadingBudget
from engine.data.records.record import show

DOCUMENTS = ("docx", "pdf", "epub", PAGE_TEXT)
ENCODING = "utf-8"
_HEED_S = 0.2  # while the child works


def text_beside(path: Path) -> Path:
    """Where the text of a document is put."""
    return path.with_name(path.name + ".text")


class Documents:
    """Takes texts out of documents. Used as a context: on leaving, the child ends.

    Args:
        child: the module whose `main` answers, in the child.
    """

    def __init__(
        self, seconds: float = DOCUMENT_SECONDS, budget: ReadingBudget | None = None, child: str = __name__
    ) -> None:
        self._left = seconds
        self._budget, self._module = budget or ReadingBudget(), child
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Documents:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._end()

    def take(self, path: Path, kind: str) -> tuple[Path, dict[str, Any]]:
        """The file of what was taken out, and what is known: {"pages", "lost": [[page, code, params]]} of a PDF, "tables" of others.

        Raises:
            Fault: why there is no text to take; "data.document.too_heavy" when it takes too much time or memory.
        """
        target = text_beside(path)
        began = time.monotonic()
        try:
            told = json.loads(self._ask([kind, str(path), str(target)], self._left / 2))
            if "code" in told:
                raise Fault(told["code"], **told["params"])
            return target, told
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        finally:
            self._left -= time.monotonic() - began

    def _ask(self, order: list[str], seconds: float) -> str:
        """The child's line of answer."""
        child = self._child = self._child or _start(self._module)
        assert child.stdin is not None
        assert child.stdout is not None
        answer = b""
        with contextlib.suppress(BrokenPipeError):
            child.stdin.write(json.dumps(order).encode() + b"\n")
            child.stdin.flush()
            answer = _line(child.stdout, time.monotonic() + seconds, self._budget)
        if not answer.endswith(b"\n"):
            self._end()
            raise Fault("data.document.too_heavy", minutes=round(DOCUMENT_SECONDS / 120), gb=DOCUMENT_MEMORY // 2**30)
        return answer.decode()

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()


def _start(module: str) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-m", module]
    return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)


def _line(stream: IO[bytes], until: float, budget: ReadingBudget) -> bytes:
    """A line, or as much of it as came before the end of the stream or of the time."""
    line = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while not line.endswith(b"\n") and (left := until - time.monotonic()) > 0:
            budget.heed()
            if not selector.select(min(left, _HEED_S)):
                continue
            piece = os.read(stream.fileno(), 2**16)
            if not piece:
                break
            line += piece
    return line


# ------------------------------------------------------------------ in the child


def _extract(kind: str, path: Path, target: Path) -> dict[str, Any]:
    if kind in TAKERS:
        return take_out(kind, path, target)
    with target.open("w", encoding=ENCODING, newline="") as out:
        if kind == "docx":
            extract_word(path, out)
            return {}
        pages, lost = extract_pdf(path, out)
        return {"pages": pages, "lost": [list(one) for one in lost]}


def _outcome(kind: str, path: str, target: str) -> dict[str, Any] | CodedMessage:
    try:
        return _extract(kind, Path(path), Path(target))
    except Fault as fault:
        return fault.as_dict()
    except MemoryError:
        raise
    except Exception as error:  # odd files make the libraries raise whatever there is
        code = {"docx": "data.word.damaged", "pdf": "data.pdf.damaged", "epub": "data.epub.damaged"}.get(kind)
        detail = show(str(error) or type(error).__name__)
        if code is None:
            return Fault("data.table.damaged", kind=kind.upper(), detail=detail).as_dict()
        return Fault(code, detail=detail).as_dict()


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # not every system has such limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (DOCUMENT_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))


def main() -> None:
    """Answer each line ([kind, path, target]) with a line; ends with its input."""
    answer_orders(_outcome)


def answer_orders(outcome: Callable[[str, str, str], Any]) -> None:
    """Be the child: answer each line ([kind, path, target]) with a line, under a limit of memory; ends with its input."""
    _limit_memory()
    answers, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    for order in sys.stdin:
        print(json.dumps(outcome(*json.loads(order))), file=answers, flush=True)


if __name__ == "__main__":
    main()
