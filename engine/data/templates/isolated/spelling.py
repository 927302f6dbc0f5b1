"""Which bytes a token stands for: halves of characters, too, which no text can show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from tokenizers import Tokenizer

from engine.data.templates.decoding import Decoding
from engine.data.templates.tokenizer_variants import decoder_kinds

_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")


def spelled(template: Decoding, ids: Sequence[int]) -> list[tuple[list[int], bool]]:
    """The bytes of each of these tokens where it stands behind others, and whether texts leave it out.

    Of a control token, which texts leave out, the bytes are those of its name.
    """
    tokenizer: Tokenizer = template.tokenizer
    added, kinds = tokenizer.get_added_tokens_decoder(), decoder_kinds(tokenizer)
    texts = template.texts_behind([[token] for token in ids])
    return [
        (
            list(_bytes(tokenizer.id_to_token(token) or "", text, kinds if token not in added else frozenset())),
            token in added and bool(added[token].special),
        )
        for token, text in zip(ids, texts, strict=True)
    ]


def _bytes(name: str, text: str, kinds: frozenset[str]) -> bytes:
    if "ByteLevel" in kinds and all(letter in _letters() for letter in name):
        return bytes(_letters()[letter] for letter in name)
    if "ByteFallback" in kinds and (found := _BYTE.fullmatch(name)):
        return bytes([int(found.group(1), 16)])
    return text.encode("utf-8", "replace")


@cache
def _letters() -> dict[str, int]:
    """The letter that byte-level tokenizers write for each byte: printable ones for themselves, the others from U+0100 on."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + place): byte for place, byte in enumerate(others)}
