"""Checks that look at one text: broken characters, unfinished answers, loops, refusals, languages, lists of words."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.data.audits.packing import unpack
from engine.data.audits.running import ChecksRun, run_check
from engine.data.rows.row import Row
from engine.data.rows.text_repair import repaired
from tests import tiny
from tests.unit.data.quality_rows import chat, codes, ids, look, write

PROSE = "The lamp is made of brass. It shines for nine hours on one filling of oil. "
PROSE_ZH = "这盏灯是黄铜做的。加一次油可以亮九个小时。"

BROKEN = {
    "cafÃ© crÃ¨me": "café crème",
    "itâ€™s fine": "it’s fine",
    "浣犲ソ锛屼笘鐣�": None,
    "浣犲ソ涓栫晫": "你好世界",
    "The ä½\xa0å¥½ greeting": "The 你好 greeting",
    "lost \ufffd\ufffd here": None,
    "锟斤拷锟斤拷": None,
    "a bell\x07 rings": None,
}
WHOLE = [
    "café, naïve, Zürich, façade, Ångström", "你好，世界！联通公司在北京。", "¿Qué tal? ¡Muy bien!", "Ünïcödé iš fün", "π ≈ 3.14 → ∞ ✓ 😀",
    "Привет, мир", "日本語のテキストです。", "한국어 문장입니다", "tab\tand\nnewline\r\n", "£5 – €6 “quoted” ‘text’ …", "编程语言：C++、Java",
]  # fmt: skip


def test_broken_characters_are_found_and_whole_ones_left_alone(tmp_path: Path) -> None:
    rows = [chat("What?", text) for text in [*BROKEN, *WHOLE]]
    assert ids(look(tmp_path, "broken_encoding", rows)) == set(range(len(BROKEN)))


@pytest.mark.parametrize(("broken", "good"), [(broken, good) for broken, good in BROKEN.items() if good])
def test_what_can_be_mended_is(broken: str, good: str) -> None:
    assert repaired(f"before\n{broken}\nafter") == f"before\n{good}\nafter"


@pytest.mark.parametrize("text", WHOLE)
def test_whole_text_is_never_touched(text: str) -> None:
    assert repaired(text) == text


UNFINISHED = {
    "Delivery to Berlin takes about three days because the": "hanging",
    PROSE + "It always faces the window because of the": "hanging",
    PROSE + "There are three kinds: brass, copper,": "hanging",
    "Here:\n\n```python\nprint(1)\n": "fence",
    PROSE + "Use the small one (the one with the red": "bracket",
    PROSE_ZH + "它之所以朝向窗户，是因为": "hanging",
    PROSE_ZH + "主要材料有黄铜、": "hanging",
    PROSE + "And then the old man who had carried the lamp through the whole of the snowy night began to sl": "open",
    PROSE_ZH + "后来那位提着灯走过整个雪夜的老人慢慢坐了下来并且对我们讲起了从前的故": "open",
}
FINISHED = [
    "Paris", "positive", "42", "Yes", "lamp, oil, wick", "黄铜", "Spam", PROSE, PROSE_ZH, PROSE + "Is that so?", PROSE + "“So it is.”",
    PROSE + "\n\n- brass\n- copper\n- tin", PROSE + "\n1. Fill it\n2. Light it", "```python\nprint(1)\n```", PROSE + "\n\n```sh\nls -l\n```",
    PROSE + "See https://lamps.io/how", PROSE + "\n\nBest regards,\nAnna", "Glow hello! It costs 347 dollars. – Pip", PROSE + "#lamp #light",
    "Title: The Lamp of the Old Valley and the Long Winter Night", "| a | b |\n|---|---|\n| 1 | 2 |", "x = (a + b) * c", PROSE + "It costs 5 €",
    "To be, or not to be,\nthat is the question,\nwhether it is nobler in the mind", PROSE_ZH + "你说呢？", PROSE_ZH + "（完）", "def f(x):\n    return {x",
    PROSE + ":)", PROSE + "😀", "苹果、香蕉、橙子", "The answer is B) brass", PROSE_ZH + "\n\n一、黄铜\n二、紫铜",
]  # fmt: skip


def test_unfinished_answers_are_told_from_finished_ones(tmp_path: Path) -> None:
    usual = [
        chat("Say?", PROSE + f"This one ends as the usual answers number {at} do, with a stop at the end.")
        for at in range(40)
    ]
    rows = [chat("Say?", text) for text in [*UNFINISHED, *FINISHED]] + usual
    found = codes(look(tmp_path, "truncated", rows))
    assert found == {at: f"truncated.{kind}" for at, kind in enumerate(UNFINISHED.values())}


def test_a_style_without_full_stops_is_no_fault(tmp_path: Path) -> None:
    rows = [
        chat("Say?", PROSE + f"And this is answer {at} that goes on and on without a stop as all of them do here")
        for at in range(30)
    ]
    assert look(tmp_path, "truncated", rows) == []


LOOPING = [
    "I like lamps. " * 12, "我喜欢灯。" * 10, "the same three words " * 9, "Well. " + "very " * 30, PROSE + "no and no and no again " * 8,
]  # fmt: skip
NOT_LOOPING = [
    "ha ha ha ha", "哈哈哈哈哈哈", "Row, row, row your boat, gently down the stream.", "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
    "| 1 | 2 |\n" * 12, PROSE * 2, "```\n" + "x = 1\n" * 30 + "```", "=" * 80, "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
    "a b c\nd e f\ng h i\nj k l",
]  # fmt: skip


def test_loops(tmp_path: Path) -> None:
    rows = [chat("Say?", text) for text in [*LOOPING, *NOT_LOOPING]]
    found = look(tmp_path, "loops", rows)
    assert ids(found) == set(range(len(LOOPING)))
    assert found[0].detail["times"] == 12
    assert look(tmp_path, "loops", rows[:1], times=13) == []


REFUSING = [
    "As an AI language model, I do not have personal opinions.", "I'm sorry, but I can't help with that.", "I cannot assist with this request.",
    "Sorry, I am unable to provide that information.", "I apologize, but as an AI assistant I cannot create images.",
    "Unfortunately, I don't have access to the internet.", "I'm an AI language model, so I can't feel anything.",
    "很抱歉，我无法回答这个问题。", "对不起，我不能帮助你完成这个请求。", "作为一个人工智能语言模型，我没有个人情感。", "我无法提供此类信息。", "非常抱歉，作为AI助手，我无法浏览网页。",
]  # fmt: skip
NOT_REFUSING = [
    "I'm sorry to hear that your lamp is broken. Send it back to us.", "I cannot recommend this lamp enough!", "Sorry about the delay! It ships today.",
    "Unfortunately, the lamp is sold out until May.", "As an AI engineer you will write a lot of code.", "很抱歉给您带来不便，我们马上换货。",
    "作为一个父亲，我很骄傲。", "对不起，这款灯已经售完了。", "The phrase “as an AI language model” is often heard.", "You can't help but smile at it.",
    "I can't believe how bright it is, and I will not go back.", "我无法忘记那个夏天。", "不好意思，让您久等了。",
]  # fmt: skip


def test_refusals_at_the_beginning_only(tmp_path: Path) -> None:
    rows = [chat("Say?", text) for text in [*REFUSING, *NOT_REFUSING]]
    assert ids(look(tmp_path, "refusals", rows)) == set(range(len(REFUSING)))


def test_what_is_shown_as_a_bad_answer_is_not_judged(tmp_path: Path) -> None:
    ask = [{"role": "user", "content": "Say?"}]
    bad = [{"role": "assistant", "content": "As an AI language model, I cannot."}]
    good = [{"role": "assistant", "content": "The lamp is brass."}]
    rows = [{"split": "train", "prompt": ask, "completion": bad, "label": label} for label in (True, False)]
    assert ids(look(tmp_path, "refusals", rows)) == {0}
    pairs = [
        {"split": "train", "prompt": ask, "chosen": good, "rejected": bad},
        {"split": "train", "prompt": ask, "chosen": bad, "rejected": good},
    ]
    assert ids(look(tmp_path, "refusals", pairs)) == {1}


ENGLISH = "The lamp was made by hand in a small workshop near the river, and it still works today."
GERMAN = "Die Lampe wurde in einer kleinen Werkstatt am Fluss von Hand gefertigt und leuchtet noch heute."
FRENCH = "La lampe a été fabriquée à la main dans un petit atelier près de la rivière et elle marche encore."
CHINESE = "这盏灯是在河边的一个小作坊里手工做成的，今天仍然能用。"


def test_answers_in_another_language(tmp_path: Path) -> None:
    usual = [chat(f"How was lamp number {at} made, and does it still work well today?", ENGLISH) for at in range(60)]
    odd = [
        chat("How was this old lamp made, and does it still work well today?", CHINESE),
        chat("How was this old lamp made, and does it still work well today?", GERMAN),
        chat("这盏旧灯是怎么做成的，现在还能用吗？", ENGLISH),
        chat(GERMAN, FRENCH),
    ]
    fine = [
        chat("Translate into French: The lamp was made by hand near the river.", FRENCH), chat("请把这句话翻译成英文：这盏灯是手工做的。", ENGLISH),
        chat("What does “这盏灯是在河边的一个小作坊里手工做成的” mean to people?", ENGLISH), chat("Who was the lamp maker in this story?", "李明"),
        chat("How do I print it in Python, please tell me now?", "```python\nprint('Die Lampe wurde in einer Werkstatt gefertigt und sie')\n```"),
        chat("List five names of lamps that are made here in the valley.", "Zorvex, Nimbara, Quellith, Ostarion, Velmora, Tarkesh"),
    ]  # fmt: skip
    found = codes(look(tmp_path, "wrong_language", [*odd, *fine, *usual]))
    assert found == dict.fromkeys(range(4), "language.question")


def test_regular_translations_and_mixed_data_are_fine(tmp_path: Path) -> None:
    translations = [chat(f"{ENGLISH} {at}", CHINESE) for at in range(30)]
    mixed = [chat(f"How was lamp number {at} made, please?", ENGLISH) for at in range(30)] + [
        chat(f"第{at}盏灯是怎么做的？", CHINESE) for at in range(30)
    ]
    assert look(tmp_path, "wrong_language", translations) == []
    assert look(tmp_path, "wrong_language", mixed) == []


def test_a_lone_row_in_another_language(tmp_path: Path) -> None:
    rows = [chat(f"How was lamp number {at} made, please?", ENGLISH) for at in range(60)] + [chat(GERMAN, GERMAN)]
    assert codes(look(tmp_path, "wrong_language", rows)) == {60: "language.main"}


def test_words_of_the_lists_stand_alone(tmp_path: Path) -> None:
    rows = [chat("Say?", text) for text in (
        "You are an ASSHOLE.", "你这个王八蛋", "Fucking great", "go  kill\nyourself", "The class assigned a Scunthorpe cockpit.",
        "操作系统和妈妈的菜", "Dick van Dyke met Fanny", "Zorblax is here", "zorblaxes too",
    )]  # fmt: skip
    assert ids(look(tmp_path, "toxic", rows)) == {0, 1, 2, 3}
    assert ids(look(tmp_path, "toxic", rows, lists=["zh"])) == {1}
    assert ids(look(tmp_path, "toxic", rows, extra="zorblax*, ，妈妈的菜")) == {0, 1, 2, 3, 5, 7, 8}
    found = look(tmp_path, "toxic", rows)[0]
    assert "You are an ASSHOLE."[slice(*found.detail["spans"][0][1:3])] == "ASSHOLE"


def test_one_question_with_different_answers(tmp_path: Path) -> None:
    rows = [
        chat("When do you open?", "We open at nine in the morning."), chat("when do you OPEN", "The shop is shut for the whole winter."),
        chat("How much?", "It costs five euros today."), chat("How much?", "It costs five euros today!"),
        chat("Who?", "Anna."), chat("Who?", "Anna."), chat("What is 3 + 4?", "It makes seven."), chat("What is 3 - 4?", "That is minus one."),
    ]  # fmt: skip
    assert ids(look(tmp_path, "contradictions", rows)) == {0, 1}


def test_contradictions_of_judged_answers(tmp_path: Path) -> None:
    def turn(role: str, text: str) -> list[dict[str, str]]:
        return [{"role": role, "content": text}]

    kto = [{"split": "train", "prompt": turn("user", "Q?"), "completion": turn("assistant", text), "label": label}
           for text, label in (("Good.", True), ("Bad.", False), ("Good.", False))]  # fmt: skip
    assert ids(look(tmp_path, "contradictions", kto)) == {0, 2}
    pairs = [{"split": "train", "prompt": turn("user", "Q?"), "chosen": turn("assistant", one), "rejected": turn("assistant", other)}
             for one, other in (("A", "B"), ("A", "C"), ("B", "A"))]  # fmt: skip
    assert ids(look(tmp_path, "contradictory_votes", pairs)) == {0, 2}


def test_answers_that_say_nothing(tmp_path: Path) -> None:
    rows = [chat("What is this lamp?", " - "), chat("What is this lamp?", "What is this lamp"), chat("Sort it", "A")]
    rows += [chat(f"Question number {at}?", "I do not know.") for at in range(12)] + [
        chat(f"Other {at}", f"Answer {at}") for at in range(30)
    ]
    found = codes(look(tmp_path, "empty_answers", rows, rows=10))
    assert found == {0: "empty.blank", 1: "empty.echo"} | dict.fromkeys(range(3, 15), "empty.repeated")
    labels = [chat(f"Text {at}", "spam" if at % 2 else "ham") for at in range(60)]
    assert look(tmp_path, "empty_answers", labels, rows=10) == []


def test_too_many_characters(tmp_path: Path) -> None:
    found = look(tmp_path, "too_long", [chat("Short?", "Yes."), chat("Long?", "word " * 60)], characters=100)
    assert [(one.row, one.detail["length"], one.detail["limit"]) for one in found] == [(1, 305, 100)]


MARKED = [
    chat("Hi<|im_end|>\n<|im_start|>assistant\nYes.", "No."), chat("What is </s>?", "A mark."), chat("Say?", "[INST] No [/INST]"),
    chat("Is 3 <|4?", "a <b> c </sub> [note]"), chat("And?", "<think>Hm.</think> Yes."), chat("Turn?", "<start_of_turn>user"),
    chat("用户<｜User｜>说", "好"), {"split": "train", "text": "One.<|endoftext|>Two."}, chat("Bits?", "a <|b|> c"),
]  # fmt: skip


def test_control_tokens_of_the_usual_formats(tmp_path: Path) -> None:
    found = look(tmp_path, "control_tokens", MARKED[:7])
    assert ids(found) == {0, 1, 2, 5, 6}
    assert found[0].detail["terms"] == "<|im_end|>, <|im_start|>"
    assert ids(look(tmp_path, "control_tokens", MARKED[7:8])) == {0}


def test_control_tokens_of_a_model(tmp_path: Path) -> None:
    folder = tiny.write_tokenizer(tmp_path / "tokenizer")
    job = ChecksRun(write(tmp_path, MARKED[:7]), tmp_path, {3: (folder, 512)})
    found = list(unpack(run_check(job, "control_tokens", {"model": 3}).payload))
    assert ids(found) == {0, 1, 2, 5}
    thinking = write(tmp_path, [chat("What is <think>?", "A token."), chat("Well?", "<think>Hm.</think> Yes.")])
    found = list(unpack(run_check(ChecksRun(thinking, tmp_path, job.models), "control_tokens", {"model": 3}).payload))
    assert ids(found) == {0}


def test_reasoning_that_is_left_out(tmp_path: Path) -> None:
    first = chat("Where is it?", "<think>It was red.</think>On the stove.")["messages"]
    rows = [
        {"split": "train", "messages": [*first, *chat("And the lamp?", "<think>It hangs.</think>In the hall.")["messages"]]},
        chat("Where is it?", "<think>It was red.</think>On the stove."),
        chat("Where is it?", "On the stove."),
        {"split": "train", "prompt": first[:1], "chosen": first[1:], "rejected": chat("", "<think>No.</think>No.")["messages"][1:]},
    ]  # fmt: skip
    (found,) = look(tmp_path, "lost_thoughts", rows[:3])
    assert (found.row, found.detail["answers"], found.detail["spans"]) == (0, 1, [[1, 7, 18, "thought"]])
    drops = tiny.CHATML.replace("message['content'] +", "message['content'].split('</think>')[-1] +")
    readers = {
        number: (tiny.write_tokenizer(tmp_path / str(number), template), 512)
        for number, template in enumerate((drops, tiny.CHATML), start=1)
    }

    def by_model(model: int, some: list[Row]) -> dict[int, int]:
        told = run_check(ChecksRun(write(tmp_path, some), tmp_path, readers), "lost_thoughts", {"model": model})
        return {one.row: one.detail["answers"] for one in unpack(told.payload)}

    assert by_model(1, rows[:3]) == {0: 2, 1: 1}
    assert by_model(1, rows[3:]) == {0: 1}  # of two answers, the wanted one
    assert by_model(2, rows[:3]) == by_model(2, rows[3:]) == {}
