"""Balance, variants, mixtures and wordings: every row is accounted for, and nothing that is held out is ever trained on."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import Fault
from engine.data.operations.shaping.noise import noisy
from engine.data.operations.shaping.openings import another_opening
from engine.data.operations.shaping.paraphrase import paraphrased
from engine.data.operations.shaping.row_table import mark_of
from tests.unit.data.shaping import Memory, asked, chat, run, sides

SEEDS = st.integers(0, 2**31 - 1)
LABELS = st.lists(st.sampled_from("aaaabbc"), min_size=8, max_size=60)


def labelled(labels: list[str], held_out: int = 0) -> Memory:
    rows = [chat(at, f"q{at}", label=label) for at, label in enumerate(labels)]
    return Memory(
        [*rows, *(chat(1000 + at, f"held {at}", split="val", label=labels[0]) for at in range(held_out))]
    )  # fmt: skip


def by_label(rows: list) -> Counter[str]:
    return Counter(row["extra"]["label"] for row in rows if row["split"] == "train")


def contents(rows: list, side: str) -> set[int]:
    return {mark_of(row) for row in rows if (row["split"] == "train") == (side == "train")}


# ------------------------------------------------------------------ size and balance


@pytest.mark.parametrize(("which", "kept"), [("first", [0, 1, 2, 3]), ("even", [0, 2, 5, 7])])
def test_fewer_rows_from_the_front_or_spread(which: str, kept: list[int]) -> None:
    source = Memory([*(chat(at, f"q{at}") for at in range(10)), chat(90, "held", split="val")])
    assert [row["id"] for row in run(source, "limit_rows", rows=4, which=which)] == [*kept, 90]


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 60), SEEDS, st.data())
def test_fewer_rows_at_random(count: int, seed: int, data: st.DataObject) -> None:
    wanted = data.draw(st.integers(1, count - 1))
    source = Memory([chat(at, f"q{at}") for at in range(count)])
    rows = run(source, "limit_rows", rows=wanted, seed=seed)
    assert len(rows) == wanted
    assert rows == run(source, "limit_rows", rows=wanted, seed=seed)


@settings(max_examples=25, deadline=None)
@given(LABELS, st.integers(1, 6), SEEDS)
def test_a_cap_leaves_small_groups_alone(labels: list[str], most: int, seed: int) -> None:
    source = labelled(labels, held_out=3)
    before = Counter(labels)
    if max(before.values()) <= most:
        with pytest.raises(Fault, match=r"data\.shape\.already_capped"):
            run(source, "cap_group", column="label", rows=most)
        return
    rows = run(source, "cap_group", column="label", rows=most, seed=seed)
    assert by_label(rows) == {label: min(count, most) for label, count in before.items()}
    assert sides(rows)["val"] == 3


@settings(max_examples=25, deadline=None)
@given(LABELS, SEEDS)
def test_up_and_down_sampling_make_groups_alike(labels: list[str], seed: int) -> None:
    source, before = labelled(labels, held_out=2), Counter(labels)
    if len(before) < 2 or len(set(before.values())) == 1:
        return
    more = run(source, "up_sample", column="label", repeats=100, seed=seed)
    less = run(source, "down_sample", column="label", seed=seed)
    assert set(by_label(more).values()) == {max(before.values())}
    assert set(by_label(less).values()) == {min(before.values())}
    originals = [row for row in more if "origin" not in row]
    assert [row["id"] for row in originals] == [row["id"] for row in source.rows()]
    copies = [row for row in more if "origin" in row]
    known = {row["id"]: row["messages"] for row in originals}
    assert all(row["messages"] == known[row["origin"]["row"]] and row["origin"]["code"] == "copy" for row in copies)
    assert len({row["id"] for row in more}) == len(more)


def test_a_temperature_of_one_changes_no_group_and_a_higher_one_brings_them_nearer() -> None:
    source = labelled(["a"] * 64 + ["b"] * 16 + ["c"] * 4)
    assert by_label(run(source, "up_sample", column="label", temperature=1)) == {"a": 64, "b": 16, "c": 4}
    assert by_label(run(source, "up_sample", column="label", temperature=2)) == {"a": 64, "b": 32, "c": 16}
    assert by_label(run(source, "down_sample", column="label", temperature=2)) == {"a": 16, "b": 8, "c": 4}


def test_a_tiny_group_is_not_repeated_without_end() -> None:
    with pytest.raises(Fault) as told:
        run(labelled(["a"] * 50 + ["b"]), "up_sample", column="label")
    assert told.value.code == "data.shape.too_often"
    assert told.value.params == {"group": "b", "rows": 1, "times": 50, "most": 10}


# ------------------------------------------------------------------ variants


QUESTIONS = [
    "What is the price of the Glowpot?", "Please tell me where the shop is.", "月灯多少钱？", "请告诉我怎么换灯泡。",
    "Could you explain the warranty?", "How do I change the bulb?", "Write a poem about lamps, please.",
]  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["paraphrase", "openings", "noise"]), st.integers(1, 3), st.sampled_from([25.0, 100.0]), SEEDS)
def test_variants(key: str, copies: int, share: float, seed: int) -> None:
    rows = [chat(at, f"{text} ({at})" if at > 6 else text) for at, text in enumerate(QUESTIONS * 3)]
    source = Memory([*rows, chat(500, "How much is the Glowpot?", split="val")])
    made = run(source, key, copies=copies, share=share, seed=seed)
    assert made == run(Memory(list(source.rows())), key, copies=copies, share=share, seed=seed)
    originals = [row for row in made if "origin" not in row]
    assert originals == list(source.rows())
    new = [row for row in made if "origin" in row]
    assert new
    assert {row["split"] for row in new} == {"train"}
    assert len({row["id"] for row in made}) == len(made)
    assert not contents(made, "train") & contents(made, "held out")
    known = {row["id"]: row for row in originals}
    for row in new:
        original = known[row["origin"]["row"]]
        assert row["origin"]["code"] == key
        assert row["messages"][1] == original["messages"][1]  # answers stay
        assert asked(row) != asked(original)
        assert row["line"] is None
    assert max(Counter(row["origin"]["row"] for row in new).values()) <= copies


def test_variants_of_variants_are_not_made() -> None:
    once = run(Memory([chat(at, f"What is the {at}th lamp?") for at in range(8)]), "paraphrase")
    twice = run(Memory(once), "noise")
    assert {row["origin"]["row"] for row in twice if row.get("origin", {}).get("code") == "noise"} == set(range(8))


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("Please tell me where it is.", {"Could you tell me where it is?", "I would like to know where it is."}),
        ("Could you explain the rules?", {"Please explain the rules.", "Can you explain the rules?"}),
        ("Please write a poem. Make it short.", {"I would like you to write a poem. Make it short."}),
        ("请告诉我地址。", {"麻烦告诉我地址。", "我想知道地址。"}),
        ("请问几点开门？", {"想问一下，几点开门？"}),
    ],
)
def test_openings_keep_the_sentence_whole(text: str, possible: set[str]) -> None:
    found = {another_opening(text, random.Random(seed)) for seed in range(60)}
    assert possible <= found
    assert text not in found


@pytest.mark.parametrize("text", ["Lamps are nice.", "Please", "请", "Pleased to meet you."])
def test_texts_without_a_known_opening_have_no_other(text: str) -> None:
    assert another_opening(text, random.Random(1)) is None


def test_known_questions_are_turned_round() -> None:
    def all_of(text: str) -> set[str | None]:
        return {paraphrased(text, "patterns", (), random.Random(seed)) for seed in range(40)}

    assert "How much does the lamp cost?" in all_of("What is the price of the lamp?")
    assert "Can you tell me what the capital of France is?" in all_of("What is the capital of France?")
    assert "月灯的价格是多少？" in all_of("月灯多少钱？")
    assert all_of("What is the dog doing?") == {None}
    assert all_of("怎么办？") == {None}


def test_noise_leaves_numbers_addresses_and_code_alone() -> None:
    text = "Please open https://example.org/index, call 0171-2345678 and run `make test` there, Anna!"
    for seed in range(40):
        said = noisy(text, ["typo", "swap", "marks"], 0.5, random.Random(seed))
        assert said is not None
        assert said != text
        assert all(part in said for part in ("https://example.org/index", "0171-2345678", "`make test`"))


def test_nothing_to_change_is_said() -> None:
    with pytest.raises(Fault, match=r"data\.shape\.nothing_fits"):
        run(Memory([chat(0, "Lamps!"), chat(1, "Please tell me more.", split="val")]), "openings")


def test_an_own_wording_without_its_place_is_named() -> None:
    with pytest.raises(Fault, match=r"data\.shape\.no_hole"):
        run(Memory([chat(0, "Lamps!")]), "paraphrase", own="Answer: {question} | Answer this")


# ------------------------------------------------------------------ several data sets


@settings(max_examples=30, deadline=None)
@given(
    st.integers(2, 40),
    st.integers(2, 40),
    st.sampled_from(["all_exhausted", "first_exhausted"]),
    st.sampled_from([None, "1,1", "3:1", "1，2"]),
    SEEDS,
)
def test_mixtures_meet_their_weights(own: int, other: int, stop: str, weights: str | None, seed: int) -> None:
    source = Memory([*(chat(at, f"own {at}") for at in range(own)), chat(900, "shared", split="val")], name="own")
    theirs = [chat(at, f"other {at}") for at in range(other)]
    source.others[3] = Memory([*theirs, chat(901, "own 0", split="val"), chat(902, "shared")], name="other")
    values = {"datasets": [3], "weights": weights, "temperature": 1, "stop": stop, "repeats": 1000, "seed": seed}
    rows = run(source, "mix", **values)
    found = Counter(row["extra"]["dataset"] for row in rows if row["split"] == "train")
    sizes = {"own": own - 1, "other": other}  # "own 0" and "shared" are held out somewhere
    parts = [float(part) for part in (weights or f"{own - 1},{other}").replace("，", ",").replace(":", ",").split(",")]
    total = sum(found.values())
    for name, part in zip(sizes, parts, strict=True):
        assert abs(found[name] - total * part / sum(parts)) <= 1.001
    used = {
        name: len({asked(r) for r in rows if r["extra"]["dataset"] == name and r["split"] == "train"}) for name in sizes
    }
    if stop == "all_exhausted":
        assert used == sizes
    else:
        assert all(found[name] <= sizes[name] and used[name] == found[name] for name in sizes)
    assert sides(rows)["val"] == 2
    assert not contents(rows, "train") & contents(rows, "held out")
    assert len({row["id"] for row in rows}) == len(rows)


def test_what_cannot_be_mixed_is_told() -> None:
    source = Memory([chat(at, f"q{at}") for at in range(30)])
    source.others = {1: Memory([{"split": "train", "id": 0, "line": 1, "text": "a"}], "texts", kind="text"), 2: source}
    source.others[3] = Memory([chat(0, "only one")], "tiny")
    for values, code in (
        ({"datasets": [1]}, "other_kind"),
        ({"datasets": [2]}, "same_dataset"),
        ({"datasets": [3], "weights": "1,x"}, "weights"),
        ({"datasets": [3], "weights": "1,1"}, "mix_too_often"),
        ({}, "choose_dataset"),
    ):
        with pytest.raises(Fault) as told:
            run(source, "mix", **values)
        assert told.value.code == f"data.shape.{code}"


def test_variants_from_another_data_set_keep_their_original() -> None:
    theirs = [chat(at, f"What is the {at}th lamp?") for at in range(5)]
    source = Memory([chat(at, f"own {at}") for at in range(5)])
    source.others[3] = Memory(run(Memory(theirs), "paraphrase"), name="other")
    rows = run(source, "mix", datasets=[3], temperature=1)
    by_id = {row["id"]: row for row in rows}
    made = [row for row in rows if row.get("origin", {}).get("code") == "paraphrase"]
    assert len(made) == 5
    assert all(by_id[row["origin"]["row"]]["messages"][1] == row["messages"][1] for row in made)


@settings(max_examples=20, deadline=None)
@given(st.integers(5, 60), st.sampled_from([10.0, 30.0, 50.0]), SEEDS)
def test_replay_has_its_share(count: int, share: float, seed: int) -> None:
    source = Memory([chat(at, f"q{at}") for at in range(count)])
    old = [chat(at, f"old {at}") for at in range(100)]
    source.others[5] = Memory([*old, chat(200, "q0", split="val"), chat(201, "held", split="test")], name="old")
    rows = run(source, "replay", dataset=5, share=share, seed=seed)
    replayed = [row for row in rows if row.get("origin", {}).get("code") == "replay"]
    assert abs(len(replayed) - share / 100 * len(rows)) <= 1
    assert all(asked(row).startswith("old") and row["split"] == "train" for row in replayed)
    assert [row["id"] for row in rows[:count]] == list(range(count))


def test_too_few_old_rows_are_told_with_the_share_that_can_be_had() -> None:
    source = Memory([chat(at, f"q{at}") for at in range(90)])
    source.others[5] = Memory([chat(at, f"old {at}") for at in range(10)], name="old")
    with pytest.raises(Fault) as told:
        run(source, "replay", dataset=5)
    assert told.value.params == {"name": "old", "rows": 10, "wanted": 39, "percent": 10.0}
    assert len(run(source, "replay", dataset=5, nearest=True)) == 100


# ------------------------------------------------------------------ wordings and kinds


def test_each_row_gets_one_of_several_wordings_in_its_language() -> None:
    source = Memory([chat(at, f"Lamps shine {at}." if at % 2 else f"灯会发光{at}。") for at in range(60)])
    rows = run(source, "instruct", task="summarise")
    frames = {asked(row).replace(asked(old), "{}") for row, old in zip(rows, source.rows(), strict=True)}
    assert len(frames) == 6
    assert all(("summar" in asked(row).lower() or "in short" in asked(row)) == bool(row["id"] % 2) for row in rows)
    assert rows == run(source, "instruct", task="summarise")
    assert rows != run(source, "instruct", task="summarise", seed=7)


def test_wordings_of_ones_own() -> None:
    rows = run(Memory([chat(0, "A {brace}")]), "instruct", task="own", own="Sort this: {question}")
    assert asked(rows[0]) == "Sort this: A {brace}"
    with pytest.raises(Fault, match=r"data\.shape\.no_wordings"):
        run(Memory([chat(0, "a")]), "instruct", task="own")


def test_the_system_turn_is_set_added_or_removed() -> None:
    plain = chat(0, "a")
    spoken = {**chat(1, "b"), "messages": [{"role": "system", "content": "Old."}, *chat(1, "b")["messages"]]}

    def systems(**values: str) -> list[str | None]:
        rows = run(Memory([plain, spoken]), "system_turn", **values)
        return [row["messages"][0]["content"] if row["messages"][0]["role"] == "system" else None for row in rows]

    assert systems(text="New.") == ["New.", "New."]
    assert systems(what="add", text="New.") == ["New.", "Old."]
    assert systems(what="remove") == [None, None]


def test_good_answers_become_conversations() -> None:
    asked_, good, bad = (
        {"role": role, "content": text} for role, text in (("user", "q"), ("assistant", "+"), ("assistant", "-"))
    )
    head = {"split": "train", "line": 1}
    pairs = Memory([{**head, "id": 4, "prompt": [asked_], "chosen": [good], "rejected": [bad]}], kind="preference")
    assert run(pairs, "prefer_chosen") == [{**head, "id": 4, "messages": [asked_, good]}]
    judged = [{**head, "id": at, "prompt": [asked_], "completion": [good], "label": at == 1} for at in range(3)]
    assert [row["id"] for row in run(Memory(judged, kind="kto"), "prefer_chosen")] == [1]
    with pytest.raises(Fault, match=r"data\.shape\.none_good"):
        run(Memory(judged[:1], kind="kto"), "prefer_chosen")
