"""One template code for previews, training and chat: messages -> text -> tokens, and which tokens are an answer.

Works on a folder with `tokenizer.json`, `chat_template.jinja` and `special.json`, without transformers, so that the web
process may use it. A template is untrusted: it runs in jinja's sandbox.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import jinja2
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer
from tokenizers.decoders import DecodeStream

from engine.core.errors import Fault
from engine.data.rows.row import conversation_of
from engine.data.templates.losses import check_nothing_lost, dropped_parts
from engine.data.templates.masking import IGNORED, answer_spans, labels_of
from engine.data.templates.renderer import Messages, Tools
from engine.data.templates.token_rows import TokenRows

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
    """

    ids: list[int]
    labels: list[int]
    skipped_turns: int = 0
    full_length: int = 0
    following: int = IGNORED

    @property
    def trained(self) -> int:
        """How many tokens are predicted: the first token of a row never is."""
        return sum(label != IGNORED for label in self.labels[1:]) + (self.following != IGNORED)

    @property
    def truncated(self) -> bool:
        """Whether the end was cut off."""
        return self.full_length > len(self.ids)


class _Generation(Extension):
    """Accepts `{% generation %}` blocks, which mark answers in some templates, as plain content."""

    tags = {"generation"}  # noqa: RUF012 (jinja declares it so)

    def parse(self, parser: Any) -> Any:
        """The block's content, unchanged."""
        next(parser.stream)
        return parser.parse_statements(["name:endgeneration"], drop_needle=True)


def _refuse(message: str) -> None:
    raise jinja2.exceptions.TemplateError(message)


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


class _Namespace(jinja2.utils.Namespace):
    """Jinja's namespace without underscore names, which could lead out of the sandbox."""

    def __init__(*args: Any, **kwargs: Any) -> None:
        attributes = dict(*args[1:], **kwargs)
        for name in attributes:
            _check_name(name)
        jinja2.utils.Namespace.__init__(args[0], attributes)

    def __setitem__(self, name: str, value: Any) -> None:
        _check_name(name)
        super().__setitem__(name, value)


def _check_name(name: str) -> None:
    if name.startswith("_"):
        raise jinja2.exceptions.SecurityError(f"A template may not store {name!r}.")


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols]
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _refuse
    environment.globals["namespace"] = _Namespace
    environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
    return environment


class ChatTemplate:
    """A tokenizer with its chat template."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        template: str | None,
        special: Mapping[str, Any],
        token_rows: TokenRows | None = None,
    ) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self.tokenizer = tokenizer
        self.source = template
        self.special = dict(special)
        self.token_rows = token_rows or TokenRows()
        try:
            self._compiled = _environment().from_string(template) if template else None
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
        return cls(
            tokenizer, file.read_text(encoding="utf-8") if file.is_file() else None, special, TokenRows.read(folder)
        )

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
        """Every token that ends an answer; those that the model has no row for can never come."""
        ids = [int(i) for i in self.special.get("eos_token_ids") or () if self.token_rows.has(int(i))]
        return ids or ([] if self.eos_id is None else [self.eos_id])

    @cached_property
    def pad_id(self) -> int:
        """A token to fill rows up with; it is never trained on."""
        pad = self.special.get("pad_token")
        found = None if pad is None else self.tokenizer.token_to_id(pad)
        usable = (i for i in (found, self.eos_id) if i is not None and self.token_rows.has(i))
        return next(usable, 0)

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
            Fault: see `render`, `check_nothing_lost` and `text_ids`.
        """
        tools = row.get("tools") if isinstance(row, Mapping) else None
        content = (row["text"] if "text" in row else conversation_of(row)) if isinstance(row, Mapping) else row
        encoded = (
            self._encode_text(content) if isinstance(content, str) else self._encode_chat(content, tools, train_on)
        )
        self._check(encoded.ids)
        if max_length is None or len(encoded.ids) <= max_length:
            return encoded
        ids, labels = encoded.ids[:max_length], encoded.labels[:max_length]
        return Encoded(ids, labels, encoded.skipped_turns, encoded.full_length)

    def _encode_text(self, text: str) -> Encoded:
        ids = self.tokenizer.encode(text).ids
        if self.eos_id is not None and ids[-1:] != [self.eos_id]:
            ids = [*ids, self.eos_id]
        return Encoded(ids, list(ids), 0, len(ids))

    def _encode_chat(self, messages: Messages, tools: Tools | None, train_on: str) -> Encoded:
        text = self.render(messages, tools=tools)
        check_nothing_lost(self, messages, tools, text)
        encoding = self.tokenizer.encode(text, add_special_tokens=False)
        if train_on == "all":
            return Encoded(encoding.ids, list(encoding.ids), 0, len(encoding.ids))
        spans, skipped = answer_spans(self, messages, text, tools)
        labels = labels_of(encoding.ids, encoding.offsets, spans)
        return Encoded(encoding.ids, labels, skipped, len(encoding.ids))

    def encode_prompt(self, messages: Messages, tools: Tools | None = None) -> list[int]:
        """The tokens after which the model is to answer. Without a chat template: the messages' plain text.

        Raises:
            Fault: see `render`, `check_nothing_lost` and `text_ids`.
        """
        if not self.has_chat:
            return self.text_ids("\n\n".join(str(m["content"]) for m in messages))
        text = self.render(messages, add_generation_prompt=True, tools=tools)
        check_nothing_lost(self, messages, tools, text)
        return self._check(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def text_ids(self, text: str) -> list[int]:
        """The tokens of a text that stands alone, as the tokenizer begins one.

        Raises:
            Fault: "template.beyond", which names the tokens that the model has no row for.
        """
        return self._check(self.tokenizer.encode(text).ids)

    def _check(self, ids: list[int]) -> list[int]:
        self.token_rows.check(ids, self.tokenizer.id_to_token)
        return ids

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
