"""What a proof is made of: the foreign library that reads an export, and from where on the export has failed. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from engine.core.text import Text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class ForeignReader:
    """A foreign library that reads exports in a process of its own.

    Attributes:
        label: the library's name for people.
        module: that has `open_export(folder, base) -> ForeignReading`; it imports that library and nothing of ours beside this file.
    """

    label: Text
    module: str


@dataclass(frozen=True)
class ProofLimits:
    """From where on an export does not answer as the tuned model any more.

    Attributes:
        divergence: mean Kullback-Leibler divergence of the next token's distribution, in nats.
        divergence_99: its 99th percentile.
        agreement: least share of places where both expect the same token.
        flips: largest share of questions that were answered right before and are wrong now.
    """

    divergence: float
    divergence_99: float
    agreement: float
    flips: float = 0.1


class ForeignReading(Protocol):
    """An export as a foreign library reads it."""

    library: str  # name and version, as the proof says it

    def rendered(self, messages: list[dict[str, Any]], tools: list[Any] | None, ask: bool) -> str:
        """A conversation by the export's own chat template, `ask`: with what comes before an answer."""

    def tokens(self, text: str) -> list[int]:
        """Of a text that the template has rendered."""

    def ends(self) -> list[int]:
        """Tokens that end an answer, by the export's own settings."""

    def log_probs(self, ids: list[int], first: int) -> NDArray[np.float32]:
        """Natural logarithms of the next token's probabilities after each token from place `first` on: (len(ids) - first, words)."""

    def answer(self, ids: list[int], most: int) -> list[int]:
        """The likeliest answer to a prompt, greedy, at most so many tokens, without its end token."""

    def text(self, ids: list[int]) -> str:
        """Tokens as text, special ones left out."""

    def formats(self) -> dict[str, dict[str, int]]:
        """Number formats of the stored tensors: {"F16": {"tensors", "bytes"}}."""


@runtime_checkable
class NumberedReading(ForeignReading, Protocol):
    """One that holds the very numbers of the export, and can calculate in the format that they are stored in."""

    def numbers(self) -> str | None:
        """A hash of all the numbers, as `engine.exports.proof.prints` makes it; None where the export is not all of the model."""

    def overflows(self, ids: list[int]) -> bool:
        """Whether it says no numbers when it calculates in the format that it is stored in. The last question of all."""


@runtime_checkable
class ScoringReading(ForeignReading, Protocol):
    """One that reads reward models too."""

    def score(self, ids: list[int]) -> float:
        """What the head beside the model says of a text, at its last token."""


def base_beside(folder: Path) -> bool:
    """Whether a folder holds an adapter alone, which a reader puts on its base."""
    return (folder / "adapter_config.json").is_file() and not (folder / "config.json").is_file()
