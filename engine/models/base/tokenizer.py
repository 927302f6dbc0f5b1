"""Writes a model's tokenizer as the three files that previews, training and chat share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.core.small_files import read_object
from engine.data.templates.isolated.isolated_template import open_template, try_tokenizer
from engine.data.templates.template import ChatTemplate

DEFAULT_TEMPLATE = """{% for message in messages %}{% if message['role'] == 'system' %}{{ message['content'] }}

{% elif message['role'] == 'user' %}User: {{ message['content'] }}

{% else %}Assistant: {{ message['content'] }}{{ eos_token or '' }}

{% endif %}{% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}"""
_FILE = "tokenizer.json"
_BEGIN, _END = "{{ bos_token }}", "{{ eos_token or '' }}"
_ENDS = (
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|im_end|>",
    "</s>",
    "<eos>",
    "<|end|>",
    "<eot>",
    "[EOS]",
)  # in common use
_QUESTION, _ANSWER = "Blue or green?", "Tangerine"
_REFUSALS = ("template.refused", "template.missing")
_SPECIAL = ("bos_token", "eos_token", "pad_token", "unk_token")


def save_tokenizer(source: Path, target: Path, name: str = "") -> bool:
    """Write tokenizer.json, chat_template.jinja and special.json of the model in `source` to `target`.

    Args:
        name: what people call the model.

    Returns:
        whether the model had no chat template and got our plain one.

    Raises:
        Fault: "model.no_tokenizer", "model.slow_tokenizer", "model.bad_template".
    """
    tokenizer = _load(source)
    own = tokenizer.chat_template
    if isinstance(own, dict):
        own = own.get("default") or next(iter(own.values()), None)
    target.mkdir(parents=True, exist_ok=True)
    _untroubled(lambda: tokenizer.backend_tokenizer.save(str(target / "tokenizer.json")))
    special: dict[str, Any] = {name: getattr(tokenizer, name, None) for name in _SPECIAL}
    ends = _configured_ends(source, tokenizer.eos_token_id) or _likely_end(tokenizer)
    special["eos_token_ids"] = sorted(ends)
    _write(target, special)
    file = target / "chat_template.jinja"
    if own or not _is_ours(file):  # what was trained with our earlier plain template goes on with it
        file.write_text(
            own or _plain_template(tokenizer, special["eos_token_ids"], _begins(target, tokenizer.bos_token_id)),
            encoding="utf-8",
        )
    template = check_template(target, name)
    if template.eos_ids != special["eos_token_ids"]:
        _write(target, {**special, "eos_token_ids": sorted(template.eos_ids)})
    return own is None


def _is_ours(file: Path) -> bool:
    """Whether a plain template that we wrote ourselves lies there."""
    return file.is_file() and DEFAULT_TEMPLATE.partition(_END)[0] in file.read_text(encoding="utf-8")


def _begins(target: Path, bos: int | None) -> bool:
    """Whether the tokenizer begins each text with its first token."""
    return bos is not None and open_template(target).token_ids("a", special=True)[:1] == [bos]


def _plain_template(tokenizer: Any, ends: list[int], begins: bool) -> str:
    """Our own template: it begins a text as the tokenizer does, and ends each answer with a token that the model has."""
    end = None if tokenizer.eos_token or not ends else tokenizer.convert_ids_to_tokens(ends[0])
    written = DEFAULT_TEMPLATE if end is None else DEFAULT_TEMPLATE.replace(_END, "{{ " + json.dumps(end) + " }}")
    return _BEGIN + written if begins else written


def check_template(folder: Path, name: str = "") -> ChatTemplate:
    """Try the template and the tokenizer of a folder on a short conversation.

    Args:
        name: what people call the model.

    Raises:
        Fault: "model.bad_template", or "template.*" where they cannot be read, take too long or too much.
    """
    template = open_template(folder, name)
    try:
        text = template.render(_conversation())
        template.render(_conversation()[:1], add_generation_prompt=True)
        template.token_ids(text)
    except Fault as fault:
        if fault.code not in _REFUSALS:
            raise
        raise Fault("model.bad_template", reason=str(fault.params.get("reason", fault.code))) from None
    if _QUESTION not in text or _ANSWER not in text:
        raise Fault("model.bad_template", reason="the messages do not appear in its text")
    return template


def _conversation() -> list[dict[str, str]]:
    return [{"role": "user", "content": _QUESTION}, {"role": "assistant", "content": _ANSWER}]


def _load(source: Path) -> Any:
    from transformers import AutoTokenizer

    _require_library_class(source)
    if (source / _FILE).exists():
        try_tokenizer(source / _FILE)
    try:
        tokenizer = _untroubled(
            lambda: AutoTokenizer.from_pretrained(
                str(source), trust_remote_code=False, local_files_only=True, use_fast=True
            )
        )
    except Fault:
        raise
    except Exception as error:  # the libraries below raise anything for a broken or missing file
        raise Fault("model.no_tokenizer", reason=str(error).splitlines()[0][:300] if str(error) else "") from error
    if not getattr(tokenizer, "is_fast", False):
        raise Fault("model.slow_tokenizer")
    return tokenizer


def _require_library_class(source: Path) -> None:
    """A tokenizer's class must be one of the library's; anything else of that name would be called to load it."""
    from transformers import PreTrainedTokenizerBase
    from transformers.models.auto.tokenization_auto import tokenizer_class_from_name

    for file in ("tokenizer_config.json", "config.json"):
        content = read_object(source / file) if (source / file).is_file() else {}
        if not (name := content.get("tokenizer_class")):
            continue
        found = [tokenizer_class_from_name(one) for one in (name.removesuffix("Fast"), name, f"{name}Fast")]
        if not any(isinstance(one, type) and issubclass(one, PreTrainedTokenizerBase) for one in found):
            raise Fault("model.foreign_class", file=file, key="tokenizer_class", value=str(name)[:80])


def _configured_ends(source: Path, eos: int | None) -> set[int]:
    """Every token that the model's own settings name as an end."""
    ends = set() if eos is None else {eos}
    for name in ("generation_config.json", "config.json"):
        if (source / name).is_file():
            value = read_object(source / name).get("eos_token_id")
            ends |= {int(item) for item in (value if isinstance(value, list) else [value]) if isinstance(item, int)}
    return ends


def _likely_end(tokenizer: Any) -> set[int]:
    """A token that can serve as an end where the model names none: the one for padding, else one with a name that ends have."""
    special = {token.content: number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    names = (tokenizer.pad_token, *_ENDS)
    return {next(special[name] for name in names if name in special)} if special.keys() & set(names) else set()


def _write(target: Path, special: dict[str, Any]) -> None:
    (target / "special.json").write_text(json.dumps(special, ensure_ascii=False, indent=1), encoding="utf-8")


def _untroubled(work: Callable[[], Any]) -> Any:
    """What code that is not Python's raises as no Exception at all is one here.

    Raises:
        Fault: "model.no_tokenizer".
    """
    try:
        return work()
    except Exception:
        raise
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise Fault("model.no_tokenizer", reason=str(error)[:300]) from None
