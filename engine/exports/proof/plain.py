"""The plainest reader: transformers, with PEFT where an adapter lies beside its base."""

from __future__ import annotations

from engine.core.text import Text
from engine.exports.proof.declaration import ForeignReader

PLAIN = ForeignReader(Text("exports.proof.plain.label"), "engine.exports.proof.readers.plain_transformers")
