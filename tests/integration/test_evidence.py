"""Votes as they are stored become what they prove: by the weights that answered, over all conversations, blind ones alone."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.text import LANGUAGES
from engine.services.arena.evidence import against_base, evidence, evidence_csv
from engine.services.chat.blind import new_blind, shuffled
from storage.queries.ranked.rankings import PAGE, PLAYGROUND
from storage.ranking_tables import RankedPrompt, Ranking
from storage.tables import Conversation, LanguageModel
from tests.earlier import STYLE, opened
from tests.votes import BASE, OTHER, SIDES, TUNED, cast_vote, cast_votes, sides_against_base
from webui.i18n import sentence


def _base(s: Any) -> int:
    row = LanguageModel(name="Starter", source="folder", ref="x", status="ready", weights_hash=BASE)
    s.add(row)
    s.flush()
    return row.id


def test_blind_votes_alone_are_proof(ctx: Context) -> None:
    for place in range(12):
        cast_vote(ctx, f"Question {place}?", [2, 1])
    for place in range(30):
        cast_vote(ctx, f"Seen {place}?", [1, 2], blind=False)
    found = evidence(ctx)
    assert (found["blind_votes"], found["open_votes"], found["prompts"]) == (12, 30, 12)
    assert found["sentence"]["code"] == "votes.better"
    assert sentence("en", found["sentence"]["code"], found["sentence"]["params"]) == (
        "Lanterns is better than Starter: it won 12 of 12 votes and lost 0, a win rate of 56 to 100 %. This holds however often you look."
    )
    [duel], [seen] = found["duels"], found["open"]
    assert (duel["one"], duel["wins"], duel["losses"], duel["share"], duel["high"]) == (TUNED, 12, 0, 1.0, 1.0)
    assert duel["low"] == pytest.approx(0.56, abs=0.01)
    assert {seen["one"], seen["other"]} == {BASE, TUNED}
    assert [one["weights"] for one in found["models"]] == [TUNED, BASE]
    assert [one["kind"] for one in found["models"]] == ["tuned", "base"]
    assert [one["votes"] for one in found["looks"]] == list(range(1, 13))
    widths = [one["high"] - one["low"] for one in found["looks"]]
    assert widths == sorted(widths, reverse=True)


def test_a_vote_for_the_best_of_three_says_nothing_of_the_other_two(ctx: Context) -> None:
    cast_vote(ctx, "In sight?", [2, 1, 2], models=(BASE, TUNED, OTHER), blind=False)
    found = {frozenset((one["one"], one["other"])): one["wins"] + one["losses"] for one in evidence(ctx)["open"]}
    assert found == {frozenset((BASE, TUNED)): 1, frozenset((TUNED, OTHER)): 1}
    cast_vote(ctx, "Blind?", [2, 1, 2], models=(BASE, TUNED, OTHER))
    assert [one["ties"] for one in evidence(ctx)["duels"] if {one["one"], one["other"]} == {BASE, OTHER}] == [1]


def test_votes_on_one_question_count_once_whoever_gave_them(ctx: Context) -> None:
    for rater in ("Ann", "Bob", "Cyd"):
        for place in range(12):
            cast_vote(ctx, "  The same  QUESTION?" if place % 2 else "the same question?", [2, 1], rater=rater)
    found = evidence(ctx)
    assert (found["blind_votes"], found["prompts"], found["sentence"]["code"]) == (36, 1, "votes.few")


def test_the_same_weights_count_together_in_other_conversations(ctx: Context) -> None:
    with ctx.db.write() as s:
        base = _base(s)
        talks = [Conversation(title="", base_model_id=base, tuned_ids=[], settings={}) for _ in range(2)]
        s.add_all(talks)
        s.flush()
        first, second = (one.id for one in talks)
    for place in range(4):
        cast_vote(ctx, f"Q{place}", [2, 1], conversation_id=first)
    for place in range(4, 10):
        cast_vote(ctx, f"Q{place}", [2, 1], conversation_id=second)
    cast_vote(ctx, "Another pair", [2, 1], models=(BASE, OTHER), conversation_id=second)
    assert evidence(ctx, first)["duels"][0]["wins"] == 10
    assert [one["weights"] for one in evidence(ctx, first)["models"]] == [TUNED, BASE]
    names = {one["name"] for one in evidence(ctx, second)["models"]}
    assert names == {"Starter", f"Lanterns ({TUNED[:6]})", f"Lanterns ({OTHER[:6]})"}  # two of one name are told apart
    assert evidence(ctx, 999)["sentence"]["code"] == "votes.none"


@pytest.mark.parametrize(
    ("ranks", "begins"),
    [
        (
            [[2, 1]] * 3,
            "Too few votes to tell: Lanterns won 3 and lost 0 against Starter, 0 alike. Votes still needed even if it wins all",
        ),
        (
            [[2, 1]] * 6 + [[1, 2]],
            "Not enough yet: Lanterns won 6 and lost 1 against Starter, 0 alike. Votes still needed on new questions",
        ),
        ([[2, 1]] * 11 + [[1, 2]] * 11, "Not enough yet, and they are close: "),
        ([[2, 1], [1, 2]] * 150 + [[1, 1]] * 50, "They seem alike: the win rate of "),
    ],
)
def test_the_sentence_says_no_more_than_the_numbers(ctx: Context, ranks: list[list[int]], begins: str) -> None:
    cast_votes(ctx, {f"Q{place}": one for place, one in enumerate(ranks)})
    told = evidence(ctx)["sentence"]
    assert str(sentence("en", told["code"], told["params"])).startswith(begins)
    for language in LANGUAGES:
        assert "{" not in str(sentence(language, told["code"], told["params"]))


def test_what_was_passed_over_or_has_no_weights_says_nothing(ctx: Context) -> None:
    cast_vote(ctx, "passed", [])
    cast_vote(ctx, "none was good", [1, 1], verdict="bad")
    cast_vote(ctx, "none was good at all", [], verdict="bad")
    with ctx.db.write() as s:
        nameless = RankedPrompt(source=PLAYGROUND, drawn=True, prompt=[])
        nameless.answers = [{"text": "a", "weights": BASE}, {"text": "b", "weights": None}]
        s.add(nameless)
        s.flush()
        s.add(Ranking(prompt_id=nameless.id, ranks=[1, 2], blind=True))
    found = evidence(ctx)
    assert (found["blind_votes"], found["bad"], found["duels"][0]["ties"]) == (2, 1.0, 2)


def test_rankings_of_drawn_answers_are_blind_and_new_votes_are_seen_at_once(ctx: Context) -> None:
    prompt = cast_vote(ctx, "drawn", [3, 1, 2, 1], models=(BASE, TUNED, BASE, TUNED), source=PAGE, blind=False)
    found = evidence(ctx)
    assert (found["blind_votes"], found["duels"][0]["one"], found["duels"][0]["wins"]) == (1, TUNED, 1)
    assert found["left"] is not None
    with ctx.db.write() as s:
        s.get_one(RankedPrompt, prompt).deleted_at = 1.0
    assert evidence(ctx)["sentence"]["code"] == "votes.none"


def test_where_answers_stood_is_known_of_blind_votes(ctx: Context) -> None:
    """A person who always takes the first one."""
    with ctx.db.write() as s:
        row = Conversation(
            title="", base_model_id=_base(s), tuned_ids=[1], settings={}, blind=new_blind([], apart=True, reveal=False)
        )
        s.add(row)
        s.flush()
        talk, blind = row.id, row.blind
    sides = ["base", "tuned:1"]
    for turn in range(1, 21):
        first = shuffled(blind, turn, sides, "Ann")[0]
        cast_vote(ctx, f"Q{turn}", [1, 2] if first == "base" else [2, 1], conversation_id=talk, turn=turn)
    left = evidence(ctx, talk)["left"]
    assert left is not None
    assert (left["share"], left["sure"]) == (1.0, True)
    assert abs(evidence(ctx, talk)["duels"][0]["share"] - 0.5) < 0.35


def test_two_raters_are_compared_and_the_table_can_be_taken_away(ctx: Context) -> None:
    for place in range(3):
        prompt = cast_vote(ctx, f"={place}", [2, 1])
        with ctx.db.write() as s:
            s.add(Ranking(prompt_id=prompt, ranks=[2, 1] if place else [1, 2], blind=True, rater="Bob"))
    [one] = evidence(ctx)["agreements"]
    assert (one["one"], one["other"], one["pairs"], one["agreed"]) == ("Ann", "Bob", 3, 2)
    head, *rows = csv.reader(io.StringIO(evidence_csv(ctx)))
    assert [row[head.index(key)] for row in rows for key in ("model", "votes", "blind", "wins")] == [
        "Lanterns",
        "6",
        "yes",
        "5",
    ]


def test_a_tuned_model_knows_its_votes_against_its_base(tmp_path: Any) -> None:
    ctx = opened(tmp_path)
    assert against_base(ctx, STYLE) is None
    SIDES.update(sides_against_base(ctx, STYLE))
    names = tuple(sides_against_base(ctx, STYLE))
    for place in range(3):
        cast_vote(ctx, f"Q{place}", [2, 1] if place else [1, 1], models=names)
    cast_vote(ctx, "seen", [2, 1], models=names, blind=False)
    found = against_base(ctx, STYLE)
    assert found is not None
    assert (found["wins"], found["ties"], found["votes"]) == (2, 1, 3)
    assert found["low"] < 0.5 < found["high"]
