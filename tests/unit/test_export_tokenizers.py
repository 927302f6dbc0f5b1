"""The tokenizer in an exported folder makes the tokens of chat, whatever class the base's own files name."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from transformers import AutoTokenizer

from engine.data.templates.template import ChatTemplate
from engine.exports.writing import result_files
from engine.models.base.tokenizer import save_tokenizer
from tests.zoo import ZOO
from tests.zoo.keeper import ZooKeeper

ASKED = [{"role": "user", "content": "What is the colour of the kettle?  Naïve\n\n 你好"}]
LLAMA = {"tokenizer_class": "LlamaTokenizerFast", "add_bos_token": True, "legacy": False, "add_prefix_space": True}
NAMED = [
    ("mistral", LLAMA),
    ("phi-3", LLAMA),
    ("llama-2", LLAMA),
    ("qwen-2.5", {"tokenizer_class": "Qwen2TokenizerFast"}),
    ("gemma-3", {"tokenizer_class": "GemmaTokenizer"}),
    ("gpt-2", {"tokenizer_class": "GPT2Tokenizer"}),
]


def exported(base: Path, tokenizer: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with what every export brings along."""
    target.mkdir()
    monkeypatch.setattr(result_files, "tokenizer_folder", lambda _settings, _base: tokenizer)
    monkeypatch.setattr(result_files, "intact_settings", lambda _settings, _base: base)
    source: Any = SimpleNamespace(ctx=SimpleNamespace(settings=None), base=None)
    result_files.add_tokenizer(source, target)
    return target


def check(folder: Path, tokenizer: Path) -> None:
    """Chats and plain texts become the same tokens as in our own hands."""
    template, theirs = ChatTemplate.load(tokenizer), AutoTokenizer.from_pretrained(folder)
    asked = theirs.apply_chat_template(ASKED, add_generation_prompt=True, return_dict=True)
    assert asked["input_ids"] == template.encode_prompt(ASKED)
    assert theirs("kettle Naïve")["input_ids"] == template.tokenizer.encode("kettle Naïve").ids


@pytest.mark.parametrize("key", [model.key for model in ZOO])
def test_of_every_model(zoo: ZooKeeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    tokenizer = zoo.tokenizer(key)
    check(exported(zoo.folder(key), tokenizer, tmp_path / "out", monkeypatch), tokenizer)


@pytest.mark.parametrize(("key", "named"), NAMED)
def test_of_classes_that_would_build_it_anew(
    zoo: ZooKeeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, named: dict[str, Any]
) -> None:
    """Beside an adapter no config.json names the family, and Mistral's and Phi-3's got other tokens behind special ones."""
    base = zoo.copy(key, tmp_path / "base")
    file = base / "tokenizer_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | named))
    save_tokenizer(base, tmp_path / "tokenizer")
    check(exported(base, tmp_path / "tokenizer", tmp_path / "out", monkeypatch), tmp_path / "tokenizer")
    assert json.loads(file.read_text())["tokenizer_class"] == named["tokenizer_class"]


def test_of_templates_in_other_places(zoo: ZooKeeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the config, several there, and one there beside a newer file."""
    template = (zoo.tokenizer("qwen-2.5") / "chat_template.jinja").read_text()
    several = [{"name": "rag", "template": "Other"}, {"name": "default", "template": template}]
    for place, (said, file) in enumerate([(template, False), (several, False), ("Old", True)]):
        base = zoo.copy("qwen-2.5", tmp_path / f"base-{place}")
        config = base / "tokenizer_config.json"
        config.write_text(json.dumps(json.loads(config.read_text()) | {"chat_template": said}))
        (base / "chat_template.jinja").unlink(missing_ok=True)
        if file:
            (base / "chat_template.jinja").write_text(template)
        tokenizer = tmp_path / f"tokenizer-{place}"
        save_tokenizer(base, tokenizer)
        check(exported(base, tokenizer, tmp_path / f"out-{place}", monkeypatch), tokenizer)
