"""What of an answer counts: its words without its thinking, and what stands between tags."""

from __future__ import annotations

from engine.data.thoughts.marks import parted


def words_of_answer(answer: str) -> str:
    """The answer without the thought that it begins with."""
    found = parted(answer)
    return (found.words if found else answer).strip()


def inside(answer: str, tag: str) -> str | None:
    """What stands between the last <tag> and its end; all of the words where no tag is named, None where it is not there."""
    if not tag:
        return words_of_answer(answer)
    before, closed, _rest = answer.rpartition(f"</{tag}>")
    _before, opened, within = before.rpartition(f"<{tag}>")
    return within.strip() if closed and opened else None
