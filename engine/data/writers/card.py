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


_TEXT = Text("data.writers.card.text")
_MADE_UP = Text("data.writers.card.made_up")
_TYPES = {
    "text": Text("data.writers.card.types.text"),
    "int": Text("data.writers.card.types.int"),
    "float": Text("data.writers.card.types.float"),
    "bool": Text("data.writers.card.types.bool"),
    "turns": Text("data.writers.card.types.turns"),
    "said": Text("data.writers.card.types.said"),
    "thoughts": Text("data.writers.card.types.thoughts"),
    "said_thoughts": Text("data.writers.card.types.said_thoughts"),
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
