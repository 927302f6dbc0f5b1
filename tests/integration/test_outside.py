"""Models of servers elsewhere answer beside those here: streamed, stopped, stored, voted on; what goes wrong stays in its column."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.settings import read_settings
from engine.core.text import LANGUAGES
from engine.exports.gguf.export import write_model
from engine.exports.gguf.number_formats import BY_KEY
from engine.models.base.integrity import intact_weights
from engine.models.base.paths import tokenizer_folder
from engine.services.arena import evidence, session, voting
from engine.services.chat import outside, question_lists
from engine.services.chat.conversations import Chat
from engine.services.chat.exact.view import exact_answer
from engine.serving.outside import call as calls
from engine.serving.outside.servers import OutsideModel, OutsideServer, model_of, servers_of
from storage.tables import LanguageModel
from tests.homes import new_home
from tests.integration.chat_here import chat_here
from tests.integration.chat_models import add_base
from tests.integration.test_export_gguf import Nobody
from tests.outside_server import HEAD, MODELS, OutsideHost, chunk, outside_host, plain_speech, send, stream
from webui.i18n import error_text

PROMPT = "What is the colour of the lantern? 灯笼"
KEY = "sk-secret-of-the-operator"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Context, int]]:
    """A home with a tiny base."""
    ctx = new_home(tmp_path_factory.mktemp("home"))
    yield ctx, add_base(ctx)
    ctx.db.close()


@pytest.fixture
def host() -> Iterator[OutsideHost]:
    with outside_host() as running:
        yield running


def _with(here: tuple[Context, int], *urls: str, keys: tuple[str, ...] = ()) -> Context:
    return replace(here[0], settings=replace(here[0].settings, servers=urls, server_keys=keys))


def _side(host: OutsideHost, name: str = MODELS[0]) -> str:
    return OutsideModel(host.url, name).side


def _ask(chat: Chat, conversation: int, prompt: str = PROMPT) -> dict[str, Any]:
    return {event["side"]: event for event in chat.ask(conversation, prompt)}


def test_a_side_tells_server_and_model_and_nothing_else_is_one(host: OutsideHost) -> None:
    for name in (*MODELS, "a", "名/字:x"):
        model = OutsideModel(host.url, name)
        assert model_of(model.side) == model
        assert "," not in model.side
    odd = [
        "outside:",
        "outside:http://a/v1",
        "outside:http://a/v1#",
        "outside:http://a/v1#%0a",
        "outside:x#%2f",
        "base",
        "model:1",
    ]
    assert [model_of(one) for one in odd] == [None] * len(odd)


def test_servers_and_their_keys_come_from_the_environment_alone() -> None:
    environment = {
        "TUNESMITH_SERVERS": " http://127.0.0.1:8000/v1/, https://gpu.example.com/v1 ",
        "TUNESMITH_SERVER_KEYS": f"- {KEY}",
    }
    settings = read_settings(environment)
    assert servers_of(settings) == (
        OutsideServer("http://127.0.0.1:8000/v1"),
        OutsideServer("https://gpu.example.com/v1", KEY),
    )
    assert KEY not in repr(settings) + repr(servers_of(settings))
    child = read_settings(environment | settings.child_environment())
    assert (child.servers, child.server_keys) == (settings.servers, ())
    assert [one.host for one in servers_of(replace(settings, offline=True))] == ["http://127.0.0.1:8000"]
    for wrong in ("ftp://a/v1", "http://user:pw@a/v1", "http://a/v1?x=1", "file:///etc/passwd"):
        with pytest.raises(Fault, match=r"settings\.bad_address"):
            read_settings({"TUNESMITH_SERVERS": wrong})
    with pytest.raises(Fault, match=r"settings\.server_keys"):
        read_settings({"TUNESMITH_SERVERS": "http://a/v1", "TUNESMITH_SERVER_KEYS": "a b"})


def test_models_elsewhere_are_listed_and_a_server_that_is_down_says_so(
    here: tuple[Context, int], host: OutsideHost
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        down = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        found, lost = outside.outside_models(_with(here, host.url, down))
    assert [one["name"] for one in found["models"]] == sorted(MODELS)
    assert found["error"] is None
    assert lost["models"] == []
    assert lost["error"] is not None
    assert lost["error"]["code"] == "outside.down"


def test_a_model_elsewhere_answers_beside_the_base_and_is_stored(here: tuple[Context, int], host: OutsideHost) -> None:
    ctx = _with(here, host.url, keys=(KEY,))
    chat, _client = chat_here(ctx)
    side = _side(host, MODELS[1])
    conversation = chat.open(here[1], settings={"max_tokens": 8, "system": "Be kind.", "seed": 5}, sides=["base", side])
    said = _ask(chat, conversation)
    assert {name: one["status"] for name, one in said.items()} == {"base": "complete", side: "complete"}
    assert said[side]["text"] == PROMPT
    assert said[side]["stats"]["tokens"] == 4
    assert said[side]["stats"]["prompt_tokens"] == 11
    assert host.headers[0]["authorization"] == f"Bearer {KEY}"
    _ask(chat, conversation, "And now?")
    roles = [(one["role"], one["content"]) for one in host.asked[1]["messages"]]
    assert roles == [("system", "Be kind."), ("user", PROMPT), ("assistant", PROMPT), ("user", "And now?")]
    assert {key: host.asked[0][key] for key in ("model", "stream", "max_tokens", "seed", "temperature")} == {
        "model": MODELS[1], "stream": True, "max_tokens": 8, "seed": 5, "temperature": 0.0}  # fmt: skip
    view = chat.view(conversation)
    [shown] = [one for one in view["sides"] if one["side"] == side]
    assert shown["label"] == f"{MODELS[1]} · {host.url.removesuffix('/v1')}"
    kept = [one for one in view["messages"] if one["side"] == side]
    assert [one["status"] for one in kept] == ["complete", "complete"]
    assert {one["weights_hash"] for one in kept} == {OutsideModel(host.url, MODELS[1]).asked_hash}
    exact = exact_answer(ctx, conversation, 1, side)
    assert not exact["again"]
    assert (exact["seed"], exact["max_tokens"]) == (5, 8)
    files = [file.read_bytes() for file in ctx.settings.home.rglob("*") if file.is_file()]
    assert not any(KEY.encode() in content for content in files)


def test_alone_it_needs_nothing_here(here: tuple[Context, int], host: OutsideHost) -> None:
    chat, client = chat_here(_with(here, host.url))
    conversation = chat.open(here[1], sides=[_side(host)])
    assert _ask(chat, conversation)[_side(host)]["text"] == PROMPT
    chat.warm(conversation)
    assert client.requests == []
    again = {event["side"]: event for event in chat.regenerate(conversation, [_side(host)])}
    assert again[_side(host)]["status"] == "complete"


def _status(status: int, body: bytes = b"", **headers: str) -> Any:
    return lambda handler, _question: send(handler, status, headers, body)


def _said(*pieces: bytes, ends: bool = True) -> Any:
    return lambda handler, _question: stream(handler, pieces, ends=ends)


def _closes(handler: Any, _question: Any) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


FAULTS: list[tuple[Any, str, str]] = [
    (_status(401, b'{"error": {"message": "bad key ' + KEY.encode() + b'"}}'), "refused", ""),
    (_status(403), "refused", ""),
    (_status(302, Location="http://169.254.169.254/latest"), "moved", ""),
    (_status(307, Location="http://127.0.0.1:1/v1"), "moved", ""),
    (_status(404, b"no such model"), "no_model", ""),
    (_status(503, b'{"error": "loading ' + KEY.encode() + b'"}'), "busy", ""),
    (_status(400, b'{"error": {"message": "too long"}}'), "rejected", ""),
    (_status(500, b"<html>"), "rejected", ""),
    (_status(200, b"<html>hello</html>", **HEAD), "broken_off", ""),
    (_status(200, b"<html>hello</html>"), "unreadable", ""),
    (_status(200, b'{"choices": [{"message": {"content": 5}}]}'), "unreadable", ""),
    (_status(200, b"[1]"), "unreadable", ""),
    (_said(chunk("half "), ends=False), "broken_off", "half "),
    (_said(chunk("half ")), "broken_off", "half "),
    (_said(b"data: {not json\n\n"), "unreadable", ""),
    (_said(chunk("a"), b'data: {"choices": "x"}\n\n'), "unreadable", "a"),
    (_said(chunk("a"), b'data: {"error": {"message": "out of memory"}}\n\n'), "failed", "a"),
    (_said(b"data: " + b"[" * 100_000 + b"\n\n"), "unreadable", ""),
    (_closes, "down", ""),
]


@pytest.mark.parametrize(("act", "code", "kept"), FAULTS)
def test_what_goes_wrong_elsewhere_is_told_in_its_column_and_the_others_answer(
    here: tuple[Context, int], act: Any, code: str, kept: str
) -> None:
    with outside_host(act) as bad, outside_host() as good:
        chat, _client = chat_here(_with(here, bad.url, good.url, keys=(KEY, "-")))
        conversation = chat.open(here[1], settings={"max_tokens": 2}, sides=["base", _side(bad), _side(good)])
        said = _ask(chat, conversation)
        assert len(bad.asked) == 1
        assert "authorization" not in good.headers[0]
    assert (said["base"]["status"], said[_side(good)]["status"]) == ("complete", "complete")
    wrong = said[_side(bad)]
    assert (wrong["status"], wrong["text"]) == ("failed", kept)
    error = wrong["stats"]["error"]
    assert error["code"] == f"outside.{code}"
    for language in LANGUAGES:
        sentence = error_text(language, Fault(error["code"], **error["params"]))
        assert bad.url.removesuffix("/v1") in sentence
        assert "{" not in sentence
        assert KEY not in sentence


def test_what_servers_say_in_other_ways_is_understood(here: tuple[Context, int]) -> None:
    ways = {
        "whole": _status(200, b'{"choices": [{"message": {"content": "A whole one."}, "finish_reason": "length"}]}'),
        "thought": _said(chunk(reasoning_content="Hm"), chunk(reasoning_content="m."), chunk("Red."), chunk(finish="stop")),
        "halves": _said(b'data: {"choices": [{"delta": {"content": "\\ud83d"}}]}\r\n\r\n',
                        b'data:{"choices": [{"delta": {"content": "\\ude00 \\ud800"}}]}\n\ndata: [DONE]\n\n'),
    }  # fmt: skip
    wanted = {"whole": "A whole one.", "thought": "<think>\nHmm.\n</think>\n\nRed.", "halves": "😀 \ufffd"}
    for name, act in ways.items():
        with outside_host(act) as host:
            chat, _client = chat_here(_with(here, host.url))
            said = _ask(chat, chat.open(here[1], sides=[_side(host)]))[_side(host)]
        assert (said["status"], said["text"]) == ("complete", wanted[name])
        assert said["stats"]["reason"] == ("length" if name == "whole" else "end")
        assert "tokens" not in said["stats"]  # nobody has counted them


def test_a_stop_cuts_one_column_off_while_the_others_go_on(here: tuple[Context, int]) -> None:
    def endless(handler: Any, _question: Any) -> None:
        def pieces() -> Iterator[bytes]:
            for number in range(2_000):
                yield chunk(f"{number} ")
                time.sleep(0.01)

        stream(handler, pieces())  # type: ignore[arg-type]

    with outside_host(endless) as bad, outside_host() as good:
        chat, _client = chat_here(_with(here, bad.url, good.url))
        conversation = chat.open(here[1], sides=[_side(bad), _side(good)])
        said = {}
        for event in chat.ask(conversation, PROMPT):
            said[event["side"]] = event
            if event["side"] == _side(bad) and "3 " in event["text"]:
                chat.stop(conversation, _side(bad))
        assert bad.left.wait(5)
    assert said[_side(good)]["status"] == "complete"
    assert said[_side(bad)]["status"] == "stopped"
    assert said[_side(bad)]["text"].startswith("0 1 2 3 ")


def test_a_stop_does_not_wait_for_a_server_that_says_nothing(here: tuple[Context, int]) -> None:
    with outside_host(lambda _handler, _question: host.go.wait(20)) as host:  # type: ignore[arg-type,return-value]
        chat, _client = chat_here(_with(here, host.url))
        conversation = chat.open(here[1], sides=[_side(host)])
        begun = time.monotonic()
        threading.Timer(0.3, chat.stop, (conversation,)).start()
        said = _ask(chat, conversation)
        assert time.monotonic() - begun < 5
    assert said[_side(host)]["status"] == "stopped"


def test_a_server_that_says_nothing_for_too_long_is_given_up(
    here: tuple[Context, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls.OutsideCall.__init__, "__kwdefaults__", {"connect_s": 0.5, "silent_s": 0.3})

    def slow(handler: Any, _question: Any) -> None:
        stream(handler, [chunk("half ")], ends=False)
        host.go.wait(20)

    with outside_host(slow) as host:
        chat, _client = chat_here(_with(here, host.url))
        said = _ask(chat, chat.open(here[1], sides=["base", _side(host)]))
    assert said["base"]["status"] == "complete"
    assert (said[_side(host)]["text"], said[_side(host)]["stats"]["error"]["code"]) == ("half ", "outside.slow")


def test_what_is_too_much_is_cut(here: tuple[Context, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "MOST_BYTES", 10_000)
    with outside_host(_said(*[chunk("a" * 500)] * 40)) as host:
        chat, _client = chat_here(_with(here, host.url))
        conversation = chat.open(here[1], sides=[_side(host)])
        with pytest.raises(Fault, match=r"outside\.too_large"):  # nobody could answer
            _ask(chat, conversation)
    [kept] = [one for one in chat.view(conversation)["messages"] if one["side"]]
    assert kept["status"] == "failed"
    assert kept["content"].startswith("aaa")


def test_only_what_the_operator_set_is_ever_asked(here: tuple[Context, int], host: OutsideHost) -> None:
    chat, _client = chat_here(_with(here, host.url))
    with outside_host() as other:
        strange = [
            _side(other),
            OutsideModel(host.url + "/x", "a").side,
            OutsideModel(host.url.replace("127.0.0.1", "localhost"), "a").side,
        ]
        for side in strange:
            with pytest.raises(Fault, match=r"outside\.not_set"):
                chat.open(here[1], sides=["base", side])
        for side in ("outside:http://a#%", "outside:" + "x" * 500):
            with pytest.raises(NotFound):
                chat.open(here[1], sides=["base", side])
        with pytest.raises(Fault, match=r"outside\.not_in_lists"):
            question_lists.start_list(here[0], here[1], (), {}, ["a"], sides=[_side(host)], name="", key="k")
        assert other.paths == host.paths == []
    conversation = chat.open(here[1], settings={"max_tokens": 2}, sides=["base", _side(host)])
    later, _client = chat_here(_with(here))  # the operator has taken it out meanwhile
    said = _ask(later, conversation)
    assert said["base"]["status"] == "complete"
    assert said[_side(host)]["stats"]["error"]["code"] == "outside.not_set"
    assert host.paths == []


def test_a_blind_vote_counts_for_it(here: tuple[Context, int], host: OutsideHost) -> None:
    ctx = _with(here, host.url)
    chat, _client = chat_here(ctx)
    host.act = lambda handler, question: plain_speech(handler, question)
    wish: Any = {"base_id": here[1], "sides": ["base", _side(host)], "settings": {"max_tokens": 2}, "source": "own",
                 "questions": [], "apart": True, "reveal": True}  # fmt: skip
    conversation = session.open_arena(ctx, chat, wish)
    for _ in chat.ask(conversation, PROMPT):
        pass
    hidden = chat.view(conversation)
    assert {one["side"] for one in hidden["messages"]} == {"", "A", "B"}
    assert host.url not in str(hidden)
    voting.keep_vote(ctx, chat, conversation, 1, "n", {"ranks": [1, 2], "bad": False, "best": None})  # type: ignore[typeddict-item]
    names = {one["name"] for one in evidence.evidence(ctx, conversation)["voted"].values()}
    assert OutsideModel(host.url, MODELS[0]).label in names


def test_a_real_server_of_llama_cpp_answers_as_the_base_does_here(here: tuple[Context, int], tmp_path: Path) -> None:
    """The base's own weights, served by llama.cpp: what it says of a prompt is what is said here."""
    import xllamacpp
    from transformers import AutoModelForCausalLM

    with here[0].db.read() as s:
        base = s.get_one(LanguageModel, here[1])
    model = AutoModelForCausalLM.from_pretrained(intact_weights(here[0].settings, base))
    words = tokenizer_folder(here[0].settings, base)
    write_model(model, words, "tiny", BY_KEY["f16"], tmp_path / "model.gguf", Nobody())  # type: ignore[arg-type]
    params = xllamacpp.CommonParams()
    params.model.path, params.model_alias = str(tmp_path / "model.gguf"), {"tiny"}
    params.n_ctx, params.n_parallel, params.warmup, params.verbosity = 512, 1, False, -1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    ctx = _with(here, f"{server.listening_address}/v1")
    [listed] = outside.outside_models(ctx)
    side = listed["models"][0]["side"]
    chat, _client = chat_here(ctx)
    said = _ask(chat, chat.open(here[1], settings={"max_tokens": 12, "seed": 1}, sides=["base", side]))
    assert said[side]["status"] == "complete"
    assert said[side]["text"].strip() == said["base"]["text"].strip()
    assert said[side]["stats"]["prompt_tokens"] == said["base"]["stats"]["prompt_tokens"]
    assert said[side]["stats"]["tokens"] > 0
    del server
