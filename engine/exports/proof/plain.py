"""The plainest readers: transformers, with PEFT where an adapter lies beside its base, and the code of READMEs."""

from __future__ import annotations

from engine.core.text import Text
from engine.exports.proof.declaration import ForeignReader

PLAIN = ForeignReader(Text("exports.proof.plain.label"), "engine.exports.proof.readers.plain_transformers")
REPLACED = ForeignReader(Text("exports.proof.plain.label"), "engine.exports.proof.readers.replaced_numbers")
