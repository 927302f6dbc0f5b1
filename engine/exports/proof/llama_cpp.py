"""The reader of GGUF files: llama.cpp itself."""

from __future__ import annotations

from engine.core.text import Text
from engine.exports.proof.declaration import ForeignReader

LLAMA_CPP = ForeignReader(Text("exports.proof.llama_cpp.label"), "engine.exports.proof.readers.llama_cpp")
