"""Texts that were read with the wrong encoding somewhere on their way, and characters that nobody wrote."""

from __future__ import annotations

from collections.abc import Callable

from engine.core.text import Text
from engine.data.quality.base import Check, Detail, Fix, Span, Values, drop, each
from engine.data.rows.row import Row, texts_of
from engine.data.rows.text_repair import faults_in


def _look(_values: Values) -> Callable[[Row], Detail | None]:
    return judge


def judge(row: Row) -> Detail | None:
    """What is broken in a row."""
    spans: list[Span] = []
    for part, text in enumerate(texts_of(row)):
        spans += [(part, start, end, kind) for start, end, kind in sorted(faults_in(text))]
    if not spans:
        return None
    kinds = {span[3] for span in spans}
    code = next(kind for kind in ("mojibake", "lost", "control") if kind in kinds)
    return {"code": f"encoding.{code}", "spans": spans[:200]}


BROKEN_ENCODING = Check(
    key="broken_encoding",
    severity="serious",
    label=Text("data.quality.encoding.broken_encoding.label"),
    help=Text("data.quality.encoding.broken_encoding.help"),
    found=Text("data.quality.encoding.broken_encoding.found"),
    run=each(_look),
    fixes=(
        Fix("mend_encoding", {}, Text("data.quality.encoding.broken_encoding.mend_encoding.label")),
        drop("broken_encoding"),
    ),
    weight=3,
)
