"""Texts from before UTF-8 are read by the letters of a language, in short files too, and a doubt is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.data.detection.detect_upload import detect_upload
from engine.data.records.encodings import ENCODINGS, detect_encoding, known_encoding
from engine.data.records.old_encodings import certainty, readings
from engine.data.records.record import Record
from tests.unit.data.pipeline import run
from tests.unit.data.sentences import SENTENCES, SPOKEN

CASES = Path(__file__).parents[2] / "cases" / "data"
PAIRS = [(codec, language) for codec, languages in SPOKEN.items() for language in languages]


def encoded(text: str, codec: str) -> tuple[bytes, str]:
    """The bytes and what is right of them: without the typographic signs that an encoding lacks."""
    data = text.replace("’", "'").encode(codec) if codec in ("iso8859-2", "cp850", "cp852") else text.encode(codec)
    return data, data.decode(codec)


@pytest.mark.parametrize(("codec", "language"), PAIRS)
def test_a_few_sentences_are_read_in_their_own_encoding(codec: str, language: str, tmp_path: Path) -> None:
    lines = [f"{one},{two}" for one, two in zip(SENTENCES[language], SENTENCES[language][1:], strict=False)]
    data, text = encoded("\n".join(["prompt,completion", *(line.replace(", ", " - ") for line in lines)]) + "\n", codec)
    found = run(tmp_path, data)
    assert found.pairs == run(tmp_path, text.encode()).pairs
    assert not found.rejected


def test_single_sentences_are_read_and_a_wrong_reading_is_never_called_sure() -> None:
    told: list[tuple[bool, int, str, str]] = []
    for codec, language in PAIRS:
        for sentence in SENTENCES[language]:
            data, text = encoded(sentence, codec)
            found = readings(data)
            told.append((found[0].text == text, certainty(found), codec, sentence))
    right = sum(one[0] for one in told)
    print(right, "of", len(told), [one for one in told if not one[0]])
    assert right >= 0.96 * len(told)
    assert all(share < 60 for fits, share, *_rest in told if not fits)
    assert max(share for _fits, share, *_rest in told) <= 99


@pytest.mark.parametrize(
    ("file", "codec", "pair"),
    [
        ("polish_cp1250.csv", "cp1250", ("Ile kosztuje żółta lampa nr 3?", "Żółta lampa kosztuje 3 złotych, proszę.")),
        ("greek_cp1253.csv", "cp1253", ("Πόσο κοστίζει η λάμπα 3;", "Η λάμπα κοστίζει 3 ευρώ.")),
    ],
)
def test_the_case_files_are_read(file: str, codec: str, pair: tuple[str, str]) -> None:
    found = detect_upload(CASES / file, file)
    assert (found.encoding, len(found.columns)) == (codec, 2)
    assert pair in [tuple(record.values.values()) for record in found.records() if isinstance(record, Record)]


def test_one_letter_is_no_certainty_and_other_readings_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_bytes("prompt,completion\nName?,Jos\xe9\n".encode("latin-1"))
    found = detect_encoding(path)
    assert found.code == "encoding.unsure"
    assert found.params["share"] <= 50
    assert found.others
    assert all(any(letter > "\x7f" for letter in line) for _name, line in found.others)


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        ("株式会社は㈱、番号は①です。どうぞよろしくお願いします。", "cp932", "cp932"),  # signs that only Windows has
        ("그는 똠방각하라고 불렸다. 안녕히 가세요, 또 만나요.", "cp949", "cp949"),
        ("香港嘅嘢好食，我哋聽日去睇戲啦。", "big5hkscs", "big5hkscs"),
        ("これは普通の文章です。どうぞよろしく。", "cp932", "shift_jis"),
    ],
)
def test_the_variant_with_more_characters_is_taken_where_a_text_needs_it(text: str, codec: str, name: str) -> None:
    found = readings(text.encode(codec))[0]
    assert (found.name, found.text) == (name, text)


@pytest.mark.parametrize("codec", ["gb18030", "shift_jis", "euc_jp", "euc_kr", "big5"])
def test_a_sample_that_ends_within_a_character_tells_the_same(codec: str) -> None:
    text = "。".join(SENTENCES[SPOKEN[codec][0]]) * 900
    for more in range(3):
        data = b"a" * more + text.encode(codec)
        assert readings(data)[0].name == codec


@pytest.mark.parametrize(
    ("said", "name"),
    [("Windows-1250", "cp1250"), ("ISO-8859-1", "latin-1"), ("macroman", "mac_roman"), ("SJIS", "shift_jis"), ("EUC-JP", "euc_jp"),
     ("koi8_r", "koi8-r"), ("gbk", "gb18030"), ("utf-16", "utf-16-le"), ("cp936", "gb18030"), ("ks_c_5601-1987", "euc_kr")],
)  # fmt: skip
def test_an_encoding_is_known_by_each_of_its_names(said: str, name: str) -> None:
    assert known_encoding(said) == name


def test_each_asked_for_encoding_is_offered() -> None:
    wanted = "cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp874 cp866 koi8-r mac_roman euc_jp euc_kr shift_jis gb18030 big5"
    assert set(wanted.split()) <= set(ENCODINGS)


def test_texts_in_capitals_are_read_too() -> None:
    told = []
    for codec in ("cp1251", "cp866", "koi8-r", "koi8-u", "cp1253", "cp1250", "cp1252"):
        for language in SPOKEN[codec]:
            data, text = encoded(" ".join(SENTENCES[language][:2]).upper(), codec)
            told.append((readings(data)[0].text == text, codec, language))
    assert [one for one in told if not one[0]] == []


def test_japanese_in_seven_bits_is_no_ascii(tmp_path: Path) -> None:
    pairs = [("最寄りの駅は、どこですか？", "駅の隣です。"), ("plain", "text")]
    rows = "".join(json.dumps({"prompt": a, "completion": b}, ensure_ascii=False) + "\n" for a, b in pairs)
    table = "prompt,completion\n" + "".join(f"{a},{b}\n" for a, b in pairs)
    for text in (rows, table):
        found = run(tmp_path, text.encode("iso2022_jp"))
        assert (found.source.encoding, found.pairs) == ("iso2022_jp", pairs)
    assert run(tmp_path, b"prompt,completion\nbold?,\x1b[1mbold\x1b[0m\n").source.encoding == "utf-8"
