"""One template code for previews, training and chat: messages -> text -> tokens, and which tokens are an answer.

Works on a folder with `tokenizer.json`, `chat_template.jinja` and `special.json`, without transformers, so that the web
process may use it. A template is untrusted: it runs in jinja's sandbox.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import jinja2
from tokenizers import Tokenizer

from engine.core.errors import Fault
from engine.data.rows.row import conversation_of
from engine.data.templates.borders import BorderedTokenizer, Opening, Tokenised
from engine.data.templates.controls import ControlTokens
from engine.data.templates.decoding import Decoding, Surroundings
from engine.data.templates.losses import check_nothing_lost, crops_answers, dropped_parts
from engine.data.templates.masking import IGNORED, Span, answer_spans, labels_of
from engine.data.templates.renderer import Messages, Tools
from engine.data.templates.sandbox import sandbox
from engine.data.templates.tokenizer_variants import keep_white_space

TrainOn = Literal["assistant", "all"]
_SAID = "Green"


@dataclass(frozen=True)
class Encoded:
    """One example as tokens. `labels` are the ids to learn, `IGNORED` elsewhere.

    Attributes:
        ids: token ids, at most the limit's number.
        labels: as long as `ids`.
        skipped_turns: answers that are not trained because the template rewrites them when the conversation goes on.
        full_length: number of tokens before any cut.
        following: the token behind the last one, where that is learnt although it stands in another example.
        cropped: answers whose white space at the beginning the template drops.
        controls: whether control tokens stand in the row's texts, where they are text.
    """

    ids: list[int]
    labels: list[int]
    skipped_turns: int = 0
    full_length: int = 0
    following: int = IGNORED
    cropped: int = 0
    controls: bool = False

    @property
    def trained(self) -> int:
        """How many tokens are predicted: the first token of a row never is."""
        return sum(label != IGNORED for label in self.labels[1:]) + (self.following != IGNORED)

    @property
    def truncated(self) -> bool:
        """Whether the end was cut off."""
        return self.full_length > len(self.ids)


@dataclass(frozen=True)
class _Reading:
    """A conversation as a model reads it."""

    tokens: Tokenised
    answers: list[Span]  # where they lie in the text that `tokens` is of
    skipped: int  # answers that could not be placed
    controls: bool  # whether its texts hold control tokens, which are text


class ChatTemplate(Decoding):
    """A tokenizer with its chat template.

    Attributes:
        tokenizer: with offsets that hold white space.
        source: of the template; None without one.
        special: names of tokens by their part.
        controls: whether control tokens in texts of people and data work as such; they are text where they do not.
    """

    def __init__(self, tokenizer: Tokenizer, template: str | None, special: Mapping[str, Any]) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        keep_white_space(tokenizer)
        super().__init__(tokenizer)
        self.controls = False
        self._bordered = BorderedTokenizer(tokenizer)
        self.source = template
        self.special = dict(special)
        try:
            self._compiled = sandbox().from_string(template) if template else None
        except jinja2.TemplateError as error:
            raise Fault("template.broken", reason=str(error)[:300]) from None

    @classmethod
    def load(cls, folder: Path) -> ChatTemplate:
        """Read a tokenizer folder. Raises Fault("template.no_tokenizer") or Fault("template.broken")."""
        try:
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            special = json.loads((folder / "special.json").read_text(encoding="utf-8"))
        except Exception as error:  # tokenizers raises bare Exception
            raise Fault("template.no_tokenizer", reason=str(error)[:300]) from None
        file = folder / "chat_template.jinja"
        return cls(tokenizer, file.read_text(encoding="utf-8") if file.is_file() else None, special)

    def with_controls(self, work: bool) -> ChatTemplate:
        """The same, where control tokens in texts work as such, or do not."""
        other = copy(self)
        other.controls = work
        return other

    @cached_property
    def _names(self) -> dict[str, str]:
        return {name: value for name, value in self.special.items() if isinstance(value, str)}

    @cached_property
    def control_tokens(self) -> ControlTokens:
        """Those that could stand in texts."""
        numbers = (self.tokenizer.token_to_id(name) for name in self._names.values())
        named = {number for number in numbers if number is not None}
        return ControlTokens(self.tokenizer, self, self.source, frozenset({*named, *self.eos_ids}))

    @property
    def has_chat(self) -> bool:
        """Whether there is a template for conversations."""
        return self._compiled is not None

    @cached_property
    def eos_id(self) -> int | None:
        """The token that ends a text."""
        token = self.special.get("eos_token")
        return None if token is None else self.tokenizer.token_to_id(token)

    @cached_property
    def eos_ids(self) -> list[int]:
        """Every token that ends an answer."""
        ids = [int(i) for i in self.special.get("eos_token_ids") or ()]
        return ids or ([] if self.eos_id is None else [self.eos_id])

    @cached_property
    def pad_id(self) -> int:
        """A token to fill rows up with; it is never trained on."""
        pad = self.special.get("pad_token")
        found = None if pad is None else self.tokenizer.token_to_id(pad)
        return next((i for i in (found, self.eos_id) if i is not None), 0)

    @cached_property
    def end_marks(self) -> tuple[str, ...]:
        """Texts of the tokens that can end an answer."""
        added = self.tokenizer.get_added_tokens_decoder().values()
        return tuple({t.content for t in added if t.special} | {str(self.special.get("eos_token") or "")} - {""})

    @cached_property
    def closing_marks(self) -> tuple[str, ...]:
        """Texts of the tokens that end a whole turn, where the model names them; else those of `end_marks`."""
        named = (self.tokenizer.id_to_token(i) for i in self.eos_ids)
        return tuple(text for text in named if text) or self.end_marks

    @cached_property
    def crops_answers(self) -> str:
        """White space (of blanks, tabs and line breaks) that the template drops where an answer begins with it."""
        return crops_answers(self)

    @cached_property
    def _around(self) -> Surroundings:
        """What the template itself writes around the words of an answer, within what is learnt of it."""
        asked = {"role": "user", "content": "Blue?"}
        try:
            read = self._read([asked, {"role": "assistant", "content": _SAID}], None)
        except Fault:
            return Surroundings()
        labels = labels_of(read.tokens.ids, read.tokens.offsets, read.answers)
        return self.surroundings([number for number in labels if number != IGNORED], _SAID)

    @cached_property
    def dropped(self) -> frozenset[str]:
        """Of "tools", "calls" and "results", those that the template passes over in silence."""
        return dropped_parts(self)

    def render(self, messages: Messages, add_generation_prompt: bool = False, tools: Tools | None = None) -> str:
        """The conversation as one text. `tools`: definitions of the functions that the assistant may call.

        Raises:
            Fault: "template.missing", or "template.refused" with the template's own reason (for instance, wrong order of roles).
        """
        if self._compiled is None:
            raise Fault("template.missing")
        try:
            return self._compiled.render(
                messages=[dict(m) for m in messages],
                tools=[dict(tool) for tool in tools] if tools else None,
                documents=None,
                add_generation_prompt=add_generation_prompt,
                **self._names,
            )
        except Exception as error:  # a template may fail in any way
            raise Fault("template.refused", reason=str(error)[:300] or type(error).__name__) from None

    def encode(
        self,
        row: Mapping[str, Any] | Messages | str,
        *,
        train_on: TrainOn | str = "assistant",
        max_length: int | None = None,
    ) -> Encoded:
        """Tokens and labels of a row of any kind (of two answers, with the better one), a conversation, or a text.

        Args:
            max_length: where to cut, in tokens.

        Raises:
            Fault: see `render` and `check_nothing_lost`.
        """
        tools = row.get("tools") if isinstance(row, Mapping) else None
        content = (row["text"] if "text" in row else conversation_of(row)) if isinstance(row, Mapping) else row
        encoded = (
            self._encode_text(content) if isinstance(content, str) else self._encode_chat(content, tools, train_on)
        )
        if max_length is None or len(encoded.ids) <= max_length:
            return encoded
        return replace(encoded, ids=encoded.ids[:max_length], labels=encoded.labels[:max_length])

    def _encode_text(self, text: str) -> Encoded:
        ids, controls = self._plain(text)
        if self.eos_id is not None and ids[-1:] != [self.eos_id]:
            ids = [*ids, self.eos_id]
        return Encoded(ids, list(ids), 0, len(ids), controls=controls)

    def plain_ids(self, text: str) -> list[int]:
        """A text that no template wraps, with what the tokenizer puts around texts."""
        return self._plain(text)[0]

    def _plain(self, text: str) -> tuple[list[int], bool]:
        return (self.tokenizer.encode(text).ids, False) if self.controls else self.control_tokens.encode_plain(text)

    def _encode_chat(self, messages: Messages, tools: Tools | None, train_on: str) -> Encoded:
        read = self._read(messages, tools, place=train_on != "all")
        ids, offsets = read.tokens.ids, read.tokens.offsets
        labels = list(ids) if train_on == "all" else labels_of(ids, offsets, read.answers)
        skipped = 0 if train_on == "all" else read.skipped
        cropped = self._cropped(messages)
        return Encoded(ids, labels, skipped, len(ids), cropped=cropped, controls=read.controls)

    def _read(self, messages: Messages, tools: Tools | None, *, ask: bool = False, place: bool = True) -> _Reading:
        """The tokens of a conversation: each answer in it stands behind the very tokens that chat would have sent.

        Args:
            place: whether it matters where the answers lie; it is not looked for in vain.
        """
        text = self.render(messages, add_generation_prompt=ask, tools=tools)
        check_nothing_lost(self, messages, tools, text)
        encoding = self.tokenizer.encode(text, add_special_tokens=False)
        ids = encoding.ids
        hidden = None if self.controls else self.control_tokens.hide(ids, messages, tools)
        if hidden is not None:
            text = self.render(hidden.messages, add_generation_prompt=ask, tools=hidden.tools)
            answers, skipped = answer_spans(self, hidden.messages, text, hidden.tools)
            tokens, answers = self.control_tokens.encode(text, hidden, answers)
            return _Reading(tokens, answers, skipped, controls=True)
        if not place and self._opening.is_before_each(text, ids, _answers(messages) + ask):
            return _Reading(Tokenised(ids, []), [], 0, controls=False)
        answers, skipped = answer_spans(self, messages, text, tools)
        tokens = self._bordered.cut(text, Tokenised(ids, encoding.offsets), answers)
        return _Reading(tokens, answers, skipped, controls=False)

    @cached_property
    def _opening(self) -> Opening:
        asked = [{"role": "user", "content": "Blue?"}]
        try:
            before = self.render(asked, add_generation_prompt=True)
            whole = self.render([*asked, {"role": "assistant", "content": _SAID}])
        except Fault:
            return Opening()
        return self._bordered.opening(before, whole, _SAID)

    def _cropped(self, messages: Messages) -> int:
        """Answers that begin with white space which the template drops."""
        begun = [
            text[0] for m in messages if m["role"] == "assistant" and (text := m.get("content")) and text[0].isspace()
        ]
        return sum(white in self.crops_answers for white in begun)

    def encode_prompt(self, messages: Messages, tools: Tools | None = None) -> list[int]:
        """The tokens after which the model is to answer. Without a chat template: the messages' plain text.

        Raises:
            Fault: see `render` and `check_nothing_lost`.
        """
        if not self.has_chat:
            return self.plain_ids("\n\n".join(str(m["content"]) for m in messages))
        return self._read(messages, tools, ask=True, place=False).tokens.ids

    def answer_text(self, ids: Sequence[int]) -> str:
        """What a model said, with the white space around it, without what the template itself puts there.

        An answer that was learnt comes back as it stands in the data, indentation of code included.
        """
        return self.bare_answer(ids, self._around)


def _answers(messages: Messages) -> int:
    return sum(message["role"] == "assistant" for message in messages)
