"""Control tokens in texts of people and data: "<|im_end|>" in a question is ten characters, and ends no turn.

Tokens that the chat template writes stay what they are. In answers, so do those with which a model itself works (such as
`<think>` or `<tool_call>`), as it has to learn them; what begins or ends a turn is text there too.
"""

from __future__ import annotations

import re
import secrets
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tokenizers import Tokenizer

from engine.core.errors import Fault
from engine.data.templates.borders import BorderedTokenizer, Tokenised
from engine.data.templates.losses import TOOL_TALK, TOOLS
from engine.data.templates.masking import Span
from engine.data.templates.renderer import Messages, Renderer, Tools
from engine.data.templates.tokenizer_variants import changes_letters, renamed

_OWN = re.compile(r"think|thought|reason|tool|call|python", re.IGNORECASE)  # what models call the tokens of their own
_SHORTEST = 3  # characters of a mark
_TALK = (
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Blue?"},
    {"role": "assistant", "content": "Green."},
    {"role": "user", "content": "Red?"},
)


@dataclass(frozen=True)
class Hidden:
    """A conversation in which other signs stand for its control tokens, so that those of the template can be told from them.

    Attributes:
        messages: of the conversation.
        tools: definitions of its functions.
        signs: what each sign stands for.
    """

    messages: Messages
    tools: Tools | None
    signs: Mapping[str, str]


class ControlTokens:
    """The control tokens of a tokenizer with its chat template."""

    def __init__(self, tokenizer: Tokenizer, template: Renderer, source: str | None, named: frozenset[int]) -> None:
        """
        Args:
            source: of the template.
            named: tokens that the model names as its first, last, padding or unknown one.
        """
        self._tokenizer, self._template, self._source, self._named = tokenizer, template, source or "", named
        self._added = tokenizer.get_added_tokens_decoder()
        self._numbers = frozenset(self._added)
        self._nonce = secrets.token_hex(8)  # so that no text can hold our signs

    @cached_property
    def in_texts(self) -> dict[str, int]:
        """Control tokens by their text: special ones, and all that the template writes around turns, calls and results."""
        return {
            token.content: number
            for number, token in self._added.items()
            if (token.special or number in self._written) and _is_mark(token.content)
        }

    @cached_property
    def in_answers(self) -> dict[str, int]:
        """Those that an answer cannot hold: all but the tokens that the model itself is to write in it."""
        return {text: number for text, number in self.in_texts.items() if not self._is_own(text, number)}

    def _is_own(self, text: str, number: int) -> bool:
        if number in self._named:
            return False
        return bool(_OWN.search(text)) or (number not in self._written and text in self._source)

    @cached_property
    def _written(self) -> frozenset[int]:
        """Added tokens that the template writes itself."""
        found: set[int] = set()
        asked = next((text for skip in (0, 1) if (text := self._render(_TALK[skip:], ask=True)) is not None), "")
        for text in (asked, self._render(TOOL_TALK, tools=TOOLS) or ""):
            found |= self._numbers.intersection(self._tokenizer.encode(text, add_special_tokens=False).ids)
        return frozenset(found)

    def _render(self, messages: Messages, *, ask: bool = False, tools: Tools | None = None) -> str | None:
        try:
            return self._template.render(messages, add_generation_prompt=ask, tools=tools)
        except Fault:
            return None

    # ------------------------------------------------------------ where they stand

    def found_in(self, text: str, *, answer: bool = False) -> list[str]:
        """Those that stand in a text, as they are written there; the longest first."""
        present = self._present(self._tokenizer.encode(text, add_special_tokens=False).ids)
        if not self._may_hold(text, present):
            return []
        return self._standing(text, self.in_answers if answer else self.in_texts)

    def _standing(self, text: str, tokens: Mapping[str, int]) -> list[str]:
        found = {token for token in tokens if token in text} | self._changed(text, tokens)
        return sorted(found, key=len, reverse=True)

    def hide(self, ids: Sequence[int], messages: Messages, tools: Tools | None) -> Hidden | None:
        """The conversation without its control tokens; None where it holds none, which is quickly seen by its tokens.

        Args:
            ids: of its render.
        """
        present = self._present(ids)
        if not present or not self._may_hold("\0".join(_texts(messages, tools)), present):
            return None
        signs: dict[str, str] = {}
        hidden = [self._hidden(message, self._of(message), signs) for message in messages]
        shown = None if tools is None else [self._hidden(tool, self.in_texts, signs) for tool in tools]
        return Hidden(hidden, shown, {sign: token for token, sign in signs.items()}) if signs else None

    def _present(self, ids: Sequence[int]) -> list[str]:
        return [self._added[number].content for number in self._hideable.intersection(ids)]

    @cached_property
    def _hideable(self) -> frozenset[int]:
        return frozenset(self.in_texts.values())

    def _may_hold(self, text: str, present: Sequence[str]) -> bool:
        """Tokens that are told in a changed text (in lower case, say) may be written in many ways."""
        return any(token in text for token in present) or bool(
            self._changing and self._hideable.intersection(self._tokenizer.encode(text, add_special_tokens=False).ids)
        )

    @cached_property
    def _changing(self) -> bool:
        return changes_letters(self._tokenizer) and any(self._added[number].normalized for number in self._hideable)

    def _of(self, message: Mapping[str, Any]) -> Mapping[str, int]:
        return self.in_answers if message["role"] == "assistant" else self.in_texts

    def _hidden(self, value: Any, tokens: Mapping[str, int], signs: dict[str, str]) -> Any:
        """The value with signs for the tokens in its texts."""
        if isinstance(value, str):
            return self._without(value, tokens, signs)
        if isinstance(value, Mapping):
            return {self._hidden(k, tokens, signs): self._hidden(v, tokens, signs) for k, v in value.items()}
        return [self._hidden(one, tokens, signs) for one in value] if isinstance(value, list | tuple) else value

    def _without(self, text: str, tokens: Mapping[str, int], signs: dict[str, str]) -> str:
        for token in self._standing(text, tokens):
            sign = signs.setdefault(token, f"\ufdd2{self._nonce}x{len(signs)}\ufdd3")
            text = text.replace(token, sign)
        return text

    def _changed(self, text: str, tokens: Mapping[str, int]) -> set[str]:
        """Other spellings of the tokens that the tokenizer takes for them."""
        if not self._changing:
            return set()
        encoding, numbers = self._tokenizer.encode(text, add_special_tokens=False), frozenset(tokens.values())
        spelt = ((n, text[begin:end].strip()) for n, (begin, end) in zip(encoding.ids, encoding.offsets, strict=True))
        return {core for n, core in spelt if n in numbers and core and self._spells(core, n)}

    def _spells(self, text: str, number: int) -> bool:
        """Whether a text is the token written out: what a tokenizer does not know has one of them for its token, too."""
        token = self._added[number]
        return text == token.content or (token.normalized and number not in self.unknown)

    @cached_property
    def unknown(self) -> frozenset[int]:
        """What stands for a character that no tokenizer knows."""
        return frozenset(self._tokenizer.encode("\ufdd0", add_special_tokens=False).ids)

    # ------------------------------------------------------------ tokens in which they are text

    @cached_property
    def _signs(self) -> dict[int, str]:
        return {number: f"\ufdd0{self._nonce}x{number}\ufdd1" for number in self.in_texts.values()}

    @cached_property
    def _blind(self) -> BorderedTokenizer:
        """Knows control tokens by our signs alone."""
        return BorderedTokenizer(renamed(self._tokenizer, self._signs))

    def encode(
        self, text: str, hidden: Hidden, answers: Sequence[Span], given: Sequence[Span] = ()
    ) -> tuple[Tokenised, list[Span], list[Span]]:
        """Tokens of the render of a hidden conversation, in which control tokens of its texts are text; the answers in it as well.

        Args:
            answers: where they lie in `text`.
            given: where the thinking lies that is not learnt.
        """
        edits = sorted([*self._by_template(text), *_by_people(text, hidden.signs)])
        pieces, moves, place, shift = list[str](), [(0, 0)], 0, 0
        for begin, end, new in edits:
            pieces += [text[place:begin], new]
            place, shift = end, shift + len(new) - (end - begin)
            moves.append((end, shift))
        starts = [move[0] for move in moves]
        spans, unlearnt = (
            [
                (begin + moves[bisect_right(starts, begin) - 1][1], end + moves[bisect_right(starts, end) - 1][1])
                for begin, end in some
            ]
            for some in (answers, given)
        )
        return self._blind.encode("".join([*pieces, text[place:]]), spans), spans, unlearnt

    def _by_template(self, text: str) -> Iterator[tuple[int, int, str]]:
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        for number, (begin, end) in zip(encoding.ids, encoding.offsets, strict=True):
            if number in self._signs and self._spells(core := text[begin:end].strip(), number):
                at = text.index(core, begin)
                yield at, at + len(core), self._signs[number]

    def encode_plain(self, text: str) -> tuple[list[int], bool]:
        """A text that no template wraps, with what the tokenizer puts around texts; and whether it holds control tokens."""
        ids: list[int] = self._tokenizer.encode(text).ids
        if not self._may_hold(text, self._present(ids)) or not self._standing(text, self.in_texts):
            return ids, False
        return self._blind.tokenizer.encode(text).ids, True


def _by_people(text: str, signs: Mapping[str, str]) -> Iterator[tuple[int, int, str]]:
    for found in re.finditer("|".join(map(re.escape, signs)), text):
        yield found.start(), found.end(), signs[found.group()]


def _is_mark(text: str) -> bool:
    """Ordinary words and white space can be added tokens as well."""
    return len(text.strip()) >= _SHORTEST and not text.strip().isalnum()


def _texts(messages: Messages, tools: Tools | None) -> list[str]:
    """All texts of a conversation."""
    found: list[str] = []
    for message in messages:
        content = message.get("content")
        if len(message) == 2 and isinstance(content, str):  # nearly all are such
            found.append(content)
        else:
            found += _within(message)
    return found if tools is None else [*found, *_within(tools)]


def _within(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield str(key)
            yield from _within(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _within(one)
