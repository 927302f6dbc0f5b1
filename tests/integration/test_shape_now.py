"""How a data set stands before it is shaped, on stored versions; operations over real files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

import pytest

from engine.core.context import Context
from engine.core.errors import Fault
from engine.data.rows.labels import are_labels
from engine.data.rows.store import read_rows
from engine.services.data import datasets, imports, sources
from engine.services.data.versions import preview, shaping, version_files, versions


def _add(ctx: Context, count: int, name: str, more: Callable[[int], dict[str, str]] = lambda _n: {}) -> int:
    rows = [
        {
            "question": f"What is {name} {n}?",
            "answer": f"Number {n}.",
            "topic": "a" if n % 4 else "b",
            "tip": f"n{n}",
            **more(n),
        }
        for n in range(count)
    ]
    made = sources.add_text(ctx, "\n".join(json.dumps(row) for row in rows), name)
    view = datasets.dataset_view(ctx, made)
    imports.import_dataset(ctx, made, name=name, shape=view["shape"], mapping=view["mapping"], val_fraction=0.0)
    return made


def test_parts_and_the_spread_over_the_first_telling_column(ctx: Context) -> None:
    now = shaping.shape_of_now(ctx, _add(ctx, 40, "lamp", lambda _n: {"source": "web"}))
    assert now["splits"] == {"train": 40, "val": 0, "test": 0}
    assert (now["column"], now["groups"]) == ("topic", [["a", 0.75], ["b", 0.25]])
    assert now["columns"] == ["topic"]
    assert (now["whole"], now["made"], now["others"]) == (True, 0.0, 0.0)


def test_a_column_that_is_asked_for_and_what_does_not_fit(ctx: Context) -> None:
    made = _add(
        ctx, 240, "lamp", more=lambda n: {"place": f"p{n % 48}", "remark": f"A remark on {n}." if n % 6 == 0 else ""}
    )
    asked = shaping.shape_of_now(ctx, made, "place")
    assert (asked["column"], asked["different"], len(asked["groups"])) == ("place", 48, 6)
    assert asked["others"] == pytest.approx(42 / 48)
    assert asked["columns"] == ["topic", "place"]
    for no_label in ("tip", "remark", "@answer", "no such column"):
        assert shaping.shape_of_now(ctx, made, no_label)["column"] == "topic"


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        (["yes", "no"] * 10, True),
        ([f"A note on {n}" for n in range(39)] + [""] * 261, False),
        (["n/a"] * 60 + [f"Seen on day {n}" for n in range(30)], False),
        (["a", "b"] * 30 + ["rare"], True),
        (["The very same long remark, word for word, on each of the rows of it", "Short"] * 20, False),
        (["only one"] * 20, False),
    ],
)
def test_free_texts_are_no_labels(values: list[str], labels: bool) -> None:
    assert are_labels(Counter(value for value in values if value)) is labels


def test_copies_are_told_and_stay_with_their_original(ctx: Context) -> None:
    made = _add(ctx, 40, "lamp")
    versions.apply(ctx, made, "up_sample", {"column": "topic"})
    assert shaping.shape_of_now(ctx, made)["made"] == pytest.approx(20 / 60)
    number = versions.apply(ctx, made, "split_stratified", {"column": "topic", "val": 25.0})["version"]
    rows = list(read_rows(version_files.version_file(ctx, made, number)[1]))
    held = {row["id"] for row in rows if row["split"] == "val"}
    assert len(held) == 10
    assert all(row["origin"]["row"] not in held for row in rows if row.get("origin"))


def test_a_mixture_of_stored_data_sets(ctx: Context) -> None:
    own, other = _add(ctx, 30, "lamp"), _add(ctx, 10, "chair")
    number = versions.apply(ctx, own, "mix", {"datasets": [other], "weights": "3, 1"})["version"]
    rows = list(read_rows(version_files.version_file(ctx, own, number)[1]))
    assert sum(row["extra"]["dataset"] == "chair" for row in rows) == 10
    assert len({row["id"] for row in rows}) == 40
    with pytest.raises(Fault, match=r"data\.shape\.same_dataset"):
        versions.apply(ctx, own, "mix", {"datasets": [own]})


def test_large_data_sets_are_tried_in_proportion_and_mixed_by_a_job(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, other = _add(ctx, 30, "lamp"), _add(ctx, 10, "chair")
    values = {"datasets": [other], "weights": "3, 1"}
    monkeypatch.setattr(preview, "_WHOLE", 20)
    tried = preview.preview(ctx, own, "mix", values)
    assert (tried["looked"], tried["whole"], tried["summary"]["added"], tried["after"]) == (15, False, 5, 20)
    monkeypatch.setattr(versions, "IN_PLACE_ROWS", 35)
    assert "job" in versions.apply(ctx, own, "mix", values)
