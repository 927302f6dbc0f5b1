"""Repairs: each does what it says to the rows it means, and leaves every other byte as it was."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import Fault
from engine.core.params import read_all
from engine.data.operations import operation_of
from engine.data.operations.base import FoundRow, Source
from engine.data.templates.template import ChatTemplate
from tests.unit.data.quality_rows import Row, chat, look


@dataclass
class Rows:
    """A source over rows in memory; what a check finds is what it really finds."""

    folder: Path
    kept: list[Row]
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    name: str = "rows"
    kind: str = "chat"
    seed: int = 1

    def __post_init__(self) -> None:
        self.kept = [{"id": at, "line": at + 1, **row} for at, row in enumerate(self.kept)]
        self.count = len(self.kept)

    def rows(self) -> Iterator[Row]:
        yield from copy.deepcopy(self.kept)

    def found(self, check: str) -> Iterator[FoundRow]:
        return iter(look(self.folder, check, self.kept, **self.settings.get(check, {})))

    def other(self, dataset: int) -> Source:
        raise AssertionError(dataset)

    def template(self, model: int) -> ChatTemplate:
        raise AssertionError(model)

    def new_id(self) -> int:
        raise AssertionError

    def scratch(self) -> Path:
        return self.folder


def repair(source: Rows, key: str, **values: Any) -> list[Row]:
    operation = operation_of(key)
    read, faults = read_all(operation.params, values, "operation")
    assert faults == {}
    return list(operation.run(source, read))


def answers(rows: list[Row]) -> list[str]:
    return [row["messages"][-1]["content"] for row in rows]


def test_masks_put_a_word_in_place_of_what_was_found_and_nothing_else(tmp_path: Path) -> None:
    odd = "  Mail\ta@lamps.io , or call 13812345678!\r\n\u00a0"
    source = Rows(tmp_path, [chat("Who is b@lamps.io?", odd), chat("Why?", " Because.\n")])
    masked = repair(source, "mask_found")
    assert masked[0]["messages"][0]["content"] == "Who is [EMAIL]?"
    assert answers(masked) == [odd.replace("a@lamps.io", "[EMAIL]").replace("13812345678", "[PHONE]"), " Because.\n"]
    assert masked[1] == source.kept[1]
    assert answers(repair(source, "mask_found", kinds=["phone"]))[0] == odd.replace("13812345678", "[PHONE]")
    assert repair(source, "mask_found", rows=[1]) == source.kept


def test_masks_leave_nothing_of_a_row_with_very_many_places(tmp_path: Path) -> None:
    mails = [f"a{n}@lamps.io" for n in range(2_500)]
    (masked,) = repair(Rows(tmp_path, [chat("List them.", "\n".join(mails))]), "mask_found")
    assert answers([masked]) == ["\n".join(["[EMAIL]"] * len(mails))]


def test_masks_in_other_columns_and_in_what_functions_are_called_with(tmp_path: Path) -> None:
    row = chat("Book it.", "Booked.", extra={"phone": 13812345678, "order_id": 13912345678, "note": "c@lamps.io, soon"})
    arguments = {"guest": {"mails": ["a@lamps.io", "none"], "key": "x"}, "password": "Tr0ub4dor&3", "nights": 2}
    call = {"type": "function", "function": {"name": "book", "arguments": arguments}}
    row["messages"].insert(1, {"role": "assistant", "content": "", "tool_calls": [call]})
    (masked,) = repair(Rows(tmp_path, [row]), "mask_found")
    assert masked["extra"] == {"phone": "[PHONE]", "order_id": 13912345678, "note": "[EMAIL], soon"}
    assert masked["messages"][1]["tool_calls"][0]["function"]["arguments"] == {
        "guest": {"mails": ["[EMAIL]", "none"], "key": "x"}, "password": "[PASSWORD]", "nights": 2,
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["text", "preference", "kto"])
def test_masks_in_every_kind_of_row(tmp_path: Path, kind: str) -> None:
    def said(text: str) -> list[dict[str, str]]:
        return [{"role": "assistant", "content": text}]

    ask = [{"role": "user", "content": "Mail?"}]
    rows: dict[str, Row] = {
        "text": {"split": "train", "text": "Mail a@lamps.io"},
        "preference": {"split": "train", "prompt": ask, "chosen": said("No."), "rejected": said("a@lamps.io")},
        "kto": {"split": "train", "prompt": ask, "completion": said("a@lamps.io"), "label": True},
    }
    masked = repair(Rows(tmp_path, [rows[kind]], kind=kind), "mask_found")[0]
    assert "a@lamps.io" not in str(masked)
    assert str(masked).count("[EMAIL]") == 1


def test_one_of_each_group_stays(tmp_path: Path) -> None:
    rows = [chat("Q?", "Same."), chat("R?", "Other."), chat("Q?", "Same."), chat("S?", "Twice."), chat("S?", "Twice.")]
    assert [row["id"] for row in repair(Rows(tmp_path, rows), "keep_one", check="exact_duplicates")] == [0, 1, 3]
    asked = [
        chat("Q?", "Short."),
        chat("Q?", "A much longer and rather different answer."),
        chat("R?", "Alone."),
        chat("Q?", "Short."),
    ]
    kept = repair(Rows(tmp_path, asked), "keep_one", check="contradictions", which="longest")
    assert [row["id"] for row in kept] == [1, 2]


def test_leaks_are_dropped_from_training_or_moved_there(tmp_path: Path) -> None:
    rows = [chat("Q?", "Same."), chat("Q?", "Same.", "val"), chat("R?", "Other."), chat("S?", "Held out.", "test")]
    source = Rows(tmp_path, rows)
    assert [row["id"] for row in repair(source, "drop_found", check="leakage", side="train")] == [1, 2, 3]
    assert [row["id"] for row in repair(source, "drop_found", check="leakage", side="held_out")] == [0, 2, 3]
    assert [row["split"] for row in repair(source, "move_to_train")] == ["train", "train", "train", "test"]


def test_unfinished_answers_end_with_their_last_whole_sentence(tmp_path: Path) -> None:
    rows = [
        chat("Say?", "It is made of brass. It shines for nine hours. It always faces the window because of the"),
        chat("说？", "这盏灯是黄铜做的。它之所以朝向窗户，是因为"),
        chat("Code?", "Use this function. It works.\n\n```python\nprint(1)\n"),
        chat("Fine?", "It is. All of it."),
    ]
    ends = [
        "It is made of brass. It shines for nine hours.",
        "这盏灯是黄铜做的。",
        "Use this function. It works.",
        "It is. All of it.",
    ]
    assert answers(repair(Rows(tmp_path, rows), "shorten_found", check="truncated")) == ends


def test_long_rows_are_cut_at_the_end_of_a_sentence(tmp_path: Path) -> None:
    sentence = "The lamp shines brightly tonight. "
    source = Rows(tmp_path, [chat("Say?", sentence * 20), chat("Short?", "Yes.")], {"too_long": {"characters": 200}})
    short = repair(source, "shorten_found", check="too_long")
    assert answers(short)[0] == (sentence * 5).rstrip()
    assert short[1] == source.kept[1]


def test_mending_brings_text_back_and_removes_invisible_characters(tmp_path: Path) -> None:
    source = Rows(tmp_path, [chat("cafÃ©?", "A\x07 bell.\r\n"), chat("浣犲ソ涓栫晫", "café\u200d ☕\ufe0f")])
    mended = repair(source, "mend_encoding")
    assert [row["messages"][0]["content"] for row in mended] == ["café?", "你好世界"]
    assert answers(mended) == ["A bell.\r\n", "café\u200d ☕\ufe0f"]
    assert answers(repair(source, "mend_encoding", control=False))[0] == "A\x07 bell.\r\n"


def test_edits_replace_content_and_keep_the_rest(tmp_path: Path) -> None:
    source = Rows(tmp_path, [chat("Q?", "Old.", extra={"shop": "north"}), chat("R?", "Stays.")])
    new = chat("Q?", "New.", split="val")
    edited = repair(source, "edit_rows", edits={"0": new})
    assert edited == [{**source.kept[0], "split": "val", "messages": new["messages"]}, source.kept[1]]


@pytest.mark.parametrize(
    ("edits", "code"),
    [
        ({}, "data.repair.edits"),
        ({"x": {}}, "data.repair.edits"),
        ({"0": {"text": "now plain"}}, "data.repair.kind"),
        ({"0": {"messages": [{"role": "user", "content": "Q?"}]}}, "data.repair.turns"),
        ({"0": {"messages": [{"role": "king", "content": "Q?"}]}}, "data.repair.turns"),
        ({"0": chat("Q?", "  ")}, "data.repair.empty"),
        ({"0": chat("Q?", "A", "later")}, "data.repair.split"),
    ],
)
def test_edits_that_cannot_be_used_are_refused(tmp_path: Path, edits: dict[str, Any], code: str) -> None:
    with pytest.raises(Fault) as fault:
        repair(Rows(tmp_path, [chat("Q?", "A.")]), "edit_rows", edits=edits)
    assert fault.value.code == code


def test_rows_are_dropped_by_their_ids(tmp_path: Path) -> None:
    source = Rows(tmp_path, [chat(f"Q{at}?", "A.") for at in range(4)])
    assert [row["id"] for row in repair(source, "drop_rows", rows=[1, 3])] == [0, 2]
    with pytest.raises(Fault) as fault:
        repair(source, "drop_rows", rows="1")
    assert fault.value.code == "data.repair.rows"
