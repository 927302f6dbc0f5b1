"""Looking through a data set for faults."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import Endings, JobKind, Phase, SameWish, Spec

_AUDITING = Phase(
    "auditing",
    Text("jobs.kinds.audit.auditing.label"),
    Text("jobs.kinds.audit.auditing.says"),
)


def _wish(spec: Spec) -> tuple[object, ...]:
    return spec.get("content"), spec.get("settings")


AUDIT = JobKind(
    key="audit",
    runner="engine.jobs.runners.audit:run",
    title=Text("jobs.kinds.audit.title"),
    lane="data",
    phases=(_AUDITING,),
    endings=Endings(Text("jobs.kinds.audit.endings.succeeded")),
    same=SameWish(("dataset_id",), _wish, asked_to_end=False),
    listed=False,
    uses_rows=False,
)
