"""One template code for previews, training and chat: messages -> text -> tokens, and which tokens are an answer.

Works on a folder with `tokenizer.json`, `chat_template.jinja` and `special.json`, without transformers, so that the web
process may use it. A template is untrusted: it runs in jinja's sandbox.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import jinja2
from tokenizers import Tokenizer

from engine.core.errors import Fault
from engine.core.small_files import read_bytes, read_object, read_text
from engine.data.rows.row import conversation_of
from engine.data.templates.borders import BorderedTokenizer, Opening, Tokenised
from engine.data.templates.controls import ControlTokens
from engine.data.templates.decoding import Surroundings
from engine.data.templates.encoded import Batches, Encoded
from engine.data.templates.ending import RowEnds, teach_ends
from engine.data.templates.ends import Ends
from engine.data.templates.losses import check_nothing_lost, crops_answers, dropped_parts
from engine.data.templates.masking import (
    IGNORED,
    Span,
    answer_spans,
    counts_nothing,
    forget,
    has_weights,
    labels_of,
    left_out_answers,
    weights_of,
)
from engine.data.templates.renderer import Messages, Tools
from engine.data.templates.sandbox import sandbox
from engine.data.templates.thinking import as_chat_asks, behind_empty_thought, lost_thoughts, opened_thought
from engine.data.templates.token_rows import TokenRows
from engine.data.templates.tokenizer_variants import keep_white_space
from engine.data.templates.writes_text import WritesText
from engine.data.thoughts.given import empty_spans, given_spans
from engine.data.thoughts.marks import Marks
from engine.data.thoughts.spoken import spoken_thought, unseen_marks
from engine.data.thoughts.wish import ANSWER, AS_BEFORE, EMPTY, dressed, settled

TrainOn = Literal["assistant", "all"]
_SAID = "Green"
LARGEST_TOKENIZER = 256 * 1024 * 1024  # bytes


@dataclass(frozen=True)
class _Reading:
    """A conversation as a model reads it."""

    tokens: Tokenised
    answers: list[Span]  # where they lie in the text that `tokens` is of
    turns: list[int]  # of the conversation, that they are
    controls: bool  # whether its texts hold control tokens, which are text
    lost_thoughts: int  # answers whose reasoning is left out
    given: list[Span] = field(default_factory=list)  # thinking within or before them that is not learnt


class ChatTemplate(WritesText, Ends, Batches):
    """A tokenizer with its chat template.

    Attributes:
        tokenizer: with offsets that hold white space.
        source: of the template; None without one.
        special: names of tokens by their part.
        token_rows: which tokens the model has rows for in its embedding.
        controls: whether control tokens in texts of people and data work as such; they are text where they do not.
        thinking: what is wanted of the thinking in answers (`engine.data.thoughts.wish`).
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        template: str | None,
        special: Mapping[str, Any],
        token_rows: TokenRows | None = None,
    ) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        keep_white_space(tokenizer)
        super().__init__(tokenizer)
        self.controls = False
        self._bordered = BorderedTokenizer(tokenizer)
        self.source = template
        self.special = dict(special)
        self.token_rows = token_rows or TokenRows()
        try:
            self._compiled = sandbox().from_string(template) if template else None
        except jinja2.TemplateError as error:
            raise Fault("template.broken", reason=str(error)[:300]) from None

    @classmethod
    def load(cls, folder: Path) -> ChatTemplate:
        """Read a tokenizer folder. Raises Fault("template.no_tokenizer") or Fault("template.broken")."""
        try:
            tokenizer = Tokenizer.from_buffer(read_bytes(folder / "tokenizer.json", LARGEST_TOKENIZER))
            special = read_object(folder / "special.json")
            file = folder / "chat_template.jinja"
            source = read_text(file) if file.exists() else None
        except MemoryError:
            raise
        except Exception as error:  # tokenizers raises bare Exception
            raise Fault("template.no_tokenizer", reason=str(error)[:300]) from None
        return cls(tokenizer, source, special, TokenRows.read(folder))

    def with_controls(self, work: bool) -> ChatTemplate:
        """The same, where control tokens in texts work as such, or do not."""
        other = copy(self)
        other.controls = work
        return other

    def with_thinking(self, wish: str) -> ChatTemplate:
        """The same, where something else is wanted of the thinking in answers; its prompts are those of a model taught so."""
        if wish == self.thinking:
            return self
        other = copy(self)
        other.thinking = wish
        for name in ("control_tokens", "crops_answers", "_around", "dropped", "_opening"):  # they look through `render`
            other.__dict__.pop(name, None)
        return other

    @cached_property
    def control_tokens(self) -> ControlTokens:
        """Those that could stand in texts."""
        numbers = (self.tokenizer.token_to_id(name) for name in self._names.values())
        named = {number for number in numbers if number is not None}
        return ControlTokens(self.tokenizer, self, self.source, frozenset({*named, *self.eos_ids}))

    @cached_property
    def crops_answers(self) -> str:
        """White space (of blanks, tabs and line breaks) that the template drops where an answer begins with it."""
        return crops_answers(self)

    @cached_property
    def dropped(self) -> frozenset[str]:
        """Of "tools", "calls" and "results", those that the template passes over in silence."""
        return dropped_parts(self)

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
            Fault: see `render`, `check_nothing_lost` and `plain_ids`.
        """
        tools = row.get("tools") if isinstance(row, Mapping) else None
        content = (row["text"] if "text" in row else conversation_of(row)) if isinstance(row, Mapping) else row
        if isinstance(content, str):
            encoded = self._encode_text(content, teach_end)
        else:
            encoded = self._encode_chat(content, tools, train_on, teach_end)
        self._check(encoded.ids)
        if isinstance(row, Mapping) and "weight" in row:
            encoded = encoded.times(float(row["weight"]))
        return encoded if max_length is None or len(encoded.ids) <= max_length else encoded.cut(max_length)

    def _encode_text(self, text: str, teach_end: bool) -> Encoded:
        ids, controls = self._plain(text)
        end = self.end_id if self.eos_id is None else self.eos_id
        ended = end is not None and ids[-1:] == [end]
        if teach_end and end is not None and not ended:
            ids = [*ids, end]
        open_ends = int(not ended and (end is None or not teach_end))
        return Encoded(ids, list(ids), 0, len(ids), controls=controls, open_ends=open_ends)

    def plain_ids(self, text: str) -> list[int]:
        """A text that no template wraps, with what the tokenizer puts around texts.

        Raises:
            Fault: "template.beyond", which names the tokens that the model has no row for.
        """
        return self._check(self._plain(text)[0])

    def _check(self, ids: list[int]) -> list[int]:
        self.token_rows.check(ids, self.tokenizer.id_to_token)
        return ids

    def _plain(self, text: str) -> tuple[list[int], bool]:
        return (self.tokenizer.encode(text).ids, False) if self.controls else self.control_tokens.encode_plain(text)

    def _encode_chat(self, messages: Messages, tools: Tools | None, train_on: str, teach_end: bool) -> Encoded:
        everything, weighted = train_on == "all", has_weights(messages)
        place = not everything or weighted or self.turn_end is None or self.thinking in (ANSWER, EMPTY)
        read = self._read(messages, tools, place=place, bare=teach_end)
        if weighted and any("weight" in one and turn not in read.turns for turn, one in enumerate(messages)):
            everything = False  # what is not to be learnt cannot be told from the rest
        ids, offsets = list(read.tokens.ids), read.tokens.offsets
        row = RowEnds(ids, offsets, list(ids) if everything else labels_of(ids, offsets, read.answers))
        forget(row.labels, offsets, read.given)
        closed, end = messages[-1]["role"] == "assistant", self.end_id if teach_end else None
        weights = weights_of(messages, read.turns)
        teach_ends(row, read.answers, self.eos_ids, end, closed=closed, weights=weights)
        return Encoded(
            row.ids,
            row.labels,
            0 if everything else left_out_answers(messages, read.turns),
            len(row.ids),
            cropped=self._cropped(messages),
            controls=read.controls,
            ends=tuple(row.ends),
            open_ends=row.open_ends,
            lost_thoughts=read.lost_thoughts,
            weights=row.weights,
        )

    def _read(
        self, messages: Messages, tools: Tools | None, *, ask: bool = False, place: bool = True, bare: bool = True
    ) -> _Reading:
        """The tokens of a conversation: each answer in it stands behind the very tokens that chat would have sent.

        Args:
            place: whether it matters where the answers lie; it is not looked for in vain.
            bare: as in `answer_spans`: what the template puts behind an answer without an end token is no part of it.
        """
        text = self.row_text(messages, tools, ask=ask)
        messages = settled(messages, self.thinking, self.thoughts) if self.has_chat else messages
        encoding = self.tokenizer.encode(text, add_special_tokens=False)
        ids, lost = encoding.ids, lost_thoughts(messages, text)
        hidden = None if self.controls else self.control_tokens.hide(ids, messages, tools)
        if hidden is not None:
            text = self._text(hidden.messages, hidden.tools, ask)
            answers, turns = answer_spans(self, hidden.messages, text, hidden.tools, bare=bare)
            tokens, answers, given = self.control_tokens.encode(text, hidden, answers, self._given(text, answers))
            return _Reading(tokens, answers, turns, controls=True, lost_thoughts=lost, given=given)
        if not place and self._opening.is_before_each(text, ids, _answers(messages) + ask):
            return _Reading(Tokenised(ids, []), [], [], controls=False, lost_thoughts=lost)
        answers, turns = answer_spans(self, messages, text, tools, bare=True)
        tokens = self._bordered.cut(text, Tokenised(ids, encoding.offsets), answers)
        if not bare:  # the tokens are the same all the same: chat does not know how a model was trained
            answers, turns = answer_spans(self, messages, text, tools)
        given = self._given(text, answers)
        return _Reading(tokens, answers, turns, controls=False, lost_thoughts=lost, given=given)

    def _given(self, text: str, answers: Sequence[Span]) -> list[Span]:
        if self.thinking == EMPTY:
            return empty_spans(answers, self.thoughts)
        return given_spans(text, answers, self.thoughts) if self.thinking == ANSWER else []

    def row_text(self, messages: Messages, tools: Tools | None = None, *, ask: bool = False) -> str:
        """The conversation as it is learnt, or asked. Raises as `render` and `check_nothing_lost`."""
        text = self._text(messages, tools, ask)
        check_nothing_lost(self, messages, tools, text)
        return text

    def _text(self, messages: Messages, tools: Tools | None, ask: bool) -> str:
        text = self.render(messages, add_generation_prompt=ask, tools=tools)
        if ask or not self.has_chat:
            return text
        messages = settled(messages, self.thinking, self.thoughts)
        if self.thinking == EMPTY and self.thoughts.empty:
            return behind_empty_thought(self, self.thoughts.empty, messages, text, tools)
        if self.thoughts.closed and self.thinking != AS_BEFORE:
            return behind_empty_thought(self, self.thoughts.closed, messages, text, tools)
        spoken = messages if self.thoughts.way else dressed(messages, self.thoughts)
        return text if self._opened is None else as_chat_asks(self, self._opened, spoken, text, tools)

    @property
    def opens_thought(self) -> bool:
        """Whether chat begins each answer with a thought for the model to go on with, or with an empty one."""
        if self.thinking == EMPTY and self.thoughts.empty:
            return True
        return self._opened is not None or (self.thinking != AS_BEFORE and bool(self.thoughts.closed))

    @cached_property
    def _unseen_marks(self) -> tuple[list[int], list[int]] | None:
        return unseen_marks(self, self.thoughts)

    @cached_property
    def _opened(self) -> Marks | None:
        return opened_thought(self)

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
        said = (m.get("content") for m in messages if m["role"] == "assistant" and not counts_nothing(m))
        begun = [text[0] for text in said if text and text[0].isspace()]
        return sum(white in self.crops_answers for white in begun)

    def token_ids(self, text: str, *, special: bool = False) -> list[int]:
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=special).ids
        return ids

    def encode_prompt(self, messages: Messages, tools: Tools | None = None) -> list[int]:
        """The tokens after which the model is to answer. Without a chat template: the messages' plain text.

        Raises:
            Fault: see `render`, `check_nothing_lost` and `plain_ids`.
        """
        if not self.has_chat:
            return self.plain_ids("\n\n".join(str(m["content"]) for m in messages))
        return self._check(self._read(messages, tools, ask=True, place=False).tokens.ids)

    def answer_text(self, ids: Sequence[int]) -> str:
        """What a model said, with the white space around it, without what the template itself puts there.

        An answer that was learnt comes back as it stands in the data, indentation of code included. Thinking between tokens that
        nobody sees stands between `<think>` and `</think>`.
        """
        found = spoken_thought(self, self._unseen_marks, ids) if self._unseen_marks else None
        if found is not None:
            return found.shown(self.bare_answer(found.words, Surroundings()).lstrip("\n"))
        return self.bare_answer(ids, self._around)


def _answers(messages: Messages) -> int:
    return sum(message["role"] == "assistant" for message in messages)
