"""What is learnt of thinking, for each choice and kind of template; what chat sends is always what was learnt from."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest
from tokenizers import AddedToken, Tokenizer

from engine.data.templates.check import check_template
from engine.data.templates.fit import Fit
from engine.data.templates.masking import IGNORED
from engine.data.templates.template import ChatTemplate
from engine.data.thoughts.wish import ANSWER, AS_BEFORE, EMPTY, LEARN, STRIP
from tests.unit.data.thought_templates import NAMES, taking

WHY, SAID = "It was red.\n4 of them.", "4 of them"  # the answer stands in its thought, too
ASK, MORE = {"role": "user", "content": "Where is it?"}, {"role": "user", "content": "And the lamp?"}
APART = {"role": "assistant", "content": SAID, "reasoning_content": WHY}
WITHIN = {"role": "assistant", "content": f"<think>\n{WHY}\n</think>\n\n{SAID}"}
PLAIN = {"role": "assistant", "content": SAID}
LAST = {"role": "assistant", "content": "In the hall.", "reasoning_content": "Lamps hang."}
TALKS = ([ASK, APART], [ASK, WITHIN], [ASK, PLAIN], [ASK, APART, MORE, LAST], [ASK, WITHIN, MORE, PLAIN])
WISHES = (LEARN, ANSWER, STRIP, EMPTY)
Talk = list[dict[str, Any]]


def runs(template: ChatTemplate, talk: Talk, **options: Any) -> list[tuple[int, str]]:
    """Where each run of labels begins, and its text."""
    labels, found, at = template.encode(talk, **options).labels, [], 0
    for learnt, run in groupby(labels, key=lambda label: label != IGNORED):
        several = list(run)
        if learnt:
            found.append((at, template.decode(several, skip_special=False)))
        at += len(several)
    return found


def last(template: ChatTemplate, talk: Talk) -> str:
    return runs(template, talk)[-1][1]


# ------------------------------------------------------------------ every template


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_is_learnt_behind_what_chat_sends(name: str) -> None:
    for wish in WISHES:
        template = taking(name).with_thinking(wish)
        for talk in TALKS:
            encoded, turns = template.encode(talk), range(1, len(talk), 2)
            prompts = [template.encode_prompt(talk[:turn]) for turn in turns]
            assert encoded.ids[: len(prompts[-1])] == prompts[-1], (wish, talk)
            begun = [at for at, _text in runs(template, talk)]
            standing = [len(ids) for ids in prompts if encoded.ids[: len(ids)] == ids]
            if wish != ANSWER:  # there, the thought stands between
                assert set(begun) <= set(standing), (wish, talk)
            assert len(begun) + encoded.skipped_turns == len(turns), (wish, talk)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_learnt_of_the_last_answer(name: str) -> None:
    """Thinking in its member and in the words are the same; the words alone are learnt where that was chosen."""
    plain = taking(name)
    for talk in ([ASK, APART], [ASK, WITHIN]):
        alone = last(plain.with_thinking(ANSWER), talk)
        assert alone.lstrip().startswith(SAID), name
        assert "red" not in alone
        learnt, lost = last(plain, talk), plain.encode(talk).lost_thoughts
        assert (WHY in learnt) == (not lost)
        assert learnt.endswith(alone)
        ids = plain.encode(talk).ids
        assert plain.with_thinking(ANSWER).encode(talk).ids == ids  # given as it would be learnt
        for wish in (STRIP, EMPTY):
            other = plain.with_thinking(wish)
            assert other.encode(talk) == other.encode([ASK, PLAIN])
            assert "red" not in other.row_text(talk)
        assert last(plain.with_thinking(EMPTY), talk).lstrip().startswith(SAID)
    assert plain.with_thinking(STRIP).encode([ASK, PLAIN]) == plain.encode([ASK, PLAIN])


@pytest.mark.parametrize("name", NAMES)
def test_jobs_from_before_read_their_rows_as_ever(name: str) -> None:
    template = taking(name)
    before = template.with_thinking(AS_BEFORE)
    if name != "sent":  # what chat sends was not learnt from there
        assert before.encode([ASK, PLAIN, MORE, PLAIN]) == template.encode([ASK, PLAIN, MORE, PLAIN])
    assert before.render([ASK, WITHIN, MORE]) == template._plain_render([ASK, WITHIN, MORE])
    asked = before.render([ASK, WITHIN, MORE], add_generation_prompt=True)
    assert asked == template._plain_render([ASK, WITHIN, MORE], ask=True)


@pytest.mark.parametrize("name", ["published qwen-3", "deepseek-r1", "gpt-oss", "shape chatml"])
def test_a_thought_within_everything_that_is_learnt_can_be_given(name: str) -> None:
    for wish, talk in ((ANSWER, [ASK, APART]), (EMPTY, [ASK, PLAIN])):
        template = taking(name).with_thinking(wish)
        encoded = template.encode(talk, train_on="all")
        given = [number for number, label in zip(encoded.ids, encoded.labels, strict=True) if label == IGNORED]
        text = template.decode(given, skip_special=False)
        assert ("red" in text) == (wish == ANSWER)
        assert bool(text) == (wish == ANSWER or bool(template.thoughts.empty))
        assert encoded.labels[0] == encoded.ids[0]


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_that_counts_nothing_carries_no_label_nor_does_its_thought(name: str) -> None:
    unlearnt = [{**one, "weight": 0} if one["role"] == "assistant" else one for one in (ASK, APART, MORE, LAST)]
    for wish in WISHES:
        template = taking(name).with_thinking(wish)
        whole = template.encode([ASK, APART, MORE, LAST])
        for zero in (1, 3):
            talk = [
                one if turn == zero else {k: v for k, v in one.items() if k != "weight"}
                for turn, one in enumerate(unlearnt)
            ]
            encoded = template.encode(talk)
            assert encoded.ids == whole.ids
            labels = [label for label in encoded.labels if label != IGNORED]
            text = template.decode(labels, skip_special=False)
            own, other = ("red", "Lamps") if zero == 1 else ("Lamps", "red")
            assert own not in text
            assert (SAID if zero == 1 else "hall") not in text
            assert other not in text or wish == LEARN
            assert encoded.lost_thoughts == sum(
                other not in template.row_text(talk) for _ in (1,) if wish in (LEARN, ANSWER)
            )


# ------------------------------------------------------------------ as each wants it


@pytest.mark.parametrize(
    ("name", "written", "empty"),
    [
        ("published qwen-3", f"<think>\n{WHY}\n</think>\n\n{SAID}<|im_end|>", "<think>\n\n</think>\n\n"),
        ("shape r1", f"{WHY}\n</think>\n\n{SAID}<eos>", "\n</think>\n\n"),
        ("opening", f"{WHY}\n</think>\n\n{SAID}<|im_end|>", "\n</think>\n\n"),
        ("parts", f"[THINK]{WHY}[/THINK]{SAID}<eos>", "[THINK][/THINK]"),
        ("gpt-oss", f"<|channel|>analysis<|message|>{WHY}<|end|><|start|>assistant<|channel|>final<|message|>{SAID}<eos>",
         "<|channel|>analysis<|message|><|end|><|start|>assistant<|channel|>final<|message|>"),
        ("glm-4.5", f"\n<think>{WHY}</think>\n{SAID}<eos>", "\n<think></think>"),
        ("seed", f"<seed:think>{WHY}</seed:think>{SAID}<eos>", "<seed:think></seed:think>"),
        ("kept", f"<think>{WHY}</think>{SAID}<|im_end|>", "<think></think>"),
        ("marked", f"\n<think>{WHY}</think>\n{SAID}<eos>", "\n<think></think>"),
        ("smollm-3", f"<think>\n{WHY}\n</think>\n\n{SAID}<|im_end|>", "<think>\n\n</think>\n"),
        ("shape chatml", f"<think>\n{WHY}\n</think>\n\n{SAID}<|im_end|>", ""),
        ("shape plain", f" <think>\n{WHY}\n</think>\n\n{SAID}<|endoftext|>", ""),
    ],
)  # fmt: skip
def test_thinking_is_written_as_the_template_wants_it_and_comes_back(name: str, written: str, empty: str) -> None:
    template = taking(name)
    for talk in ([ASK, APART], [ASK, WITHIN]):
        assert last(template, talk) == written
    form = template.thoughts
    assert form.empty == empty
    asked, read = template.render([ASK], add_generation_prompt=True), template.row_text([ASK, APART])
    assert read.startswith(asked)
    thought, _, words = read.removeprefix(asked).lstrip(" ").removeprefix(form.before).partition(form.after)
    assert (thought.strip(), words.strip()[: len(SAID)]) == (WHY, SAID)
    chat = template.with_thinking(EMPTY).render([ASK], add_generation_prompt=True)
    assert chat == asked + empty


def test_earlier_thoughts_are_left_out_or_kept_as_the_template_has_it() -> None:
    talk = [ASK, APART, MORE, LAST]
    counts = {
        name: taking(name).encode(talk) for name in ("published qwen-3", "deepseek-r1", "gpt-oss", "glm-4.5", "kept")
    }
    assert {name: (one.lost_thoughts, one.skipped_turns) for name, one in counts.items()} == {
        "published qwen-3": (1, 1),
        "deepseek-r1": (1, 1),
        "gpt-oss": (1, 1),
        "glm-4.5": (1, 1),
        "kept": (0, 0),
    }
    assert [text for _at, text in runs(taking("kept").with_thinking(ANSWER), talk)] == [
        SAID + "<|im_end|>",
        "In the hall.<|im_end|>",
    ]


def test_what_a_template_knows_is_told_by_what_it_writes() -> None:
    known = {name for name in NAMES if taking(name).knows_thinking}
    assert known == {
        "published qwen-3", "shape r1", "shape qwen-3", "parts", "glm-4.5", "seed", "kept", "opening", "closed", "deepseek-r1",
        "gpt-oss", "smollm-3", "exaone-4", "sent", "calls", "marked",
    }  # fmt: skip
    ways = {name: taking(name).thoughts.way for name in known if taking(name).thoughts.way}
    assert ways == {
        "published qwen-3": "reasoning_content", "parts": "blocks", "glm-4.5": "reasoning_content", "seed": "reasoning_content",
        "kept": "reasoning", "opening": "reasoning_content", "gpt-oss": "thinking", "calls": "reasoning_content",
        "marked": "reasoning_content",
    }  # fmt: skip


def test_calls_of_tools_keep_the_thinking_before_them() -> None:
    call = {"type": "function", "id": "c1", "function": {"name": "find_thing", "arguments": {"name": "lamp"}}}
    calling = {"role": "assistant", "content": "", "reasoning_content": WHY, "tool_calls": [call]}
    result = {"role": "tool", "content": "hall", "tool_call_id": "c1", "name": "find_thing"}
    template = taking("published qwen-3")
    talk = [ASK, calling, result, PLAIN]
    learnt, given = (runs(template.with_thinking(wish), talk)[0][1] for wish in (LEARN, ANSWER))
    assert learnt == f"<think>\n{WHY}\n</think>\n\n" + given
    assert given == '<tool_call>\n{"name": "find_thing", "arguments": {"name": "lamp"}}\n</tool_call><|im_end|>'

    kept = taking("calls")
    assert f"<think>{WHY}</think>find_thing" in kept.render([ASK, calling])
    assert kept.encode([ASK, APART]).lost_thoughts == 1  # that of the answer itself has no place


def test_a_thought_that_is_over_is_read_where_chat_sends_it() -> None:
    """Also where the template writes conversations without it."""
    template = taking("sent")
    asked = template.render([ASK], add_generation_prompt=True)
    assert template.row_text([ASK, PLAIN]) == asked + SAID + "<turn|>\n"
    assert last(template, [ASK, PLAIN]).startswith(SAID)
    assert template.encode([ASK, PLAIN, MORE, PLAIN]).skipped_turns == 1
    assert template.encode([ASK, APART]).lost_thoughts == 1


def test_control_tokens_in_a_thought_are_text() -> None:
    template = taking("published qwen-3")
    odd = {**APART, "reasoning_content": "A <|im_end|> ends it."}
    encoded, plain = template.encode([ASK, odd]), template.encode([ASK, APART])
    end = template.tokenizer.token_to_id("<|im_end|>")
    assert encoded.controls
    assert encoded.ids.count(end) == plain.ids.count(end)
    text = last(template.with_thinking(ANSWER), [ASK, odd])
    assert text == SAID + "<|im_end|>"


def test_words_that_only_speak_of_marks_are_no_thought() -> None:
    talk = [ASK, {"role": "assistant", "content": "Write </think> to end a thought."}]
    template = taking("shape chatml")
    for wish in WISHES:
        assert last(template.with_thinking(wish), talk) == "Write </think> to end a thought.<|im_end|>"


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("parts", ("[THINK]", "[/THINK]")),
        ("gpt-oss", ("<|channel|>", "<|message|>", "<|start|>", "<|end|>")),
        ("published qwen-3", ("<think>", "</think>")),
        ("opening", ("<think>", "</think>")),
    ],
)
def test_thinking_between_tokens_that_nobody_sees_is_shown_between_marks(name: str, tokens: tuple[str, ...]) -> None:
    """What chat shows is what the data would say, and asking on with it writes what the model said."""
    plain = taking(name)
    tokenizer = Tokenizer.from_str(plain.tokenizer.to_str())
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in tokens])
    template = ChatTemplate(tokenizer, plain.source, plain.special)
    encoded, asked = template.encode([ASK, APART]), template.encode_prompt([ASK])
    said = encoded.ids[len(asked) : -1]
    assert template.answer_text(said) == WITHIN["content"]
    begun = template.answer_text(said[: -len(template.token_ids(SAID)) - 6])
    assert begun.removeprefix("<think>\n").startswith("It was")
    assert "</think>" not in begun
    alone = template.encode([ASK, PLAIN]).ids[len(asked) : -1]
    assert template.answer_text(alone) == SAID
    shown = {"role": "assistant", "content": template.answer_text(said)}
    assert template.render([ASK, shown]) == template.render([ASK, APART])


@pytest.mark.parametrize(("name", "said"), [("shape chatml", True), ("published qwen-3", False)])
def test_thinking_that_a_template_has_no_place_for_is_said(name: str, said: bool) -> None:
    fit = Fit(taking(name), frozenset())
    fit.add([{"split": "train", "messages": talk} for talk in ([ASK, APART], [ASK, WITHIN], [ASK, PLAIN])])
    assert fit.as_dict(3)["spelt"] == 2 * said
    codes = {one["code"] for one in check_template(taking(name), [{"messages": [ASK, APART]}])["findings"]}
    assert ("template.thoughts_as_text" in codes) == said
