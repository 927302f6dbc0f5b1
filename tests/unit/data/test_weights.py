"""What is marked not to be learnt is not learnt, whatever it is called: from the file to the tokens, and back into a file."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from engine.core.errors import Fault
from engine.data.operations.repairs.editing import edited
from engine.data.rows.row import content_of, said_of
from engine.data.rows.stats import measure
from engine.data.templates.check import check_template
from engine.data.templates.encoded import Encoded
from engine.data.templates.masking import IGNORED
from engine.data.templates.preview import readable
from engine.data.templates.template import ChatTemplate
from engine.data.templates.token_overview import Tokens
from engine.data.writers.files import write_csv, write_jsonl, write_parquet
from engine.data.writers.layout import own_layout, records_of
from engine.data.writers.original import original_layout
from engine.data.writers.survey import survey
from engine.services.data.row_edits import check_row
from tests.unit.data.chat_templates import TOKENS, published
from tests.unit.data.corpus import jsonl
from tests.unit.data.end_templates import SHAPES, shaped
from tests.unit.data.pipeline import Result, run

CASES = Path(__file__).parents[2] / "cases" / "data"
ASK, SAY = {"role": "user", "content": "Where is the kettle?"}, {"role": "assistant", "content": "On the stove."}
MORE, LAST = {"role": "user", "content": "And the lamp?"}, {"role": "assistant", "content": "In the hall."}
TALK = [ASK, SAY, MORE, LAST]
REWRITES = {"qwen-3", "r1"}  # write an earlier answer otherwise than chat has it: it is not learnt anyhow
TEMPLATES = [*((published, name) for name in TOKENS), *((shaped, name) for name in SHAPES)]
each_template = pytest.mark.parametrize(
    ("of", "name"), TEMPLATES, ids=[f"{of.__name__}-{name}" for of, name in TEMPLATES]
)


def runs(encoded: Encoded) -> list[tuple[tuple[int, ...], float]]:
    """The tokens of each run of labels, and how much they count; a run never counts differently within."""
    found: list[tuple[list[int], set[float]]] = [([], set())]
    for place, label in enumerate(encoded.labels):
        if label != IGNORED:
            found[-1][0].append(label)
            found[-1][1].add(1.0 if encoded.weights is None else encoded.weights[place])
        elif found[-1][0]:
            found.append(([], set()))
    assert all(len(weights) == 1 for ids, weights in found if ids)
    return [(tuple(ids), next(iter(weights))) for ids, weights in found if ids]


# ---------------------------------------------------------------- masks


@each_template
def test_an_answer_of_weight_nothing_has_no_label_and_the_others_keep_theirs(of: Any, name: str) -> None:
    template: ChatTemplate = of(name)
    plain = template.encode(TALK)
    first, last = (
        template.encode([*TALK[:3], {**LAST, "weight": 0}]),
        template.encode([ASK, {**SAY, "weight": 0}, *TALK[2:]]),
    )
    assert first.ids == last.ids == plain.ids
    assert runs(last) == runs(plain)[-1:]
    assert runs(first) == runs(plain)[:-1]
    assert last.weights is first.weights is None
    assert last.skipped_turns == 0
    none = template.encode({"messages": TALK, "weight": 0})
    assert (none.trained, none.ids, none.weights) == (0, plain.ids, None)
    assert template.encode([ASK, {**SAY, "weight": 0}]).trained == 0


@each_template
def test_fractions_stand_at_the_labels_of_their_answer_and_of_its_end(of: Any, name: str) -> None:
    template: ChatTemplate = of(name)
    plain = runs(template.encode(TALK))
    encoded = template.encode({"messages": [ASK, {**SAY, "weight": 0.5}, MORE, {**LAST, "weight": 3}], "weight": 2})
    weights = [6.0] if name in REWRITES else [1.0, 6.0]
    assert runs(encoded) == [(ids, weight) for (ids, _), weight in zip(plain, weights, strict=True)]


@each_template
def test_with_everything_learnt_an_answer_of_weight_nothing_is_still_not(of: Any, name: str) -> None:
    template: ChatTemplate = of(name)
    encoded = template.encode([ASK, {**SAY, "weight": 0}, MORE, {**LAST, "weight": 0.5}], train_on="all")
    learnt = template.decode([label for label in encoded.labels if label != IGNORED], skip_special=False)
    assert "stove" not in learnt
    assert "In the hall." in learnt
    assert ("And the lamp?" in learnt) == (name not in REWRITES)


@pytest.mark.parametrize("name", ["plain", "alpaca", "glm", "text-marks"])
def test_nobody_misses_the_end_of_an_answer_that_is_not_learnt(name: str) -> None:
    template = shaped(name)
    talk = [ASK, {**SAY, "weight": 0}, MORE, LAST]
    assert (template.encode(talk).added_ends, template.encode(talk, teach_end=False).open_ends) == (1, 1)


def test_calls_have_weights_too() -> None:
    call = {"role": "assistant", "content": "", "tool_calls": [{"id": "call00000", "type": "function", "function": {"name": "find", "arguments": {}}}]}  # fmt: skip
    talk = [
        ASK,
        {**call, "weight": 0},
        {"role": "tool", "content": "stove", "tool_call_id": "call00000", "name": "find"},
        SAY,
    ]
    template = published("qwen-2.5")
    assert [template.decode(list(ids)) for ids, _ in runs(template.encode(talk))] == ["On the stove."]


def test_no_template_sees_weights() -> None:
    assert published("chatml").render([{**SAY, "weight": 0.5}]) == published("chatml").render([SAY])


def test_the_view_of_tokens_and_the_report_say_what_counts() -> None:
    template = published("chatml")
    row = {"id": 1, "split": "train", "messages": [ASK, {**SAY, "weight": 0}, MORE, {**LAST, "weight": 0.5}]}
    shown = readable(template.encode(row), template)
    assert {(token["trained"], token.get("weight")) for token in shown} == {(False, None), (True, 0.5)}
    silent = {**row, "messages": [ASK, {**SAY, "weight": 0}]}
    overview = Tokens()
    overview.add([row, silent, {**row, "weight": 0}], template)
    assert overview.as_dict(3, None)["unlearnable"] == 2
    assert overview.as_dict(3, None)["epoch"]["learnt"] == template.encode(row).trained
    assert check_template(template, [row])["findings"][0]["code"] == "template.end"


# ---------------------------------------------------------------- what says it


def one(folder: Path, *rows: dict[str, Any]) -> dict[str, Any]:
    result = run(folder, jsonl(*rows))
    assert result.rejected == []
    return result.rows[0]


def marked(**members: Any) -> dict[str, Any]:
    return {"conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"} | members, {"from": "human", "value": "R"}, {"from": "gpt", "value": "B"}]}  # fmt: skip


def test_the_turn_with_weight_nothing_carries_no_label(tmp_path: Path) -> None:
    result = run(tmp_path, (CASES / "message_weight_zero.jsonl").read_bytes(), "message_weight_zero.jsonl")
    assert (len(result.rows), result.rejected) == (4, [])
    assert [message.get("weight") for message in result.rows[0]["messages"]] == [None, 0, None, None]
    assert [note["params"]["columns"] for note in result.source.notes if note["code"] == "columns.turn_weights"] == [
        "weight"
    ]
    template = published("chatml")
    learnt = [template.decode(list(ids)) for ids, _ in runs(template.encode(result.rows[0]))]
    assert learnt == ["Sorry, 4."]


@pytest.mark.parametrize(
    ("members", "weight"),
    [
        ({"weight": 0}, 0), ({"weight": 0.25}, 0.25), ({"weight": "0.5"}, 0.5), ({"weight": True}, None), ({"weight": 3}, 3),
        ({"train": False}, 0), ({"train": "false"}, 0), ({"train": 1}, None), ({"training": False}, 0), ({"trainable": 0}, 0),
        ({"loss": False}, 0), ({"loss": "0"}, 0), ({"loss": True}, None), ({"loss_mask": 0}, 0), ({"loss_mask": 1.0}, None),
        ({"masked": True}, 0), ({"masked": "true"}, 0), ({"masked": 0}, None), ({"weight": 0.5, "masked": True}, 0),
        ({"weight": None, "train": None}, None), ({"weight": ""}, None), ({"training_detail": [{"begin_offset": 0, "end_offset": 0, "train": True}]}, None),
    ],
)  # fmt: skip
def test_every_name_with_its_usual_meaning(tmp_path: Path, members: dict[str, Any], weight: float | None) -> None:
    messages = one(tmp_path, marked(**members))["messages"]
    assert [message.get("weight") for message in messages] == [None, weight, None, None]
    assert content_of(one(tmp_path, {"messages": messages})) == {"messages": messages}


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"weight": -1}, "data.turn.weight"), ({"weight": "maybe"}, "data.turn.weight"), ({"weight": "nan"}, "data.turn.weight"),
        ({"weight": [1]}, "data.turn.weight"), ({"weight": 1e-12}, "data.turn.weight"), ({"weight": "1e999"}, "data.turn.weight"),
        ({"loss": 2.31}, "data.turn.weight"), ({"masked": 0.5}, "data.turn.weight"), ({"train": "perhaps"}, "data.turn.weight"),
        ({"train_detail": [{"begin_offset": 0, "end_offset": 0, "train": False}]}, "data.turn.weight_parts"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_rejects_its_row(tmp_path: Path, members: dict[str, Any], code: str) -> None:
    result = run(tmp_path, jsonl(marked(), marked(**members), marked()))
    assert [(item["line"], item["code"], item["params"].get("turn")) for item in result.rejected] == [(2, code, 2)]
    assert len(result.rows) == 2


def test_weights_of_other_turns_mean_nothing(tmp_path: Path) -> None:
    turns = [{**turn, "weight": 0} if turn["role"] == "user" else turn for turn in TALK]
    assert (
        one(tmp_path, {"messages": [{"role": "system", "content": "S", "weight": 0}, *turns]})["messages"][1:] == TALK
    )


@pytest.mark.parametrize("name", ["weight", "sample_weight", "Loss Weight", "权重"])
def test_a_column_of_weights(tmp_path: Path, name: str) -> None:
    rows = [{"prompt": "a", "completion": "b", name: weight} for weight in (0.5, 1, None, 0, "2", -1, "often")]
    result = run(tmp_path, jsonl(*rows))
    assert result.source.mapping["weight"] == name
    assert [row.get("weight") for row in result.rows] == [0.5, None, None, 0, 2]
    assert [(item["line"], item["code"], item["column"]) for item in result.rejected] == [
        (n, "data.row.weight", name) for n in (6, 7)
    ]
    (note,) = [note for note in result.source.notes if note["code"] == "field.weight"]
    assert note["params"] == {"field": "weight", "column": name, "least": "-1", "most": "2"}


@pytest.mark.parametrize(
    "values", [("2,300 g", "1,200 g"), (2300, 480), (71.5, 64), ("heavy", "light"), ("nan", "inf"), ([1], [2])]
)
def test_the_weight_of_a_parcel_changes_no_loss_and_is_said(tmp_path: Path, values: Any) -> None:
    rows = [{"prompt": "a", "completion": "b", "weight": value} for value in values]
    result = run(tmp_path, jsonl(*rows))
    kept = [None if isinstance(value, list) else value for value in values]
    assert [(row.get("weight"), row.get("extra", {}).get("weight")) for row in result.rows] == [
        (None, one) for one in kept
    ]
    (note,) = [note for note in result.source.notes if note["code"] == "columns.no_weight"]
    assert note["params"]["columns"] == "weight"


@pytest.mark.parametrize("shape", ["preference", "kto", "text", "alpaca", "classification", "qa_context", "messages"])
def test_rows_of_every_shape_have_weights(tmp_path: Path, shape: str) -> None:
    made: dict[str, dict[str, Any]] = {
        "preference": {"prompt": "Q", "chosen": "A", "rejected": "B"}, "kto": {"prompt": "Q", "completion": "A", "label": True},
        "text": {"text": "A lamp."}, "alpaca": {"instruction": "Q", "output": "A"}, "classification": {"text": "Q", "label": "good"},
        "qa_context": {"context": "C", "question": "Q", "answer": "A"}, "messages": {"messages": TALK},
    }  # fmt: skip
    other = made[shape] | {"weight": 1} | ({"label": "bad"} if shape == "classification" else {})
    result = run(tmp_path, jsonl(made[shape] | {"weight": 0.5}, other))
    assert (result.source.shape, [row.get("weight") for row in result.rows]) == (shape, [0.5, None])


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("train", (True, False, None)), ("trainable", (1, 0, "")), ("loss_mask", ("1", "0", None)), ("masked", (False, True, None)),
        ("Loss", ("true", "false", "")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_rows_that_are_marked_as_a_whole(tmp_path: Path, name: str, cells: tuple[Any, ...], form: str) -> None:
    first = run(tmp_path, jsonl(*({"prompt": "a", "completion": "b", name: cell} for cell in cells)))
    assert (first.source.mapping["weight"], [row.get("weight") for row in first.rows]) == (name, [None, 0, None])
    (note,) = [note for note in first.source.notes if note["code"] == "field.flag"]
    assert note["params"]["off"] == "1"
    layout = original_layout("prompt_completion", first.source.mapping, first.source.columns, {})
    again = run(tmp_path, written(first.rows, layout, form, tmp_path / "out"), f"out.{form}")
    assert contents(again) == contents(first)


def test_a_loss_that_was_measured_once_is_no_mark(tmp_path: Path) -> None:
    result = run(tmp_path, jsonl(*({"prompt": "a", "completion": "b", "loss": loss} for loss in (2.31, 0.4, 1.7, 0))))
    assert "weight" not in result.source.mapping
    assert [row["extra"]["loss"] for row in result.rows] == [2.31, 0.4, 1.7, 0]


def test_lists_beside_the_turns(tmp_path: Path) -> None:
    rows = [{"messages": TALK, "loss_mask": mask} for mask in ([0, 0, 0, 1], [1, False], "[0, 0.5]", None, [1, 1, 0])]
    result = run(tmp_path, jsonl(*rows))
    weights = [[message.get("weight") for message in row["messages"][1::2]] for row in result.rows]
    assert weights == [[0, None], [None, 0], [0, 0.5], [None, None]]
    assert [(item["line"], item["code"]) for item in result.rejected] == [(5, "data.row.marks")]


def test_weights_do_not_hide_that_rows_say_the_same() -> None:
    plain, other = {"messages": TALK}, {"messages": [ASK, {**SAY, "weight": 0}, *TALK[2:]], "weight": 2}
    assert said_of(plain) == said_of(other) == plain
    assert content_of(other) == other
    assert measure(plain).fingerprint == measure(other).fingerprint


# ---------------------------------------------------------------- back into a file

WEIGHED = [
    {"messages": [ASK, {**SAY, "weight": 0}, MORE, {**LAST, "weight": 0.25}], "tags": "a"},
    {"messages": TALK, "tags": "b", "sample_weight": 30},
    {"messages": TALK, "tags": "c", "sample_weight": 0},
]


def written(rows: list[dict[str, Any]], layout: Any, form: str, path: Path) -> bytes:
    records = list(records_of(layout, iter(rows), None))
    columns = survey(iter(rows), layout).columns
    if form == "jsonl":
        write_jsonl(path, records)
    else:
        (write_csv if form == "csv" else write_parquet)(path, records, columns)
    return path.read_bytes()


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize("layout", ["own", "original"])
def test_exported_and_imported_again_everything_counts_as_before(tmp_path: Path, form: str, layout: str) -> None:
    first = run(tmp_path, jsonl(*WEIGHED))
    chosen = (
        own_layout() if layout == "own" else original_layout("messages", first.source.mapping, first.source.columns, {})
    )
    again = run(tmp_path, written(first.rows, chosen, form, tmp_path / "out"), f"out.{form}")
    assert contents(again) == contents(first)
    assert [row.get("weight") for row in again.rows] == [None, 30, 0]


def contents(result: Result) -> list[Any]:
    assert result.rejected == []
    return [(content_of(row), row.get("extra")) for row in result.rows]


_WEIGHT = st.one_of(st.none(), st.sampled_from([0, 1, 2]), st.floats(1e-6, 1e6))
_SAID = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12).filter(str.strip)
_ROWS = st.lists(
    st.tuples(st.lists(st.tuples(_SAID, _SAID, _WEIGHT), min_size=1, max_size=3), _WEIGHT), min_size=1, max_size=5
)


def weighed(turns: list[tuple[str, str, float | None]], row: float | None) -> dict[str, Any]:
    messages = [
        message
        for asked, said, weight in turns
        for message in ({"role": "user", "content": asked}, {"role": "assistant", "content": said, "weight": weight})
    ]
    return {"messages": messages, "sample_weight": row}


@settings(max_examples=12, phases=[Phase.explicit, Phase.generate], deadline=None)
@given(drawn=_ROWS, form=st.sampled_from(["jsonl", "csv", "parquet"]), own=st.booleans())
def test_any_weights_come_back(drawn: Any, form: str, own: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, mapping = Path(name), {"messages": "messages", "weight": "sample_weight"}
        table = [weighed(*row) for row in drawn]
        first = run(folder, jsonl(*table), shape="messages", mapping=mapping)
        wanted = [row["sample_weight"] for row in table]
        assert [row.get("weight", 1) for row in first.rows] == [1 if one is None else one for one in wanted]
        layout = own_layout() if own else original_layout("messages", mapping, first.source.columns, {})
        if own and not any("weight" in row for row in first.rows):
            mapping.pop("weight")  # no row says anything
        again = run(
            folder, written(first.rows, layout, form, folder / "out"), f"out.{form}", shape="messages", mapping=mapping
        )
        assert contents(again) == contents(first)


def test_a_table_of_pairs_keeps_its_weights(tmp_path: Path) -> None:
    table = io.StringIO()
    csv.writer(table).writerows(
        [["prompt", "completion", "weight"], ["a", "b", "0.5"], ["c", "d", ""], ["e", "f", "2"]]
    )
    first = run(tmp_path, table.getvalue().encode(), "t.csv")
    layout = original_layout("prompt_completion", first.source.mapping, first.source.columns, {})
    again = run(tmp_path, written(first.rows, layout, "csv", tmp_path / "out"), "out.csv")
    assert contents(again) == contents(first)
    assert [row.get("weight") for row in again.rows] == [0.5, None, 2]


def test_edits_keep_weights_and_only_sound_ones() -> None:
    row = {
        "id": 7,
        "split": "train",
        "line": 1,
        "messages": [ASK, {**SAY, "weight": 0}],
        "weight": 2,
        "extra": {"a": 1},
    }
    change = json.loads(json.dumps(row))
    change["messages"][0]["content"] = "Other?"
    assert edited(row, change) == {**row, "messages": [{**ASK, "content": "Other?"}, {**SAY, "weight": 0}]}
    changed = {**change, "weight": 1, "messages": [{**ASK, "weight": 3}, {**SAY, "weight": 0.5}]}
    assert content_of(edited(row, changed)) == {"messages": [ASK, {**SAY, "weight": 0.5}]}
    for wrong in (-1, float("nan"), "maybe", None):
        with pytest.raises(Fault, match=r"data\.repair\.weight"):
            edited(row, {**row, "weight": wrong})
        with pytest.raises(Fault, match=r"data\.repair\.weight"):
            edited(row, {**row, "messages": [ASK, {**SAY, "weight": wrong}]})
    assert (check_row({"messages": [ASK, {**SAY, "weight": -1}]}) or {})["code"] == "data.turn.weight"
    assert check_row(row) is None
