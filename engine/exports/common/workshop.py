"""What the forms of one export job share: the tuned model, read once however many there are, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Open = Callable[[], Any]


@dataclass
class Workshop:
    """Opened by the runner of an export job (`engine.exports.writing.opening`), and closed before the proofs begin.

    Attributes:
        truth: folder of what the tuned model says (`engine.exports.proof.truth`); None where there is nothing to ask (examples).
        merge: makes the plain model; None where the result does not merge.
    """

    truth: Path | None = None
    merge: Open | None = None
    _plain: Any = None

    def plain(self) -> Any:
        """The tuned model as a plain model of transformers, fp32 on the processor. It is shared: leave it as it is.

        Raises:
            Fault: "export.differs", where the merged model does not answer as the tuned one.
        """
        if self._plain is None:
            assert self.merge is not None, "a form that needs a plain model is only made of results that merge"
            self._plain, self.merge = self.merge(), None
        return self._plain

    def close(self) -> None:
        """Give the memory back."""
        self._plain = self.merge = None
