"""Which of a tokenizer's tokens the model has a row for in its embedding, and which rows it never learnt."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from engine.core.errors import Fault

FILE = "embedding.json"  # beside tokenizer.json
BEYOND = "template.beyond"
_VERSION = 1
_SHOWN = 6  # tokens, or lines, that a sentence names


@dataclass(frozen=True)
class TokenRows:
    """What is known of a model's embedding.

    Attributes:
        rows: how many it has; token ids are below it. None where that is not known: nothing is then refused.
        configured: how many config.json says, where that is another number; such weights cannot be loaded.
        lacking: how many of the tokenizer's tokens have no row.
        beyond: id -> text of the first of them.
        used: those of them that the chat template itself writes.
        untaught: id -> text of added tokens whose rows are zero, alike, or new.
        resizable: its tables are known, so that a copy with more rows can be made.
    """

    rows: int | None = None
    configured: int | None = None
    lacking: int = 0
    beyond: Mapping[int, str] = field(default_factory=dict)
    used: tuple[int, ...] = ()
    untaught: Mapping[int, str] = field(default_factory=dict)
    resizable: bool = False

    @classmethod
    def read(cls, folder: Path) -> TokenRows | None:
        """Those of a tokenizer folder; None where it was not looked into, or by an earlier version."""
        try:
            found = json.loads((folder / FILE).read_text(encoding="utf-8"))
            if found.pop("version") != _VERSION:
                return None
            texts = {name: {int(i): str(t) for i, t in found.pop(name).items()} for name in ("beyond", "untaught")}
            return cls(**found | texts | {"used": tuple(found["used"])})
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def write(self, folder: Path) -> None:
        """Keep it beside the tokenizer; whoever reads meanwhile sees the old file or the new one."""
        partial = folder / f"{FILE}.{os.getpid()}.part"
        partial.write_text(json.dumps({"version": _VERSION, **asdict(self)}, ensure_ascii=False), encoding="utf-8")
        partial.replace(folder / FILE)

    def has(self, token: int) -> bool:
        """Whether a token has a row."""
        return self.rows is None or token < self.rows

    def check(self, ids: Sequence[int], text_of: Callable[[int], str | None]) -> None:
        """Raises Fault("template.beyond"), which names the tokens that have no row; `text_of` gives the text of an id."""
        if self.rows is None or max(ids, default=0) < self.rows:
            return
        missing = {token: text_of(token) or "?" for token in ids if token >= self.rows}
        raise Fault(BEYOND, tokens=named(missing), n=len(missing), rows=self.rows, texts=missing)


def named(tokens: Mapping[int, str]) -> str:
    """The first tokens as a sentence shows them: text and id."""
    first = [f"“{text}” ({token})" for token, text in sorted(tokens.items())[:_SHOWN]]
    return ", ".join([*first, "…"][: _SHOWN + 1] if len(tokens) > _SHOWN else first)


@dataclass
class RowsWith:
    """Rows of a data set that use certain tokens.

    Attributes:
        rows: how many.
        lines: of the first ones in their file, counted from 1.
        tokens: id -> text of the tokens that they use.
    """

    rows: int = 0
    lines: list[int] = field(default_factory=list)
    tokens: dict[int, str] = field(default_factory=dict)

    def add(self, row: Mapping[str, Any], tokens: Mapping[int, str]) -> None:
        """One more row."""
        self.rows += 1
        self.tokens |= tokens
        if len(self.lines) < _SHOWN and isinstance(row.get("line"), int):
            self.lines.append(row["line"])

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> RowsWith:
        """Back from the JSON form of `asdict`."""
        return cls(data["rows"], list(data["lines"]), {int(i): text for i, text in data["tokens"].items()})

    def params(self, scale: float = 1.0) -> dict[str, Any]:
        """What the sentences about them are filled in with."""
        lines = ", ".join(map(str, self.lines)) or "-"
        return {"n": round(self.rows * scale), "tokens": named(self.tokens), "lines": lines}
