"""Getting a base model ready: fetched or found, checked, counted."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import PREPARING, Endings, JobKind, Phase, SameWish
from engine.jobs.kinds.phases import CHECKING, downloading

_CONVERTING = Phase(
    "converting",
    Text("jobs.kinds.prepare_model.converting.label"),
    Text("jobs.kinds.prepare_model.converting.says"),
)
_RESIZING = Phase(
    "resizing",
    Text("jobs.kinds.prepare_model.resizing.label"),
    Text("jobs.kinds.prepare_model.resizing.says"),
    Text("jobs.kinds.prepare_model.resizing.megabytes"),
)
PREPARE_MODEL = JobKind(
    key="prepare_model",
    runner="engine.jobs.runners.prepare_model:run",
    title=Text("jobs.kinds.prepare_model.title"),
    lane="download",
    phases=(
        PREPARING,
        downloading(Text("jobs.kinds.prepare_model.phases.says")),
        _CONVERTING,
        _RESIZING,
        CHECKING,
    ),
    endings=Endings(Text("jobs.kinds.prepare_model.endings.succeeded")),
    same=SameWish(columns=("base_model_id",)),
)
