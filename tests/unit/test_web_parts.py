"""The small parts of the web server: names of files, languages, hosts, the shell's hold on Gradio's document."""

from __future__ import annotations

import subprocess
import sys

import pytest
from starlette.datastructures import Headers

from engine.core.context import Context
from engine.services.app import folders, lesson
from webui.http.files import safe_name
from webui.http.language import language_of
from webui.http.refusal import assets
from webui.http.security import Hosts, Sessions, host_name, same_origin
from webui.http.shell import ShellBroken, dress
from webui.pages import PAGES


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("rows.csv", "rows.csv"),
        ("..%2F..%2Fetc%2Fpasswd", "passwd"),
        ("C%3A%5Cdata%5Crows.csv", "rows.csv"),
        ("CON", "CON"),
        ("%E2%80%AEgpj.exe", "gpj.exe"),
        ("%F0%9F%92%A1.jsonl", "💡.jsonl"),
        ("a%00b%0Ac.txt", "abc.txt"),
        ("%E6%95%B0%E6%8D%AE.jsonl", "数据.jsonl"),
        ("%2F", ""),
        ("%20%20", ""),
    ],
)
def test_names_of_uploads_are_fit_to_be_shown(sent: str, shown: str) -> None:
    assert safe_name(sent) == shown


def test_long_names_keep_their_suffix() -> None:
    name = safe_name("x" * 300 + ".jsonl")
    assert len(name) < 210
    assert name.endswith(".jsonl")


@pytest.mark.parametrize(
    ("headers", "path", "language"),
    [
        ({}, "/", "en"),
        ({"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}, "/", "zh"),
        ({"accept-language": "de, fr;q=0.9"}, "/", "en"),
        ({"accept-language": "en;q=0.1, zh;q=0.2, *;q=x"}, "/", "zh"),
        ({"cookie": "a=b; ts_lang=zh", "accept-language": "en"}, "/", "zh"),
        ({"cookie": "xts_lang=zh"}, "/", "en"),
        ({"cookie": "ts_lang=zh"}, "/en/data", "en"),
    ],
)
def test_the_language_of_a_request(headers: dict[str, str], path: str, language: str) -> None:
    assert language_of(Headers(headers), path) == language


def test_hosts() -> None:
    assert host_name("[::1]:7860") == "::1"
    assert host_name("Example.ORG") == "example.org"
    assert not Hosts("127.0.0.1").allows("192.168.1.5:7860")
    assert Hosts("0.0.0.0").allows("192.168.1.5:7860")
    assert not Hosts("0.0.0.0").allows("evil.example")
    assert Hosts("studio.lan").allows("studio.lan:7860")


def test_programs_without_an_origin_may_write() -> None:
    assert same_origin(Headers({"host": "localhost:1"}), "POST")
    assert same_origin(Headers({"host": "localhost:1", "origin": "http://LOCALHOST:1"}), "POST")
    assert not same_origin(Headers({"host": "localhost:1", "origin": "http://localhost:2"}), "POST")
    assert not same_origin(Headers({"host": "localhost:1", "origin": ""}), "DELETE")


def test_sessions_of_two_homes_have_different_cookies() -> None:
    one, other = Sessions(b"1" * 32), Sessions(b"2" * 32)
    assert one.cookie != other.cookie
    assert one.valid(one.new())
    assert not other.valid(one.new())


def test_a_document_of_another_gradio_is_refused() -> None:
    with pytest.raises(ShellBroken, match="gradio-app"):
        dress('<html lang="en"><head></head></html>', "en", PAGES[0], assets())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_lesson_shows_three_different_answers_and_waits_for_its_model(ctx: Context, language: str) -> None:
    shown = lesson.lesson(ctx, language)
    assert len({row["answer"] for row in shown["rows"]}) == 3
    assert shown["plan"] is None
    assert shown["model"]["status"] == "preparing"
    assert shown["dataset"]["train_rows"] > 60
    assert lesson.lesson(ctx, language)["dataset"]["id"] == shown["dataset"]["id"]


def test_disk_use_counts_every_file_once(ctx: Context) -> None:
    for key, size in (("models", 1000), ("imports", 70), ("rejected", 8)):
        (ctx.settings.folder(key, "1") / "file").write_bytes(b"x" * size)
    use = folders.disk_use(ctx)
    sizes = {entry["key"]: entry["bytes"] for entry in use["folders"]}
    assert [sizes[key] for key in ("models", "imports", "rejected")] == [1000, 70, 8]
    assert use["total"] == use["database"] + sum(sizes.values())
    assert use["database"] > 0


def test_pandas_can_be_used_beside_the_pages() -> None:
    """In a process of its own, as another test may have loaded it: the pages do without, pyarrow then gets the real one."""
    script = (
        "import sys; import webui.gradio_import; assert not hasattr(sys.modules['pandas'], '__file__');"
        "import pyarrow as pa; assert pa.array([[1], [2]]).to_pylist() == [[1], [2]];"
        "import pandas; assert pandas.DataFrame({'a': [1]}).shape == (1, 1)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
