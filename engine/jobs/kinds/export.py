"""An export: from a tuned model to one file to take away."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import Endings, JobKind, Phase, SameWish, Spec
from engine.jobs.kinds.phases import CHECKING, LOADING, SAVING
from storage.job_tables import UNFINISHED, JobStatus

_MERGING = Phase(
    "merging",
    Text("jobs.kinds.export.merging.label"),
    Text("jobs.kinds.export.merging.says"),
)
_ASKING = Phase("asking", Text("jobs.kinds.export.asking.label"), Text("jobs.kinds.export.asking.says"))
_TRACING = Phase("tracing", Text("jobs.kinds.export.tracing.label"), Text("jobs.kinds.export.tracing.says"))
_PROVING = Phase("proving", Text("jobs.kinds.export.proving.label"), Text("jobs.kinds.export.proving.says"))
_PACKING = Phase("packing", Text("jobs.kinds.export.packing.label"), Text("jobs.kinds.export.packing.says"))


def _wish(spec: Spec) -> object:
    """Of which model; whether an earlier file is in the form and with the settings that are wanted, the service tells."""
    return spec.get("tuned_id")


EXPORT = JobKind(
    key="export",
    runner="engine.jobs.runners.export:run",
    title=Text("jobs.kinds.export.title"),
    lane="background",
    phases=(CHECKING, LOADING, _ASKING, _MERGING, _TRACING, SAVING, _PROVING, _PACKING),
    endings=Endings(Text("jobs.kinds.export.endings.succeeded")),
    same=SameWish(("base_model_id", "dataset_id"), _wish, statuses=(*UNFINISHED, JobStatus.SUCCEEDED)),
    gives_file=True,
)
