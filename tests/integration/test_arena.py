"""Blind votes: nothing that a page can get tells who is who, votes are kept and taken back, and they become data."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.data.rows.store import read_rows
from engine.services.arena import session, votes_made, voting
from engine.services.arena.evidence import evidence
from engine.services.arena.turns import arena_view
from engine.services.chat import blind
from engine.services.chat.conversations import Chat
from engine.services.chat.turns import branches
from engine.services.data.annotation import feedback
from engine.services.data.ranking import votes as column_votes
from engine.services.data.versions.version_files import version_file
from engine.services.scoring.conversation import score_conversation
from engine.shapes.annotation import GatherWish
from engine.shapes.arena import ArenaWish, BlindVote
from storage.queries.ranked import rankings
from storage.tables import Conversation, Message
from tests.homes import new_home
from tests.integration.chat_here import chat_here
from tests.integration.chat_models import add_base, add_tuned
from tests.tiny import add_dataset
from webui.components import noted_views
from webui.pages import playground
from webui.site import Site

WISH: GatherWish = {"form": "pairs", "which": "all", "rater": "", "held_out": 0.0, "name": "Votes", "dataset": None}
HASHES = {"base": "ba" * 32, "tuned:1": "1d" * 32, "tuned:2": "2d" * 32}
SIDES = list(HASHES)


@pytest.fixture(scope="module")
def ctx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """A home with a base and two tuned models."""
    made = new_home(tmp_path_factory.mktemp("arena") / "home")
    base, data = add_base(made), add_dataset(made)
    assert [base, *(add_tuned(made, base, data, name=f"Lesson {n}", seed=n) for n in (1, 2))] == [1, 1, 2]
    yield made
    made.db.close()


@pytest.fixture(scope="module")
def chat(ctx: Context) -> Iterator[Chat]:
    made, _client = chat_here(ctx)
    yield made
    made.close()


def talk(ctx: Context, turns: Sequence[Sequence[str]], seed: str = "s", apart: bool = True) -> int:
    """A blind conversation in which base, tuned:1 ... have given these answers."""
    sides = SIDES[: len(turns[0])]
    with ctx.db.write() as s:
        found = Conversation(
            title="Q1?",
            base_model_id=1,
            tuned_ids=list(range(1, len(sides))),
            settings={},
            created_at=1.0,
            updated_at=1.0,
        )
        found.blind = {**blind.new_blind([], apart=apart, reveal=True), "seed": seed}
        s.add(found)
        s.flush()
        for turn, texts in enumerate(turns, 1):
            s.add(Message(conversation_id=found.id, turn=turn, role="user", content=f"Q{turn}?"))
            for side, text in zip(sides, texts, strict=True):
                stats = {"tokens_per_second": 9.0 if side == "base" else 5.0, "reason": "end", "seed": 1}
                said = Message(
                    conversation_id=found.id, turn=turn, role="assistant", side=side, content=text, stats=stats
                )
                said.weights_hash = HASHES[side]
                s.add(said)
        return found.id


# What a page can do to a conversation that another test or no answer at all is for.
CHANGES = {
    "arena_again", "arena_ask", "arena_gather", "arena_names", "arena_reveal", "arena_undo", "arena_vote", "chat_again", "chat_ask",
    "chat_branch", "chat_delete", "chat_edit", "chat_stop", "chat_update", "chat_vote",
}  # fmt: skip


def page_functions(ctx: Context, chat: Chat) -> dict[str, tuple[Callable[..., Any], list[str]]]:
    """Whatever the page can ask about a conversation: each function with the names of what it takes."""
    with noted_views() as placed:
        playground.build(Site(ctx, chat), "en")
    wrapped = [function for one in placed for function in (*one.functions, *(polled.function for polled in one.polled))]
    found = {one.__name__: (one, list(inspect.signature(one.answers).parameters)) for one in wrapped}  # type: ignore[attr-defined]
    return {name: one for name, one in found.items() if one[1][:1] == ["conversation_id"] and name not in CHANGES}


def given(name: str, conversation: int, side: str) -> Any:
    """An argument of a page's function, by its name."""
    row = {"question": "Q1?", "answer": "Yes.", "with_before": False, "dataset": None}
    known = {
        "conversation_id": conversation,
        "turn": 1,
        "place": 0,
        "rater": "",
        "side": side,
        "scorer_id": 1,
        "text": "Yes.",
        "row": row,
    }
    return {**known, "other": "base" if side != "base" else "tuned:1"}[name]


def said(*ranks: int, bad: bool = False, best: str | None = None) -> BlindVote:
    return {"ranks": list(ranks), "bad": bad, "best": best}


def letters(ctx: Context, conversation: int, turn: int, rater: str = "") -> list[str]:
    """The sides of a turn in the order in which somebody sees them."""
    with ctx.db.read() as s:
        row = s.get_one(Conversation, conversation)
        return blind.shuffled(row.blind, turn, SIDES[: 1 + len(row.tuned_ids)], rater)


def prefer(ctx: Context, conversation: int, turn: int, *order: str) -> BlindVote:
    """A vote for these sides in this order."""
    return said(*(1 + order.index(side) for side in letters(ctx, conversation, turn)))


def test_two_worlds_in_which_the_sides_have_changed_places_look_the_same(ctx: Context, chat: Chat) -> None:
    """Whatever the page can ask for is byte for byte what it would be, had each side said what the other one said."""
    orders = {str(n): [blind.shuffled({"seed": str(n)}, 1, SIDES[:2], who) for who in ("", "local")] for n in range(40)}
    seeds = {"|".join(first): seed for seed, (first, second) in orders.items() if first == second}
    one = talk(ctx, [["Yes.", "No, not at all."]], seed=seeds["base|tuned:1"])
    other = talk(ctx, [["No, not at all.", "Yes."]], seed=seeds["tuned:1|base"])

    functions = page_functions(ctx, chat)
    assert {"chat_view", "chat_feed", "arena_feed", "chat_votes", "chat_exact", "chat_words", "save_row"} <= set(
        functions
    )

    def told(conversation: int) -> str:
        seen = [
            [name, side, function([given(one, conversation, side) for one in parameters])]
            for name, (function, parameters) in functions.items()
            for side in SIDES[:2]
        ]
        text = json.dumps(seen, sort_keys=True).replace(f'"id": {conversation}', "")
        for hidden in (*HASHES.values(), "tokens_per_second", "prompt_tokens"):
            assert hidden not in text, hidden
        return re.sub(r'"(idle_s|memory_mb)": [\d.]+', "", text)

    assert told(one) == told(other)
    for refused in (
        lambda: score_conversation(ctx, chat, one, 1),
        lambda: feedback.collect_answer(ctx, one, 1, "base", question="q", answer="Yes."),
        lambda: chat.update(one, tuned_ids=[]),
        lambda: chat.update(one, sides=["base"]),
        lambda: next(chat.regenerate(one, ["base"])),
        lambda: branches.correct(ctx, one, 1, "base", "Perhaps."),
    ):
        with pytest.raises(Fault, match=r"chat\.blind"):
            refused()


def test_no_word_is_told_before_all_are_whole(ctx: Context, chat: Chat) -> None:
    one = talk(ctx, [["Yes.", "No, not at all."]])
    for status in ("streaming", "stopped", "failed"):
        with ctx.db.write() as s:
            s.query(Message).filter(Message.conversation_id == one, Message.side == "base").update(
                {"status": status, "stats": {"owner": [1, 0.0]}}
            )
        told = [one for one in chat.view(one)["messages"] if one["role"] == "assistant"]
        assert {(m["content"], m["status"], str(m["stats"])) for m in told} == {("", status, "{}")}
        turn = arena_view(ctx, chat, one, "")["turn"]
        assert turn is not None
        assert (turn["answers"], turn["state"]) == ([], "writing" if status == "streaming" else status)
        with pytest.raises(Fault, match=r"arena\.not_ready"):
            voting.keep_vote(ctx, chat, one, 1, "", said(1, 2))


def test_orders_are_balanced_and_each_person_has_their_own() -> None:
    hidden = blind.new_blind([], apart=True, reveal=True)
    sides = ["base", "tuned:1", "tuned:2"]
    orders = {
        rater: [tuple(blind.shuffled(hidden, turn, sides, rater)) for turn in range(200)] for rater in ("", "Ann")
    }
    for drawn in orders.values():
        assert len(set(drawn)) == 6, hidden["seed"]
        for place in range(3):
            for side in sides:  # 200/3 with a deviation of 6.7: five of them
                assert 34 < sum(order[place] == side for order in drawn) < 100, hidden["seed"]
        again = sum(a == b for a, b in pairwise(drawn))
        assert again < 60, hidden["seed"]  # a sixth is usual: the last order tells nothing of the next
    assert sum(a == b for a, b in zip(*orders.values(), strict=True)) < 60, hidden["seed"]


def test_a_vote_is_kept_shown_changed_and_taken_back(ctx: Context, chat: Chat) -> None:
    one = talk(ctx, [["Yes.", "No."], ["One.", "Two."]])
    with pytest.raises(Fault, match=r"arena\.not_voted"):
        voting.show_names(ctx, chat, one, 1, "")
    voting.keep_vote(ctx, chat, one, 1, "", prefer(ctx, one, 1, "tuned:1", "base"))
    view = arena_view(ctx, chat, one, "")
    assert (view["votes"], view["ahead"], view["turn"] and view["turn"]["turn"]) == (1, 0, 2)
    turn = arena_view(ctx, chat, one, "", 1)["turn"]
    assert turn is not None
    assert turn["vote"] == {**prefer(ctx, one, 1, "tuned:1", "base"), "blind": True}
    assert turn["names"] == []
    voting.show_names(ctx, chat, one, 1, "")
    turn = arena_view(ctx, chat, one, "", 1)["turn"]
    assert turn is not None
    assert [name["side"] for name in turn["names"]] == letters(ctx, one, 1)
    assert {name["side"]: (name["label"], name["weights_hash"]) for name in turn["names"]}["tuned:1"] == (
        "Lesson 1",
        HASHES["tuned:1"],
    )
    better = prefer(ctx, one, 1, "tuned:1", "base") | {"best": "Yes, or no."}
    voting.keep_vote(ctx, chat, one, 1, "", better)  # type: ignore[arg-type]

    def stored() -> list[Any]:
        with ctx.db.read() as s:
            return [(row.ranks, row.blind, row.best) for row in rankings.rankings_of(s, None, one)]

    assert stored() == [([2, 1], True, "Yes, or no.")]
    voting.keep_vote(ctx, chat, one, 1, "", prefer(ctx, one, 1, "base", "tuned:1"))
    assert stored() == [([1, 2], False, None)], "changed after the names were seen"
    turn = arena_view(ctx, chat, one, "Ann", 1)["turn"]
    assert turn is not None
    assert (turn["names"], turn["vote"]) == ([], None)
    voting.take_back_vote(ctx, chat, one, 1, "")
    assert stored() == []
    with ctx.db.read() as s:
        assert rankings.prompts_of(s, None, one) == []
    with pytest.raises(NotFound):
        voting.take_back_vote(ctx, chat, one, 1, "")
    voting.keep_vote(ctx, chat, one, 2, "", said())
    view = arena_view(ctx, chat, one, "", 0)
    assert (view["votes"], view["passed"], view["turn"] and view["turn"]["turn"]) == (0, 1, 1)


def test_a_vote_for_a_name_cannot_be_used_to_find_its_letter(ctx: Context, chat: Chat) -> None:
    one = talk(ctx, [["Yes.", "No."]])
    with pytest.raises(Fault, match=r"chat\.blind"):
        column_votes.vote(ctx, one, 1, "base")
    view = arena_view(ctx, chat, one, "")
    assert view["votes"] == 0
    assert view["turn"] is not None
    assert view["turn"]["vote"] is None


def test_turns_that_a_branch_asks_anew_are_hidden_in_it(ctx: Context, chat: Chat) -> None:
    one = talk(ctx, [["Yes.", "No."], ["One.", "Two."]])
    for turn in (1, 2):
        voting.keep_vote(ctx, chat, one, turn, "", prefer(ctx, one, turn, "tuned:1", "base"))
        voting.show_names(ctx, chat, one, turn, "")
    new = branches.branch(ctx, one, 1)
    with ctx.db.read() as s:
        kept = s.get_one(Conversation, new).blind
    assert [blind.is_hidden(kept, turn) for turn in (1, 2)] == [False, True]


def test_votes_become_pairs_thumbs_and_rankings(ctx: Context, chat: Chat) -> None:
    before = evidence(ctx)["blind_votes"]
    one = talk(
        ctx, [["a1", "b1", "c1"], ["a2", "b2", "c2"], ["a3", "b3", "c3"], ["same", "same", "same"], ["a5", "", "c5"]]
    )
    voting.keep_vote(ctx, chat, one, 1, "", prefer(ctx, one, 1, "tuned:2", "base", "tuned:1"))
    voting.keep_vote(ctx, chat, one, 2, "", said(1, 1, 1, bad=True))
    voting.keep_vote(ctx, chat, one, 3, "", said(3, 2, 1, bad=True, best="the best"))
    voting.keep_vote(ctx, chat, one, 5, "", prefer(ctx, one, 5, "base", "tuned:2", "tuned:1"))
    with pytest.raises(Fault, match=r"arena\.not_ready"):
        voting.keep_vote(ctx, chat, one, 4, "", said(1, 1, 1))

    proof = evidence(ctx, one)
    assert proof["blind_votes"] - before == 4
    assert {name["name"] for name in proof["models"]} == {
        "Lesson 1",
        "Lesson 2",
        proof["voted"][HASHES["base"]]["name"],
    }
    assert proof["left"] is not None, "where the answers stood is known"

    def made(form: str) -> list[dict[str, Any]]:
        found = votes_made.gather_votes(ctx, one, {**WISH, "form": form, "name": form})
        return list(read_rows(version_file(ctx, found["dataset"])[1]))

    pairs = [
        (row["prompt"][-1]["content"], row["chosen"][0]["content"], row["rejected"][0]["content"])
        for row in made("pairs")
    ]
    assert sorted(pairs) == [
        ("Q1?", "a1", "b1"), ("Q1?", "c1", "a1"), ("Q1?", "c1", "b1"),
        ("Q3?", "the best", "a3"), ("Q3?", "the best", "b3"), ("Q3?", "the best", "c3"), ("Q5?", "a5", "c5"),
    ]  # fmt: skip
    thumbs = {row["completion"][0]["content"]: row["label"] for row in made("thumbs")}
    assert thumbs == {
        "c1": True, "b1": False, "a2": False, "b2": False, "c2": False,
        "the best": True, "a3": False, "b3": False, "c3": False, "a5": True, "c5": False,
    }  # fmt: skip
    told = votes_made.votes_made(ctx, one)
    assert (told["form"], told["rows"]["ranking"], told["objectives"]["pairs"], told["objectives"]["thumbs"]) == (
        "pairs",
        3,
        "dpo",
        "kto",
    )
    bad = talk(ctx, [["a", "b"]])
    voting.keep_vote(ctx, chat, bad, 1, "", said(1, 2, bad=True))
    assert votes_made.votes_made(ctx, bad)["form"] == "thumbs"


def test_questions_are_asked_ahead_each_alone_and_not_more_than_can_be_read(ctx: Context, chat: Chat) -> None:
    wish: ArenaWish = {
        "base_id": 1, "sides": ["base", "tuned:1"], "settings": {"max_tokens": 6, "temperature": 1.5, "seed": 7},
        "source": "list", "questions": ["One?", "Two?", "Three?", "Four?"], "apart": True, "reveal": False,
    }  # fmt: skip
    with pytest.raises(Fault, match=r"arena\.one_side"):
        session.open_arena(ctx, chat, {**wish, "sides": ["tuned:1"]})
    one = session.open_arena(ctx, chat, wish)
    assert session.ask_next(ctx, chat, one, "") == 1
    list(chat.follow(one))
    assert session.ask_next(ctx, chat, one, "") == 2
    assert session.ask_next(ctx, chat, one, "") == 0, "one at a time"
    list(chat.follow(one))
    prompt_tokens = [m["stats"]["prompt_tokens"] for m in chat.whole_view(one)["messages"] if m["side"] == "base"]
    assert prompt_tokens[0] == prompt_tokens[1], "the second question is asked without the first"
    view = arena_view(ctx, chat, one, "")
    assert (view["left"], view["total"], view["busy"]) == (2, 4, False)
    assert view["unvoted"] == 4 - view["alike"], "asked ahead is not yet voted on"
    if view["alike"] == 0:
        assert session.ask_next(ctx, chat, one, "") == 0, "two wait for a vote"
    with ctx.db.write() as s:
        s.query(Message).filter(Message.conversation_id == one, Message.turn == 2, Message.side == "base").update(
            {"status": "stopped"}
        )
    assert session.ask_again(ctx, chat, one, "") == 2
    list(chat.follow(one))
    assert session.ask_again(ctx, chat, one, "") == 0
