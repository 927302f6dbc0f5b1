"""Merging: from several adapters of one base to a new tuned model."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import Endings, JobKind, Phase, SameWish, Spec
from engine.jobs.kinds.phases import CHECKING, LOADING, SAVING

_MERGING = Phase(
    "merging",
    Text("jobs.kinds.tuned.merge_adapters.merging.label"),
    Text("jobs.kinds.tuned.merge_adapters.merging.says"),
)
_COMPARING = Phase(
    "comparing",
    Text("jobs.kinds.tuned.merge_adapters.comparing.label"),
    Text("jobs.kinds.tuned.merge_adapters.comparing.says"),
)


def _wish(spec: Spec) -> object:
    """What is merged, and how; under which name is no other wish while the first is under way."""
    return spec.get("parents"), spec.get("way"), spec.get("rank")


MERGE_ADAPTERS = JobKind(
    key="merge_adapters",
    runner="engine.jobs.runners.tuned.merge_adapters:run",
    title=Text("jobs.kinds.tuned.merge_adapters.title"),
    lane="background",
    phases=(CHECKING, LOADING, _MERGING, _COMPARING, SAVING),
    endings=Endings(Text("jobs.kinds.tuned.merge_adapters.endings.succeeded")),
    same=SameWish(columns=("base_model_id",), wish=_wish, asked_to_end=False),
    numbered=True,
    uses_rows=False,
    needs_weights=True,
)
