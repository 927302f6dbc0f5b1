"""Writing a large version of a data set into a file."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import Endings, JobKind, SameWish
from engine.jobs.kinds.phases import WRITING

EXPORT_DATA = JobKind(
    key="export_data",
    runner="engine.jobs.runners.export_data:run",
    title=Text("Data export", "数据导出"),
    lane="data",
    phases=(WRITING,),
    endings=Endings(
        Text("The file is ready on the data set's Export tab.", "文件已生成，请到数据集的“导出”标签页下载。")
    ),
    same=SameWish(columns=("dataset_id",), wish=lambda spec: spec.get("key")),
    listed=False,
    uses_rows=False,
)
