"""Names from outside are only shown; the language is what the characters tell."""

from __future__ import annotations

import pytest

from engine.data.importing.names import MAX_NAME, clean_name, data_set_name, display_name
from engine.data.rows.language import language_of


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("rows.jsonl", "rows.jsonl"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\rows.csv", "rows.csv"),
        ("CON", "CON"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\nb\x00\x1b[31m.txt", "a b[31m.txt"),
        ("👩‍💻 灯.json", "👩‍💻 灯.json"),
        ("  .. ", "data"),
        ("", "data"),
        ("..", "data"),
        ("شعر.txt", "شعر.txt"),
        ("half\ud83d.txt", "half.txt"),
        ("<script>alert(1)</script>.csv", "script>.csv"),
    ],
)
def test_display_names(given: str, shown: str) -> None:
    assert display_name(given) == shown


def test_long_names_keep_their_ending() -> None:
    shown = display_name("x" * 300 + ".jsonl")
    assert len(shown) == MAX_NAME
    assert shown.endswith("….jsonl")
    assert data_set_name("my rows.v2.jsonl") == "my rows.v2"


def test_a_users_own_name_may_hold_slashes() -> None:
    assert clean_name("  QA / v2 \u202e", "old") == "QA / v2"
    assert clean_name(" \u202e ", "old") == "old"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What is the price of the lamp?", "en"),
        ("月灯多少钱？售价683元。", "zh"),
        ("用 Python 写一个函数 print_hello，返回问候语", "zh"),
        ("これは日本語の文章です。漢字もあります。", "ja"),
        ("안녕하세요, 반갑습니다", "ko"),
        ("Yes!", "en"),
        ("“The” lamp – what?", "en"),
        ("Ja!", "latin"),
        ("Wie heißt du? Ich heiße Müller.", "latin"),
        ("Привет, как дела?", "cyrillic"),
        ("مرحبا كيف حالك", "arabic"),
        ("12345 !!!", "other"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert language_of(text) == language
