"""What can be chosen when a version of a data set is taken away."""

from __future__ import annotations

from engine.core.params import Param
from engine.core.text import Text
from engine.data.writers.card import LICENCES

PARAMS = (
    Param(
        key="format",
        kind="choice",
        default="jsonl",
        label=Text("Format", "格式"),
        help=Text(
            "JSONL for training tools, CSV for spreadsheets, Parquet for large sets; the folder is what the Hugging Face Hub reads.",
            "JSONL 适合训练工具，CSV 适合表格软件，Parquet 适合大数据集；文件夹可直接上传到 Hugging Face。",
        ),
        choices={
            "jsonl": Text("JSONL", "JSONL"),
            "csv": Text("CSV (table)", "CSV（表格）"),
            "parquet": Text("Parquet", "Parquet"),
            "hub": Text(
                "Folder for Hugging Face, with a data set card (ZIP)", "Hugging Face 文件夹，含数据集卡片（ZIP）"
            ),
        },
        advanced=False,
    ),
    Param(
        key="form",
        kind="choice",
        default="original",
        label=Text("Columns", "列"),
        help=Text(
            "The columns that the file came with, or Tunesmith's own form, which every row fits: conversations as a list of messages.",
            "可选文件原有的列，或 Tunesmith 自己的形式（任何行都适用）：对话写成消息列表。",
        ),
        choices={
            "original": Text("As in the original file", "与原文件相同"),
            "own": Text("Messages (fits every row)", "消息列表（适用于所有行）"),
        },
        advanced=False,
    ),
    Param(
        key="part",
        kind="choice",
        default="all",
        label=Text("Rows", "数据行"),
        help=Text("All rows, or one part of the split.", "全部数据行，或划分中的一部分。"),
        choices={
            "all": Text("All", "全部"),
            "train": Text("Training", "训练集"),
            "val": Text("Validation", "验证集"),
            "test": Text("Test", "测试集"),
        },
        advanced=False,
    ),
    Param(
        key="split_column",
        kind="bool",
        default=False,
        label=Text("Add a column with the split", "添加“划分”列"),
        help=Text("Each row says whether it is train, val or test.", "每一行注明属于 train、val 还是 test。"),
    ),
    Param(
        key="safe",
        kind="bool",
        default=False,
        label=Text("Disarm formulas", "防止公式执行"),
        help=Text(
            "Texts that begin with = + - or @ get an apostrophe before them, so that a spreadsheet does not run them. They no longer"
            " come back unchanged.",
            "以 = + - @ 开头的文本前会加一个撇号，避免表格软件把它当作公式执行。重新导入时这些文本会有变化。",
        ),
    ),
    Param(
        key="bom",
        kind="bool",
        default=False,
        label=Text("Mark for Excel", "Excel 标记"),
        help=Text(
            "Begins with a byte order mark, so that Excel shows letters with accents and Chinese rightly.",
            "文件以字节顺序标记（BOM）开头，Excel 才能正确显示中文和带重音的字母。",
        ),
    ),
    Param(
        key="licence",
        kind="choice",
        default="unknown",
        label=Text("Licence", "许可证"),
        help=Text(
            "Stands in the data set card. Choose one only if the texts are yours to give.",
            "写在数据集卡片中。只有当你有权授权这些文本时才选择。",
        ),
        choices={key: Text(key, key) for key in LICENCES} | {"unknown": Text("not chosen", "未选择")},
        advanced=False,
    ),
)
