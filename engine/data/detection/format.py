"""A format as it was found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Reason = tuple[str, dict[str, Any]]  # sentence `detect.<code>` and its params


@dataclass(frozen=True)
class Format:
    """A format with what its reader needs, and the reason: sentence `detect.<code>`."""

    name: str  # "jsonl", "json", "csv", "tsv", "md", "txt", "xlsx", "parquet", "docx", "pdf" ...
    code: str  # of the sentence
    params: dict[str, Any] = field(default_factory=dict)  # of the sentence
    options: dict[str, Any] = field(default_factory=dict)  # what the reader takes: "delimiter", "key", "unit" ...
    renamed: list[str] = field(default_factory=list)  # columns whose header was empty or repeated
    remarks: list[Reason] = field(default_factory=list)  # what else is to be known of it
