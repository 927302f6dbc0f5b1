"""The examples that are put before each question."""

from __future__ import annotations

from engine.core.text import Text
from engine.exports.declaration import ExportFormat, ReadmePart
from engine.exports.result_files import as_large_as_it_is, write_as_it_is

_ABOUT = Text(
    """
Nothing was trained. `shots.json` holds the examples (`rows`) that are put before each question, and how they are chosen
(`choice`, `count`, and `tokens`: how much of the context they may take).
""",
    """
没有训练任何东西。`shots.json` 保存放在每个问题之前的示例（`rows`）以及选择方式（`choice`、`count`，以及 `tokens`：最多占用的上下文）。
""",
)

SHOTS = ExportFormat(
    key="shots",
    label=Text("Examples (JSON)", "示例（JSON）"),
    help=Text(
        "The examples that are put before each question, with the chat template. They work with any model.",
        "放在每个问题之前的示例及对话模板，可用于任何模型。",
    ),
    made_of=("shots",),
    suffix="shots",
    write=write_as_it_is,
    readme=lambda _source: ReadmePart(_ABOUT),
    folder_bytes=as_large_as_it_is,
    proof=Text(
        "The sha256 of the file is the one that the job stored; the README names it.",
        "文件的 sha256 与任务保存时一致；README 中写有该值。",
    ),
    also=("adapter",),
)
