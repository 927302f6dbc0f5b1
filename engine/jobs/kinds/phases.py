"""Phases that several kinds of job have."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import Phase

READING = Phase("reading", Text("reading the data", "正在读取数据"), Text("Reading the data.", "正在读取数据。"))
LOADING = Phase("loading", Text("loading the model", "正在加载模型"), Text("Loading the model.", "正在加载模型。"))
TRAINING = Phase("training", Text("training", "正在训练"), Text("Training has begun.", "训练已开始。"))
EVALUATING = Phase(
    "evaluating",
    Text("evaluating on the validation split", "正在验证集上评估"),
    Text("Evaluating on the validation split.", "正在验证集上评估。"),
)
SAMPLING = Phase(
    "sampling",
    Text("answering the sample questions", "正在回答示例问题"),
    Text("Answering the sample questions.", "正在回答示例问题。"),
)
SCORING = Phase(
    "scoring",
    Text("answering the questions that are scored", "回答要评分的问题"),
    Text("Answering the questions that are scored.", "正在回答要评分的问题。"),
)
SAVING = Phase("saving", Text("saving", "正在保存"), Text("Saving.", "正在保存。"))
CHECKING = Phase("checking", Text("checking the files", "正在校验文件"), Text("Checking the files.", "正在检查文件。"))
WRITING = Phase("writing", Text("writing rows", "正在写入数据行"), Text("Writing rows.", "正在写入数据行。"))


def downloading(says: Text) -> Phase:
    """A download; `says` what happens before its size is known."""
    megabytes = Text("Downloading: {done} of {total} MB.", "正在下载：{done} / {total} MB。")
    return Phase("downloading", Text("downloading", "正在下载"), says, megabytes)
