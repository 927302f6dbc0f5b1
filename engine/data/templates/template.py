"""One template code for previews, training and chat: messages -> text -> tokens, and which tokens are an answer.

Works on a folder with `tokenizer.json`, `chat_template.jinja` and `special.json`, without transformers, so that the web
process may use it. A template is untrusted: it runs in jinja's sandbox.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import jinja2
from tokenizers import Tokenizer
from tokenizers.decoders import DecodeStream

from engine.core.errors import Fault
from engine.data.rows.row import conversation_of
from engine.data.templates.ending import teach_ends, token_after_answer, token_before_next_turn, tokens_apart
from engine.data.templates.losses import check_nothing_lost, dropped_parts
from engine.data.templates.masking import IGNORED, answer_spans, labels_of
from engine.data.templates.renderer import Messages, Tools
from engine.data.templates.sandbox import environment
from engine.data.templates.thinking import Marks, as_chat_asks, lost_thoughts, opened_thought

TrainOn = Literal["assistant", "all"]
_HALF = "\ufffd"  # what stands for bytes that make no character


@dataclass(frozen=True)
class Encoded:
    """One example as tokens. `labels` are the ids to learn, `IGNORED` elsewhere.

    Attributes:
        ids: token ids, at most the limit's number.
        labels: as long as `ids`.
        skipped_turns: answers that are not trained because the template rewrites them when the conversation goes on.
        full_length: number of tokens before any cut.
        following: the token behind the last one, where that is learnt although it stands in another example.
        ends: places of labels that teach an end which the template itself does not write.
        open_ends: answers whose end is not learnt.
        lost_thoughts: answers whose reasoning the template leaves out, so that it is not learnt.
    """

    ids: list[int]
    labels: list[int]
    skipped_turns: int = 0
    full_length: int = 0
    following: int = IGNORED
    ends: tuple[int, ...] = ()
    open_ends: int = 0
    lost_thoughts: int = 0

    @property
    def trained(self) -> int:
        """How many tokens are predicted: the first token of a row never is."""
        return sum(label != IGNORED for label in self.labels[1:]) + (self.following != IGNORED)

    @property
    def added_ends(self) -> int:
        """How many answers (or texts) get an end token that the template does not write."""
        return len(self.ends)

    def cut(self, length: int) -> Encoded:
        """The first `length` tokens."""
        ends = tuple(end for end in self.ends if end < length)
        return replace(self, ids=self.ids[:length], labels=self.labels[:length], ends=ends)

    @property
    def truncated(self) -> bool:
        """Whether the end was cut off."""
        return self.full_length > len(self.ids)


class ChatTemplate:
    """A tokenizer with its chat template."""

    def __init__(self, tokenizer: Tokenizer, template: str | None, special: Mapping[str, Any]) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self.tokenizer = tokenizer
        self.source = template
        self.special = dict(special)
        try:
            self._compiled = environment().from_string(template) if template else None
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
        """Every token that ends an answer: those that the model names, and the one that the template writes behind answers."""
        ids = [int(i) for i in self.special.get("eos_token_ids") or ()]
        ids = ids or ([] if self.eos_id is None else [self.eos_id])
        end = self.turn_end
        return ids if end is None or end in ids else sorted({*ids, end})

    @cached_property
    def turn_end(self) -> int | None:
        """The token that the template itself writes right behind an answer; None where it writes text or nothing."""
        return token_after_answer(self) if self.has_chat else None

    @cached_property
    def end_id(self) -> int | None:
        """The token that is learnt as an answer's end where the template writes none; None where the model has no such token."""
        following = token_before_next_turn(self) if self.has_chat and self.turn_end is None else None
        own = (self.turn_end, following if following in self.eos_ids else None, self.eos_id, *self.eos_ids)
        return next((i for i in own if i is not None and self.tokenizer.id_to_token(i) is not None), None)

    @property
    def end_text(self) -> str:
        """The text of `end_id`; empty without one."""
        return "" if self.end_id is None else self.decode([self.end_id], skip_special=False)

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
        named = {str(self.special.get("eos_token") or ""), *(self.tokenizer.id_to_token(i) or "" for i in self.eos_ids)}
        return tuple(({t.content for t in added if t.special} | named) - {""})

    @cached_property
    def closing_marks(self) -> tuple[str, ...]:
        """Texts of the tokens that end a whole turn, where the model names them; else those of `end_marks`."""
        named = (self.tokenizer.id_to_token(i) for i in self.eos_ids)
        return tuple(text for text in named if text) or self.end_marks

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
        tokens = {name: value for name, value in self.special.items() if isinstance(value, str)}
        try:
            return self._compiled.render(
                messages=[dict(m) for m in messages],
                tools=[dict(tool) for tool in tools] if tools else None,
                documents=None,
                add_generation_prompt=add_generation_prompt,
                **tokens,
            )
        except Exception as error:  # a template may fail in any way
            raise Fault("template.refused", reason=str(error)[:300] or type(error).__name__) from None

    def row_text(self, messages: Messages, tools: Tools | None = None) -> str:
        """The conversation as it is learnt. Raises as `render` and `check_nothing_lost`."""
        text = self.render(messages, tools=tools)
        check_nothing_lost(self, messages, tools, text)
        return text if self._opened is None else as_chat_asks(self, self._opened, messages, text, tools)

    @cached_property
    def _opened(self) -> Marks | None:
        return opened_thought(self)

    def encode(
        self,
        row: Mapping[str, Any] | Messages | str,
        *,
        train_on: TrainOn | str = "assistant",
        max_length: int | None = None,
        teach_end: bool = True,
    ) -> Encoded:
        """Tokens and labels of a row of any kind (of two answers, with the better one), a conversation, or a text.

        Args:
            max_length: where to cut, in tokens.
            teach_end: an answer or a text behind which the template writes no end token is learnt with one.

        Raises:
            Fault: see `render` and `check_nothing_lost`.
        """
        tools = row.get("tools") if isinstance(row, Mapping) else None
        content = (row["text"] if "text" in row else conversation_of(row)) if isinstance(row, Mapping) else row
        if isinstance(content, str):
            encoded = self._encode_text(content, teach_end)
        else:
            encoded = self._encode_chat(content, tools, train_on, teach_end)
        return encoded if max_length is None or len(encoded.ids) <= max_length else encoded.cut(max_length)

    def _encode_text(self, text: str, teach_end: bool) -> Encoded:
        ids = self.tokenizer.encode(text).ids
        end = self.end_id if self.eos_id is None else self.eos_id
        ended = end is not None and ids[-1:] == [end]
        if teach_end and end is not None and not ended:
            ids = [*ids, end]
        return Encoded(ids, list(ids), 0, len(ids), open_ends=int(not ended and (end is None or not teach_end)))

    def _encode_chat(self, messages: Messages, tools: Tools | None, train_on: str, teach_end: bool) -> Encoded:
        text = self.row_text(messages, tools)
        if train_on == "all" and self.turn_end is not None:
            ids = self.tokenizer.encode(text, add_special_tokens=False).ids
            return Encoded(ids, list(ids), 0, len(ids), lost_thoughts=lost_thoughts(messages, text))
        spans, skipped = answer_spans(self, messages, text, tools, bare=teach_end)
        open_spans = [end for _start, end in spans if not text.endswith(self.closing_marks, 0, end)]
        row = tokens_apart(self.tokenizer, text, open_spans)
        row.labels = list(row.ids) if train_on == "all" else labels_of(row.ids, row.offsets, spans)
        closed = messages[-1]["role"] == "assistant"
        teach_ends(row, spans, self.eos_ids, self.end_id if teach_end else None, closed=closed)
        return Encoded(
            row.ids,
            row.labels,
            0 if train_on == "all" else skipped,
            len(row.ids),
            ends=tuple(row.ends),
            open_ends=row.open_ends,
            lost_thoughts=lost_thoughts(messages, text),
        )

    def encode_prompt(self, messages: Messages, tools: Tools | None = None) -> list[int]:
        """The tokens after which the model is to answer. Without a chat template: the messages' plain text.

        Raises:
            Fault: see `render` and `check_nothing_lost`.
        """
        if not self.has_chat:
            return self.tokenizer.encode("\n\n".join(str(m["content"]) for m in messages)).ids
        text = self.render(messages, add_generation_prompt=True, tools=tools)
        check_nothing_lost(self, messages, tools, text)
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def whole_text(self, ids: Sequence[int]) -> str:
        """The text of tokens that were cut off somewhere: without a character at its end of which only some bytes are there."""
        return self.decode(ids).rstrip(_HALF)

    def decode(self, ids: Sequence[int], *, skip_special: bool = True) -> str:
        """The text of tokens."""
        return self.tokenizer.decode(list(ids), skip_special_tokens=skip_special)

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """The text that each token adds; a character made of several tokens shows at its last one."""
        stream = DecodeStream(skip_special_tokens=False)
        return [stream.step(self.tokenizer, i) or "" for i in ids]
