"""`app.py data`: what files are, imported as they were checked, audited and taken away; exit codes and faults on stderr."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import app
from engine.commands.data import sets
from engine.core.context import Context
from engine.core.text import LANGUAGES
from engine.services.data.quality.auditing import audit_of
from engine.shapes.reading import FilesRead
from tests.integration.test_cli import _environment
from tests.integration.test_kept_splits import pairs, zipped
from tests.unit.data.corpus import good, jsonl

CASES = Path(__file__).parents[1] / "cases" / "data"
ROOT = Path(__file__).parents[2]
Call = Callable[..., tuple[str, str]]


@pytest.fixture
def command(ctx: Context, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """`app.py data` in this process: what it wrote to stdout and to stderr, after checking the exit code."""
    monkeypatch.setattr(os, "environ", _environment(ctx))

    def call(*arguments: object, code: int = 0) -> tuple[str, str]:
        try:
            ended: object = app.main(["data", *map(str, arguments)])
        except SystemExit as exit_:
            ended = exit_.code
        said = capsys.readouterr()
        assert ended == code, said
        return said.out, said.err

    return call


def checked(command: Call, *arguments: object, code: int = 0) -> dict[str, Any]:
    return dict(json.loads(command("check", *arguments, "--json", code=code)[0]))


def file(tmp_path: Path, data: bytes, name: str = "rows.jsonl") -> Path:
    (tmp_path / name).write_bytes(data)
    return tmp_path / name


def test_checking_touches_no_home(ctx: Context, command: Call, tmp_path: Path) -> None:
    home = tmp_path / "none"
    os.environ["TUNESMITH_HOME"] = str(home)
    found = checked(command, CASES / "train_test_validation.zip")
    assert (found["splits"], found["accepted"], found["rejected"]) == ({"train": 20, "val": 5, "test": 10}, 35, 0)
    assert [one["part"] for one in found["files"]] == ["train", "test", "val"]
    assert not home.exists()
    assert set(found) == set(FilesRead.__annotations__)
    assert all(one["message"] and "{" not in one["message"] for one in found["notes"])


def test_what_cannot_be_read_is_refused_in_json_too(command: Call, tmp_path: Path) -> None:
    out, err = command("check", file(tmp_path, b"[{'question': 'q', 'answer': 'a'}]", "rows.json"), "--json", code=1)
    found = json.loads(out)
    assert (found["shape"], found["accepted"], found["fault"]["code"]) == (None, 0, "data.file.no_good_rows")
    assert found["fault"]["message"] in err


@pytest.mark.parametrize(
    ("data", "name", "arguments"),
    [
        (b"".join([jsonl(good(i)) for i in range(30)]) + b'{"prompt": "x"}\n', "rows.jsonl", ()),
        (b"".join(pairs(f"Q{i}", split=("train", "test", "?")[i % 3]) for i in range(30)), "rows.jsonl", ()),
        (zipped({"a/train.jsonl": pairs(*"abcdefghij"), "a/test.jsonl": pairs("a", "z")}), "set.zip", ()),
        (zipped({"x.jsonl": pairs(*"abcdefghij"), "y.jsonl": pairs("a", "z")}), "set.zip", ("--part", "y.jsonl=test")),
        ("frage;antwort;mehr\nWas?;Süß;1\n;leer;2\n".encode("cp1252"), "t.csv",
         ("--encoding", "cp1252", "--shape", "prompt_completion", "--map", "prompt=frage", "--map", "completion=antwort")),
        (b"".join(pairs(f"Q{i}", split=("train", "test")[i % 2]) for i in range(30)), "rows.jsonl", ("--splits", "random", "--val", "0.5")),
    ],
)  # fmt: skip
def test_the_numbers_are_those_that_the_import_stores(
    command: Call, tmp_path: Path, data: bytes, name: str, arguments: tuple[str, ...]
) -> None:
    path = file(tmp_path, data, name)
    found = checked(command, path, *arguments)
    stored = json.loads(command("import", path, *arguments, "--name", "Mine", "--json")[0])
    for key in ("accepted", "rejected", "splits", "shape", "kind", "mapping"):
        assert stored[key] == found[key], key
    assert stored["name"] == "Mine"
    assert {key: stored["stats"][key] for key in found["stats"]} == found["stats"]
    assert sum(one["rows"] for one in found["reasons"]) == found["rejected"]
    assert f"{stored['id']:>4}" in command("list")[0]


def test_what_rows_and_messages_have_is_counted(command: Call, tmp_path: Path) -> None:
    call = {"function": {"name": "f", "arguments": {}}}
    turns = [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]
    rows: list[dict[str, Any]] = [{"messages": turns}, {"messages": turns, "city": "Bonn"}]
    rows.append({"messages": [turns[0], {"role": "assistant", "content": "", "tool_calls": [call]}]})
    found = checked(command, file(tmp_path, jsonl(*rows)))
    assert found["members"] == {"messages": 3, "extra": 1, "message.tool_calls": 1}


def test_every_row_is_read_or_as_many_as_are_wanted(command: Call, tmp_path: Path) -> None:
    path = file(tmp_path, b"".join(pairs(f"Q{i}", city="Bonn") for i in range(3_000)) + b'{"prompt": "last"}\n')
    whole = checked(command, path)
    assert (whole["accepted"], whole["rejected"], whole["whole"]) == (3_000, 1, True)
    left_out = whole["left_out"][0]
    assert whole["reasons"][0]["first"]["line"] == 3_001
    assert (left_out["column"], left_out["rows"], left_out["reads"]) == ("city", 3_000, "text")
    part = checked(command, path, "--limit", "1500")
    assert (part["accepted"], part["rejected"], part["whole"]) == (1_500, 0, False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_say_it_in_both_languages(command: Call, tmp_path: Path, language: str) -> None:
    path = file(
        tmp_path,
        zipped({"train.jsonl": pairs("a", "b", note="long text"), "test.jsonl": pairs("a") + b"{}\n"}),
        "s.zip",
    )
    said, wrong = command("check", path, "--lang", language, "--val", "0")
    assert wrong == ""
    assert not [word for word in ("cli.", "detect.", "error.", "data.field", "{", "None") if word in said], said
    assert "train.jsonl" in said


WRONG: list[tuple[tuple[str, ...], int, list[str]]] = [
    (("check", "no.jsonl"), 1, ["no.jsonl"]),
    (("check",), 2, ["FILE"]),
    (("check", "F", "--shape", "nothing"), 1, ["shape"]),
    (("check", "F", "--map", "prompt=nothing"), 1, ["nothing"]),
    (("check", "F", "--map", "prompt"), 1, ["prompt", "KEY=VALUE"]),
    (("check", "F", "--part", "x=test"), 1, ["x"]),
    (("check", "F", "--split-column", "no"), 1, ["no"]),
    (("check", "F", "--set", "what=1"), 1, ["what", "val_fraction"]),
    (("check", "F", "--val", "2"), 1, ["0.9"]),
    (("check", "F", "--limit", "x"), 2, ["--limit"]),
    (("import", "F", "--splits", "some"), 2, ["--splits", "keep"]),
    (("audit", "9"), 1, ["9", "app.py data list"]),
    (("export", "9"), 1, ["9", "app.py data list"]),
    (("export",), 2, ["DATASET", "app.py data list"]),
    (("no",), 2, ["no", "check"]),
]  # fmt: skip


def test_a_fault_is_one_sentence_on_stderr(command: Call, tmp_path: Path) -> None:
    path = file(tmp_path, pairs("a"))
    for arguments, code, words in WRONG:
        said, wrong = command(*[str(path) if one == "F" else one for one in arguments], code=code)
        assert said == "", arguments
        assert [word for word in words if word not in wrong] == [], arguments
        assert len(wrong.splitlines()) == 1 or code == 2


def test_what_cannot_be_imported_leaves_nothing(command: Call, tmp_path: Path) -> None:
    unclear = file(tmp_path, jsonl({"foo": 1, "bar": 2}))
    found = checked(command, unclear, code=1)
    assert (found["shape"], found["columns"], found["accepted"]) == (None, ["foo", "bar"], 0)
    for path in (unclear, file(tmp_path, b'{"prompt": "x", "completion": ""}\n', "empty.jsonl")):
        assert command("import", path, code=1)[0] == ""
    assert "There are no data sets yet" in command("list")[0]


def test_audited_and_taken_away(command: Call, tmp_path: Path, ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [good(i) for i in range(20)]
    made = json.loads(command("import", file(tmp_path, jsonl(*rows, rows[0])), "--json")[0])["id"]
    found = json.loads(command("audit", made, "--json")[0])
    assert (found["rows"], found["state"], found["checks"]["exact_duplicates"]["rows"]) == (21, "done", 2)
    job = audit_of(ctx, made)["job"]
    monkeypatch.setattr(sets, "start_audit", lambda _ctx, _dataset: job)  # the same one, in sentences
    assert "21 rows looked through" in command("audit", made)[0]
    out = tmp_path / "out"
    done = json.loads(
        command("export", made, "--format", "csv", "--set", "split_column=true", "--to", out, "--json")[0]
    )
    assert (done["rows"], done["format"], Path(done["file"]).parent) == (21, "csv", out)
    assert Path(done["file"]).stat().st_size == done["bytes"]
    _said, wrong = command("export", made, "--format", "csv", "--set", "split_column=true", "--to", out, code=1)
    assert "is there already" in wrong
    command("export", made, "--version", "7", code=1)


@pytest.mark.parametrize("page", ["docs/data-commands.md", "docs/zh/data-commands.md"])
def test_every_key_is_documented(page: str) -> None:
    said = (ROOT / page).read_text(encoding="utf-8")
    assert [key for key in FilesRead.__annotations__ if f"| `{key}` |" not in said] == []


def test_a_fix_that_saves_rows_is_named_with_how_many(command: Call) -> None:
    dialogue = CASES / "real_dialogue.jsonl"
    assert checked(command, dialogue)["tidy"] == [{"key": "join_turns", "rows": 4, "on": False}]
    assert "4 rows: --tidy join_turns" in command("check", dialogue)[0]
    found = checked(command, dialogue, "--tidy", "join_turns")
    assert (found["accepted"], found["tidy"]) == (5, [{"key": "join_turns", "rows": 4, "on": True}])
