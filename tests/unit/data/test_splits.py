"""Parts that come with the data: names of files and folders, data cards, columns; kept row for row, or refused with the reason."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine.core.errors import Fault
from engine.core.settings import Settings
from engine.data.detection.detect_upload import DetectedUpload, detect_files, detect_upload
from engine.data.importing.given_files import looked_at
from engine.data.importing.import_rows import Imported, import_rows, preview
from engine.data.operations import OPERATIONS, operation_of
from engine.data.readers.source_file import SourceFile
from engine.data.rows.index import SPLITS, RowIndex
from engine.data.rows.row import content_of
from engine.data.rows.store import read_rows
from engine.data.splits.cards import card_of
from engine.data.splits.files import parts_of_files
from engine.data.splits.words import part_of_value
from engine.data.writers.card import Facts, card
from engine.data.writers.files import write_csv, write_jsonl, write_parquet
from engine.data.writers.hub import write_hub
from engine.data.writers.layout import own_layout, records_of
from engine.data.writers.survey import ColumnSurvey, survey
from tests.unit.data.corpus import jsonl
from tests.unit.data.shaping import Memory
from tests.unit.data.shaping import chat as made_row
from tests.unit.data.shaping import run as operate

TRAIN, VAL, TEST = "train", "val", "test"


def parts(*names: str, **declared: str) -> dict[str, str]:
    return parts_of_files({name: name for name in names}, declared)


@pytest.mark.parametrize(
    "expected",
    [
        {"data/train.jsonl": TRAIN, "data/test.jsonl": TEST, "data/validation.jsonl": VAL},
        {"my-train.jsonl": TRAIN, "data/test/part-0.csv": TEST},
        {
            "train-00000-of-00002.parquet": TRAIN,
            "train-00001-of-00002.parquet": TRAIN,
            "dev-00000-of-00001.parquet": VAL,
        },
        {"X_train.csv": TRAIN, "X_valid.csv": VAL, "X_held_out.csv": TEST},
        {"data.train.jsonl": TRAIN, "data.test.jsonl": TEST},
        {"train.jsonl.gz": TRAIN, "eval_v2.jsonl.gz": TEST},  # as `datasets.load_dataset` reads "eval"
        {"train.jsonl": TRAIN, "eval.jsonl": VAL, "test.jsonl": TEST},  # beside a test it can only be the validation
        {"TrainSet.csv": TRAIN, "TestSet.csv": TEST},
        {"TRAINING.CSV": TRAIN, "Testing.CSV": TEST},
        {"训练集.jsonl": TRAIN, "客服测试集.jsonl": TEST, "问答-验证.jsonl": VAL},
        {"data.jsonl": TRAIN, "data_test.jsonl": TEST},
        {"train.zip/data.csv": TRAIN, "test.zip/data.csv": TEST},
        {"squad/train/a.csv": TRAIN, "squad/holdout/a.csv": TEST, "squad/more/a.csv": TRAIN},
        {"train.jsonl": TRAIN, "test_results.jsonl": TEST},  # what might be a test is no training
        {"a_train_test.csv": TEST, "a_train.csv": TRAIN},
        {"test/train.jsonl": TRAIN, "test/val.jsonl": VAL},
        {"questions.csv": TRAIN, "test_questions.csv": TEST},
    ],
)
def test_files_and_folders_name_their_part(expected: dict[str, str]) -> None:
    assert parts(*expected) == expected


@pytest.mark.parametrize(
    "names",
    [
        ("latest.csv", "protest.csv", "training_manual.pdf"),
        ("training_manual.pdf", "test_procedures.pdf"),
        ("developer.jsonl", "device.csv", "trainer.json", "validated.csv", "contest.jsonl", "interval.json"),
        ("dev-team-faq.jsonl", "support-faq.jsonl"),
        ("valid_emails.csv", "spam.csv"),
        ("软件测试问答.jsonl", "产品问答.jsonl"),
        ("testing.pdf", "marketing.pdf"),
        ("train.jsonl",),
        ("train.jsonl", "training_2.jsonl"),
        ("test/a.jsonl", "test/b.jsonl"),  # a folder that holds everything tells nothing
        ("dev/a.jsonl", "dev/b/c.jsonl"),
    ],
)
def test_names_that_only_look_like_a_part_tell_nothing(names: tuple[str, ...]) -> None:
    assert parts(*names) == {}


def test_a_data_card_says_more_than_names() -> None:
    head = {"configs": [{"config_name": "default", "data_files": [
        {"split": "train", "path": ["data/a*", "./b.jsonl"]}, {"split": "test", "path": "data/train-*"}]}]}  # fmt: skip
    card = card_of(head, "set")
    assert [card.part_of(f"set/{name}") for name in ("data/a1.csv", "b.jsonl", "data/train-0.csv")] == [
        TRAIN,
        TRAIN,
        TEST,
    ]
    assert card.part_of("data/a1.csv") is None
    other = card_of({"configs": [{"data_dir": "v2", "data_files": {"validation": "**/x.csv", "test_sft": ["t/**"]}}]})
    assert [other.part_of(name) for name in ("v2/x.csv", "v2/deep/x.csv", "v2/t/y.csv")] == [VAL, VAL, TEST]
    broken: object
    for broken in (None, [], {"configs": 3}, {"configs": [3, {"data_files": 7}, {"data_files": [{"split": 1}]}]}):
        assert card_of(broken).patterns == []
    assert parts("x.csv", "y.csv", **{"y.csv": TEST}) == {"x.csv": TRAIN, "y.csv": TEST}


def test_values_in_any_case() -> None:
    said = ["Train", " TEST ", "dev", "validation set", "test_sft", "验证集", "train-00001"]
    assert [part_of_value(one) for one in said] == [TRAIN, TEST, VAL, VAL, TEST, VAL, TRAIN]
    assert [part_of_value(one) for one in ("", "latest", "train/test", 1, None, True, "x" * 99)] == [None] * 7


def rows_of(*splits: Any, column: str = "split") -> bytes:
    return jsonl(*[{"prompt": f"Q{i}", "completion": f"A{i}"} | ({} if one is None else {column: one}) for i, one in enumerate(splits)])  # fmt: skip


def kept(source: DetectedUpload, folder: Path, **options: Any) -> Imported:
    wanted = {"val_fraction": 0.2, "seed": 1} | options
    return import_rows(source, source.shape, source.mapping, folder, **wanted)


def upload(tmp_path: Path, data: bytes, name: str = "rows.jsonl") -> DetectedUpload:
    (tmp_path / name).write_bytes(data)
    return detect_upload(tmp_path / name, name)


def stored(done: Imported) -> dict[str, str]:
    """Question -> part."""
    assert done.stored is not None
    return {row["messages"][0]["content"]: row["split"] for row in read_rows(done.stored.path)}


@pytest.mark.parametrize("column", ["split", "Split", "set", "Data Split", "partition", "subset", "划分", "anything"])
def test_a_column_says_the_part_and_is_no_other_column_then(tmp_path: Path, column: str) -> None:
    source = upload(tmp_path, rows_of(*["train", "TRAIN", "Test", "dev"] * 5, column=column))
    assert source.splits is not None
    assert source.splits["column"] == column
    assert [one["code"] for one in source.notes if one["what"] == "splits"] == ["splits.column"]
    done = kept(source, tmp_path / "out")
    found = stored(done)
    assert found == {f"Q{i}": (TRAIN, TRAIN, TEST, VAL)[i % 4] for i in range(20)}
    assert done.stored is not None
    assert (done.stored.train_rows, done.stored.val_rows, done.stored.test_rows) == (10, 5, 5)
    assert all("extra" not in row for row in read_rows(done.stored.path))
    seen = preview(source, source.shape, source.mapping, 3)
    assert (seen.splits, seen.left_out, seen.kept) == ({TRAIN: 10, TEST: 5, VAL: 5}, [], [])


FLAGS: list[tuple[str, list[Any], list[str]]] = [
    ("is_test", [0, 0, 0, 1], [TRAIN, TRAIN, TRAIN, TEST]),
    ("isTest", ["FALSE", "false", "True", "no"], [TRAIN, TRAIN, TEST, TRAIN]),
    ("In Train", [True, True, False, True], [TRAIN, TRAIN, TEST, TRAIN]),
    ("is_val", ["yes", "no", "no", "no"], [VAL, TRAIN, TRAIN, TRAIN]),
    ("held_out", ["", "x", "", ""], [TRAIN, TEST, TRAIN, TRAIN]),
    ("是否测试集", ["否", "否", "是", "否"], [TRAIN, TRAIN, TEST, TRAIN]),
    ("split", ["TR", "TE", "va", "tr"], [TRAIN, TEST, VAL, TRAIN]),
]


@pytest.mark.parametrize(("column", "values", "parts"), FLAGS, ids=[one[0] for one in FLAGS])
def test_flags_and_codes_say_the_part(tmp_path: Path, column: str, values: list[Any], parts: list[str]) -> None:
    source = upload(tmp_path, rows_of(*values * 5, column=column))
    assert source.splits is not None
    found = stored(kept(source, tmp_path / "out", val_fraction=0.0))
    assert found == {f"Q{i}": parts[i % 4] for i in range(20)}


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("split", ["vertical", "horizontal"]),
        ("topic", ["train", "bus", "tram"]),
        ("subset", ["a", "b", "train"]),
        ("topic", ["train"]),
        ("language", ["tr", "te"]),
        ("train", [1, 0]),
        ("is_valid", [True, True, False]),
        ("test_passed", ["yes", "no"]),
        ("is_test", [0]),
    ],
)
def test_columns_that_say_something_else_are_left_alone(tmp_path: Path, column: str, values: list[str]) -> None:
    source = upload(tmp_path, rows_of(*values * 6, column=column))
    assert source.splits is None
    assert set(stored(kept(source, tmp_path / "out", val_fraction=0.0)).values()) == {TRAIN}


def test_a_column_of_one_odd_row_parts_nothing(tmp_path: Path) -> None:
    source = upload(tmp_path, rows_of("train", None, None, None, None))
    assert source.splits is None
    assert len(stored(kept(source, tmp_path / "out", val_fraction=0.0))) == 5
    rows = [{"prompt": f"Q{i}", "completion": "A", "is_test": i % 4 == 0} for i in range(8)]
    source = upload(tmp_path, jsonl({"prompt": "Q", "completion": "A", "split": "train"}, *rows))
    assert source.splits is not None
    assert source.splits["column"] == "is_test"


def test_a_row_whose_part_nobody_knows_is_refused(tmp_path: Path) -> None:
    source = upload(tmp_path, rows_of(*["train"] * 8, "hidden", None, "", "test", 3))
    done = kept(source, tmp_path / "out", val_fraction=0.0)
    assert stored(done) == {f"Q{i}": TRAIN for i in range(8)} | {"Q11": TEST}
    codes = ["data.splits.row_value", "data.splits.row_without", "data.splits.row_without", "data.splits.row_value"]
    assert [(one["code"], one["row"]) for one in done.kept] == list(zip(codes, (9, 10, 11, 13), strict=True))


def test_rows_sorted_by_part_keep_it_though_the_first_hundreds_say_train(tmp_path: Path) -> None:
    source = upload(tmp_path, rows_of(*["train"] * 400, *["test"] * 50))
    done = kept(source, tmp_path / "out")
    assert done.stored is not None
    assert (done.stored.train_rows, done.stored.val_rows, done.stored.test_rows) == (
        320,
        80,
        50,
    )  # of the training alone
    assert {part for question, part in stored(done).items() if int(question[1:]) >= 400} == {TEST}


def test_a_column_that_marks_only_what_is_held_out(tmp_path: Path) -> None:
    source = upload(tmp_path, rows_of(*["test" if i % 5 == 0 else None for i in range(40)]))
    assert [one["code"] for one in source.notes if one["what"] == "splits"] == ["splits.column_marks"]
    found = stored(kept(source, tmp_path / "out", val_fraction=0.0))
    assert found == {f"Q{i}": TEST if i % 5 == 0 else TRAIN for i in range(40)}


def several(tmp_path: Path, files: dict[str, bytes]) -> DetectedUpload:
    tmp_path.mkdir(exist_ok=True)
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    return detect_files([SourceFile(tmp_path / name, name, "") for name in files])


def pairs(*names: str) -> bytes:
    return jsonl(*[{"prompt": name, "completion": "A"} for name in names])


def test_the_column_counts_where_it_says_something_and_else_the_file_and_the_further_from_training(
    tmp_path: Path,
) -> None:
    def said(**parts: str) -> bytes:
        return jsonl(*[{"prompt": name, "completion": "A", "split": part} for name, part in parts.items()])

    source = several(
        tmp_path, {"train.jsonl": said(a="train", b="val", c="train"), "test.jsonl": said(d="train") + pairs("e")}
    )
    assert stored(kept(source, tmp_path / "out")) == {"a": TRAIN, "b": VAL, "c": TRAIN, "d": TEST, "e": TEST}


def test_files_keep_their_part_or_the_one_that_is_chosen(tmp_path: Path) -> None:
    files = {"train.jsonl": pairs(*"abcdefghij"), "test.jsonl": pairs("x", "a"), "more.jsonl": pairs("y")}
    source = several(tmp_path, files)
    done = kept(source, tmp_path / "out")
    assert done.stored is not None
    found = [(row["file"], row["messages"][0]["content"]) for row in read_rows(done.stored.path, TEST)]
    assert found == [("test.jsonl", "x"), ("test.jsonl", "a")]
    assert (done.stored.test_rows, done.stored.val_rows, done.stored.train_rows, done.stored.leaked) == (2, 2, 9, 1)
    index = RowIndex.open(done.stored.path)
    assert [index.count(part) for part in (TRAIN, VAL, TEST)] == [9, 2, 2]
    chosen = {"kind": "kept", "files": {"test.jsonl": VAL, "more.jsonl": TEST}}
    again = kept(source, tmp_path / "again", splits=chosen)
    assert Counter(row["split"] for row in read_rows(again.stored.path)) == {TRAIN: 10, VAL: 2, TEST: 1}  # type: ignore[union-attr]
    drawn = kept(source, tmp_path / "drawn", splits={"kind": "random"})
    assert Counter(row["split"] for row in read_rows(drawn.stored.path)) == {TRAIN: 10, VAL: 3}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"kind": "kept", "files": {"no.jsonl": "train"}}, "data.splits.no_file"),
        ({"kind": "kept", "files": {"rows.jsonl": "later"}}, "data.splits.no_part"),
        ({"kind": "kept", "column": "no"}, "data.splits.no_column"),
        ({"kind": "some"}, "data.splits.unknown"),
        ([], "data.splits.unknown"),
        ({"kind": "kept", "files": ["rows.jsonl"]}, "data.splits.unknown"),
    ],
)
def test_wishes_that_suit_no_file_are_refused(tmp_path: Path, wish: Any, code: str) -> None:
    source = upload(tmp_path, rows_of("train"))
    with pytest.raises(Fault) as caught:
        kept(source, tmp_path / "out", splits=wish)
    assert caught.value.code == code


def test_a_held_out_file_alone_is_drawn_from_and_that_is_said(tmp_path: Path) -> None:
    source = upload(tmp_path, pairs(*"abcdefghijkl"), "test.jsonl")
    assert source.splits is None
    assert [one["code"] for one in source.notes if one["what"] == "splits"] == ["splits.alone"]
    assert not [one for one in upload(tmp_path, pairs("a"), "train.jsonl").notes if one["what"] == "splits"]


_ROWS = st.lists(st.tuples(st.text("aé灯💡,; \"'{", min_size=1, max_size=6).filter(str.strip), st.sampled_from(SPLITS)), min_size=1, max_size=12)  # fmt: skip


@settings(
    max_examples=8,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(rows=_ROWS, form=st.sampled_from(["jsonl", "csv", "parquet", "hub"]))
def test_what_we_write_comes_back_with_every_row_in_its_part(rows: list[tuple[str, str]], form: str) -> None:
    written = [{"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": f"A{i}"}], "split": split} for i, (asked, split) in enumerate(rows)]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export"
        write(path, written, form)
        ending = "zip" if form == "hub" else form
        with looked_at(Settings(Path(folder) / "home"), [(path, f"set.{ending}")]) as source:
            found = kept(source, Path(folder) / "out", val_fraction=0.0 if form != "hub" else 0.5)
            assert found.stored is not None
            again = [(content_of(row)["messages"], row["split"]) for row in read_rows(found.stored.path)]
    assert sorted(again, key=repr) == sorted([(row["messages"], row["split"]) for row in written], key=repr)


def write(path: Path, rows: list[dict[str, Any]], form: str) -> None:
    """As exports do: with the part in a column, or as a folder for a hub with its card."""
    layout = own_layout()
    columns = dict(survey(iter(rows), layout).columns)
    if form == "hub":
        counts = {part: n for part in SPLITS if (n := sum(row["split"] == part for row in rows))}
        facts = Facts("set", 1, "mit", "0" * 64, counts, {}, {}, [], 0, [])
        wanted = {part: [row for row in rows if row["split"] == part] for part in counts}
        write_hub(path, lambda part: records_of(layout, iter(wanted[part]), None), list(counts), columns, card(facts))
        return
    records = list(records_of(layout, iter(rows), "split"))
    columns["split"] = ColumnSurvey({"text"})
    if form == "jsonl":
        write_jsonl(path, records)
    else:
        (write_csv if form == "csv" else write_parquet)(path, records, columns)


_OTHER = {
    "mix": {"datasets": [2]},
    "replay": {"dataset": 2},
    "limit_rows": {"rows": 10},
    "cap_group": {"rows": 5},
    "system_turn": {"text": "Be kind."},
}


@pytest.mark.parametrize(
    "key",
    [one.key for one in OPERATIONS if "chat" in one.kinds and one.group in ("size", "augment", "combine", "wording")],
)
def test_no_operation_makes_training_rows_of_test_rows(key: str) -> None:
    """Nor of validation rows; neither the set's own nor those of one that is mixed in."""

    def rows(name: str) -> list[dict[str, Any]]:
        sides = ("train", "train", "train", "train", "val", "test")
        return [
            made_row(i, f"Please explain number {i} of {name} {sides[i % 6]}?", f"It is {i % 3}.", split=sides[i % 6])
            for i in range(60)
        ]

    source, other = Memory(rows("own")), Memory(rows("other"))
    source.others[2] = other
    for row in operate(
        source,
        key,
        **_OTHER.get(key, {}),
        **({"seed": 3} if any(p.key == "seed" for p in operation_of(key).params) else {}),
    ):
        said = row["messages"][-2]["content"].lower()
        side = next((side for side in ("val", "test") if f"own {side}" in said or f"other {side}" in said), "train")
        assert row["split"] == side
