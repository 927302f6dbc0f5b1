"""Rows of "test" reach neither training nor validation nor a plan; large data are looked at evenly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.data.rows.training_rows import training_rows, training_sample
from engine.data.templates.lengths import measure
from engine.data.templates.template import ChatTemplate
from engine.objectives import usual_objective
from engine.training.batches.examples import load_examples
from engine.training.calibration.probe_rows import ProbeRows
from tests import tiny

TRAINING = {"train_on": "assistant", "max_length": 512, "over_length": "truncate"}


def write(folder: Path, splits: list[str]) -> Path:
    path = folder / "rows.jsonl"
    turns = [{"role": "user", "content": "Where?"}, {"role": "assistant", "content": "Here."}]
    rows = ({"split": split, "id": i, "line": i + 1, "messages": turns} for i, split in enumerate(splits))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def template(folder: Path, source: str = tiny.CHATML) -> ChatTemplate:
    return ChatTemplate.load(tiny.write_tokenizer(folder / "tokenizer", source))


def places(rows: Any) -> list[int]:
    return [row["line"] for row in rows]


def test_test_rows_are_never_seen(tmp_path: Path) -> None:
    path = write(tmp_path, ["train", "test", "val", "test", "train", "train"])
    assert places(training_rows(path)) == [1, 3, 5, 6]
    sample, total = training_sample(path, 4)
    chat = template(tmp_path)
    table = measure(sample, total, chat, {"train_on": "assistant"})
    assert (total, len(table.train), len(table.val)) == (4, 3, 1)
    assert set(places(ProbeRows(table, total, 512, over_length="truncate", batch_size=2).read(path))) == {1, 3, 5, 6}
    found = load_examples(training_rows(path), chat, usual_objective(), TRAINING, tmp_path)
    assert (len(found.train), len(found.val)) == (3, 1)


def test_a_test_row_that_comes_to_training_is_an_error_and_no_example(tmp_path: Path) -> None:
    row = {"split": "test", "messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]}
    with pytest.raises(KeyError):
        load_examples([row], template(tmp_path), usual_objective(), TRAINING, tmp_path)


def test_large_data_are_looked_at_evenly(tmp_path: Path) -> None:
    path = write(tmp_path, ["train", "test"] * 50)
    sample, total = training_sample(path, 8)
    assert (places(sample), total) == ([1, 15, 29, 43, 57, 71, 85, 99], 50)


def test_rows_that_a_template_would_rob_are_left_out_with_the_reason(tmp_path: Path) -> None:
    silent = "{% for m in messages if m.role != 'system' %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"  # fmt: skip
    turns = [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]
    rows = [
        {"split": "train", "messages": turns},
        {"split": "train", "messages": [{"role": "system", "content": "Be brief."}, *turns]},
    ]
    found = load_examples(rows, template(tmp_path, silent), usual_objective(), TRAINING, tmp_path)
    assert (len(found.train), found.counts["refused"]) == (1, 1)
    assert isinstance(found.refusals["refused"], dict)
    assert "system prompts" in found.refusals["refused"]["en"]
