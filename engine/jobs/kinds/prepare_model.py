"""Getting a base model ready: fetched or found, checked, counted."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import PREPARING, Endings, JobKind, Phase, SameWish
from engine.jobs.kinds.phases import CHECKING, downloading

_CONVERTING = Phase(
    "converting",
    Text("converting", "正在转换"),
    Text(
        "Converting the model; this happens once and takes about half a minute.", "正在转换模型，只需一次，约半分钟。"
    ),
)
PREPARE_MODEL = JobKind(
    key="prepare_model",
    runner="engine.jobs.runners.prepare_model:run",
    title=Text("Get a model", "获取模型"),
    lane="background",
    phases=(
        PREPARING,
        downloading(Text("Asking where the model can be had.", "正在查询模型来源。")),
        _CONVERTING,
        CHECKING,
    ),
    endings=Endings(Text("The model is ready.", "模型已就绪。")),
    same=SameWish(columns=("base_model_id",)),
)
