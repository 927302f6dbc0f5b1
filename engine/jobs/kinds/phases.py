"""Phases that several kinds of job have."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import Phase

READING = Phase("reading", Text("jobs.kinds.phases.reading.label"), Text("jobs.kinds.phases.reading.says"))
LOADING = Phase("loading", Text("jobs.kinds.phases.loading.label"), Text("jobs.kinds.phases.loading.says"))
REFERENCE = Phase("reference", Text("jobs.kinds.phases.reference.label"), Text("jobs.kinds.phases.reference.says"))
TRAINING = Phase("training", Text("jobs.kinds.phases.training.label"), Text("jobs.kinds.phases.training.says"))
EVALUATING = Phase(
    "evaluating",
    Text("jobs.kinds.phases.evaluating.label"),
    Text("jobs.kinds.phases.evaluating.says"),
)
SAMPLING = Phase(
    "sampling",
    Text("jobs.kinds.phases.sampling.label"),
    Text("jobs.kinds.phases.sampling.says"),
)
SCORING = Phase(
    "scoring",
    Text("jobs.kinds.phases.scoring.label"),
    Text("jobs.kinds.phases.scoring.says"),
)
GENERATING = Phase(
    "generating",
    Text("jobs.kinds.phases.generating.label"),
    Text("jobs.kinds.phases.generating.says"),
)
REWARDING = Phase(
    "rewarding",
    Text("jobs.kinds.phases.rewarding.label"),
    Text("jobs.kinds.phases.rewarding.says"),
)
SAVING = Phase("saving", Text("jobs.kinds.phases.saving.label"), Text("jobs.kinds.phases.saving.says"))
CHECKING = Phase("checking", Text("jobs.kinds.phases.checking.label"), Text("jobs.kinds.phases.checking.says"))
WRITING = Phase("writing", Text("jobs.kinds.phases.writing.label"), Text("jobs.kinds.phases.writing.says"))


def downloading(says: Text) -> Phase:
    """A download; `says` what happens before its size is known."""
    megabytes = Text("jobs.kinds.phases.downloading.megabytes")
    return Phase("downloading", Text("jobs.kinds.phases.downloading.label"), says, megabytes)
