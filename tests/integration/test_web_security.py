"""The guard of the web server, its pages' documents, uploads and downloads, over real HTTP semantics."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from engine.core.context import Context
from engine.core.text import catalogue
from tests.homes import new_home
from tests.web import web_client
from webui.http.security import Sessions, session_key
from webui.i18n import t
from webui.pages import PAGES, Page
from webui.scripts import scripts

LIMIT_MB = 1


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("web") / "home"


@pytest.fixture(scope="module")
def site_ctx(home: Path) -> Iterator[Context]:
    ctx = new_home(home, max_upload_mb=LIMIT_MB)
    yield ctx
    ctx.db.close()


@pytest.fixture(scope="module")
def app_client(site_ctx: Context) -> Iterator[TestClient]:
    with web_client(site_ctx) as client:
        yield client


@pytest.fixture
def client(app_client: TestClient) -> TestClient:
    """Without any cookie: nobody has opened a page yet."""
    app_client.cookies.clear()
    return app_client


@pytest.fixture
def visitor(client: TestClient) -> TestClient:
    """After a page was opened: with a session."""
    assert client.get("/en/", headers={"accept": "text/html"}).status_code == 200
    return client


def upload(client: TestClient, content: bytes, name: str = "rows.jsonl", **headers: str) -> tuple[int, dict]:
    answer = client.post("/api/uploads", content=content, headers={"x-filename": name, **headers})
    return answer.status_code, answer.json()


# ------------------------------------------------------------------ pages


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.key)
def test_each_page_is_served_in_our_shell(client: TestClient, lang: str, shown: Page) -> None:
    answer = client.get(f"/{lang}/{shown.path}")
    assert answer.status_code == 200
    html = answer.text
    assert f'lang="{"zh-CN" if lang == "zh" else "en"}"' in html
    assert f"<title>{t(lang, f'nav.{shown.key}')} · Tunesmith</title>" in html
    assert html.count('aria-current="page"') == 1
    assert f'data-page="{shown.key}" aria-current="page"' in html
    assert "raw.githubusercontent" not in html
    assert "og:title" not in html
    assert scripts(lang).url(f"views/{shown.key}/page.js") in html


def test_every_static_file_of_the_head_is_there_and_kept(client: TestClient) -> None:
    html = client.get("/en/").text
    files = re.findall(r'(?:href|src)="(/(?:static|scripts|styles)/[^"]+)"', html)
    files += json.loads(re.search(r'<script type="importmap">(.*?)</script>', html)[1])["imports"].values()
    assert len(files) > 25
    for file in files:
        answer = client.get(file)
        assert answer.status_code == 200, file
        assert "immutable" in answer.headers["cache-control"], file


def test_the_import_map_stands_before_every_module(client: TestClient) -> None:
    html = client.get("/en/jobs", headers={"accept": "text/html"}).text
    first = min(html.index(mark) for mark in ('type="module"', "modulepreload"))
    assert html.count('type="importmap"') == 1
    assert html.index('type="importmap"') < first  # most browsers overlook a map that comes after a module


def test_unversioned_static_files_are_checked_again(client: TestClient) -> None:
    for file in (
        "/static/brand.svg",
        "/static/brand.svg?v=old",
        "/scripts/en/kit/dom.js",
        "/scripts/en/kit/dom.js?v=old",
        "/styles/kit.css",
    ):
        assert client.get(file).headers["cache-control"] == "no-cache", file


def test_gradios_hashed_files_are_kept(client: TestClient) -> None:
    html = client.get("/en/").text
    script = re.search(r'src="\./(assets/index-[\w-]+\.js)"', html)
    assert script is not None
    for path in (script.group(1), "theme.css?v=abc"):
        assert "immutable" in client.get(f"/en/{path}").headers["cache-control"], path


def test_a_module_brings_the_texts_that_it_asks_for(client: TestClient) -> None:
    script = client.get("/scripts/zh/views/jobs/page.js").text
    texts = json.loads(script.split("itsTexts(", 1)[1].split(");", 1)[0])
    assert texts["jobs.title"] == catalogue("zh")["jobs.title"]
    assert {"jobs.group.running", "jobs.column.queue"} <= texts.keys()
    assert not any(key.startswith(("train.", "error.")) for key in texts)
    for nothing in ("fr/kit/dom.js", "en/kit/early.js", "en/kit/none.js", "en/vendor/fonts/LICENSE"):
        assert client.get(f"/scripts/{nothing}").status_code == 404


def test_modules_and_styles_are_packed_for_who_takes_them_so(client: TestClient) -> None:
    for file in ("/scripts/en/kit/dom.js", "/styles/kit.css"):
        packed = client.get(file, headers={"accept-encoding": "gzip"})
        plain = client.get(file, headers={"accept-encoding": "identity"})
        assert packed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert packed.text == plain.text
        assert int(packed.headers["content-length"]) < 0.5 * int(plain.headers["content-length"])


def test_the_root_goes_to_the_language_of_cookie_then_browser(client: TestClient) -> None:
    assert client.get("/").headers["location"] == "/en/"
    chinese = {"accept-language": "fr;q=0.2, zh-CN, en;q=0.5"}
    assert client.get("/jobs?job=3", headers=chinese).headers["location"] == "/zh/jobs?job=3"
    assert client.get("/", headers={**chinese, "cookie": "ts_lang=en"}).headers["location"] == "/en/"
    assert client.get("/", headers={"cookie": "ts_lang=<script>"}).headers["location"] == "/en/"


def test_a_page_sets_the_language_cookie(client: TestClient) -> None:
    assert "ts_lang=zh" in client.get("/zh/data").headers["set-cookie"]


def test_slashes_at_the_end_lead_to_the_page(client: TestClient) -> None:
    assert client.get("/en/data/?dataset=3").headers["location"] == "/en/data?dataset=3"
    assert client.get("/zh").headers["location"] == "/zh/"


def test_a_chosen_scheme_is_in_the_first_byte(client: TestClient) -> None:
    assert 'data-scheme="dark"' in client.get("/en/", headers={"cookie": "ts_scheme=dark"}).text[:300]
    assert "data-scheme=" not in client.get("/en/", headers={"cookie": 'ts_scheme=x"><b>'}).text[:300]


def test_missing_pages_say_so_in_the_language_of_the_address(client: TestClient) -> None:
    answer = client.get("/zh/nothing", headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert t("zh", "error.web.no_page") in answer.text
    assert client.get("/nothing").json()["error"]["code"] == "web.no_page"


def test_healthz_needs_nothing(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


# ------------------------------------------------------------------ the guard


@pytest.mark.parametrize("path", ["/en/", "/healthz", "/scripts/en/kit/dom.js", "/nothing", "/api/uploads"])
def test_every_answer_carries_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "http:" not in policy
    assert "https:" not in policy
    assert "*" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::", "localhost:80:90"])
def test_foreign_host_names_are_refused(client: TestClient, host: str) -> None:
    assert client.get("/en/", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost", "LOCALHOST:1", "[::1]:7860"])
def test_own_host_names_are_served(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == 200


WRITES = ["/api/uploads", "/en/gradio_api/queue/join", "/en/gradio_api/cancel", "/en/gradio_api/component_server"]


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_writes_from_elsewhere_are_refused(visitor: TestClient, path: str, headers: dict[str, str]) -> None:
    answer = visitor.post(path, headers=headers, content=b"{}")
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "web.origin"


def test_reads_by_other_sites_are_refused_but_links_work(client: TestClient) -> None:
    embedded = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"}
    assert client.get("/scripts/en/kit/dom.js", headers=embedded).status_code == 403
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert client.get("/en/", headers=link).status_code == 200
    framed = {**link, "sec-fetch-dest": "iframe"}
    assert client.get("/en/", headers=framed).status_code == 403


ANONYMOUS = [
    ("POST", "/api/uploads"),
    ("GET", "/api/pulse"),
    ("GET", "/files/export/1"),
    ("GET", "/files/spec/1.yaml"),
    ("GET", "/files/rejected/1"),
    ("GET", "/en/config"),
    ("POST", "/en/gradio_api/queue/join"),
    ("GET", "/en/gradio_api/queue/data"),
    ("POST", "/en/gradio_api/cancel"),
    ("POST", "/en/gradio_api/reset"),
    ("GET", "/en/gradio_api/heartbeat/x"),
    ("POST", "/en/gradio_api/component_server"),
]


@pytest.mark.parametrize(("method", "path"), ANONYMOUS)
def test_nobody_gets_in_without_a_session(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "web.session"


def test_a_forged_session_is_none(client: TestClient, home: Path) -> None:
    name = Sessions(session_key(home)).cookie
    for value in ("x", "a.b", Sessions(b"another key").new(), "."):
        assert client.get("/files/export/1", headers={"cookie": f"{name}={value}"}).status_code == 401


def test_sessions_survive_a_restart_and_are_hidden_from_scripts(client: TestClient, home: Path) -> None:
    cookie = next(c for c in client.get("/en/").headers.get_list("set-cookie") if c.startswith("ts_session"))
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    value = cookie.split("=", 1)[1].split(";", 1)[0]
    assert Sessions(session_key(home)).valid(value)
    assert (home / "session.key").stat().st_mode & 0o077 == 0


CLOSED = [
    "/en/gradio_api/file=/etc/passwd",
    "/en/gradio_api/file/etc/passwd",
    "/en/gradio_api/proxy=http://127.0.0.1/",
    "/en/gradio_api/upload",
    "/en/gradio_api/runs",
    "/en/gradio_api/openapi.json",
    "/en/gradio_api/vibe-code",
    "/en/gradio_api/custom_component/x/client/component/../../../etc/passwd",
    "/en/monitoring",
    "/en/monitoring/summary",
    "/en/docs",
    "/en/openapi.json",
    "/docs",
    "/openapi.json",
    "/redoc",
    "/en/assets/../../../../etc/passwd",
    "/static/../http/server.py",
    "/static/..%2fhttp/server.py",
    "/en/login",
]


@pytest.mark.parametrize("path", CLOSED)
def test_gradios_other_routes_are_closed(visitor: TestClient, path: str) -> None:
    assert visitor.get(path).status_code == 404
    assert visitor.post(path).status_code in (404, 405)


# ------------------------------------------------------------------ uploads and downloads


ROW = b'{"prompt": "Where?", "completion": "Here."}\n'


def test_an_upload_becomes_a_data_set_under_a_name_of_ours(visitor: TestClient, home: Path) -> None:
    status, answer = upload(visitor, ROW * 3, "%E6%95%B0%E6%8D%AE%2F..%2F..%2Fetc%2Fpasswd%E2%80%AE.jsonl")
    assert status == 200, answer
    assert isinstance(answer["dataset"], int)
    names = {file.name for file in (home / "uploads").iterdir()}
    assert not any("passwd" in name or name.endswith(".part") for name in names)
    assert not (home / "etc").exists()


def test_too_large_uploads_are_refused_before_and_while_they_arrive(visitor: TestClient, home: Path) -> None:
    before = sorted(file.name for file in (home / "uploads").iterdir()) if (home / "uploads").exists() else []
    big = b"x" * (LIMIT_MB * 1_000_000 + 1)
    status, answer = upload(visitor, big)
    assert status == 413
    assert answer["error"]["message"] == t("en", "error.web.upload_too_large", limit=LIMIT_MB)

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(big), 100_000):
            yield big[start : start + 100_000]

    answer2 = visitor.post("/api/uploads", content=pieces(), headers={"x-filename": "a.jsonl"})
    assert answer2.status_code == 413
    assert sorted(file.name for file in (home / "uploads").iterdir()) == before


def test_a_file_of_questions_that_is_too_large_is_refused_with_the_limit(visitor: TestClient) -> None:
    answer = visitor.post("/api/questions", content=b"why?\n" * 2_000_001, headers={"x-filename": "a.txt"})
    assert answer.status_code == 400
    assert "10 MB" in answer.json()["error"]["message"]


def test_files_of_a_group_are_one_data_set(visitor: TestClient, home: Path) -> None:
    """Whatever the headers say of it; a group that another upload has just finished with is no fault of this one's."""
    of_group = {"x-group": "a" * 32, "x-group-count": "2"}
    assert upload(visitor, ROW, "a.jsonl", **of_group, **{"x-group-place": "x"}) == (200, {"waiting": 1})
    (home / "uploads" / "groups" / "gone").symlink_to("nowhere")  # it is listed, and then it is not there
    status, answer = upload(visitor, ROW, "b.jsonl", **of_group, **{"x-group-place": "1"})
    assert (status, list(answer)) == (200, ["dataset"])
    assert not (home / "uploads" / "groups" / ("a" * 32)).exists()


def test_refusals_speak_the_language_of_the_page(visitor: TestClient) -> None:
    visitor.get("/zh/data")
    status, answer = upload(visitor, ROW, "")
    assert status == 400
    assert answer["error"]["message"] == t("zh", "error.web.upload_nameless")


def test_files_that_nobody_can_read_are_named(visitor: TestClient) -> None:
    status, answer = upload(visitor, b"", "empty.csv")
    assert status == 400
    assert answer["error"]["code"].startswith("data.")
    assert not answer["error"]["message"].startswith("error.")


@pytest.mark.parametrize("path", ["/files/export/999", "/files/spec/999.yaml", "/files/rejected/999"])
def test_downloads_of_nothing_say_so(visitor: TestClient, path: str) -> None:
    assert visitor.get(path).status_code == 404
    page = visitor.get(path, headers={"accept": "text/html"})
    assert page.status_code == 404
    assert "999 is not there any more, or never was." in page.text


def test_ids_that_are_no_numbers_lead_nowhere(visitor: TestClient) -> None:
    assert visitor.get("/files/export/..%2f..%2fsession.key").status_code == 404
    assert visitor.get("/files/export/x").status_code == 404


ODD = [
    "/files/export/{}",
    "/files/spec/{}.yaml",
    "/files/rejected/{}",
    "/files/answers/en/{}.csv",
    "/files/dataset-export/{}",
]


@pytest.mark.parametrize("number", ["1" + "0" * 22, "9" * 30, "9" * 5000, "-1", "1e400", "%ED%A0%80"])
def test_numbers_that_no_row_can_have_are_not_there(visitor: TestClient, number: str) -> None:
    for path in ODD:
        answer = visitor.get(path.format(number))
        assert (answer.status_code, answer.json()["error"]["code"]) in ((404, "not_found"), (404, "web.no_page")), path


@pytest.mark.parametrize("content", [b'{"question": "a\\ud800"}', b'{"question": "\\udc00"}\n{"question": 1e400}'])
def test_questions_with_half_a_character_are_shown_with_a_sign_for_it(visitor: TestClient, content: bytes) -> None:
    answer = visitor.post("/api/questions", content=content, headers={"x-filename": "q.jsonl"})
    assert answer.status_code == 200
    assert "\N{REPLACEMENT CHARACTER}" in answer.json()["columns"][0]["questions"][0]
