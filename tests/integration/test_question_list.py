"""A list of questions: a real job on tiny models, what it leaves after a stop or a crash, and the files to take away."""

from __future__ import annotations

import csv
import io
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from engine.core.context import Context
from engine.core.errors import Fault, NotFound, SpecError
from engine.core.text import LANGUAGES
from engine.jobs.kinds.question_list import QUESTION_LIST
from engine.jobs.runners import question_list as runner
from engine.services.chat import question_lists
from engine.services.chat.answer_tables import answers_table
from engine.services.chat.question_files import read_question_file
from engine.services.jobs import lifecycle
from storage.tables import TunedModel
from tests import tiny, workers
from tests.integration import chat_models
from tests.integration.queueing import startable
from webui.i18n import t

QUESTIONS = ["Where is the lamp?", "=1+1", "你好，请问灯在哪里？", "Tell me about the falcon.", "+7", "Naïve café"]
SETTINGS = {"max_tokens": 6, "temperature": 0.0}


@pytest.fixture
def models(ctx: Context) -> tuple[int, list[int]]:
    """A base and two models tuned from it."""
    base, dataset = chat_models.add_base(ctx), tiny.add_dataset(ctx)
    names = ("=Style", "Whole")
    return base, [
        chat_models.add_tuned(ctx, base, dataset, name=name, method=method, seed=place)
        for place, (name, method) in enumerate(zip(names, ("lora", "full"), strict=True))
    ]


@pytest.fixture
def rows(ctx: Context) -> tuple[int, list[int]]:
    """A base that can be chosen, without files: for lists that are not asked."""
    return int(startable(ctx)["base_model"]), []


def start(ctx: Context, models: tuple[int, list[int]], questions: list[str], key: str = "k", **settings: Any) -> int:
    base, tuned = models
    return question_lists.start_list(ctx, base, tuned, SETTINGS | settings, questions, name="My list", key=key)


def answered(ctx: Context, job_id: int) -> list[dict[str, Any]]:
    return list(question_lists.read_answers(ctx.settings, job_id))


def texts(row: dict[str, Any]) -> list[str]:
    return [answer["text"] for answer in row["answers"].values()]


def test_every_side_answers_every_question_in_order(ctx: Context, models: tuple[int, list[int]]) -> None:
    job_id = start(ctx, models, ["", *QUESTIONS, "   "])
    assert start(ctx, models, QUESTIONS) == job_id  # a double click
    job = workers.run_here(ctx)
    assert (job.status, job.error, job.result) == ("succeeded", None, {"answered": 6})
    view = question_lists.list_view(ctx, job_id)
    assert [row["question"] for row in view["rows"]] == QUESTIONS
    assert [side["kind"] for side in view["sides"]] == ["base", "tuned", "tuned"]
    assert all(len(set(texts(row))) == 3 for row in view["rows"])  # three models, three answers
    assert view["job"]["name"] == "My list"
    assert [row["question"] for row in question_lists.list_view(ctx, job_id, 4)["rows"]] == QUESTIONS[4:]
    alone = start(ctx, models, [QUESTIONS[2]], key="other")
    workers.run_here(ctx)
    assert texts(answered(ctx, alone)[0]) == texts(view["rows"][2])  # its company changes no answer


def test_a_stopped_list_goes_on_where_it_was(
    ctx: Context, models: tuple[int, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = start(ctx, models, QUESTIONS, key="whole")
    workers.run_here(ctx)
    job_id = start(ctx, models, QUESTIONS, key="parts", seed=1)
    asked: list[str] = []
    plain = runner.make_asks

    def counted(*arguments: Any) -> Any:
        asked.append(arguments[3])
        if len(asked) == 2:
            lifecycle.stop_job(ctx, job_id)
        return plain(*arguments)

    monkeypatch.setattr(runner, "make_asks", counted)
    monkeypatch.setattr(runner, "_TOGETHER", 2)
    job_id_, attempt = workers.claim(ctx)
    reporter = workers.Reporter(ctx, job_id_, attempt)
    reporter.start()
    stop = runner._answer

    def and_heard(*arguments: Any) -> int:
        done = stop(*arguments)
        reporter.flush()
        return done

    monkeypatch.setattr(runner, "_answer", and_heard)
    workers.work_here(ctx, reporter)
    assert workers.row(ctx, job_id).status == "stopped"
    assert [row["question"] for row in answered(ctx, job_id)] == QUESTIONS[:2]
    path = question_lists.answers_file(ctx.settings, job_id)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"question": "half a li')  # a crash in the middle of a line
    lifecycle.resume_job(ctx, job_id)
    assert workers.run_here(ctx).status == "succeeded"
    assert asked == QUESTIONS
    assert answered(ctx, job_id) == answered(ctx, whole)


def test_a_question_that_cannot_be_asked_costs_no_other_its_answer(ctx: Context, models: tuple[int, list[int]]) -> None:
    job_id = start(ctx, models, ["lamp " * 700, "Where is the lamp?"])
    assert workers.run_here(ctx).status == "succeeded"
    long, short = answered(ctx, job_id)
    assert {answer["error"]["code"] for answer in long["answers"].values()} == {"chat.too_long"}
    assert all(texts(short))


def test_a_question_may_hold_any_line_end(ctx: Context, rows: tuple[int, list[int]]) -> None:
    odd = ["one\u2028two", "three\x85four\u2029five", "six\r\nseven"]
    job_id = start(ctx, rows, odd)
    assert question_lists.read_questions(ctx.settings, job_id) == odd


def test_a_list_whose_model_is_gone_says_so(ctx: Context, models: tuple[int, list[int]]) -> None:
    job_id = start(ctx, models, QUESTIONS)
    with ctx.db.write() as s:
        s.get_one(TunedModel, models[1][0]).deleted_at = 1.0
    job = workers.run_here(ctx)
    assert (job.status, job.error["code"] if job.error else None) == ("failed", "chat.tuned_gone")
    with pytest.raises(Fault) as refused:
        answers_table(ctx, job_id, "csv", partial(t, "en"))
    assert refused.value.code == "questions.no_answers"


def test_a_list_is_answered_by_the_weights_that_it_names(ctx: Context, models: tuple[int, list[int]]) -> None:
    start(ctx, models, QUESTIONS)
    with ctx.db.write() as s:
        s.get_one(TunedModel, models[1][0]).weights_hash = "ab" * 32
    job = workers.run_here(ctx)
    assert (job.status, job.error["code"] if job.error else None) == ("failed", "questions.other_weights")


@pytest.mark.parametrize(
    ("questions", "code"),
    [
        ([], "questions.none"),
        ([" ", "\n"], "questions.none"),
        (["a"] * 1001, "questions.too_many"),
        (["a", "x" * 4001], "questions.too_long"),
    ],
)
def test_what_cannot_be_asked_is_said(
    ctx: Context, rows: tuple[int, list[int]], questions: list[str], code: str
) -> None:
    with pytest.raises(Fault) as refused:
        start(ctx, rows, questions)
    assert refused.value.code == code
    assert lifecycle.list_jobs(ctx, kinds=(QUESTION_LIST.key,)) == []
    assert all("{" not in t(lang, f"error.{code}", **refused.value.params) for lang in LANGUAGES)
    with pytest.raises(SpecError):
        start(ctx, rows, ["a"], temperature="warm")
    with pytest.raises(NotFound):
        question_lists.start_list(ctx, 999, [], {}, ["a"], name="", key="x")


def test_a_deleted_list_leaves_no_question_on_the_disk(ctx: Context, rows: tuple[int, list[int]]) -> None:
    job_id = start(ctx, rows, QUESTIONS[:1])
    row = {"question": QUESTIONS[0], "answers": {}}
    question_lists.answers_file(ctx.settings, job_id).write_text(json.dumps(row) + "\n", encoding="utf-8")
    table, _name = answers_table(ctx, job_id, "csv", partial(t, "en"))
    lifecycle.cancel_job(ctx, job_id)
    lifecycle.delete_job(ctx, job_id)
    assert not table.exists()
    assert not question_lists.list_folder(ctx.settings, job_id).exists()
    with pytest.raises(NotFound):
        question_lists.list_view(ctx, job_id)
    with pytest.raises(NotFound):
        answers_table(ctx, job_id, "csv", partial(t, "en"))


# ------------------------------------------------------------------ files out


@pytest.fixture
def done(ctx: Context, models: tuple[int, list[int]]) -> int:
    """A finished list; one of its answers looks like a formula."""
    job_id = start(ctx, models, QUESTIONS, system="Be brief.")
    workers.run_here(ctx)
    rows = answered(ctx, job_id)
    rows[0]["answers"]["base"] |= {"text": '=HYPERLINK("http://x","y")\x07', "reason": "length"}
    path = question_lists.answers_file(ctx.settings, job_id)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return job_id


def test_csv_opens_in_excel_and_runs_nothing(ctx: Context, done: int) -> None:
    path, name = answers_table(ctx, done, "csv", partial(t, "zh"))
    assert name == "My list.csv"
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    head, *rows = [row for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) if row]
    assert len(head) == 6
    assert head[0] == "问题"
    assert head[1].startswith("基座模型：")
    assert all(row[0].lstrip("'") == question for row, question in zip(rows, QUESTIONS, strict=True))
    cells = [cell for row in [head, *rows] for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
    assert rows[0][1].startswith("'=HYPERLINK")
    assert "达到长度上限" in rows[0][4]
    assert "系统提示词: Be brief." in rows[0][5]


def test_excel_has_texts_alone_and_says_how_it_was_made(ctx: Context, done: int) -> None:
    path, name = answers_table(ctx, done, "xlsx", partial(t, "en"))
    assert name == "My list.xlsx"
    book = load_workbook(path)
    answers, settings = book.worksheets
    assert (answers.title, settings.title) == ("Answers", "Settings")
    values = list(answers.iter_rows(values_only=True))
    assert [row[0] for row in values[1:]] == QUESTIONS
    assert all(cell.data_type in ("s", "n") for row in answers.iter_rows() for cell in row)  # none is a formula
    assert values[1][1] == '=HYPERLINK("http://x","y")'
    told = dict(settings.iter_rows(values_only=True))
    view = question_lists.list_view(ctx, done)
    for side in view["sides"]:
        assert told[f"Weights of {side['label']} (sha256)"] == side["weights_hash"]
    assert (told["System prompt"], told["Longest answer (tokens)"]) == ("Be brief.", "6")
    assert told["Seed"].isdecimal()
    with pytest.raises(NotFound):
        answers_table(ctx, done, "exe", partial(t, "en"))


# ------------------------------------------------------------------ files in


def _book(path: Path) -> Path:
    book = Workbook()
    book.active.append(["编号", "问题", "备注"])
    book.active.append([1, "灯在哪里？\n请回答", None])
    book.active.append([2, "  ", None])
    book.active.append([3, "几点了？", "急"])
    book.save(path)
    return path


def _file(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_a_text_file_is_a_question_a_line(tmp_path: Path) -> None:
    found = read_question_file(_file(tmp_path / "a", "one, two\r\n\r\nthree, four\n五\n"), "q.txt")
    assert [(one["name"], one["questions"]) for one in found["columns"]] == [
        ("text", ["one, two", "three, four", "五"])
    ]


def test_a_table_shows_its_columns_and_guesses_one(tmp_path: Path) -> None:
    for path, name in (
        (_book(tmp_path / "b.xlsx"), "b.xlsx"),
        (_file(tmp_path / "c", "id,问题\n1,灯在哪里？\n3,几点了？\n", "gbk"), "c.csv"),
    ):
        found = read_question_file(path, name)
        guessed = found["columns"][found["guess"]]
        assert (guessed["name"], guessed["filled"], guessed["questions"][1]) == ("问题", 2, "几点了？")
    only = read_question_file(_file(tmp_path / "d", "question\nWho?\nWhy?\n"), "d.csv")
    assert only["columns"][only["guess"]]["questions"][-2:] == ["Who?", "Why?"]
    longest = read_question_file(_file(tmp_path / "e", "a,b\n1,Who are you?\n2,Why?\n"), "e.csv")
    assert longest["columns"][longest["guess"]]["name"] == "b"


def test_more_than_a_list_may_have_is_counted(tmp_path: Path) -> None:
    column = read_question_file(_file(tmp_path / "f", "Why?\n" * 1200), "f.txt")["columns"][0]
    assert (column["filled"], len(column["questions"])) == (1200, 1000)


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "data.file.empty"), (b"%PDF-1.4\n", "questions.other_file"), (b"\n\n", "")]
)
def test_another_file_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "g").write_bytes(content)
    with pytest.raises(Fault) as refused:
        read_question_file(tmp_path / "g", "g.txt")
    assert not code or refused.value.code == code
