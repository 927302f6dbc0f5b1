"""Every answer is learnt with a token at which chat stops, whatever the template puts behind it; where it cannot be, that is said."""

from __future__ import annotations

from typing import Any

import pytest

from engine.core.errors import Fault
from engine.data.templates.check import check_template
from engine.data.templates.encoded import Encoded
from engine.data.templates.fit import Fit
from engine.data.templates.masking import IGNORED
from engine.data.templates.preview import readable
from engine.data.templates.template import ChatTemplate
from tests.unit.data.end_templates import ADDED, GLM, OWN, PLAIN, SHAPES, made, shaped

ASK, SAY = {"role": "user", "content": "Where is the kettle?"}, {"role": "assistant", "content": "On the stove."}
MORE, LAST = {"role": "user", "content": "And the lamp?"}, {"role": "assistant", "content": "In the hall.\n\nYes."}
TALK = [ASK, SAY, MORE, LAST]
NO_END: dict[str, Any] = {"bos_token": "<bos>"}


def runs(template: ChatTemplate, encoded: Encoded) -> list[str]:
    """The text of each run of labels."""
    found: list[list[int]] = [[]]
    for label in encoded.labels:
        if label != IGNORED:
            found[-1].append(label)
        elif found[-1]:
            found.append([])
    return [template.decode(run, skip_special=False) for run in found if run]


def answers(name: str, encoded: Encoded) -> list[str]:
    """What is learnt, without the white space and the empty thought that templates put before an answer."""
    found = runs(shaped(name), encoded)
    return [text.lstrip().removeprefix("<think>\n\n").removeprefix("</think>\n\n").lstrip() for text in found]


def behind(name: str, content: str) -> str:
    """An answer with its end; Llama 2 puts a space in between, Phi's token takes the line break along."""
    return content + (" " if name == "llama-2" else "") + SHAPES[name][2]


@pytest.mark.parametrize("name", SHAPES)
def test_every_answer_is_learnt_with_its_end_and_chat_stops_there(name: str) -> None:
    template, end = shaped(name), SHAPES[name][2]
    encoded = template.encode(TALK)
    kept = (
        [LAST] if name in ("qwen-3", "r1") else [SAY, LAST]
    )  # those write an earlier answer otherwise than chat has it
    assert answers(name, encoded) == [behind(name, message["content"]) for message in kept]
    assert template.tokenizer.token_to_id(end) in template.eos_ids
    assert encoded.open_ends == 0
    assert encoded.added_ends == (2 if name in ADDED else 0)
    assert (template.turn_end is None) == (name in ADDED)


@pytest.mark.parametrize("name", ADDED)
def test_an_added_end_changes_nothing_of_what_chat_sends(name: str) -> None:
    """An earlier answer's end is learnt, not read: the row stays the very prompts of chat, up to the last answer."""
    template = shaped(name)
    encoded, before = template.encode(TALK), template.encode_prompt(TALK[:3])
    assert encoded.ids[: len(before)] == before
    rest = template.text_behind(encoded.ids[len(before) : -1])
    assert (rest.strip(), encoded.ids[-1]) == (LAST["content"], template.end_id)
    shown = [token for token in readable(encoded, template) if token["trained"]]
    assert "".join(token["text"] for token in shown) == "".join(runs(template, encoded))


@pytest.mark.parametrize("name", SHAPES)
def test_the_end_can_be_refused(name: str) -> None:
    template = shaped(name)
    encoded = template.encode(TALK, teach_end=False)
    assert encoded.added_ends == 0
    assert encoded.open_ends == (2 if name in ADDED else 0)
    whole = template.tokenizer.encode(template.row_text(TALK), add_special_tokens=False).ids
    shown = (template.decode(ids, skip_special=False) for ids in (encoded.ids, whole))
    assert len({"".join(text.split()) for text in shown}) == 1  # some tokens take line breaks along


@pytest.mark.parametrize("name", ["plain", "alpaca"])
def test_with_everything_learnt_the_end_is_too(name: str) -> None:
    template = shaped(name)
    encoded = template.encode(TALK, train_on="all")
    assert encoded.added_ends == 2
    assert encoded.labels[encoded.ends[0]] == template.end_id
    assert [label for at, label in enumerate(encoded.labels) if at not in encoded.ends] == [
        token for at, token in enumerate(encoded.ids) if at not in encoded.ends
    ]


def test_a_row_that_is_cut_does_not_learn_an_end() -> None:
    template = shaped("plain")
    whole = template.encode(TALK)
    cut = template.encode(TALK, max_length=len(whole.ids) - 1)
    assert (cut.truncated, cut.added_ends) == (True, 1)
    assert template.end_id not in cut.labels[-3:]
    assert template.encode(TALK, max_length=whole.ends[0]).added_ends == 0


def test_a_tokenizer_that_joins_an_answers_last_letter_with_the_line_break() -> None:
    template = made(PLAIN.replace("+ '\\n' }}", "+ 'e ' }}"), {"eos_token": "<|endoftext|>"})
    joined = [{**ASK, "content": "T"}, {**SAY, "content": "The kettl"}]
    assert runs(template, template.encode(joined)) == [" The kettl<|endoftext|>"]
    assert runs(template, template.encode([*joined, *joined])) == [" The kettl<|endoftext|>"] * 2


def test_calls_end_before_what_comes_back() -> None:
    source = (
        "{% for m in messages %}{{ m.role + ': ' }}{{ m.content }}{% for call in m.tool_calls or [] %}{{ call.function | tojson }}"
        "{% endfor %}{{ '\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}"
    )
    template = made(source, {"eos_token": "<|endoftext|>"})
    called = {"role": "assistant", "content": "", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "find", "arguments": {"of": "lamp"}}}]}  # fmt: skip
    result = {"role": "tool", "content": "lamp", "tool_call_id": "a"}
    encoded = template.encode({"messages": [ASK, called, result, SAY]})
    end = "<|endoftext|>"
    assert runs(template, encoded) == ['{"name": "find", "arguments": {"of": "lamp"}}' + end, "On the stove." + end]


@pytest.mark.parametrize("source", [PLAIN, GLM])
def test_a_model_without_any_end_says_so(source: str) -> None:
    template = made(source.replace("{{ bos_token }}", ""), NO_END)
    encoded = template.encode(TALK)
    assert (template.end_id, template.eos_ids, encoded.open_ends, encoded.added_ends) == (None, [], 2, 0)
    assert [one["code"] for one in check_template(template, [{"messages": TALK}])["findings"]] == ["template.no_end"]
    assert template.encode("A text.").open_ends == 1


def test_ends_that_the_tokenizer_does_not_have_are_passed_over() -> None:
    template = made(PLAIN, NO_END | {"eos_token": "</s>"})
    template.special["eos_token_ids"] = [99_999, template.tokenizer.token_to_id("</s>")]
    template.special["eos_token"] = None
    assert template.end_id == template.tokenizer.token_to_id("</s>")
    assert runs(template, template.encode([ASK, SAY])) == [" On the stove.</s>"]


@pytest.mark.parametrize(("name", "code"), [*((one, "template.end") for one in OWN), *((one, "template.end_added") for one in ADDED)])  # fmt: skip
def test_the_check_says_who_ends_an_answer(name: str, code: str) -> None:
    found = check_template(shaped(name), [{"id": 1, "split": "train", "messages": TALK}])
    (finding,) = [one for one in found["findings"] if one["code"].startswith("template.end")]
    assert (finding["code"], finding["params"]["token"].strip()) == (code, SHAPES[name][2])
    trained = [token["text"] for token in found["tokens"] if token["trained"]]
    assert trained[-1].strip() == SHAPES[name][2]


@pytest.mark.parametrize(("name", "end"), [("plain", "added"), ("chatml", "own")])
def test_the_fit_says_whose_end_it_is(name: str, end: str) -> None:
    fit = Fit(shaped(name), frozenset())
    assert fit.as_dict(0)["end"] is None
    fit.add([{"split": "train", "messages": TALK}])
    assert (fit.as_dict(1)["end"], fit.as_dict(1)["end_token"]) == (end, SHAPES[name][2])


def test_a_template_that_refuses_the_probe_still_loads() -> None:
    template = made("{% if messages | length < 9 %}{{ raise_exception('no') }}{% endif %}", {"eos_token": "</s>"})
    assert template.eos_ids == [template.tokenizer.token_to_id("</s>")]
    with pytest.raises(Fault):
        template.encode(TALK)
