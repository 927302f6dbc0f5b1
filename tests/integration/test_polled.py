"""What open pages ask again and again: one answer for all, nothing where nothing is new, never an older one than the database."""

from __future__ import annotations

import asyncio
import json
import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from engine.core.context import Context
from engine.jobs import feed as job_feeds
from storage.job_tables import Job, Metric
from tests import loops
from tests.integration.queueing import add_job
from tests.web import BASE
from tests.workers import claim
from webui.http import kept_answers
from webui.http.kept_answers import Answer, KeptAnswers, answered
from webui.http.polled import Polled, functions_of
from webui.site import Site

ELSEWHERE = PlainTextResponse("elsewhere")


@pytest.fixture
def site(ctx: Context) -> Site:
    return Site(ctx, cast(Any, SimpleNamespace()))


@pytest.fixture
def client(site: Site) -> TestClient:
    """The route alone, with nothing of Gradio's behind it."""
    return TestClient(Polled(ELSEWHERE, site=site), base_url=BASE)


def ask(client: TestClient, job: int, version: str = "", **cursors: int) -> Any:
    given = json.dumps([job, cursors])
    return client.get("/api/polled/en/jobs/job_feed", params={"given": given}, headers={"if-none-match": version})


def cursors_of(feed: dict[str, Any]) -> dict[str, int]:
    return {"attempt": feed["job"]["attempt"]} | {f"after_{name}": newest for name, newest in feed["cursors"].items()}


def measured(ctx: Context, job: int, step: int) -> None:
    with ctx.db.write() as s:
        s.add(Metric(job_id=job, name="val_loss", step=step, value=1.0 / step, at=1.0))


def test_who_has_everything_gets_nothing(ctx: Context, client: TestClient) -> None:
    job = add_job(ctx)
    claim(ctx)
    measured(ctx, job, 1)
    first = ask(client, job)
    version, feed = first.headers["etag"], first.json()["ok"]
    assert feed["metrics"] == {"val_loss": [[1, 1.0]]}
    known = cursors_of(feed)
    again = ask(client, job, version, **known)
    assert (again.status_code, again.content) == (304, b"")
    assert ask(client, job, "", **known).json()["ok"]["metrics"] == {}
    measured(ctx, job, 2)
    newer = ask(client, job, version, **known)
    assert newer.json()["ok"]["metrics"] == {"val_loss": [[2, 0.5]]}
    assert newer.headers["etag"] != version
    with ctx.db.write() as s:
        s.get_one(Job, job).note = "looked at"
    known = cursors_of(newer.json()["ok"])
    assert ask(client, job, newer.headers["etag"], **known).json()["ok"]["job"]["note"] == "looked at"


def test_whoever_lost_an_answer_gets_it_again(ctx: Context, client: TestClient) -> None:
    """The newest version with older cursors: there is something to tell."""
    job = add_job(ctx)
    measured(ctx, job, 1)
    version = ask(client, job).headers["etag"]
    assert ask(client, job, version, after_metric=0).json()["ok"]["metrics"] == {"val_loss": [[1, 1.0]]}


def test_two_who_ask_the_same_cost_one_look(ctx: Context, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    job, looks = add_job(ctx), []
    read = job_feeds.job_feed
    monkeypatch.setattr(job_feeds, "job_feed", lambda *args, **given: looks.append(1) or read(*args, **given))
    assert ask(client, job).content == ask(client, job).content
    assert len(looks) == 1
    measured(ctx, job, 1)
    assert ask(client, job).json()["ok"]["metrics"]
    assert len(looks) == 2


def test_a_refusal_is_a_sentence_and_is_not_kept(ctx: Context, client: TestClient) -> None:
    gone = ask(client, 77)
    assert gone.json()["error"]["code"] == "not_found"
    assert "etag" not in gone.headers
    assert ask(client, add_job(ctx)).json()["ok"]["job"]["status"] == "queued"


@pytest.mark.parametrize(
    "path",
    [
        "en/jobs/job_act?given=[1]", "xx/jobs/job_feed?given=[1]", "en/jobs/job_feed?given={}", "en/jobs/job_feed?given=" + "[" * 5000,
        "en/jobs/job_feed?given=[" + "1," * 9000 + "1]", "en/jobs", "en/jobs/job_feed?given=%ff", "../../en/config",
    ],
)  # fmt: skip
def test_what_is_no_question_is_not_answered(client: TestClient, path: str) -> None:
    assert client.get(f"/api/polled/{path}", headers={"accept": "application/json"}).status_code in (200, 404)
    assert "ok" not in client.get(f"/api/polled/{path}").text[:6]


def test_only_what_is_read_is_answered_and_the_rest_passed_on(client: TestClient) -> None:
    assert client.get("/healthz").text == "elsewhere"
    assert client.post("/api/polled/en/jobs/job_feed").status_code == 404


def test_long_answers_are_packed() -> None:
    long = answered({"ok": {"text": "a" * 10_000}}, ())
    assert long.packed is not None
    assert len(long.packed) < 200
    assert answered({"ok": {}}, ()).packed is None


def test_the_version_is_of_the_state_alone() -> None:
    one, other = (answered({"ok": {"job": 1, "logs": logs}}, ("logs",)) for logs in ([], ["a"]))
    assert one.version == other.version
    assert (one.adds, other.adds) == (False, True)
    assert answered({"ok": {"job": 2, "logs": []}}, ("logs",)).version != one.version


def test_an_answer_that_was_begun_before_a_change_is_not_for_who_asks_after_it() -> None:
    stamp, told, go_on = [1], [], threading.Event()

    def make() -> Answer:
        seen = stamp[0]
        told.append(seen)
        go_on.wait(5)
        return answered({"ok": seen}, ())

    async def both() -> list[Answer]:
        answers = KeptAnswers(lambda: stamp[0])
        early = [asyncio.create_task(answers.of("key", make, 5.0)) for _ in range(2)]
        while not told:
            await asyncio.sleep(0.001)
        stamp[0] = 2
        late = [asyncio.create_task(answers.of("key", make, 5.0)) for _ in range(2)]
        await asyncio.sleep(0.01)
        go_on.set()
        return [await one for one in (*early, *late)]

    assert [one.body for one in loops.run(both())] == [b'{"ok":%d}' % one for one in (1, 1, 2, 2)]
    assert told == [1, 2]


def test_kept_answers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_answers, "_LARGEST_BYTES", 5_000)

    async def many() -> list[int]:
        answers, sizes = KeptAnswers(lambda: 1), []
        for number in range(20):
            await answers.of(number, lambda: answered({"ok": "a" * 1_000}, ()), 60.0)
            sizes.append(sum(len(one.answer.body) for one in answers._kept.values()))
        return sizes

    assert max(loops.run(many())) <= 5_000


def test_functions_that_are_polled_are_there_in_each_language(site: Site) -> None:
    assert functions_of(site, "en").keys() == functions_of(site, "zh").keys()
    assert ("jobs", "job_feed") in functions_of(site, "en")
