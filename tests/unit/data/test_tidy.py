"""Repairs of real dialogues at import, counted before they are chosen; refusals say the first row's own fault and the way out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault
from engine.data.detection.detect_upload import detect_upload
from engine.data.importing.import_rows import import_rows, preview
from engine.data.rows.store import read_rows
from engine.data.schema.normalise.tidy import TIDIES, check_tidy, tidied
from engine.services.data import datasets, imports, sources
from tests.unit.data.pipeline import run

CASES = Path(__file__).parents[2] / "cases/data"
LETTERS = {"s": "system", "u": "user", "a": "assistant"}
Message = dict[str, Any]


def talk(letters: str) -> list[Message]:
    """Turns by their first letters; the words are the places."""
    return [{"role": LETTERS[one], "content": str(place)} for place, one in enumerate(letters)]


def upload(folder: Path, conversations: list[list[Message]]) -> Path:
    path = folder / "talk.jsonl"
    path.write_text("".join(json.dumps({"messages": one}) + "\n" for one in conversations))
    return path


def test_the_case_of_empty_system_turns(tmp_path: Path) -> None:
    result = run(tmp_path, (CASES / "empty_system_turn.jsonl").read_bytes())
    assert [[turn["role"] for turn in row["messages"]] for row in result.rows] == [["user", "assistant"]] * 10
    for empty in ("", "  \n", None):
        rows = [
            [{"role": "system", "content": empty}, *talk("ua")],
            [*talk("ua"), {"role": "system", "content": empty}, *talk("ua")],
        ]
        assert len(run(tmp_path, upload(tmp_path, rows).read_bytes()).rows) == 2
    assert run(tmp_path, upload(tmp_path, [talk("ua"), [{"role": "system", "content": ""}]]).read_bytes()).rejected


def test_the_case_of_real_dialogues(tmp_path: Path) -> None:
    path = CASES / "real_dialogue.jsonl"
    source = detect_upload(path, path.name)
    found = preview(source, source.shape, source.mapping, 5)
    assert (found.rejected_rows, found.tidy, found.tidy_together) == (
        4,
        [{"key": "join_turns", "rows": 4, "on": False}],
        4,
    )
    found = preview(source, source.shape, source.mapping, 5, tidy=["join_turns"])
    assert (found.rejected_rows, found.tidy) == (0, [{"key": "join_turns", "rows": 4, "on": True}])
    done = import_rows(source, source.shape, source.mapping, tmp_path, val_fraction=0, seed=1, tidy=["join_turns"])
    assert done.stored is not None
    first = next(read_rows(done.stored.path))
    assert [turn["content"] for turn in first["messages"]][:2] == ["hello\nanyone there?", "Hi!\nHow can I help?"]


REPAIRS = [
    ("join_turns", "uuaau", "uau", "0\n1"),
    ("trim_first_answer", "aua", "ua", "1"),
    ("trim_first_answer", "sauaua", "suaua", "0"),
    ("trim_last_question", "uauu", "ua", "0"),
    ("system_to_front", "uasua", "suaua", "2"),
    ("system_to_front", "suasua", "suaua", "0\n\n3"),
    ("drop_late_system", "suasua", "suaua", "0"),
]


@pytest.mark.parametrize(("name", "before", "after", "first"), REPAIRS)
def test_each_repair_does_its_own(name: str, before: str, after: str, first: str) -> None:
    found = tidied(talk(before), [name])
    assert ("".join(turn["role"][0] for turn in found), found[0]["content"]) == (after, first)


def test_turns_that_differ_in_what_is_learnt_or_called_are_never_joined() -> None:
    weighed = [*talk("u"), {"role": "assistant", "content": "a", "weight": 0}, {"role": "assistant", "content": "b"}]
    calling = [
        *talk("u"),
        {"role": "assistant", "content": "", "tool_calls": [{}]},
        {"role": "assistant", "content": "b"},
    ]
    assert tidied(weighed, ["join_turns"]) == weighed
    assert tidied(calling, ["join_turns"]) == calling


def test_counts_are_for_each_repair_and_for_all_together(tmp_path: Path) -> None:
    rows = [talk(one) for one in ("ua", "uua", "aua", "auau", "uasua", "uau")]
    source = detect_upload(upload(tmp_path, rows), "talk.jsonl")
    found = preview(source, source.shape, source.mapping, 5)
    counts = {one["key"]: one["rows"] for one in found.tidy}
    assert counts == {
        "join_turns": 1,
        "trim_first_answer": 1,
        "trim_last_question": 1,
        "system_to_front": 1,
        "drop_late_system": 1,
    }
    assert (found.rejected_rows, found.tidy_together) == (5, 5)
    assert preview(source, source.shape, source.mapping, 5, tidy=[*TIDIES]).rejected_rows == 0


def test_pairs_of_answers_are_repaired_too(tmp_path: Path) -> None:
    row = {
        "chosen": [*talk("uu"), {"role": "assistant", "content": "good"}],
        "rejected": [*talk("uu"), {"role": "assistant", "content": "bad"}],
    }
    path = tmp_path / "pairs.jsonl"
    path.write_text(
        json.dumps(row)
        + "\n"
        + json.dumps({**row, "chosen": [*talk("uu"), {"role": "assistant", "content": "best"}]})
        + "\n"
    )
    source = detect_upload(path, path.name)
    assert preview(source, source.shape, source.mapping, 5).tidy == [{"key": "join_turns", "rows": 2, "on": False}]
    rows = preview(source, source.shape, source.mapping, 5, tidy=["join_turns"]).rows
    assert [one["prompt"][0]["content"] for one in rows] == ["0\n1", "0\n1"]


def test_an_unknown_repair_is_refused() -> None:
    with pytest.raises(Fault, match=r"data\.tidy\.unknown"):
        check_tidy(["join_turns", "magic"])


def test_a_refusal_says_the_first_rows_fault_and_what_would_save_rows(ctx: Context, tmp_path: Path) -> None:
    made = sources.add_upload(ctx, upload(tmp_path, [talk("uua"), talk("uuaua")]), "talk.jsonl")
    view = datasets.dataset_view(ctx, made)
    wish = {"name": "talk", "shape": view["shape"], "mapping": view["mapping"]}
    with pytest.raises(Fault) as caught:
        imports.start_import(ctx, made, wish)
    params = caught.value.params
    assert (caught.value.code, params["line"], params["saved"]) == ("data.import.none_accepted_tidy", 1, 2)
    assert "is user again" in params["reason"]["en"]
    done = imports.start_import(ctx, made, {**wish, "tidy": ["join_turns"]})
    assert (done["accepted"], done["tidy"]) == (2, ["join_turns"])  # type: ignore[typeddict-item]


def test_an_arrangement_is_kept_with_the_data_set_and_its_rejected_rows_can_be_repaired(
    ctx: Context, tmp_path: Path
) -> None:
    from engine.services.data import rejected_rows

    path = tmp_path / "talk.csv"
    path.write_text(
        "c_id,role,content\n"
        + "".join(f"{n},user,q{n}\n{n},{'ghost' if n == 2 else 'assistant'},a{n}\n" for n in range(6))
    )
    made = sources.add_upload(ctx, path, "talk.csv")
    view = datasets.dataset_view(ctx, made)
    assert [one["code"] for one in view["ways"]] == [
        "arrange.by_id",
        "arrange.question",
        "arrange.file",
        "arrange.none",
    ]
    looked = datasets.preview_mapping(ctx, made, shape="messages", mapping={"messages": "messages"})
    assert (looked["checked"], looked["whole"], looked["rejected_rows"]) == (6, True, 1)
    other = datasets.preview_mapping(ctx, made, shape="text", mapping={"text": "content"}, arrange={"how": "none"})
    assert (other["checked"], other["columns"]) == (12, ["c_id", "role", "content"])
    imports.start_import(ctx, made, {"name": "talk", "shape": view["shape"], "mapping": view["mapping"]})
    (bad,) = rejected_rows.rejected_rows(ctx, made)["rows"]
    fields = rejected_rows.rejected_fields(ctx, made, bad["id"])["fields"]
    assert fields is not None
    mended = {name: text.replace("ghost", "assistant") for name, text in fields}
    assert rejected_rows.try_repair(ctx, made, {"id": bad["id"], "values": mended})["fault"] is None
    again = imports.start_import(ctx, made, {"name": "talk", "shape": "messages", "mapping": {"messages": "messages"}})
    assert (again["accepted"], again["rejected"]) == (5, 1)  # type: ignore[typeddict-item]


@pytest.mark.parametrize("name", ["words.json", "rows.jsonl", "UPPER.JSON"])
def test_what_is_json_by_its_name_is_never_running_text(name: str, tmp_path: Path) -> None:
    for data in (b"hello\nworld\n", b"[\n{'a': 1}\n", b"key = value\nother = value\n", b"// only a comment\n"):
        (tmp_path / "upload").write_bytes(data)
        with pytest.raises(Fault) as caught:
            detect_upload(tmp_path / "upload", name)
        assert caught.value.code.startswith(("data.json", "data.file.no"))


def test_a_file_without_a_good_row_says_the_first_ones_fault(tmp_path: Path) -> None:
    (tmp_path / "upload").write_bytes(b'{"a": 1, "a": 2}\n{"a": 1, "a": 2}\n')
    with pytest.raises(Fault) as caught:
        detect_upload(tmp_path / "upload", "data.jsonl")
    assert (caught.value.code, caught.value.params["line"]) == ("data.file.no_good_rows", 1)
    assert "“a”" in caught.value.params["reason"]["en"]
