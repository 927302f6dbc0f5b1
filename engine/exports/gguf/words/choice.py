"""Chooses the way in which llama.cpp cuts texts as the tokenizer does: by trying, in a process of its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from engine.core.errors import Fault
from engine.exports.gguf.words.manners import Manner, manners_of
from engine.exports.gguf.words.samples import is_talk, samples_of
from engine.exports.gguf.words.vocabulary import Vocabulary
from engine.exports.gguf.words.writing import name_for, write_vocabulary
from engine.models.base.download_progress import ByteProgress, run_watched

_FIRST, _STEP = 1, 8  # ways that are tried together: the likeliest alone, it is nearly always the one
_CUTTER = "engine.exports.gguf.words.cutter"


def chosen(vocabulary: Vocabulary, tokenizer: Path, work: Path, progress: ByteProgress) -> tuple[Manner, bool]:
    """The way, and whether every text has the same tokens by it; conversations have, whose texts begin with special tokens.

    Args:
        tokenizer: a tokenizer.json.
        work: a folder for files that are deleted again.

    Raises:
        Fault: "export.gguf_words" where no way fits.
        Cancelled: nobody wants it any more.
    """
    texts = samples_of(vocabulary)
    wanted = _wanted(tokenizer, texts)
    in_talk: Manner | None = None
    for manner, found in _tried(vocabulary, texts, work, progress):
        if found == wanted:
            return manner, True
        same_talk = all(found[place] == ids for place, ids in enumerate(wanted) if is_talk(place))
        in_talk = in_talk or (manner if same_talk and vocabulary.template else None)
    if in_talk is None:
        raise Fault("export.gguf_words")
    return in_talk, False


def _wanted(tokenizer: Path, texts: list[str]) -> list[list[int]]:
    from tokenizers import Tokenizer

    read = Tokenizer.from_file(str(tokenizer))
    read.no_truncation()
    read.no_padding()
    return [read.encode(text, add_special_tokens=False).ids for text in texts]


def _tried(
    vocabulary: Vocabulary, texts: list[str], work: Path, progress: ByteProgress
) -> Iterator[tuple[Manner, list[list[int]]]]:
    """Each way that llama.cpp can read, with the tokens of every text."""
    left = manners_of(vocabulary)
    size = _FIRST
    while left:
        some, left, size = left[:size], left[size:], _STEP
        files = [_written(vocabulary, manner, work / f"words-{place}.gguf") for place, manner in enumerate(some)]
        told = json.dumps({"files": [str(file) for file in files], "texts": texts})
        outcome = run_watched([sys.executable, "-m", _CUTTER], work / "cutter", progress, told=told)
        for file in files:
            file.unlink()
        try:
            found = json.loads(outcome.last_line)
        except ValueError:
            raise Fault("export.gguf_reader", reason=outcome.printed.strip()[-300:] or f"exit {outcome.code}") from None
        yield from ((manner, ids) for manner, ids in zip(some, found, strict=True) if ids is not None)


def _written(vocabulary: Vocabulary, manner: Manner, file: Path) -> Path:
    from gguf import GGUFWriter

    writer = GGUFWriter(file, "llama")
    writer.add_name(name_for(manner, "model"))
    write_vocabulary(writer, vocabulary, manner)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    return file
