"""Getting to know a hub's model: its small files alone, with which it can be planned. Long downloads do not keep it waiting."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import PREPARING, Endings, JobKind, Phase, SameWish
from engine.jobs.kinds.phases import CHECKING

_LOOKING = Phase("looking", Text("jobs.kinds.know_model.looking.label"), Text("jobs.kinds.know_model.looking.says"))
KNOW_MODEL = JobKind(
    key="know_model",
    runner="engine.jobs.runners.know_model:run",
    title=Text("jobs.kinds.know_model.title"),
    lane="look",
    phases=(PREPARING, _LOOKING, CHECKING),
    endings=Endings(Text("jobs.kinds.know_model.endings.succeeded")),
    same=SameWish(columns=("base_model_id",)),
    listed=False,
)
