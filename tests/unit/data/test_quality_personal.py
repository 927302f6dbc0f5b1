"""Personal data and secrets: a made set of every kind, and clean texts that only look like it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from engine.data.privacy.kinds import KINDS, spans_in
from tests.unit.data.personal_rows import MAKERS, clean, personal
from tests.unit.data.quality_rows import chat, look

ALL = list(KINDS)
_LONG = "aB3_x9Kq" * 40


def test_recall_is_at_least_95_percent_for_every_kind() -> None:
    made, seen = Counter[str](), Counter[str]()
    for kind, text in personal(60):
        made[kind] += 1
        seen[kind] += kind in {span[2] for span in spans_in(text, ALL)}
    assert set(made) == set(MAKERS) == set(KINDS)
    assert {kind: seen[kind] / made[kind] for kind in made if seen[kind] < 0.95 * made[kind]} == {}


def test_fewer_than_2_percent_of_clean_texts_are_flagged() -> None:
    flagged = [(text, spans) for text in clean(1_080) if (spans := spans_in(text, ALL))]
    assert len(flagged) < 0.02 * 1_080, flagged[:5]


@pytest.mark.parametrize(
    ("text", "what", "kind"),
    [
        ("Mail anna.b@lamp-shop.de.", "anna.b@lamp-shop.de", "email"),
        ("我的手机是13812345678。", "13812345678", "phone"),
        ("身份证11010519491231002X，谢谢", "11010519491231002X", "id_number"),
        ("Card 4111 1111 1111 1111 expires soon", "4111 1111 1111 1111", "card"),
        ("IBAN DE89 3704 0044 0532 0130 00 BIC X", "DE89 3704 0044 0532 0130 00", "iban"),
        ("psql postgres://root:hunter22x@db/x", "root:hunter22x", "login"),
        ('password = "Tr0ub4dor&3"', "Tr0ub4dor&3", "password"),
        ("from 203.0.113.77 at noon", "203.0.113.77", "ip"),
        ("password: P4ss@w0rd.com!9xK now", "P4ss@w0rd.com!9xK", "email"),  # of what overlaps, nothing stays readable
        (f"token: {_LONG}", _LONG, "password"),
    ],
)
def test_the_very_characters_are_named(text: str, what: str, kind: str) -> None:
    assert [(text[start:end], found) for start, end, found in spans_in(text, ALL)] == [(what, kind)]


def test_wrong_check_digits_are_no_finding() -> None:
    wrong = "4111 1111 1111 1112, DE88 3704 0044 0532 0130 00, 110105194912310021, 110105194913310027"
    assert spans_in(wrong, ALL) == []


def test_only_chosen_kinds_are_looked_for_in_every_turn(tmp_path: Path) -> None:
    rows = [
        {"split": "train", "messages": [
            {"role": "system", "content": "Write to info@lamps.de."}, {"role": "user", "content": "13812345678?"},
            {"role": "assistant", "content": "Yes, 13812345678."}]},
        chat("Who?", "Nobody."),
    ]  # fmt: skip
    found = look(tmp_path, "personal", rows, kinds=["phone"])
    assert [one.row for one in found] == [0]
    assert [span[0] for span in found[0].detail["spans"]] == [1, 2]
    assert look(tmp_path, "personal", rows)[0].detail["kinds"] == ["email", "phone"]
