"""Examples before a question: which are chosen, that they fit, and where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.data.templates.template import ChatTemplate
from engine.methods.few_shot_examples.choose import Shots, in_front, question_of
from engine.methods.few_shot_examples.similar import Similar
from tests import tiny

LIMIT = 300


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> ChatTemplate:
    return ChatTemplate.load(tiny.write_tokenizer(tmp_path_factory.mktemp("tokenizer")))


def ask(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("How do I bake rye bread?", "Which oven temperature suits rye bread?"),
        ("怎样泡一壶绿茶？", "泡绿茶用多少度的水？"),
        ("BREAD, rye!", "Which oven temperature suits rye bread?"),
    ],
)
def test_the_most_similar_text_comes_first_in_every_language(question: str, best: str) -> None:
    texts = ["Who painted the ceiling?", best, "今天的天气怎么样？", "How do I fix a bicycle?", "How do I swim?", "x"]
    texts += [] if "茶" in best else ["泡绿茶用多少度的水？"]
    assert texts[Similar(texts).ranked(question)[0]] == best


def test_equals_keep_their_order_and_nothing_is_lost() -> None:
    assert Similar(["a b", "c d", "a b"]).ranked("zzz") == [0, 1, 2]
    assert Similar([]).ranked("a") == []


@pytest.mark.parametrize("similar", [True, False])
def test_as_many_as_fit(template: ChatTemplate, similar: bool) -> None:
    shots = Shots.gather(tiny.chat_rows(60), similar=similar, count=0, tokens=10_000, seed=3)
    found = shots.before(ask("What is the colour of the kettle?"), "What is the colour of the kettle?", template, LIMIT)
    used = len(template.encode_prompt(found))
    one_more = max(len(template.encode_prompt([*row["messages"]])) for row in shots.rows)
    assert LIMIT - one_more < used <= LIMIT
    assert found[-1] == ask("What is the colour of the kettle?")[0]
    few = Shots.gather(tiny.chat_rows(60), similar=similar, count=2, tokens=10_000, seed=3)
    assert len(few.before(ask("Hello"), "Hello", template, LIMIT)) == 2 * 2 + 1
    narrow = Shots.gather(tiny.chat_rows(60), similar=similar, count=0, tokens=1, seed=3)
    assert narrow.before(ask("Hello"), "Hello", template, LIMIT) == ask("Hello")
    assert shots.before(ask("Hello"), "Hello", template, 5) == ask("Hello"), "a question that fills the context stays"


def test_similar_ones_stand_nearest_and_random_ones_stay_the_same(template: ChatTemplate) -> None:
    rows = tiny.chat_rows(40)
    similar = Shots.gather(rows, similar=True, count=3, tokens=1000, seed=1)
    taken = similar.chosen("What is the colour of the falcon?", template, 1000)
    assert "falcon" in question_of(taken[-1])
    drawn = [
        Shots.gather(rows, similar=False, count=3, tokens=1000, seed=seed).chosen(question, template, 1000)
        for seed, question in ((1, "a"), (1, "b"), (2, "a"))
    ]
    assert drawn[0] == drawn[1] != drawn[2]


def test_what_the_system_says_stays_first(tmp_path: Path, template: ChatTemplate) -> None:
    row = {"messages": [{"role": "system", "content": "Old"}, *ask("One?"), {"role": "assistant", "content": "1"}]}
    found = in_front([row], [{"role": "system", "content": "New"}, *ask("Two?")])
    assert [(m["role"], m["content"]) for m in found] == [
        ("system", "New"), ("user", "One?"), ("assistant", "1"), ("user", "Two?"),
    ]  # fmt: skip
    assert in_front([{"text": "A tale."}], ask("Go on"))[-1]["content"] == "A tale.\n\nGo on"
    shots = Shots.gather([row, {"text": "naïve 你好", "line": 3}], similar=True, count=4, tokens=50, seed=0)
    shots.write(tmp_path)
    assert Shots.read(tmp_path) == shots
    assert "line" not in (tmp_path / "shots.json").read_text(encoding="utf-8")
