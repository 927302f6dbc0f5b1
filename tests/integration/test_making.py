"""Rows from documents: read, asked for at a service of this machine or of a tiny model, checked, and put into the queue."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.commands.arguments import parse
from engine.commands.console import Console
from engine.commands.data.make import make
from engine.core.context import Context
from engine.core.errors import Fault, NotFound, SpecError
from engine.core.settings import Settings, is_loopback
from engine.data.rows.store import read_rows
from engine.services.data import datasets, leftovers
from engine.services.data.annotation import annotation_queue
from engine.services.data.making import documents, endpoint, forecast, making, writers
from engine.services.data.versions import version_files
from engine.services.jobs import lifecycle
from engine.shapes.making import ForecastView, MadeRowsView, MakingView
from tests import tiny, workers
from tests.fake_writer import Answer, FakeWriter, chat_answer, fake_writer
from tests.homes import opened
from tests.integration import chat_models
from tests.shapes import breaches
from webui.i18n import error_text, t

KEY = "secret-of-the-operator"
HANDBOOK = """# Handbook

## Returns
Lamps can be returned within 30 days when the box is whole. The refund is paid to the same card.

## Delivery
Parcels leave the warehouse in Hamburg every morning at 7. Islands get them two days later.

## Repairs
Broken switches are repaired free of charge for three years. Bulbs are never repaired, whatever the reason may be.
"""


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, documents are read at once."""
    monkeypatch.setattr(documents, "AT_ONCE_SECONDS", 120.0)


@pytest.fixture
def fake() -> Iterator[FakeWriter]:
    with fake_writer() as found:
        yield found


@pytest.fixture
def home(tmp_path: Path, fake: FakeWriter) -> Iterator[Context]:
    settings = Settings(tmp_path / "home", offline=True, writer_url=fake.url, writer_model="big", writer_key=KEY)
    context = opened(settings)
    yield context
    context.db.close()


def bring(ctx: Context, text: str | bytes = HANDBOOK, name: str = "Handbook.md") -> str:
    path = ctx.settings.folder("uploads") / "one.part"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return documents.take_documents(ctx, [(path, name)])["making"]


def made(ctx: Context, key: str, **values: Any) -> dict[str, Any]:
    job = making.start_making(ctx, key, {"writer": "endpoint", "per_passage": 1, **values})
    assert making.start_making(ctx, key, {"writer": "endpoint"}) == job  # a double click
    workers.run_here(ctx)
    return dict(making.made_rows_of(ctx, job))


def test_from_a_document_to_a_version(home: Context, fake: FakeWriter) -> None:
    key = bring(home)
    view = making.making_view(home, key, 1200)
    assert (view["passages"], view["documents"][0]["name"], view["languages"]) == (3, "Handbook.md", {"en": 3})
    assert view["examples"][1]["heading"] == "Handbook › Delivery"
    cost = forecast.forecast(home, documents.making_of(home.settings, key), {"writer": "endpoint"})
    assert [*breaches(view, MakingView), *breaches(cost, ForecastView)] == []
    told = made(home, key, kinds=["question", "summary"])
    assert (told["status"], told["step"], told["total"], told["error"]) == ("succeeded", 6, 6, None)
    assert list(breaches(told, MadeRowsView)) == []
    result = told["result"]
    assert result["made"] + sum(result["left_out"].values()) == 6
    assert (result["made"], result["writer"], result["asks"]) == (6, "big", 6)
    asked = fake.asked[0]
    assert (asked["model"], fake.headers[0]["authorization"]) == ("big", f"Bearer {KEY}")
    assert "Lamps can be returned" in asked["messages"][-1]["content"]

    waiting = annotation_queue.queue(home)["rows"]
    assert len(waiting) == 6
    first = waiting[0]
    assert first["row"]["extra"]["source_file"] == "Handbook.md"
    assert first["row"]["extra"]["source_passage"].startswith("Lamps can be returned within 30 days")
    assert first["row"]["extra"]["source_heading"] == "Handbook › Returns"
    assert (first["origin"]["code"], first["origin"]["model"], first["origin"]["grounded"]) == ("make", "big", 1.0)
    annotation_queue.approve_waiting(home)
    added = annotation_queue.add_approved(home, "From the handbook")
    rows = list(read_rows(version_files.version_file(home, added["dataset"])[1]))
    assert {row["extra"]["synthetic"] for row in rows} == {True}
    assert {row["extra"]["source_heading"] for row in rows} >= {"Handbook › Delivery"}
    assert datasets.dataset_view(home, added["dataset"])["kind"] == "chat"
    stored = b"".join(path.read_bytes() for path in home.settings.home.rglob("*") if path.is_file())
    assert KEY.encode() not in stored
    assert KEY not in repr(home.settings)


def test_approved_rows_of_an_older_data_set_stay_marked_and_are_never_held_out(home: Context) -> None:
    target = datasets.ensure_sample(home, "en")
    told = made(home, bring(home), dataset=target)
    assert told["result"]["made"] == 3
    annotation_queue.approve_waiting(home, target)
    annotation_queue.add_approved(home, target)
    rows = [row for row in read_rows(version_files.version_file(home, target)[1]) if row.get("origin")]
    assert [(row["split"], row["origin"]["code"], row["origin"]["page"]) for row in rows] == [
        ("train", "make", None)
    ] * 3
    again = made(home, bring(home), dataset=target)["result"]
    assert (again["made"], again["left_out"]) == (0, {"alike": 3})


def test_a_stop_or_a_fault_keeps_what_was_made_and_it_goes_on(home: Context, fake: FakeWriter) -> None:
    usual = fake.say

    def fails_once(number: int, question: dict[str, Any]) -> Answer:
        return (401, {}, b"") if number == 1 else usual(number, question)

    fake.say = fails_once
    told = made(home, bring(home))
    assert (told["status"], told["error"]["code"], told["result"]["made"], told["step"]) == (
        "failed",
        "writer.refused",
        1,
        1,
    )
    assert told["resumable"]
    lifecycle.resume_job(home, told["job"])
    workers.run_here(home)
    told = dict(making.made_rows_of(home, told["job"]))
    assert (told["status"], told["result"]["made"], len(fake.asked)) == ("succeeded", 3, 4)
    assert annotation_queue.waiting(home) == 3


def test_what_the_checks_refuse_is_counted_by_reason(home: Context, fake: FakeWriter) -> None:
    said = [
        "Question: When does the bakery in Rome open?\nAnswer: The bakery in Rome opens on Sundays at noon.",
        "I would rather talk about something else.",
        "Question: Wann werden kaputte Schalter repariert und wer bezahlt das eigentlich am Ende?\nAnswer: Kaputte Schalter werden drei Jahre lang kostenlos repariert, Lampen aber nicht.",
    ]
    fake.say = lambda number, _question: chat_answer(said[number])
    told = made(home, bring(home))["result"]
    assert (told["made"], told["left_out"]) == (0, {"ungrounded": 1, "unread": 1, "language": 1})


def test_a_service_that_is_busy_is_asked_again_and_bounds_hold(fake: FakeWriter) -> None:
    busy: list[Answer] = [(429, {"Retry-After": "0"}, b""), (503, {}, b""), chat_answer("Yes.", finish="length")]
    fake.say = lambda number, _question: busy[number]
    with endpoint.EndpointWriter(endpoint.Endpoint(fake.url, "big"), KEY, wait=0.01) as writer:
        ask = lambda: writer.say([{"role": "user", "content": "Hi"}], temperature=0.5, longest=9)  # noqa: E731
        assert ask() == endpoint.Said("Yes.", False, 1, 1)
        newer = [
            b'{"error": {"message": "Use \'max_completion_tokens\' instead."}}',
            b'{"error": "temperature is fixed"}',
        ]
        fake.say = lambda number, _question: (400, {}, newer[number - 3]) if number < 5 else chat_answer("No.")
        assert ask().text == "No."
        assert fake.asked[-1].keys() == {"model", "messages", "max_completion_tokens"}
        for answer, code in (
            ((302, {"Location": "http://127.0.0.1:9/"}, b""), "writer.moved"),
            ((400, {}, b'{"error": {"message": "no ' + KEY.encode() + b'"}}'), "writer.bad_request"),
            ((200, {}, b"<html>"), "writer.unreadable"),
            ((200, {}, b'{"choices": []}'), "writer.unreadable"),
            ((200, {}, b"x" * (endpoint.MOST_BYTES + 1)), "writer.too_large"),
            ((500, {}, b""), "writer.busy"),
        ):
            fake.say = lambda _number, _question, answer=answer: answer
            with pytest.raises(Fault, match=code.replace(".", r"\.")) as caught:
                ask()
            assert KEY not in json.dumps(caught.value.as_dict())
    nobody = endpoint.EndpointWriter(endpoint.Endpoint("http://127.0.0.1:1/v1", "big"), "", wait=0.0)
    with nobody as writer, pytest.raises(Fault, match=r"writer\.unreachable"):
        writer.say([], temperature=0, longest=1)


def test_offline_only_a_service_of_this_machine_is_asked(home: Context) -> None:
    assert [one["host"] for one in writers.writers(home)] == [endpoint.Endpoint(home.settings.writer_url, "").host]
    away = replace(home.settings, writer_url="https://api.example.com/v1")
    assert endpoint.endpoint_of(away) is None
    assert endpoint.endpoint_of(replace(away, offline=False)) == endpoint.Endpoint("https://api.example.com/v1", "big")
    assert [is_loopback(one) for one in ("localhost", "127.0.0.2", "::1", "localhost.example.com", "10.0.0.1")] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_a_model_of_this_machine_writes_and_what_it_costs_is_said_before(ctx: Context) -> None:
    base, dataset = chat_models.add_base(ctx), tiny.add_dataset(ctx)
    tuned = chat_models.add_tuned(ctx, base, dataset, name="Tuned")
    key = bring(ctx)
    assert [one["key"] for one in writers.writers(ctx)] == [f"model:{base}", f"tuned:{tuned}"]
    values = {"writer": f"tuned:{tuned}", "kinds": ["question", "summary"], "per_passage": 2, "passages": 2}
    told = forecast.forecast(ctx, documents.making_of(ctx.settings, key), values)
    assert (told["passages"], told["asks"], told["rows"], told["source"]) == (2, 6, 6, "estimate")
    assert told["tokens_in"] > 6 * 50
    assert told["seconds"] > 0
    job = making.start_making(ctx, key, values)
    workers.run_here(ctx)
    done = dict(making.made_rows_of(ctx, job))
    assert (done["status"], done["error"], done["result"]["asks"]) == ("succeeded", None, 6)
    assert done["result"]["made"] + sum(done["result"]["left_out"].values()) >= 6
    assert forecast.forecast(ctx, documents.making_of(ctx.settings, key), values)["source"] == "measured"


def test_what_cannot_be_asked_for_is_refused(ctx: Context) -> None:
    key = bring(ctx)
    with pytest.raises(SpecError) as faults:
        making.start_making(ctx, key, {"writer": "endpoint", "kinds": [], "wordings": {"question": "Ask something."}})
    assert sorted(faults.value.faults) == ["making.kinds", "making.wordings.question"]
    for writer, code in (("endpoint", "making.no_endpoint"), ("", "making"), ("model:x", "making.no_writer")):
        with pytest.raises((Fault, SpecError), match=code.replace(".", r"\.") if "." in code else ".*"):
            making.start_making(ctx, key, {"writer": writer})
    for wrong in ("../uploads", "0" * 32, "x"):
        with pytest.raises(NotFound):
            making.making_view(ctx, wrong, 1000)
    with pytest.raises(Fault, match=r"making\.no_document"):
        bring(ctx, b"a,b\n1,2\n", "table.csv")
    assert [path.name for path in (ctx.settings.home / "makings").iterdir()] == [key]


def test_documents_of_one_name_stay_apart_and_one_that_cannot_be_read_is_named(ctx: Context) -> None:
    folder = ctx.settings.folder("uploads")
    brought = [
        ("a.md", HANDBOOK),
        ("a.md", "# Other\n" + "More words about lamps and bulbs here. " * 3),
        ("b.pdf", "%PDF-1.4 broken"),
    ]
    files = [(folder / f"{place}.part", name) for place, (name, _text) in enumerate(brought)]
    for (path, _name), (_same, text) in zip(files, brought, strict=True):
        path.write_text(text)
    view = making.making_view(ctx, documents.take_documents(ctx, files)["making"], 1200)
    assert [(one["name"], one["passages"]) for one in view["documents"]] == [("a.md", 3), ("a 2.md", 1), ("b.pdf", 0)]
    assert [one["fault"] and one["fault"]["code"] for one in view["documents"]] == [None, None, "data.pdf.damaged"]
    assert not [path for path in folder.iterdir() if path.is_file()]


def test_documents_that_nobody_needs_are_swept_after_a_day(home: Context) -> None:
    needed, forgotten = bring(home), bring(home)
    making.start_making(home, needed, {"writer": "endpoint"})
    for path in home.settings.home.joinpath("makings").rglob("*"):
        os.utime(path, (1, 1))
    leftovers.sweep(home)
    assert [path.name for path in home.settings.home.joinpath("makings").iterdir()] == [needed]
    assert forgotten != needed


def test_documents_that_take_longer_are_read_by_a_job(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "AT_ONCE_SECONDS", 0.0)
    path = ctx.settings.folder("uploads") / "one.part"
    path.write_text(HANDBOOK)
    taken = documents.take_documents(ctx, [(path, "Handbook.md")])
    with pytest.raises(NotFound):
        making.making_view(ctx, taken["making"], 1200)
    assert workers.run_here(ctx).status == "succeeded"
    assert documents.reading_ended(ctx, taken["job"]) is True
    assert making.making_view(ctx, taken["making"], 1200)["passages"] == 3


def test_the_command_line_says_what_it_costs_and_leaves_nothing(home: Context, tmp_path: Path) -> None:
    out = io.StringIO()
    console = Console("en", t, error_text, out)
    file = tmp_path / "Handbook.md"
    file.write_text(HANDBOOK)
    given = [
        "data",
        "make",
        str(file),
        "--writer",
        "endpoint",
        "--kind",
        "summary",
        "--set",
        "passages=2",
        "--forecast",
    ]
    for more in ([], ["--json"]):
        assert make(console, home, parse(console, [*given, *more])) == 0
    sentence, _line_end, told = out.getvalue().partition("\n")
    assert sentence.startswith("2 passages, at most 2 rows: about ")
    assert (json.loads(told)["asks"], json.loads(told)["source"]) == (2, "assumed")
    assert list((home.settings.home / "makings").iterdir()) == []
    with pytest.raises(Fault, match=r"cli\.no_file"):
        make(console, home, parse(console, ["data", "make", "/nowhere.md", "--writer", "endpoint"]))
