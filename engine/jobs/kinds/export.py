"""An export: from a tuned model to one file to take away."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import Endings, JobKind, Phase, SameWish, Spec
from engine.jobs.kinds.phases import CHECKING, LOADING, SAVING
from storage.job_tables import UNFINISHED, JobStatus

_MERGING = Phase(
    "merging",
    Text("merging adapter and base", "正在合并适配器与基座模型"),
    Text("Merging the adapter into the model.", "正在将适配器合并到模型。"),
)
_PACKING = Phase("packing", Text("packing the zip", "正在打包 zip"), Text("Packing the files.", "正在打包文件。"))


def _wish(spec: Spec) -> object:
    """Of which model; whether an earlier file is in the form and with the settings that are wanted, the service tells."""
    return spec.get("tuned_id")


EXPORT = JobKind(
    key="export",
    runner="engine.jobs.runners.export:run",
    title=Text("Export", "导出"),
    lane="background",
    phases=(CHECKING, LOADING, _MERGING, SAVING, _PACKING),
    endings=Endings(Text("The files are ready.", "文件已就绪。")),
    same=SameWish(("base_model_id", "dataset_id"), _wish, statuses=(*UNFINISHED, JobStatus.SUCCEEDED)),
    gives_file=True,
)
