"""What unfinished forms keep, by the kind of draft."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from engine.core.conforming import LARGEST, conform
from engine.core.errors import Fault
from engine.shapes.jobs import TypedNumber
from webui.train_shapes import WizardDraft


class CompareDraft(TypedDict):
    """What the form of a comparison keeps between visits."""

    key: str  # its own: starting the same draft twice makes one comparison
    name: str  # of the comparison
    base_model: int | None  # id
    dataset: int | None  # id
    chosen: list[str]  # keys of entrants
    own: dict[str, dict[str, Any]]  # settings by entrant
    shared: dict[str, Any]  # settings that are the same for all
    device: str  # "auto", or key of a device
    memory_mb: TypedNumber  # limit of each job
    judged_by: NotRequired[
        list[dict[str, Any]]
    ]  # rewards that say which of two answers is better; empty for the usual one


class SheetDraft(TypedDict):
    """The table that is being typed."""

    columns: list[str]  # names
    rows: list[list[str]]  # cells
    name: str  # of the data set


TRAIN, COMPARE, SHEET = "train", "compare", "data_sheet"
SHAPES: Mapping[str, type] = {TRAIN: WizardDraft, COMPARE: CompareDraft, SHEET: SheetDraft}
BY_ADDRESS = {
    "model": "base_model",
    "dataset": "dataset",
}  # what a page's address may fill in, and the draft's field for it


def asked_ids(query: Mapping[str, str]) -> dict[str, int]:
    """The ids in a page's address; of a number that is too long for one an id that nothing has."""
    known = {key: value for key, value in query.items() if value.isdecimal()}
    return {key: int(value) if len(value) < len(str(LARGEST)) else LARGEST for key, value in known.items()}


def in_shape(kind: str, draft: Any) -> Any:
    """The draft itself. Raises Fault where it has not the shape of its kind, or there is no such kind."""
    if kind not in SHAPES:
        raise Fault("web.no_page")
    conform(draft, SHAPES[kind], "draft")
    return draft
