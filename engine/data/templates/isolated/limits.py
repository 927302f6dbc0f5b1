"""What a model's template and tokenizer may take up."""

from __future__ import annotations

from dataclasses import dataclass

MOST_TOKENS = 5_000_000  # that a tokenizer may make of one text


@dataclass(frozen=True)
class ChildLimits:
    """The bounds of one child process.

    Attributes:
        row_s: seconds for one row.
        load_s: seconds for reading a tokenizer's files.
        memory_bytes: that a child may hold in all.
        answer_bytes: of one message.
        idle_s: seconds without a request after which a child ends.
        pause_s: how long a model that ended a child is not tried again; twice as long each further time.
        longest_pause_s: at most.
    """

    row_s: float = 10.0
    load_s: float = 30.0
    memory_bytes: int = 1_500_000_000
    answer_bytes: int = 512_000_000
    idle_s: float = 600.0
    pause_s: float = 60.0
    longest_pause_s: float = 3600.0


LIMITS = ChildLimits()
