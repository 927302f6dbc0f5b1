"""The Data page: rows that wait to be approved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from engine.services.data.annotation import annotation_queue
from engine.shapes.annotation import AddedRows, ReviewQueue, ReviewRowView
from engine.shapes.data import RowContent
from webui.site import Site

Decision = Literal["approve", "reject", "wait", "edit"]


def functions(site: Site, lang: str) -> list[Callable[..., Any]]:
    """What this part of the page calls."""
    ctx = site.ctx

    def review_count() -> int:
        return annotation_queue.waiting(ctx)

    def review_queue(status: str, offset: int, dataset: int | None) -> ReviewQueue:
        return annotation_queue.queue(ctx, None if status == "all" else status, offset, 50, dataset)

    def review_decide(row: int, decision: Decision, content: RowContent | None, by_hand: bool) -> ReviewRowView:
        return annotation_queue.decide(ctx, row, decision, content, by_hand=by_hand)

    def review_approve_all(dataset: int | None) -> int:
        return annotation_queue.approve_waiting(ctx, dataset)

    def review_forget(dataset: int | None) -> int:
        return annotation_queue.forget_rejected(ctx, dataset)

    def review_add(target: int | str, dataset: int | None) -> AddedRows:
        return annotation_queue.add_approved(ctx, target, dataset)

    return [review_count, review_queue, review_decide, review_approve_all, review_forget, review_add]
