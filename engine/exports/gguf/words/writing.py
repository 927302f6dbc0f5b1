"""Writes a vocabulary into a GGUF file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.exports.gguf.words.manners import Manner
from engine.exports.gguf.words.vocabulary import NORMAL, Vocabulary

if TYPE_CHECKING:
    from gguf import GGUFWriter

_GIVEN = re.compile(r"\b(date_string)\b")
_MEANT = re.compile(r"(?i)(phi|jina|qwen|modern|bert)[-_]?(?=[0-9v])")  # names that make llama.cpp look for tokens


def name_for(manner: Manner, name: str) -> str:
    """The model's name in the file: llama.cpp reads how to treat white space from it, so it holds what it should and nothing else."""
    plain = _MEANT.sub(r"\1 ", name)
    return f"{plain} ({manner.mark})" if manner.mark else plain


def write_vocabulary(file: GGUFWriter, vocabulary: Vocabulary, manner: Manner) -> None:
    """Tokens, special ones, ends and the chat template."""
    file.add_tokenizer_model(manner.model)
    file.add_tokenizer_pre(manner.pre)
    file.add_token_list(vocabulary.texts)
    file.add_token_types(vocabulary.kinds)
    if manner.model == "llama":
        file.add_token_scores(vocabulary.scores)
    if manner.model == "gpt2":
        file.add_token_merges(vocabulary.merges)
    file.add_add_space_prefix(manner.prefix)
    file.add_add_bos_token(_begins(vocabulary))
    file.add_add_eos_token(vocabulary.adds[1] and not vocabulary.template)
    _special(file, vocabulary)
    if vocabulary.template:
        file.add_chat_template(template_for(vocabulary))


def template_for(vocabulary: Vocabulary) -> str:
    """The chat template: llama.cpp gives some variables values of its own, which training never saw; these have other names here."""
    return _GIVEN.sub(r"own_\1", vocabulary.template)


def _begins(vocabulary: Vocabulary) -> bool:
    """Whether llama.cpp shall put the first token before texts: not where conversations, which it is put before too, go without."""
    bos = vocabulary.special["bos"]
    writes = bos is not None and ("bos_token" in vocabulary.template or vocabulary.texts[bos] in vocabulary.template)
    return vocabulary.adds[0] and (writes or not vocabulary.template)


def _special(file: GGUFWriter, vocabulary: Vocabulary) -> None:
    named, ends = vocabulary.special, list(vocabulary.ends)
    eos = named["eos"] if named["eos"] is not None else next(iter(ends), None)
    if eos is not None:
        file.add_eos_token_id(eos)
    bos = named["bos"] if named["bos"] is not None else eos
    if bos is not None:
        file.add_bos_token_id(bos)
    if named["unk"] is not None:
        file.add_unk_token_id(named["unk"])
    if named["pad"] is not None:
        file.add_pad_token_id(named["pad"])
    others = [end for end in ends if end != eos]
    for end, add in zip(
        _of_turns_first(others, vocabulary), (file.add_eot_token_id, file.add_eom_token_id), strict=False
    ):
        add(end)


def _of_turns_first(ends: Sequence[int], vocabulary: Vocabulary) -> list[int]:
    """Those that the chat template writes, then the others: a file names three ends, and guesses the rest by their texts."""
    return sorted(
        ends, key=lambda end: (vocabulary.texts[end] not in vocabulary.template, vocabulary.kinds[end] == NORMAL)
    )
