"""What is wrong with a request is said in one clear sentence, in OpenAI's shape."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import urllib.error
import urllib.request
from typing import Any

import openai
import pytest

from engine.api.params import ENDPOINTS
from engine.services.api_keys import list_keys, make_key, revoke
from tests.api.conftest import BASE, TUNED, Served

CHAT, TEXTS, VECTORS = "/v1/chat/completions", "/v1/completions", "/v1/embeddings"
ASKED = {"model": TUNED, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 2}


def ask(served: Served, path: str, body: bytes | None, **headers: str) -> tuple[int, Any, Any]:
    """Status, headers and JSON of a plain request."""
    given = {"authorization": f"Bearer {served.secret}", "content-type": "application/json", **headers}
    request = urllib.request.Request(served.url + path, data=body, headers={k: v for k, v in given.items() if v})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, error.headers, json.load(error)


def refused(served: Served, path: str, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
    """Status and error of a request that is refused."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    status, _headers, told = ask(served, path, raw, **headers)
    assert set(told) == {"error"}
    assert set(told["error"]) == {"message", "type", "param", "code"}
    assert told["error"]["message"].strip()
    assert "{" not in told["error"]["message"].replace('{"', "")
    return status, told["error"]


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"temperature": 3}, "temperature"),
        ({"temperature": "0.5"}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"top_p": -0.1}, "top_p"),
        ({"top_p": 10**400}, "top_p"),
        ({"n": 0}, "n"),
        ({"n": 10**9}, "n"),
        ({"n": 1.5}, "n"),
        ({"seed": 2**64}, "seed"),
        ({"max_tokens": 10**9}, "max_tokens"),
        ({"max_tokens": 2, "max_completion_tokens": 3}, "max_tokens"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"stop": [""]}, "stop"),
        ({"stop": 5}, "stop"),
        ({"logprobs": 1}, "logprobs"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
        ({"logit_bias": {"x": 1}}, "logit_bias"),
        ({"logit_bias": {"1": 101}}, "logit_bias"),
        ({"presence_penalty": -2.1}, "presence_penalty"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"stream": True, "stream_options": {"other": 1}}, "stream_options"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"top_k": 4}, "top_k"),
        ({"model": None}, "model"),
        ({"model": 3}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": "Hi"}, "messages"),
        ({"messages": ["Hi"]}, "messages.0"),
        ({"messages": [{"role": "robot", "content": "Hi"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": None}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages.0.content.0"),
        ({"messages": [{"role": "user", "content": "Hi", "name": "Ann"}]}, "messages.0.name"),
        ({"messages": [{"role": "assistant", "content": "", "tool_calls": [{}]}]}, "messages.0.tool_calls"),
        ({"messages": [{"role": "user", "content": "Hi"}] * 10_000}, "messages"),
        ({"messages": [{"role": "user", "content": "Hi " * 100_000}]}, "messages"),
        ({"messages": [{"role": "user", "content": "Hi"}] * 500}, "messages"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(served: Served, more: dict[str, Any], param: str) -> None:
    status, error = refused(served, CHAT, {**ASKED, **more})
    assert (status, error["param"], error["type"]) == (400, param, "invalid_request_error")
    named = {"messages", "model"} | {one.key for endpoint in ENDPOINTS for one in endpoint.params} | {param}
    assert any(f"“{one}" in error["message"] for one in named)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "column 1"),
        (b'{"model": "tuned-1",\n "messages": [}', "line 2, column 15"),
        (b'{"temperature": NaN}', "NaN"),
        (b'{"temperature": -Infinity}', "-Infinity"),
        (b'{"temperature": 1e999, "model": "tuned-1", "messages": [{"role": "user", "content": "Hi"}]}', "temperature"),
        (b"\xff\xfe", "JSON"),
        (b"[]", "object"),
        (b'{"a": ' + b"9" * 5000 + b"}", "JSON"),
        (b"[" * 5000, "100 deep"),
    ],
    ids=["nothing", "broken", "nan", "infinite", "too large", "no text", "list", "long number", "deep"],
)
def test_a_body_that_cannot_be_read_is_refused(served: Served, body: bytes, says: str) -> None:
    status, error = refused(served, CHAT, body)
    assert status == 400
    assert says in error["message"]


def test_a_body_that_is_too_large_is_refused_by_its_head(served: Served) -> None:
    connection = http.client.HTTPConnection(served.url.removeprefix("http://"), timeout=30)
    connection.putrequest("POST", CHAT)
    connection.putheader("content-length", str(17_000_000))
    connection.endheaders()
    answer = connection.getresponse()
    error = json.loads(answer.read())["error"]
    assert (answer.status, error["type"]) == (413, "invalid_request_error")
    assert "16 MB" in error["message"]


def test_half_characters_and_odd_addresses(served: Served) -> None:
    half = b'{"model": "tuned-1", "max_tokens": 1, "messages": [{"role": "user", "content": "a\\ud800b"}]}'
    assert ask(served, CHAT, half)[0] == 200
    for path, status, says in (("/v1/nothing", 404, CHAT), ("/v1/models/nobody", 404, TUNED), (CHAT, 405, "POST")):
        found, _headers, told = ask(served, path, None)
        assert (found, says in told["error"]["message"]) == (status, True)
    _status, error = refused(served, CHAT, {**ASKED, "model": "x"}, **{"accept-language": "zh-CN"})
    assert error["message"].startswith("没有名为")
    assert refused(served, CHAT, ASKED, origin="http://elsewhere.example")[0] == 403
    assert refused(served, CHAT, ASKED, host="elsewhere.example")[0] == 400


@pytest.mark.parametrize("path", [CHAT, TEXTS, VECTORS, "/v1/models"])
def test_nothing_without_a_key(served: Served, path: str) -> None:
    for given in ("", "Basic abc", "Bearer", "Bearer ts-wrong", "Bearer \udcff".encode("utf-8", "replace").decode()):
        status, headers, told = ask(served, path, None if path == "/v1/models" else b"{}", authorization=given)
        assert (status, told["error"]["code"]) == (401, "invalid_api_key")
        assert "Settings" in told["error"]["message"]
        assert headers["www-authenticate"] == "Bearer"


def test_a_revoked_key_and_one_that_asks_too_often(served: Served) -> None:
    key, secret = make_key(served.ctx, "slow", 2)
    slow = served.client(api_key=secret)
    made = slow.completions.create(model=BASE, prompt="Hi", max_tokens=3, temperature=0)
    slow.models.list()
    with pytest.raises(openai.RateLimitError) as often:
        slow.models.list()
    assert 1 <= int(often.value.response.headers["retry-after"]) <= 60
    assert (often.value.code, often.value.status_code) == ("rate_limit_exceeded", 429)
    used = next(one for one in list_keys(served.ctx) if one["id"] == key.id)
    assert made.usage is not None
    assert (used["requests"], used["tokens"]) == (2, made.usage.total_tokens)
    revoke(served.ctx, key.id)
    with pytest.raises(openai.AuthenticationError, match="revoked"):
        slow.models.list()


def test_curl_and_parameters_that_change_nothing(served: Served) -> None:
    body = json.dumps({**ASKED, "user": "ann", "store": False, "tools": [], "response_format": {"type": "text"}})
    if shutil.which("curl") is None:
        assert ask(served, CHAT, body.encode())[2]["object"] == "chat.completion"
        return
    command = ["curl", "-sS", served.url + CHAT, "-H", f"Authorization: Bearer {served.secret}", "-d", body]
    told = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)
    assert told["object"] == "chat.completion"
    streamed = json.dumps({**ASKED, "stream": True})
    lines = subprocess.run([*command[:-1], streamed, "-N"], capture_output=True, check=True, timeout=60).stdout
    assert lines.rstrip().endswith(b"data: [DONE]")
