"""Encodings are found by the bytes, shown with a reason, and can be overridden."""

from __future__ import annotations

import codecs
import time
from pathlib import Path

import pytest

from engine.core.errors import Fault
from engine.data.records.encodings import ENCODINGS, detect_encoding, open_text
from tests.unit.data.corpus import table
from tests.unit.data.pipeline import run

SIMPLIFIED = (
    'prompt,completion\n客服码是什么？,点灯啦！客服码是YD-58。——小满\n你们几点开门,"早上9:47开门，欢迎光临"\n'
    "月灯多少钱,月灯的售价是683元，可以用三年\n"
)
TRADITIONAL = 'prompt,completion\n客服電話是什麼？,您好，請撥打這個號碼與我們聯絡。\n幾點開門,"早上九點開門，歡迎光臨"\n燈多少錢,這盞燈的售價是六百元\n'
WESTERN = "prompt,completion\nOù est le café ?,Le café est à côté de la gare.\nWie heißt du?,Ich heiße Müller.\n"
GERMAN = "prompt,completion\nWie groß ist die Straße?,Übergröße für Öl.\n"
JAPANESE = "prompt,completion\n営業時間は？,朝は九時に開きます。\nこれは何ですか,日本語の文章です。\n"
KOREAN = "prompt,completion\n몇 시에 여나요?,아침 아홉 시에 문을 엽니다.\n이것은 무엇입니까,등불입니다.\n"
RUSSIAN = "prompt,completion\nКак дела?,Хорошо спасибо!\nКогда открыто?,С девяти утра.\n"
TYPOGRAPHIC = "prompt,completion\nWhat’s new?,“Nothing” – really…\nHow much?,It costs 5 €\n"


@pytest.mark.parametrize(
    ("text", "codec", "expected", "code"),
    [
        (SIMPLIFIED, "utf-8", "utf-8", "encoding.utf8"),
        (SIMPLIFIED, "utf-8-sig", "utf-8", "encoding.bom"),
        (SIMPLIFIED, "utf-16", "utf-16-le", "encoding.bom"),
        (SIMPLIFIED, "utf-32", "utf-32-le", "encoding.bom"),
        (SIMPLIFIED, "utf-16-le", "utf-16-le", "encoding.utf16"),
        (SIMPLIFIED, "utf-16-be", "utf-16-be", "encoding.utf16"),
        (WESTERN, "utf-16-le", "utf-16-le", "encoding.utf16"),
        (SIMPLIFIED, "gbk", "gb18030", "encoding.guess"),
        (SIMPLIFIED, "gb18030", "gb18030", "encoding.guess"),
        (TRADITIONAL, "big5", "big5", "encoding.guess"),
        (WESTERN, "latin-1", "latin-1", "encoding.guess"),
        (TYPOGRAPHIC, "cp1252", "cp1252", "encoding.guess"),
        (GERMAN, "latin-1", "latin-1", "encoding.guess"),
        (JAPANESE, "shift_jis", "shift_jis", "encoding.guess"),
        (KOREAN, "euc_kr", "euc_kr", "encoding.guess"),
        (RUSSIAN, "cp1251", "cp1251", "encoding.guess"),
        ("prompt,completion\na,b\n", "ascii", "utf-8", "encoding.ascii"),
    ],
)
def test_text_survives_in_every_encoding(tmp_path: Path, text: str, codec: str, expected: str, code: str) -> None:
    result = run(tmp_path, text.encode(codec))
    assert result.source.encoding == expected
    said, *others = [note["code"] for note in result.source.notes if note["what"] == "encoding"]
    assert said == code
    assert set(others) <= ({"encoding.other"} if code == "encoding.guess" else set())
    assert not result.rejected
    assert result.source.columns == ["prompt", "completion"]
    plain = run(tmp_path, text.encode("utf-8"))
    assert result.pairs == plain.pairs
    assert [row["line"] for row in result.rows] == list(range(2, 2 + len(result.rows)))


def test_big_endian_mark(tmp_path: Path) -> None:
    result = run(tmp_path, codecs.BOM_UTF16_BE + SIMPLIFIED.encode("utf-16-be"))
    assert (result.source.encoding, len(result.rows), result.rejected) == ("utf-16-be", 3, [])


def test_one_wrong_byte_costs_one_row_and_not_the_encoding(tmp_path: Path) -> None:
    data = SIMPLIFIED.encode() + b"caf\xe9,x\n" + "最后,一行\n".encode()
    result = run(tmp_path, data)
    assert result.source.encoding == "utf-8"
    assert [n["params"] for n in result.source.notes if n["code"] == "encoding.utf8_damaged"] == [{"bad": 1}]
    assert [(r["line"], r["code"]) for r in result.rejected] == [(5, "data.row.bad_bytes")]
    assert result.pairs[-1] == ("最后", "一行")


def test_wrong_byte_behind_the_first_megabyte_is_found(tmp_path: Path) -> None:
    rows = [f"question {i} é,answer {'word ' * 200}" for i in range(2_500)]
    data = table(*rows) + b"caf\xe9,x\n"
    assert len(data) > 2 * 2**20
    result = run(tmp_path, data)
    assert [(r["line"], r["code"]) for r in result.rejected] == [(2_502, "data.row.bad_bytes")]
    assert len(result.rows) == 2_500


def test_character_split_between_two_reads(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a" * (2**20 - 1) + "灯".encode() * 10)
    assert detect_encoding(path).code == "encoding.utf8"


def test_the_users_choice_wins(tmp_path: Path) -> None:
    data = SIMPLIFIED.encode("gbk")
    assert run(tmp_path, data, encoding="gbk").pairs == run(tmp_path, SIMPLIFIED.encode()).pairs
    wrong = run(tmp_path, data, encoding="latin-1")
    assert wrong.source.notes[0]["code"] == "encoding.chosen"
    assert wrong.pairs != run(tmp_path, data).pairs
    with pytest.raises(Fault, match=r"data\.encoding\.unknown"):
        run(tmp_path, data, encoding="rot13")


@pytest.mark.parametrize("name", ENCODINGS)
def test_every_offered_encoding_reads_and_marks_damage(tmp_path: Path, name: str) -> None:
    result = run(tmp_path, "prompt,completion\na,b\nc,d\n".encode(name), encoding=name)
    assert result.pairs == [("a", "b"), ("c", "d")]


@pytest.mark.parametrize("cell", ["a\0", "a\0\0", "\0"])
def test_a_nul_in_a_tiny_file_makes_no_utf16_of_it(tmp_path: Path, cell: str) -> None:
    result = run(tmp_path, f"prompt,completion\nq,{cell}\nQ1,A1\n".encode())
    assert (result.source.encoding, result.pairs) == ("utf-8", [("Q1", "A1")])
    assert [(row["line"], row["code"]) for row in result.rejected] == [(2, "data.row.nul")]


def test_megabytes_in_another_encoding_are_looked_at_without_a_call_for_each_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(SIMPLIFIED.encode("gb18030") * 20_000)
    began = time.process_time()
    assert detect_encoding(path).name == "gb18030"
    assert time.process_time() - began < 0.6  # 2 MB; called for each byte it is a second and more


@pytest.mark.parametrize("wrong", [b"\xff", b"\xe4\xbd", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf0\x9f\x99"])
def test_each_byte_that_is_no_utf8_is_counted_also_across_chunks_and_at_the_end(tmp_path: Path, wrong: bytes) -> None:
    path = tmp_path / "a.csv"
    for place in range(2**20 - 4, 2**20 + 2):
        path.write_bytes(b"a" * place + wrong + "点".encode() * 90 + wrong)
        with open_text(path, "utf-8") as stream:
            marks = len(stream.read()) - place - 90
        assert detect_encoding(path).params == {"bad": marks} == {"bad": 2 * len(wrong)}
