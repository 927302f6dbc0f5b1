"""Templates and tokenizers that loop, grow, panic or fail: a sentence in time, a server that stays as it is, and the next one works."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.core.errors import Fault
from engine.data.templates.encoded import Encoded
from engine.data.templates.isolated import pool as pools
from engine.data.templates.isolated.isolated_template import IsolatedTemplate, isolated, try_tokenizer
from engine.data.templates.isolated.limits import ChildLimits
from engine.data.templates.isolated.wire import packed, unpacked
from engine.data.templates.isolated.work import guarded
from engine.data.templates.template import ChatTemplate
from engine.data.thoughts.wish import ANSWER, EMPTY, LEARN, STRIP
from tests.tiny import CHATML, tokenizer_json, write_tokenizer
from tests.unit.data.end_templates import QWEN_3

_ROW_S = 0.6
_MEMORY = 400_000_000
ASKED = [{"role": "user", "content": "Boil the kettle?"}]
TALK = [*ASKED, {"role": "assistant", "content": "The kettle is violet."}]
EVIL = {"messages": [{"role": "user", "content": "now!"}, TALK[1]], "line": 7}
_NOW = "{% if messages[0].content == 'now!' %}"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, shared: pools.Pool) -> pools.Pool:
    """A pool with narrow limits, in which nothing is refused for what it did before."""
    monkeypatch.setattr(pools, "_pool", shared)
    return shared


@pytest.fixture(scope="module")
def shared() -> Iterator[pools.Pool]:
    made = pools.Pool(ChildLimits(row_s=_ROW_S, memory_bytes=_MEMORY, answer_bytes=50_000_000, pause_s=0.0))
    yield made
    made.close()


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tokenizer(tmp_path_factory.mktemp("good") / "tokenizer")


def refusal(template: IsolatedTemplate, row: Any = EVIL) -> Fault:
    """Of one row, in time, while this process takes up no more than before."""
    before, begun = psutil.Process().memory_info().rss, time.monotonic()
    with pytest.raises(Fault) as refused:
        template.encode(row)
    assert time.monotonic() - begun < _ROW_S + 4, "the machine may be busy; without a limit it would be hours"
    assert psutil.Process().memory_info().rss - before < 60_000_000
    return refused.value


# ------------------------------------------------------------------ templates

LOOPS = {
    "nested loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "a power": "{% set n = messages | length + 7 %}{{ n ** (n ** n) }}",
}
GROWING = {
    "a product": "{{ 'a' * 2000000000 }}",
    "doubling": "{% set ns = namespace(a='aaaaaaaa') %}{% for i in range(60) %}{% set ns.a = ns.a ~ ns.a %}{% endfor %}{{ ns.a }}",
    "a width": "{{ '%1000000000d' % 1 }}",
    "a format": "{{ '{:>1000000000}'.format('a') }}",
    "centre": "{{ 'a' | center(2000000000) }}",
    "a list": "{% set ns = namespace(a=[1]) %}{% for i in range(60) %}{% set ns.a = ns.a + ns.a %}{% endfor %}",
    "indent": "{{ ('a\n' * 20000) | indent(100000) }}",
    "join": "{{ range(90000) | join('a' * 90000) }}",
}
REFUSED = {
    "a range": "{% for a in range(10**9) %}{% endfor %}",
    "itself": "{% macro f(a) %}{{ f(a) }}{% endmacro %}{{ f(1) }}",
    "many letters": "{{ 'ab' * 15000000 }}",
}


def _only_now(source: str) -> str:
    return _NOW + source + "{% endif %}" + CHATML


@pytest.mark.parametrize("kind", [*LOOPS, *GROWING, *REFUSED])
def test_what_a_template_does_for_some_questions_alone(
    kind: str, tmp_path: Path, good: Path, impatient: pools.Pool
) -> None:
    source = (LOOPS | GROWING | REFUSED)[kind]
    template = isolated(write_tokenizer(tmp_path / "tokenizer", _only_now(source)), "Evil")
    assert template.encode({"messages": TALK}).ids, "other questions are answered"
    fault = refusal(template)
    if kind in LOOPS:
        assert fault.code == "template.too_slow"
    elif kind in GROWING:
        assert fault.code in ("template.needs_memory", "template.too_slow", "template.refused"), fault
    else:
        assert fault.code in ("template.refused", "template.too_much")
    if fault.code != "template.refused":
        assert fault.params["model"] == "Evil"
        assert fault.params["where"]["en"] == "row 7"
    assert isolated(good).encode({"messages": TALK}).ids == ChatTemplate.load(good).encode({"messages": TALK}).ids


# ------------------------------------------------------------------ tokenizers


def _with(folder: Path, **parts: Any) -> Path:
    write_tokenizer(folder)
    (folder / "tokenizer.json").write_text(json.dumps(json.loads(tokenizer_json()) | parts), encoding="utf-8")
    return folder


def _replaced(pattern: str, content: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": {"String": pattern}, "content": content}


def _split(pattern: str) -> dict[str, Any]:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


BAD_TOKENIZERS: dict[str, dict[str, Any]] = {
    "one letter into 20 MB": {"normalizer": _replaced("!", "x y " * 5_000_000)},
    "a chain": {"normalizer": {"type": "Sequence", "normalizers": [_replaced("!", "!" * 40)] * 6}},
    "backtracking": {"pre_tokenizer": _split(r"(?:a+a+)+9")},
    "no token for it": {"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "<unk>"}},
}


@pytest.mark.parametrize("kind", BAD_TOKENIZERS)
def test_what_a_tokenizer_does_to_one_text(kind: str, tmp_path: Path, good: Path, impatient: pools.Pool) -> None:
    template = isolated(_with(tmp_path / "tokenizer", **BAD_TOKENIZERS[kind]), "Evil")
    fault = refusal(template, {"text": "now! " * 40 + "a" * 200, "line": 3})
    assert fault.code in _OF_TOKENIZERS, fault
    assert (fault.params["model"], fault.params["where"]["en"]) == ("Evil", "row 3")
    assert isolated(good).encode({"messages": TALK}).ids


_OF_TOKENIZERS = ("template.too_slow", "template.needs_memory", "template.too_much", "template.tokenizer_failed")


def test_a_tokenizer_is_tried_before_other_libraries_read_it(tmp_path: Path, good: Path, impatient: pools.Pool) -> None:
    try_tokenizer(good / "tokenizer.json")
    with pytest.raises(Fault) as refused:
        try_tokenizer(_with(tmp_path / "a", normalizer=_replaced("a", "x y " * 5_000_000)) / "tokenizer.json")
    assert refused.value.code in _OF_TOKENIZERS
    (tmp_path / "a" / "tokenizer.json").unlink()
    os.mkfifo(tmp_path / "a" / "tokenizer.json")
    with pytest.raises(Fault, match=r"model\.file_strange"):
        try_tokenizer(tmp_path / "a" / "tokenizer.json")


# ------------------------------------------------------------------ children


def test_it_answers_as_the_template_itself(good: Path) -> None:
    here, there = ChatTemplate.load(good), isolated(good)
    rows: list[Any] = [
        {"messages": TALK},
        {"text": "plain <|im_end|> text"},
        [*TALK, *ASKED],
        "你好 😀",
        {"messages": []},
    ]
    for controls in (False, True):
        one, other = here.with_controls(controls), there.with_controls(controls)
        for row in rows[:-1]:
            assert one.encode(row) == other.encode(row)
        assert one.encode_prompt(ASKED) == other.encode_prompt(ASKED)
    ids = here.encode(rows[0]).ids
    for name in ("has_chat", "eos_id", "eos_ids", "end_id", "end_text", "pad_id", "turn_end", "end_marks", "closing_marks",
                 "dropped", "crops_answers", "opens_thought", "source"):  # fmt: skip
        one, other = getattr(here, name), getattr(there, name)
        assert (set(one) == set(other)) if isinstance(one, tuple) else one == other, name
    assert here.special == there.special
    assert (here.pieces(ids), here.decode(ids)) == (there.pieces(ids), there.decode(ids))
    for name in ("answer_text", "text_behind", "whole_text"):
        assert getattr(here, name)(ids) == getattr(there, name)(ids)
    assert here.token_counts(["a b", "é"], special=True) == there.token_counts(["a b", "é"], special=True)
    assert here.control_tokens.found_in("a<|im_end|>") == there.control_tokens.found_in("a<|im_end|>")
    assert here.row_texts([(TALK, None)]) == there.row_texts([(TALK, None)])
    made = list(there.ahead(iter([{"messages": TALK}] * 3)))
    assert [there.encode(row) for row in made] == [here.encode(row) for row in made]


def test_what_is_wanted_of_thinking_reaches_the_child(tmp_path: Path) -> None:
    folder = write_tokenizer(tmp_path / "tokenizer")
    (folder / "chat_template.jinja").write_text(QWEN_3, encoding="utf-8")
    here, there = ChatTemplate.load(folder), isolated(folder)
    talk = [*ASKED, {**TALK[1], "reasoning_content": "It boils."}]
    assert (here.thoughts, here.knows_thinking) == (there.thoughts, there.knows_thinking)
    made = set()
    for wish in (LEARN, ANSWER, STRIP, EMPTY):
        one, other = here.with_thinking(wish), there.with_thinking(wish).with_controls(False)
        assert one.encode(talk) == other.encode(talk)
        assert one.encode_prompt(ASKED) == other.encode_prompt(ASKED)
        made.add((*one.encode(talk).labels, *one.encode_prompt(ASKED)))
    assert len(made) == 4


def test_nothing_of_a_template_is_left_out_of_the_proxy() -> None:
    """What the proxy does not ask for itself would need a tokenizer that it does not have."""
    needless = {"load", "encode_many", "surroundings", "bare_answer", "call_form"}  # the last: asked in the child alone
    public = {name for name in dir(ChatTemplate) if not name.startswith("_")} - needless
    assert public <= {name for part in (IsolatedTemplate,) for name in vars(part)} | {"end_text"}


def test_a_refusal_is_one_row_of_many(tmp_path: Path, impatient: pools.Pool) -> None:
    template = isolated(write_tokenizer(tmp_path / "tokenizer", _only_now("{{ raise_exception('not now') }}")))
    first, second, third = template.encode_many([{"messages": TALK}, EVIL, {"messages": TALK}])
    assert isinstance(first, Encoded)
    assert isinstance(second, Fault)
    assert (second.code, second.params) == ("template.refused", {"reason": "not now"})
    assert first == third


def test_a_model_that_ended_a_child_is_not_tried_again_at_once(
    tmp_path: Path, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = pools.Pool(ChildLimits(row_s=0.5, pause_s=60.0))
    monkeypatch.setattr(pools, "_pool", made)
    folder = write_tokenizer(tmp_path / "tokenizer", _only_now(LOOPS["nested loops"]))
    first = refusal(isolated(folder, "Evil"))
    begun = time.monotonic()
    for _ in range(50):
        assert refusal(isolated(folder, "Evil")).as_dict() == first.as_dict()
    assert time.monotonic() - begun < 0.5
    write_tokenizer(folder, CHATML + " ")  # another file: another model
    assert isolated(folder, "Evil").encode(EVIL).ids
    made.close()


def test_two_models_are_read_at_once_and_a_killed_child_is_replaced(
    tmp_path: Path, good: Path, impatient: pools.Pool
) -> None:
    slow = isolated(write_tokenizer(tmp_path / "tokenizer", _only_now(LOOPS["nested loops"])), "Evil")
    found: list[Fault] = []
    looping = threading.Thread(target=lambda: found.append(refusal(slow)))
    looping.start()
    done = 0
    while looping.is_alive():
        assert isolated(good).encode({"messages": TALK}).ids
        done += 1
    assert done > 2, "the others go on meanwhile"
    assert [fault.code for fault in found] == ["template.too_slow"]
    for pid in impatient.pids():
        os.kill(pid, signal.SIGKILL)
    assert isolated(good).encode({"messages": TALK}).ids


def test_children_end_with_the_process_that_started_them(good: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path\n"
        "from engine.data.templates.isolated.isolated_template import isolated\n"
        "from engine.data.templates.isolated.pool import pool\n"
        "isolated(Path(sys.argv[1])).eos_ids; print(pool().pids()[0], flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(good)], capture_output=True, text=True)
    child = int(done.stdout)
    end = time.monotonic() + 5
    while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("value", [{"a": 10**30, "b": [1.5, None, True]}, {"a": "\ud800"}, {"ä": "\u2028"}, [2**64]])
def test_messages_arrive_as_they_were(value: Any) -> None:
    assert unpacked(packed(value)[4:]) == value


def test_a_panic_of_other_code_is_a_reason() -> None:
    """It is no Exception, and passes whoever catches those."""

    class PanicException(BaseException):
        pass

    def panics() -> None:
        raise PanicException("index out of bounds")

    with pytest.raises(Fault) as refused:
        guarded(panics)
    assert (refused.value.code, refused.value.params) == (
        "template.tokenizer_failed",
        {"reason": "index out of bounds"},
    )
