"""Every family of the zoo: its tables are told from headers alone, and a copy with more rows answers as before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import pytest
import torch
from transformers import AutoModelForCausalLM

from engine.models.base.download_progress import ByteProgress
from engine.models.base.embedding import find_tables
from engine.models.base.inspect import weight_files
from engine.models.base.resize import resize
from engine.models.base.vocabulary import configured_rows, finding_of, look_into
from tests.unit.test_vocabulary import Silent
from tests.zoo import ZOO
from tests.zoo.keeper import ZooKeeper

LACKING = {"more-tokens": "model.tokens_beyond"}
MORE = 7
QUICK = ("llama-2", "deepseek-v2", "lfm-2", "gpt-oss", "more-tokens")
EVERY = [model.key if model.key in QUICK else pytest.param(model.key, marks=pytest.mark.zoo) for model in ZOO]


@pytest.mark.parametrize("key", EVERY)
def test_tables_are_told_and_resized(zoo: ZooKeeper, key: str, tmp_path: Path) -> None:
    source = zoo.folder(key)
    tables = find_tables(weight_files(source))
    assert tables is not None
    config = json.loads((source / "config.json").read_text())
    old = AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32)
    rows = old.get_input_embeddings().num_embeddings
    assert (tables.rows, configured_rows(config), tables.strange) == (rows, rows, ())
    finding = finding_of(look_into(source, config, zoo.tokenizer(key)))
    assert (finding or {"code": None})["code"] == LACKING.get(key)

    resize(source, tmp_path / "copy", rows + MORE, cast(ByteProgress, Silent()))
    new = AutoModelForCausalLM.from_pretrained(tmp_path / "copy", dtype=torch.float32)
    ids = torch.tensor([[1, 5, 30, rows - 1]])
    with torch.no_grad():
        assert torch.equal(new.eval()(input_ids=ids).logits[..., :rows], old.eval()(input_ids=ids).logits)
    assert new.get_input_embeddings().num_embeddings == new.get_output_embeddings().weight.shape[0] == rows + MORE


def test_rows_that_a_base_model_never_learnt_are_named(zoo: ZooKeeper) -> None:
    """Qwen's base models have the marks of turns in the tokenizer, and zeros in their rows."""
    folder = zoo.folder("qwen-2.5-base")
    config = json.loads((folder / "config.json").read_text())
    found = look_into(folder, config, zoo.tokenizer("qwen-2.5-base"))
    assert {"<|im_start|>", "<|im_end|>"} <= set(found.untaught.values())
