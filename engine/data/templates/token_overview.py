"""How long rows are in a model's tokens, and what of them is trained on: over a sample, one row after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.core.errors import Fault
from engine.core.shapes import CodedMessage
from engine.data.rows.overview import Numbers, spread
from engine.data.rows.row import Row, conversation_of, kind_of, question_of
from engine.data.templates.encoded import Encoded
from engine.data.templates.template import ChatTemplate

MOST_ROWS = 4_000  # tokens take a hundred times longer to count than characters
LIMITS = (256, 512, 1024, 2048, 4096, 8192, 16384, 32768)


@dataclass
class Tokens:
    """Lengths in tokens of the rows so far, by part."""

    whole: list[int] = field(default_factory=list)  # tokens of each row
    answer: list[int] = field(default_factory=list)  # trained tokens of each row
    question: list[int] = field(default_factory=list)  # tokens of each question; none for plain texts
    train: list[bool] = field(default_factory=list)  # whether each row is in the training split
    refused: int = 0  # rows that the template cannot take
    skipped: int = 0  # rows with an answer that the template rewrites, so that it is not trained
    thoughts: int = 0  # rows with an answer whose reasoning the template leaves out
    ends: int = 0  # rows with an answer that gets an end token which the template does not write
    unlearnable: int = 0  # rows without a trained token
    cropped: int = 0  # rows with an answer whose white space at the beginning the template drops
    controls: int = 0  # rows with control tokens in their texts, which are text
    reason: CodedMessage | None = None  # the first refusal, as {"code", "params"}

    def add(self, rows: Sequence[Row], template: ChatTemplate) -> None:
        """Count some rows; what the template refuses is counted apart."""
        taken = []
        for row, encoded in zip(rows, template.encode_many([one_text(row) for row in rows]), strict=True):
            if isinstance(encoded, Fault):
                self.refused += 1
                self.reason = self.reason or encoded.as_dict()
            else:
                taken.append(row)
                self._count(row, encoded)
        self.question += template.token_counts([question_of(row) for row in taken if kind_of(row) != "text"])

    def _count(self, row: Row, encoded: Encoded) -> None:
        self.whole.append(len(encoded.ids))
        self.answer.append(encoded.trained)
        self.train.append(row["split"] == "train")
        self.skipped += encoded.skipped_turns > 0
        self.thoughts += encoded.lost_thoughts > 0
        self.ends += encoded.added_ends > 0 and kind_of(row) != "text"
        self.unlearnable += not encoded.trained
        self.cropped += encoded.cropped > 0
        self.controls += encoded.controls

    def as_dict(self, rows: int, context: int | None) -> dict[str, Any]:
        """The report; numbers of rows and tokens are scaled up to the whole data set.

        Args:
            context: the most tokens that the model takes.

        Returns:
            {"looked", "rows", "whole", "answer", "question" (as `spread`; None where there is none), "over": [[limit, rows]],
            "context", "over_context", "epoch": {"tokens", "learnt"}, "refused", "reason", "skipped", "thoughts", "ends",
            "unlearnable", "cropped", "controls"}.
        """
        whole, answer, train = np.array(self.whole), np.array(self.answer), np.array(self.train, dtype=bool)
        looked = len(self.whole) + self.refused
        scale = rows / looked if looked else 0.0
        return {
            "looked": looked,
            "rows": rows,
            "whole": spread(whole),
            "answer": spread(answer),
            "question": spread(np.array(self.question)) if self.question else None,
            "over": [[limit, _scaled(whole > limit, scale)] for limit in LIMITS],
            "context": context,
            "over_context": _scaled(whole > context, scale) if context else 0,
            "epoch": {
                "tokens": round(float(whole[train].sum()) * scale),
                "learnt": round(float(answer[train].sum()) * scale),
            },
            "refused": round(self.refused * scale),
            "reason": self.reason,
            "skipped": round(self.skipped * scale),
            "thoughts": round(self.thoughts * scale),
            "ends": round(self.ends * scale),
            "unlearnable": round(self.unlearnable * scale),
            "cropped": round(self.cropped * scale),
            "controls": round(self.controls * scale),
        }


def one_text(row: Row) -> Row:
    """The row as one conversation or text: of two answers the better one."""
    if kind_of(row) in ("chat", "text"):
        return row
    kept: Row = {key: row[key] for key in ("tools", "weight") if key in row}
    return {"messages": conversation_of(row), **kept}


def _scaled(flags: Numbers, scale: float) -> int:
    return round(int(np.count_nonzero(flags)) * scale)
