"""Drafts over real HTTP: each browser goes on with its own, on the page and by the request that outlives a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from starlette.testclient import TestClient

from engine.core.context import Context, open_context
from engine.core.settings import Settings
from engine.services.app import drafts
from storage import migrate
from storage.queries.drafts import NO_BROWSER
from tests.web import web_client
from webui import browser
from webui.http.browsers import COOKIE
from webui.train_draft import fresh_draft

PAGE = {"accept": "text/html"}


@pytest.fixture(scope="module")
def ctx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    made = open_context(Settings(home=tmp_path_factory.mktemp("drafts") / "home", offline=True), upgrade=True)
    yield made
    made.db.close()


@pytest.fixture(scope="module")
def client(ctx: Context) -> Iterator[TestClient]:
    with web_client(ctx) as made:
        yield made


def come(client: TestClient) -> str:
    """Open a page as a browser that was never here, and give its name."""
    client.cookies.clear()
    answer = client.get("/en/train", headers=PAGE)
    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith(COOKIE)]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie  # else a browser that comes by a link of another site would lose its drafts
    return str(client.cookies[COOKIE])


def call(client: TestClient, name: str, *arguments: Any) -> Any:
    """Call a function of a page as its view does."""
    parts = client.get("/en/config").json()["components"]
    view = next(one["id"] for one in parts if name in (one["props"].get("server_fns") or ()))
    asked = {"data": list(arguments), "fn_name": name, "component_id": view, "session_hash": "s"}
    return client.post("/en/gradio_api/component_server/", json=asked).json()["ok"]


def test_a_browser_is_known_again_and_two_are_two(client: TestClient) -> None:
    first = come(client)
    client.get("/zh/data", headers=PAGE)
    assert client.cookies[COOKIE] == first
    assert come(client) != first


def test_a_cookie_that_we_did_not_make_is_replaced(client: TestClient) -> None:
    come(client)
    client.cookies.set(COOKIE, "../x", domain="127.0.0.1")
    answer = client.get("/en/train", headers=PAGE)
    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith(COOKIE)]
    assert browser.is_name(cookie.split(";")[0].removeprefix(COOKIE + "="))


def test_each_browser_goes_on_with_its_own_draft(client: TestClient, ctx: Context) -> None:
    first = come(client)
    call(client, "save", fresh_draft(name="of the first"))
    cookies = dict(client.cookies)
    come(client)
    assert call(client, "load_wizard", {})["draft"]["name"] == ""
    call(client, "save", fresh_draft(name="of the second"))
    client.cookies.clear()
    client.cookies.update(cookies)
    assert call(client, "load_wizard", {})["draft"]["name"] == "of the first"
    assert drafts.load_draft(ctx, "train", first)["name"] == "of the first"


def test_a_browser_that_lost_its_name_shares_its_draft_with_nobody(client: TestClient) -> None:
    come(client)
    client.cookies.delete(COOKIE)
    call(client, "save", fresh_draft(name="of who lost it"))
    mine = dict(client.cookies)
    come(client)
    assert call(client, "load_wizard", {})["draft"]["name"] == ""
    client.cookies.clear()
    client.cookies.update(mine)
    assert call(client, "load_wizard", {})["draft"]["name"] == "of who lost it"
    client.get("/en/train", headers=PAGE)  # gives the very name back
    assert call(client, "load_wizard", {})["draft"]["name"] == "of who lost it"


LEFT: dict[str, Any] = {
    "train": fresh_draft(name="left"),
    "compare": {"key": "k", "name": "left", "base_model": None, "dataset": None, "chosen": [], "own": {}, "shared": {}, "device": "auto", "memory_mb": None},
    "data_sheet": {"columns": ["a"], "rows": [["b"]], "name": "left"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("save", "kind", "load"),
    [
        ("save", "train", lambda client: call(client, "load_wizard", {})["draft"]),
        ("compare_save", "compare", lambda client: call(client, "compare_start", {})["draft"]),
        ("keep_sheet", "data_sheet", lambda client: call(client, "sheet_draft")["sheet"]),
    ],
)
def test_two_people_plan_at_once(client: TestClient, save: str, kind: str, load: Callable[[TestClient], Any]) -> None:
    people: dict[str, dict[str, str]] = {}
    for person in ("one", "two"):
        come(client)
        people[person] = dict(client.cookies)
        call(client, save, LEFT[kind] | {"name": f"of {person}"})
    for person, cookies in people.items():
        client.cookies.clear()
        client.cookies.update(cookies)
        assert load(client)["name"] == f"of {person}"


@pytest.mark.parametrize("kind", LEFT)
def test_the_last_save_of_a_page_is_that_of_its_browser(client: TestClient, ctx: Context, kind: str) -> None:
    name = come(client)
    assert client.post(f"/api/drafts/{kind}", json=LEFT[kind]).json() == {"saved": True}
    assert drafts.load_draft(ctx, kind, name) == LEFT[kind]
    assert drafts.load_draft(ctx, kind, "another one") == {}


@pytest.mark.parametrize(
    "body", [b'{"sample_prompts": [1]}', b"[1]", b"[" * 99_000, b'{"version": ' + b"9" * 5000 + b"}", b"\xff", b"null"]
)
def test_what_is_no_draft_is_refused_and_the_former_one_stays(client: TestClient, ctx: Context, body: bytes) -> None:
    name = come(client)
    client.post("/api/drafts/train", json=LEFT["train"])
    answer = client.post("/api/drafts/train", content=body)
    assert (answer.status_code, answer.json()["error"]["code"].split(".")[0] in ("shape", "draft", "web")) == (
        400,
        True,
    )
    assert drafts.load_draft(ctx, "train", name) == LEFT["train"]


def test_a_number_of_30_digits_comes_back_with_all_of_them(client: TestClient) -> None:
    come(client)
    large = 123456789012345678901234567890
    client.post("/api/drafts/train", json=fresh_draft(training={"max_length": {"$integer": str(large)}}))
    draft = call(client, "load_wizard", {})["draft"]
    assert draft["training"] == {"max_length": {"$integer": str(large)}}


def test_the_draft_of_before_is_the_first_ones_and_no_one_elses(client: TestClient, ctx: Context) -> None:
    come(client)
    drafts.save_draft(ctx, "train", fresh_draft(name="of before"))
    assert call(client, "load_wizard", {})["draft"]["name"] == "of before"
    come(client)
    assert call(client, "load_wizard", {})["draft"]["name"] == ""
    assert drafts.load_draft(ctx, "train", NO_BROWSER) == {}


def test_going_back_to_the_schema_of_before_keeps_the_newest_draft(tmp_path: Path) -> None:
    ctx = open_context(Settings(home=tmp_path / "home", offline=True), upgrade=True)
    for name in ("older", "newer"):
        drafts.save_draft(ctx, "train", {"of": name}, name)
    ctx.db.close()
    command.downgrade(migrate._config(ctx.settings.database), "0004")
    command.upgrade(migrate._config(ctx.settings.database), "head")
    assert drafts.load_draft(ctx, "train", "whoever comes") == {"of": "newer"}
    ctx.db.close()
