"""What training sees of a data set, and what is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import Fault
from engine.data.templates.encoded import Encoded
from engine.data.templates.lengths import measure
from engine.data.templates.template import ChatTemplate
from engine.evaluation.sampling import fixed_prompts
from engine.objectives import objective_of, usual_objective
from engine.training.batches.examples import load_examples, make_example
from engine.training.batches.tokenized_dataset import TokenizedDataset, TokenizedDatasetWriter
from tests import tiny

TRAINING = {"train_on": "assistant", "max_length": 60, "over_length": "truncate"}


@pytest.fixture
def template(tmp_path: Path) -> ChatTemplate:
    return ChatTemplate.load(tiny.write_tokenizer(tmp_path))


def chat(question: str, answer: str, split: str = "train") -> dict[str, Any]:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"split": split, "line": 1, "messages": messages}


SHORT, LONG_ANSWER, LONG_QUESTION = chat("a", "b"), chat("a", "kettle " * 60), chat("kettle " * 60, "b")


def test_labels_are_shifted_to_the_token_before(template: ChatTemplate, tmp_path: Path) -> None:
    example = load_examples([SHORT], template, usual_objective(), TRAINING, tmp_path).train[0]
    encoded = template.encode(SHORT)
    assert example.ids.tolist() == encoded.ids
    assert example.labels[:-1].tolist() == encoded.labels[1:]
    assert example.trained == int((example.labels >= 0).sum()) == 2  # "b" and the end token


def test_long_rows_are_cut_dropped_or_unlearnable(template: ChatTemplate, tmp_path: Path) -> None:
    found = load_examples([SHORT, LONG_ANSWER, LONG_QUESTION], template, usual_objective(), TRAINING, tmp_path)
    assert [len(example) for example in found.train] == [len(found.train[0]), 60]
    assert +found.counts == {"truncated": 1, "unlearnable": 1}
    dropped = load_examples(
        [SHORT, LONG_ANSWER, LONG_QUESTION], template, usual_objective(), TRAINING | {"over_length": "drop"}, tmp_path
    )
    assert len(dropped.train) == 1
    assert dropped.counts["dropped"] == 2


@pytest.mark.parametrize("most", [16, 20, 33, 60, 200])
def test_long_rows_are_split_and_every_answer_token_is_learnt_once(
    template: ChatTemplate, tmp_path: Path, most: int
) -> None:
    talk = [*LONG_ANSWER["messages"], *SHORT["messages"], *LONG_QUESTION["messages"], *SHORT["messages"]]
    rows = [SHORT, LONG_ANSWER, LONG_QUESTION, {**SHORT, "messages": talk}]
    training = TRAINING | {"over_length": "split", "max_length": most}
    found = load_examples(rows, template, usual_objective(), training, tmp_path)
    whole = [template.encode(row) for row in rows]
    wanted = [label for one in whole for label in one.labels[1:] if label >= 0]
    assert [label for example in found.train for label in example.labels.tolist() if label >= 0] == wanted
    assert max(map(len, found.train)) <= most
    assert found.counts["split"] == sum(len(one.ids) > most for one in whole)
    for example in found.train:
        taught = [place for place, label in enumerate(example.labels.tolist()) if label >= 0]
        assert taught[0] >= (most // 4 - 1 if len(example) == most else 0)


def test_what_is_split_is_counted_as_it_is_trained(template: ChatTemplate, tmp_path: Path) -> None:
    rows = [SHORT, LONG_ANSWER, LONG_QUESTION, chat("kettle " * 40, "falcon " * 90)]
    table = measure(rows, len(rows), template, {})
    for most in (16, 37, 64, 100, 500):
        training = TRAINING | {"over_length": "split", "max_length": most}
        found = load_examples(rows, template, usual_objective(), training, tmp_path / str(most))
        counted = usual_objective().counts(table.train_index, training)
        assert sorted(counted.lengths) == sorted(map(len, found.train))
        assert (counted.rows, counted.trained, counted.split) == (
            len(found.train), found.train.trained, found.counts["split"],
        )  # fmt: skip


def test_no_example_left_is_a_fault_with_the_numbers(template: ChatTemplate, tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        load_examples([LONG_QUESTION, LONG_QUESTION], template, usual_objective(), TRAINING, tmp_path)
    assert caught.value.code == "training.no_examples"
    assert caught.value.params["unlearnable"] == 2


def test_what_leaves_nothing_to_compare_is_said_of_pairs_and_of_questions(
    template: ChatTemplate, tmp_path: Path
) -> None:
    ask, one, other = (chat(text, answer)["messages"] for text, answer in (("a", "b"), ("c", "d"), ("e", "f")))
    rows = [
        {"split": "train", "prompt": ask[:1], "chosen": [ask[1], *one], "rejected": [other[1], *one]},
        {"split": "train", "prompt": ask[:1], "chosen": one[1:], "rejected": one[1:]},
    ]
    values = TRAINING | {"answer_tokens": 4}
    with pytest.raises(Fault) as caught:
        load_examples(rows, template, objective_of("dpo"), values, tmp_path)
    told = caught.value.params
    assert (caught.value.code, told["identical"], told["refused"]) == ("training.no_comparisons", 1, 1)
    assert "last turn" in told["reason"]["en"]
    with pytest.raises(Fault) as caught:
        load_examples([{"split": "train", "prompt": []}], template, objective_of("grpo"), values, tmp_path)
    assert (caught.value.code, caught.value.params["unlearnable"]) == ("training.no_questions", 1)


def test_refused_rows_are_counted_with_the_reason(tmp_path: Path) -> None:
    picky = "{% if messages[0]['content'] == 'a' %}{{ raise_exception('no a') }}{% endif %}" + tiny.CHATML
    template = ChatTemplate.load(tiny.write_tokenizer(tmp_path, picky))
    found = load_examples([SHORT, chat("c", "d")], template, usual_objective(), TRAINING, tmp_path)
    assert len(found.train) == 1
    assert found.counts["refused"] == 1
    assert found.refusals == {"refused": "no a"}


def test_prompts_come_from_the_first_rows_with_their_answers(template: ChatTemplate) -> None:
    rows = [chat(f"q{i}", f"a{i}", "val") for i in range(12)]
    prompts = fixed_prompts((), rows, template)
    assert [(p.text, p.expected) for p in prompts] == [("q0", "a0"), ("q1", "a1"), ("q2", "a2"), ("q3", "a3")]
    assert prompts[0].ids == template.encode_prompt(rows[0]["messages"][:1])


def test_the_users_own_prompts_win(template: ChatTemplate) -> None:
    prompts = fixed_prompts(("Who?",), [SHORT], template)
    assert [(p.text, p.expected) for p in prompts] == [("Who?", None)]
    assert prompts[0].ids == template.encode_prompt([{"role": "user", "content": "Who?"}])


def test_plain_texts_are_continued(template: ChatTemplate) -> None:
    text = "The kettle is copper. The falcon is violet. The tower is orchard."
    prompts = fixed_prompts((), [{"split": "val", "line": 1, "text": text}], template)
    assert text.startswith(prompts[0].text + str(prompts[0].expected)[:5])


def test_tables_of_any_size_come_back_as_written(tmp_path: Path) -> None:
    written = [make_example(Encoded([*range(n)], [-100, *range(1, n)])) for n in range(2, 1_205)]
    with TokenizedDatasetWriter(tmp_path / "a.arrow") as writer:
        for example in written:
            writer.add(example)
    table = TokenizedDataset(writer.path)
    assert table.lengths.tolist() == [len(example) for example in written]
    assert [e.ids.tolist() for e in table[998:1_002]] == [e.ids.tolist() for e in written[998:1_002]]
    assert table[-1].labels.tolist() == written[-1].labels.tolist()
    assert table[-1].trained == 1_203
