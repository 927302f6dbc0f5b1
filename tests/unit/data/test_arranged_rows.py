"""A message a row, trees of messages, a file that is one conversation: what spans records becomes conversations."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import Fault
from engine.data.arrange.arrangement import Arrangement, arrangement_of
from engine.data.detection.detect_upload import detect_files, detect_upload
from engine.data.importing.arranging import rearranged
from engine.data.importing.import_rows import import_rows, preview
from engine.data.readers.source_file import SourceFile
from engine.data.records.bounds import ReadingBudget
from engine.data.rows.store import read_rows
from tests.unit.data.pipeline import Result, run

CASES = Path(__file__).parents[2] / "cases/data"
WORDS = {"user": "user", "assistant": "assistant"}
Turns = list[tuple[str, str]]


def talk(number: int) -> Turns:
    """Two questions with their answers."""
    return [(role, f"{role[0]}{number}.{turn}") for turn in range(2) for role in ("user", "assistant")]


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([head, *rows])
    return out.getvalue().encode()


def lines(rows: Sequence[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def said(result: Result) -> list[Turns]:
    return [[(turn["role"], turn["content"]) for turn in row["messages"]] for row in result.rows]


def way(result: Result) -> str:
    """Why the records are arranged as they are."""
    return next(note["code"] for note in result.source.notes if note["what"] == "arrange")


def test_the_case_of_a_row_a_message(tmp_path: Path) -> None:
    result = run(tmp_path, (CASES / "row_per_message.csv").read_bytes(), "row_per_message.csv")
    expected = [
        [(role, f"{word} {n}.{turn}") for turn in range(2) for role, word in (("user", "Question"), ("assistant", "Answer"))]
        for n in range(4)
    ]  # fmt: skip
    assert said(result) == expected
    assert [(row["line"], row["extra"]) for row in result.rows][:2] == [(2, {"c_id": "0"}), (6, {"c_id": "1"})]
    assert (way(result), result.rejected) == ("arrange.by_id", [])


def test_the_case_of_a_file_that_is_one_conversation(tmp_path: Path) -> None:
    data = (CASES / "file_is_one_conversation.json").read_bytes()
    result = run(tmp_path, data, "file_is_one_conversation.json")
    assert said(result) == [[("user", "Hi"), ("assistant", "Hello."), ("user", "Bye"), ("assistant", "Goodbye.")]]
    assert way(result) == "arrange.file"


HEADS = (
    ("conversation_id", "turn", "role", "content", WORDS),
    ("Thread ID", "Message No", "Speaker", "Message", {"user": "Customer", "assistant": "Agent"}),
    ("ticket", "sent_at", "from", "body", {"user": "human", "assistant": "gpt"}),
    ("对话ID", "轮次", "角色", "内容", {"user": "用户", "assistant": "客服"}),
    ("会话ID", "序号", "角色", "内容", {"user": "人类", "assistant": "助手"}),
    ("ticket_id", "seq", "author", "message", {"user": "End-User:", "assistant": "agent:"}),
)


@pytest.mark.parametrize("head", HEADS, ids=lambda head: head[0])
def test_scattered_rows_are_sorted_within_their_conversation(head: tuple[Any, ...], tmp_path: Path) -> None:
    *names, words = head
    time = (lambda turn: f"2024-05-01T10:{turn:02}:00") if names[1] == "sent_at" else (lambda turn: turn + 8)
    rows = [(f"c{n}", time(turn), words[role], text) for n in range(6) for turn, (role, text) in enumerate(talk(n))]
    random.Random(3).shuffle(rows)
    result = run(tmp_path, table(names, rows))
    first = list(dict.fromkeys(row[0] for row in rows))
    assert said(result) == [talk(int(name[1:])) for name in first]
    at = [next(line for line, row in enumerate(rows, 2) if row[0] == name) for name in first]
    assert [row["line"] for row in result.rows] == at
    assert way(result) == "arrange.by_id_ordered"


def test_without_an_id_a_conversation_begins_by_rule(tmp_path: Path) -> None:
    spoken = [{"role": role, "content": text} for n in range(3) for role, text in [("system", f"s{n}"), *talk(n)]]
    result = run(tmp_path, lines(spoken))
    assert (said(result), way(result)) == ([[("system", f"s{n}"), *talk(n)] for n in range(3)], "arrange.system")
    numbered = [(turn, role, text) for n in range(3) for turn, (role, text) in enumerate(talk(n), 1)]
    result = run(tmp_path, table(("turn", "role", "text"), numbered))
    assert (said(result), way(result)) == ([talk(n) for n in range(3)], "arrange.restart")
    parted = [row for n in range(3) for row in (*talk(n), ("", ""))]
    result = run(tmp_path, table(("role", "text"), parted))
    assert (said(result), way(result)) == ([talk(n) for n in range(3)], "arrange.blank")


def test_a_long_file_without_any_border_is_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    path.write_bytes(lines([{"from": role, "value": text} for n in range(100) for role, text in talk(n)]))
    source = detect_upload(path, "talk.jsonl")
    assert (source.shape, source.notes[-1]["code"]) == (None, "arrange.ask")
    found = {one["code"]: one for one in source.ways}
    assert found.keys() == {"arrange.question", "arrange.file", "arrange.none"}
    for code, rows in (("arrange.question", 200), ("arrange.file", 1)):
        chosen = rearranged(source, found[code]["arrange"], ReadingBudget())
        done = import_rows(chosen, "messages", found[code]["mapping"], tmp_path / code, val_fraction=0, seed=1)
        assert done.stored is not None
        assert (done.stored.train_rows, done.rejected) == (rows, 0)


def test_an_odd_place_spoils_its_own_conversation_and_the_others_are_sorted(tmp_path: Path) -> None:
    rows: list[tuple[Any, ...]] = [
        (n, turn, role, text) for n in range(4) for turn, (role, text) in enumerate(talk(n))
    ][::-1]
    rows[2] = (*rows[2][:1], "two", *rows[2][2:])
    result = run(tmp_path, table(("conversation_id", "turn", "role", "content"), rows))
    assert said(result) == [talk(n) for n in (2, 1, 0)]
    assert [one["code"] for one in result.rejected] == ["data.arrange.order"]


def test_an_odd_row_spoils_its_own_conversation_alone(tmp_path: Path) -> None:
    rows: list[tuple[Any, str, str]] = [
        (n, "narrator" if (n, text) == (3, "a3.0") else role, text) for n in range(8) for role, text in talk(n)
    ]
    rows.insert(5, ("", "user", "whose am I"))
    result = run(tmp_path, table(("c_id", "role", "content"), rows))
    assert said(result) == [talk(n) for n in range(8) if n != 3]
    faults = {one["code"]: one["line"] for one in result.rejected}
    assert faults == {"data.turn.unknown_role": 15, "data.arrange.no_id": 7}


def test_a_message_that_cannot_be_read_spoils_the_conversation_around_it(tmp_path: Path) -> None:
    data = b"c_id,role,content\n0,user,Q\n0,assistant,A,\n0,user,Q2\n0,assistant,A2\n1,user,Q\n1,assistant,A\n2,user,Q\n2,assistant,A\n"
    data = data.replace(b"A,\n", b"A,left,over\n", 1)
    result = run(tmp_path, data)
    assert [row["extra"]["c_id"] for row in result.rows] == ["1", "2"]
    assert {(one["code"], one["line"]) for one in result.rejected} == {
        ("data.csv.ragged", 3),
        ("data.arrange.broken", 2),
    }


def test_a_value_that_cannot_be_sorted_is_said(tmp_path: Path) -> None:
    rows = [[n, turn, role, text] for n in range(8) for turn, (role, text) in enumerate(talk(n))]
    rows[5][1] = "soon"
    result = run(tmp_path, table(("session_id", "index", "role", "message"), rows))
    assert len(result.rows) == 7
    (odd,) = result.rejected
    assert (odd["code"], odd["line"], odd["params"]["found"]) == ("data.arrange.order", 6, "soon")


def test_equal_columns_stay_and_members_of_messages_go_into_their_turns(tmp_path: Path) -> None:
    call = [{"type": "function", "function": {"name": "now", "arguments": {}}}]
    rows = [
        {"chat_id": n, "role": role, "content": text, "tool_calls": calls, "system": "Be brief.", "topic": f"t{n}", "mood": text}
        for n in range(3)
        for role, text, calls in (("user", f"q{n}", None), ("assistant", "", call), ("tool", "noon", None), ("assistant", "Noon.", None))
    ]  # fmt: skip
    result = run(tmp_path, lines(rows))
    first = result.rows[0]
    assert [turn["role"] for turn in first["messages"]] == ["system", "user", "assistant", "tool", "assistant"]
    assert first["messages"][2]["tool_calls"][0]["function"]["name"] == "now"
    assert first["extra"] == {"chat_id": 0, "topic": "t0"}
    differ = [note["params"] for note in result.source.notes if note["code"] == "columns.differ"]
    assert differ == [{"columns": "mood"}]
    (lost,) = [
        one for one in preview(result.source, "messages", result.source.mapping, 5).left_out if one.column == "mood"
    ]
    assert (lost.rows, lost.looked) == (9, 12)


def tree(name: str, lang: str = "en") -> list[dict[str, Any]]:
    """A question with two answers, the better one second; the talk goes on behind it, and one message was deleted."""
    found = (
        ("1", None, "prompter", "Q", None, False), ("2", "1", "assistant", "worse", 1, False), ("3", "1", "assistant", "better", 0, False),
        ("4", "3", "prompter", "more?", None, False), ("5", "4", "assistant", "gone", 0, True), ("6", "4", "assistant", "yes", 1, False),
        ("7", "6", "prompter", "unanswered", None, False),
    )  # fmt: skip
    keys = ("message_id", "parent_id", "role", "text", "rank", "deleted")
    made: list[dict[str, Any]] = [dict(zip(keys, one, strict=True)) for one in found]
    return [
        {
            **one,
            "message_id": name + one["message_id"],
            "parent_id": one["parent_id"] and name + one["parent_id"],
            "lang": lang,
        }
        for one in made
    ]


BEST = [("user", "Q"), ("assistant", "better"), ("user", "more?"), ("assistant", "yes")]


def test_a_tree_gives_its_best_way_or_all(tmp_path: Path) -> None:
    messages = [one for name in "ab" for one in tree(name, name)]
    random.Random(1).shuffle(messages)
    result = run(tmp_path, lines(messages))
    assert (said(result), way(result)) == ([BEST, BEST], "arrange.tree_ranked")
    assert sorted(row["extra"]["lang"] for row in result.rows) == ["a", "b"]
    chosen = next(one["arrange"] for one in result.source.ways if one["code"] == "arrange.tree_all")
    source = rearranged(result.source, chosen, ReadingBudget())
    done = import_rows(source, "messages", {"messages": "messages"}, tmp_path / "all", val_fraction=0, seed=1)
    assert done.stored is not None
    found = [[turn["content"] for turn in row["messages"]] for row in read_rows(done.stored.path)]
    assert sorted(found) == sorted([["Q", "worse"], ["Q", "better", "more?", "yes"]] * 2)


def test_messages_without_their_parent_and_circles_are_said(tmp_path: Path) -> None:
    lost = {**tree("a")[1], "message_id": "x", "parent_id": "nowhere"}
    circle = [{**tree("a")[1], "message_id": one, "parent_id": other} for one, other in (("y", "z"), ("z", "y"))]
    result = run(tmp_path, lines([*tree("a"), *tree("b"), *tree("c"), lost, *circle]))
    assert said(result) == [BEST] * 3
    assert {one["code"] for one in result.rejected} == {"data.arrange.no_parent", "data.arrange.circle"}


def test_a_tree_within_one_record(tmp_path: Path) -> None:
    def message(text: str, role: str, *replies: dict[str, Any], **others: Any) -> dict[str, Any]:
        return {"text": text, "role": role, "replies": list(replies), **others}

    better = message("better", "assistant", message("more?", "prompter", message("yes", "assistant", rank=0)), rank=0)
    root = message("Q", "prompter", message("worse", "assistant", rank=1), better)
    result = run(tmp_path, lines([{"message_tree_id": str(n), "prompt": root} for n in range(3)]))
    assert said(result) == [BEST] * 3
    assert [row["line"] for row in result.rows] == [1, 2, 3]


def test_files_are_never_joined_into_one_conversation(tmp_path: Path) -> None:
    files = []
    for name in ("train.csv", "test.csv"):
        path = tmp_path / name
        path.write_bytes(
            table(("c_id", "role", "content"), [(n, role, text) for n in range(2) for role, text in talk(n)])
        )
        files.append(SourceFile(path, name, ""))
    source = detect_files(files)
    done = import_rows(source, source.shape, source.mapping, tmp_path / "rows", val_fraction=0, seed=1)
    assert done.stored is not None
    rows = list(read_rows(done.stored.path))
    assert [(row["file"], row["line"], len(row["messages"])) for row in rows] == [
        ("train.csv", 2, 4), ("train.csv", 6, 4), ("test.csv", 2, 4), ("test.csv", 6, 4),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("head", "order"),
    [(("session_id", "turn", "question", "answer"), True), (("Thread", "no of it", "prompt", "response"), False)],
)
def test_questions_and_answers_of_one_conversation_are_its_turns(
    head: tuple[str, ...], order: bool, tmp_path: Path
) -> None:
    rows = [(n, turn, f"u{n}.{turn}", f"a{n}.{turn}") for n in range(3) for turn in range(2)]
    result = run(tmp_path, table(head, sorted(rows, key=lambda row: (row[0], -row[1])) if order else rows))
    assert said(result) == [talk(n) for n in range(3)]
    assert way(result) == ("arrange.exchange_ordered" if order else "arrange.exchange")
    alone = run(tmp_path, table(("id", "turn", "question", "answer"), [(n, *row[1:]) for n, row in enumerate(rows)]))
    assert (len(alone.rows), alone.source.ways) == (6, [])


class Stopped(Exception):
    pass


@pytest.mark.parametrize("scattered", [False, True])
def test_an_import_of_messages_goes_on_where_it_was(scattered: bool, tmp_path: Path) -> None:
    rows = [(n, role, text) for n in range(1_500) for role, text in talk(n)]
    if scattered:
        rows.sort(key=lambda row: (row[2][-1], row[1] == "assistant"))
    path = tmp_path / "talk.csv"
    path.write_bytes(table(("c_id", "role", "content"), rows))
    source = detect_upload(path, "talk.csv")
    source = rearranged(source, Arrangement("rows", "role", "content", "c_id").as_json(), ReadingBudget())

    def stop(*_numbers: Any) -> None:
        raise Stopped

    keep = {"val_fraction": 0.0, "seed": 1, "lasting": True}
    with pytest.raises(Stopped):
        import_rows(source, "messages", {"messages": "messages"}, tmp_path / "work", tell=stop, **keep)  # type: ignore[arg-type]
    path.unlink()  # what was arranged is not read again
    done = import_rows(source, "messages", {"messages": "messages"}, tmp_path / "work", **keep)  # type: ignore[arg-type]
    assert done.stored is not None
    assert (done.stored.train_rows, done.rejected) == (1_500, 0)
    assert not (tmp_path / "work/arranged.jsonl").exists()


def test_an_arrangement_of_anything_else_is_refused() -> None:
    for wrong in (
        {"how": "magic"},
        {"how": "rows"},
        {"how": "script", "template": "magic", "content": "text"},
        {"how": "rows", "role": 3, "content": "c"},
        {"how": "none", "more": "x"},
    ):
        with pytest.raises(Fault, match=r"data\.arrange\.unknown"):
            arrangement_of(wrong)
    plan = Arrangement("filled", template="chatml", columns=("a", "b"), before="c")
    assert arrangement_of(json.loads(json.dumps(plan.as_json()))) == plan


@pytest.mark.parametrize("beside", ["role", "label", "instruction", "speaker", "answer"])
def test_plain_text_is_not_guessed_beside_columns_that_it_would_lose(beside: str, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(
        lines([{"text": f"A text of its own, number {n}", beside: f"something {n} long, " * 9} for n in range(30)])
    )
    source = detect_upload(path, "data.jsonl")
    assert source.shape != "text"
    assert source.shape is not None or source.notes[-1]["code"].startswith("shape.")


def test_the_column_that_tells_conversations_apart_is_not_said_to_be_left_out() -> None:
    found = detect_upload(CASES / "row_per_message.csv", "row_per_message.csv")
    assert preview(found, found.shape, found.mapping, 5).left_out == []
