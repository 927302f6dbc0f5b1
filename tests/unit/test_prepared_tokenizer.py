"""The tokenizer folder of a prepared model: how our own template begins and ends texts, and which token ends an answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer
from tokenizers.processors import TemplateProcessing

from engine.data.templates.template import ChatTemplate
from engine.models.base.tokenizer import DEFAULT_TEMPLATE, save_tokenizer
from tests import tiny
from tests.unit.data.end_templates import CHATML

ASK, SAY = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes"}
TALK = [ASK, SAY, {"role": "user", "content": "So?"}, {"role": "assistant", "content": "No"}]
END_OF_TEXT = "<|endoftext|>"


def source(
    folder: Path, template: str | None = None, *, adds_bos: bool = False, special: dict[str, str], **generation: Any
) -> Path:
    """A model's own tokenizer files; `generation` is its generation_config.json."""
    folder.mkdir()
    tokenizer = Tokenizer.from_str(tiny.tokenizer_json())
    if adds_bos:
        bos = special["bos_token"]
        tokenizer.post_processor = TemplateProcessing(
            single=f"{bos} $A", special_tokens=[(bos, tokenizer.token_to_id(bos))]
        )
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {"tokenizer_class": "PreTrainedTokenizerFast", **special}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    (folder / "config.json").write_text(json.dumps({"model_type": "llama", "vocab_size": 512}))
    if template is not None:
        (folder / "chat_template.jinja").write_text(template)
    if generation:
        (folder / "generation_config.json").write_text(json.dumps(generation))
    return folder


def prepared(folder: Path, target: Path) -> ChatTemplate:
    save_tokenizer(folder, target)
    return ChatTemplate.load(target)


def ends(template: ChatTemplate) -> set[str]:
    """What chat stops at."""
    return {template.decode([token], skip_special=False) for token in template.eos_ids}


def learnt(template: ChatTemplate) -> str:
    encoded = template.encode(TALK)
    return template.decode([label for label in encoded.labels if label >= 0], skip_special=False)


@pytest.mark.parametrize("adds_bos", [True, False])
def test_our_own_template_begins_as_the_tokenizer_does_and_ends_each_answer(tmp_path: Path, adds_bos: bool) -> None:
    special = {"bos_token": "<s>", "eos_token": "</s>"}
    template = prepared(source(tmp_path / "model", adds_bos=adds_bos, special=special), tmp_path / "ready")
    start = "<s>" if adds_bos else ""
    assert template.render(TALK) == f"{start}User: Hi\n\nAssistant: Yes</s>\n\nUser: So?\n\nAssistant: No</s>\n\n"
    assert template.render(TALK[:1], add_generation_prompt=True) == f"{start}User: Hi\n\nAssistant:"
    assert template.encode("A text.").ids.count(template.tokenizer.token_to_id("<s>")) == adds_bos
    assert (learnt(template), template.encode(TALK).added_ends) == (" Yes</s> No</s>", 0)


@pytest.mark.parametrize(
    ("special", "generation", "end"),
    [
        ({"pad_token": "<eos>"}, {}, "<eos>"),  # what pads can serve
        ({}, {}, END_OF_TEXT),  # a token with the name of an end
        ({"pad_token": "<eos>"}, {"eos_token_id": [4, 3]}, "<s>"),  # what generation stops at
    ],
)
def test_where_the_tokenizer_names_no_end_another_token_serves(
    tmp_path: Path, special: dict[str, str], generation: dict[str, Any], end: str
) -> None:
    template = prepared(source(tmp_path / "model", special=special, **generation), tmp_path / "ready")
    assert end in ends(template)
    assert learnt(template) == f" Yes{end} No{end}"
    assert template.encode("A text.").ids[-1] in template.eos_ids


def test_without_any_such_token_it_is_said_that_none_is_learnt(tmp_path: Path) -> None:
    folder = source(tmp_path / "model", special={})
    content = json.loads((folder / "tokenizer.json").read_text())
    content["added_tokens"] = []
    (folder / "tokenizer.json").write_text(json.dumps(content))
    template = prepared(folder, tmp_path / "ready")
    assert (template.eos_ids, template.end_id, template.encode(TALK).open_ends) == ([], None, 2)
    assert template.render(TALK).startswith("User: Hi\n\nAssistant: Yes\n\n")


def test_a_base_that_ends_texts_with_another_token_than_turns_stops_at_both(tmp_path: Path) -> None:
    template = prepared(source(tmp_path / "model", CHATML, special={"eos_token": END_OF_TEXT}), tmp_path / "ready")
    assert ends(template) == {END_OF_TEXT, "<|im_end|>"}
    assert learnt(template) == "Yes<|im_end|>No<|im_end|>"
    assert template.decode(template.encode("A text.").ids[-1:], skip_special=False) == END_OF_TEXT


def test_a_model_that_had_our_earlier_template_keeps_it(tmp_path: Path) -> None:
    folder = source(tmp_path / "model", adds_bos=True, special={"bos_token": "<s>", "eos_token": "</s>"})
    (tmp_path / "ready").mkdir()
    (tmp_path / "ready" / "chat_template.jinja").write_text(DEFAULT_TEMPLATE)
    template = prepared(folder, tmp_path / "ready")
    assert template.source == DEFAULT_TEMPLATE
    assert learnt(template) == " Yes</s> No</s>"
    assert (prepared(folder, tmp_path / "anew").source or "").startswith("{{ bos_token }}")
