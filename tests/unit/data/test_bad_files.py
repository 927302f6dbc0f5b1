"""Each bad file: exact reason and place for what is wrong, in both languages, and no good row lost."""

from __future__ import annotations

import json
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from engine.core.errors import Fault
from engine.core.text import LANGUAGES, catalogue
from engine.data.readers.csv_reader import read_csv
from engine.data.records.bounds import Later, ReadingBudget
from engine.data.records.record import Rejected
from tests.unit.data.corpus import BAD, REFUSED, Bad, Refused, good, parquet, table
from tests.unit.data.corpus_office import OFFICE_BAD, OFFICE_REFUSED
from tests.unit.data.corpus_texts import TEXT_BAD, TEXT_REFUSED
from tests.unit.data.pipeline import run
from webui.i18n import message


def assert_can_be_said(code: str, params: dict[str, Any], kind: str = "error") -> None:
    """Both languages have a sentence, and everything that it names is there."""
    for language in LANGUAGES:
        sentence = catalogue(language)[f"{kind}.{code}"]
        wanted = {name for _, name, _, _ in Formatter().parse(sentence) if name}
        assert wanted <= params.keys()
        if kind == "detect":
            continue
        said = message(language, code, params)
        assert all(f"{{{name}}}" not in said for name in wanted)


@pytest.mark.parametrize("case", [*BAD, *TEXT_BAD, *OFFICE_BAD], ids=lambda case: case.name)
def test_bad_rows_are_named_and_good_rows_kept(case: Bad, tmp_path: Path) -> None:
    result = run(tmp_path, case.make(), case.filename, shape=case.shape, mapping=case.mapping)
    keys = ("line", "row", "column", "code")
    assert [tuple(item[key] for key in keys) for item in result.rejected] == [reason[:4] for reason in case.rejected]
    for item, reason in zip(result.rejected, case.rejected, strict=True):
        assert reason[4] is ... or item["params"] == reason[4]
        assert_can_be_said(item["code"], item["params"])
        assert len(item["raw"]) <= 2_001
        item["raw"].encode("utf-8")
    assert len(result.rows) == case.good
    assert result.source.format == case.format
    for note in result.source.notes:
        assert_can_be_said(note["code"], note["params"], "detect")
    if case.texts is not None:
        assert result.texts == case.texts
    else:
        expected = case.pairs or [(f"Q{i}", f"A{i}") for i in range(1, case.good + 1)]
        assert [(q.split("\n")[0], a) for q, a in result.pairs] == expected


@pytest.mark.parametrize("case", [*REFUSED, *TEXT_REFUSED, *OFFICE_REFUSED], ids=lambda case: case.name)
def test_useless_files_are_refused_with_a_sentence(case: Refused, tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        run(tmp_path, case.make(), case.filename)
    assert caught.value.code == case.code
    assert case.params.items() <= caught.value.params.items()
    assert_can_be_said(caught.value.code, caught.value.params)


def test_a_field_of_140_mb_is_refused_and_the_next_row_read(tmp_path: Path) -> None:
    result = run(tmp_path, table("Q1,A1", '"' + "x" * 140_000_000 + '",b', "Q2,A2"))
    assert result.pairs == [("Q1", "A1"), ("Q2", "A2")]
    assert [(r["line"], r["code"]) for r in result.rejected] == [(3, "data.row.too_long")]


def test_damaged_parquet_says_how_many_rows_are_lost(tmp_path: Path) -> None:
    data = bytearray(
        parquet(
            {"prompt": [f"Q{i}" for i in range(300)], "completion": ["A"] * 300}, compression="gzip", row_group_size=100
        )
    )
    middle = len(data) // 2
    with pytest.raises(Fault) as caught:
        run(tmp_path, bytes(data[:4] + b"\0" * 200 + data[204:]))
    assert caught.value.code in ("data.file.no_good_rows", "data.parquet.damaged")
    data[middle : middle + 40] = b"\0" * 40
    result = run(tmp_path, bytes(data))
    assert [p[0] for p in result.pairs] == [f"Q{i}" for i in range(len(result.rows))]
    (lost,) = result.rejected
    assert lost["code"] == "data.parquet.rows_lost"
    assert lost["params"]["lost"] == 300 - len(result.rows)
    assert_can_be_said(lost["code"], lost["params"])


def test_columns_of_bytes_are_named_and_cannot_be_chosen(tmp_path: Path) -> None:
    import pyarrow as pa

    kinds = pa.array([[("a", b"b")]], pa.map_(pa.string(), pa.binary()))
    data = parquet({"prompt": ["Q1"], "completion": ["A1"], "extra": kinds, "raw": [b"\xff"]})
    result = run(tmp_path, data)
    assert result.pairs == [("Q1", "A1")]
    named = {n["params"]["column"]: n["params"]["type"] for n in result.source.notes if n["code"] == "columns.unusable"}
    assert named.keys() == {"extra", "raw"}
    assert named["extra"].startswith("map<string, binary")
    with pytest.raises(Fault, match="unknown_column"):
        run(tmp_path, data, shape="text", mapping={"text": "extra"})


def test_invalid_text_in_parquet_costs_one_row(tmp_path: Path) -> None:
    import pyarrow as pa

    broken = pa.array([b"Q1", b"\xff\xfe", b"Q2"], pa.binary()).view(pa.string())
    result = run(tmp_path, parquet({"prompt": broken, "completion": ["A1", "x", "A2"]}))
    assert result.pairs == [("Q1", "A1"), ("Q2", "A2")]
    assert [(r["row"], r["code"]) for r in result.rejected] == [(2, "data.parquet.bad_value")]


def test_hundreds_of_unclosed_rows_end_in_bounded_time(tmp_path: Path) -> None:
    body = "[\n" + json.dumps(good(1)) + ",\n" + '{"prompt": "x",\n' * 500 + "]"
    result = run(tmp_path, body.encode())
    assert result.pairs == [("Q1", "A1")]
    assert len(result.rejected) == 500
    assert [r["line"] for r in result.rejected[:3]] == [3, 4, 5]


def test_quotes_that_each_line_opens_and_never_closes_are_read_again_only_so_often(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" + b'x","\n' * 100_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.data.readers.csv_reader.MAX_READ_TWICE", 1_000_000)
        patch.setattr("engine.data.readers.csv_reader.MAX_ROW_LINES", 20_000)
        found = list(read_csv(path, "utf-8", {"delimiter": ","}))
    assert all(isinstance(one, Rejected) and one.code == "data.csv.open_quote" for one in found)
    assert len(found) < 30  # not one for each line, with all lines behind it read each time


def test_time_is_looked_at_with_each_row_whose_quote_is_never_closed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'a,b\n"' + b"x\n" * 1_000)
    with pytest.raises(Later):
        list(read_csv(path, "utf-8", {"delimiter": ","}, ReadingBudget(0.0)))
