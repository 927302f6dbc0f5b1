"""The README of an exported data set: the head that hubs read, and the same facts in words, in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from engine.core.text import LANGUAGES, Text

HUB_SPLITS = {"train": "train", "val": "validation", "test": "test"}
# https://github.com/huggingface/hub-docs/blob/main/datasetcard.md: sizes and names that the hub knows
_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)
_LARGEST = "10M<n<100M"
_LANGUAGES = ("en", "zh", "ja", "ko")  # what characters tell for sure
_LEAST_SHARE = 0.02  # rarer languages are not claimed
LICENCES = (
    "unknown", "apache-2.0", "mit", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "odc-by", "openrail", "other",
)  # fmt: skip


@dataclass(frozen=True)
class LineageStep:
    """One version on the way to the exported one."""

    number: int  # of the version
    label: Text  # what was done
    rows: int  # in the version
    summary: Mapping[str, int]  # rows "dropped", "added", "changed", "moved"
    at: float  # seconds since 1970
    params: str = ""  # of the step, as a short text


@dataclass(frozen=True)
class Facts:
    """All that a card says.

    Attributes:
        name: of the data set.
        version: its number.
        licence: one of LICENCES.
        content_hash: of the rows file.
        splits: rows by split ("train", "val", "test").
        columns: name -> type.
        languages: rows by language code.
        sources: (name, format) of each file that the rows came from.
        rejected: rows that could not be used at the import.
        steps: the lineage, the import first.
        made_up: rows made by a model or by an operation.
        made_at: when it was exported, in seconds since 1970.
    """

    name: str
    version: int
    licence: str
    content_hash: str
    splits: Mapping[str, int]
    columns: Mapping[str, str]
    languages: Mapping[str, int]
    sources: Sequence[tuple[str, str]]
    rejected: int
    steps: Sequence[LineageStep]
    made_up: int = 0
    made_at: float = field(default=0.0)


def card(facts: Facts) -> str:
    """The whole README.md."""
    import yaml

    head = yaml.safe_dump(_head(facts), sort_keys=False, allow_unicode=True, width=1000)
    return "\n\n".join([f"---\n{head}---", *(_body(facts, language) for language in LANGUAGES)]) + "\n"


def _head(facts: Facts) -> dict[str, Any]:
    rows = sum(facts.splits.values())
    files = [
        {"split": HUB_SPLITS[split], "path": f"data/{HUB_SPLITS[split]}-*"}
        for split in HUB_SPLITS
        if facts.splits.get(split)
    ]
    all_rows = sum(facts.languages.values()) or 1
    spoken = [code for code in _LANGUAGES if facts.languages.get(code, 0) / all_rows >= _LEAST_SHARE]
    head: dict[str, Any] = {
        "pretty_name": facts.name,
        "license": facts.licence,
        "task_categories": ["text-generation"],
        "size_categories": [next((name for most, name in _SIZES if rows < most), _LARGEST)],
        "tags": ["tunesmith"] + (["synthetic"] if facts.made_up else []),
        "configs": [{"config_name": "default", "data_files": files}],
    }
    return {**({"language": spoken} if spoken else {}), **head}


_TEXT = Text(
    """# {name}

Version {version}, {rows:,} rows, exported from Tunesmith on {day} (UTC).

| Part | Rows |
|---|---:|
{splits}

| Column | Type |
|---|---|
{columns}

**Where it came from:** {sources}. {rejected:,} rows could not be used and are not in here.{made_up}

**How it was made,** version by version:

| Version | Step | Rows after it | Changed | Added | Taken out | Moved | Date |
|---:|---|---:|---:|---:|---:|---:|---|
{steps}

SHA-256 of the rows: `{hash}`. Licence: {licence}. Before you publish: are you allowed to, and is nobody's private data in it?""",
    """# {name}（中文）

第 {version} 版，共 {rows:,} 行，于 {day}（UTC）从 Tunesmith 导出。

| 部分 | 行数 |
|---|---:|
{splits}

| 列 | 类型 |
|---|---|
{columns}

**来源：** {sources}。有 {rejected:,} 行无法使用，未包含在内。{made_up}

**制作过程，** 逐个版本：

| 版本 | 步骤 | 之后的行数 | 修改 | 新增 | 删除 | 移动 | 日期 |
|---:|---|---:|---:|---:|---:|---:|---|
{steps}

数据行的 SHA-256：`{hash}`。许可证：{licence}。发布之前请确认：你有权发布，且其中没有任何人的隐私数据。""",
)
_MADE_UP = Text(
    " {n:,} rows were made by a model or by an operation and carry a mark of it in Tunesmith.",
    "其中 {n:,} 行由模型或操作生成，在 Tunesmith 中带有标记。",
)
_TYPES = {
    "text": Text("text", "文本"),
    "int": Text("whole number", "整数"),
    "float": Text("number", "数值"),
    "bool": Text("yes or no", "是或否"),
    "turns": Text("list of messages (role, content)", "消息列表（role、content）"),
    "said": Text("list of messages (from, value)", "消息列表（from、value）"),
}


def _body(facts: Facts, language: str) -> str:
    return _TEXT.in_(language).format(
        name=_plain(facts.name),
        version=facts.version,
        rows=sum(facts.splits.values()),
        day=_day(facts.made_at),
        splits="\n".join(f"| {HUB_SPLITS[s]} | {facts.splits[s]:,} |" for s in HUB_SPLITS if facts.splits.get(s)),
        columns="\n".join(f"| {_plain(c)} | {_TYPES[t].in_(language)} |" for c, t in facts.columns.items()),
        sources=", ".join(f"{_plain(name)} ({form})" for name, form in facts.sources) or "–",
        rejected=facts.rejected,
        made_up=_MADE_UP.in_(language).format(n=facts.made_up) if facts.made_up else "",
        steps="\n".join(_step(step, language) for step in facts.steps),
        hash=facts.content_hash,
        licence=facts.licence,
    )


def _step(step: LineageStep, language: str) -> str:
    counts = " | ".join(f"{step.summary.get(key, 0):,}" for key in ("changed", "added", "dropped", "moved"))
    done = f"{step.label.in_(language)} {step.params}".strip()
    return f"| {step.number} | {_plain(done)} | {step.rows:,} | {counts} | {_day(step.at)} |"


def _plain(text: str) -> str:
    """A text of the user's inside Markdown: on one line, without marks that would draw something."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|!$~&" else letter for letter in " ".join(text.split()))


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
