"""What a person ranks next, and what they think: kept after every ranking."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import cast

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.data.records.bounds import MAX_FIELD
from engine.data.schema.ranked import ranks_of
from engine.shapes.annotation import RankedAnswer, RankQueue, RankTask
from storage.base import LOCAL_OWNER
from storage.queries.ranked import rankings
from storage.ranking_tables import RankedPrompt, Ranking

_AT_ONCE = 5  # prompts that a page holds
_LONGEST_NAME = 60


def rater_name(name: str) -> str:
    """The name of a person as it is kept; that of the only one where they gave none."""
    return (
        " ".join(str(name).encode("utf-8", "replace").decode().replace("\0", "").split())[:_LONGEST_NAME] or LOCAL_OWNER
    )


def rank_queue(ctx: Context, job: int | None, rater: str) -> RankQueue:
    """The next prompts that this person has not ranked, and how far they are.

    Args:
        job: that drew the answers; None: the playground's votes.
        rater: their name.
    """
    with ctx.db.read() as s:
        return _queue(s, job, rater_name(rater))


def _queue(s: Session, job: int | None, rater: str) -> RankQueue:
    prompts = rankings.prompts_of(s, job)
    mine = {one.prompt_id: one for one in rankings.rankings_of(s, job) if one.rater == rater}
    ready = [one for one in prompts if one.drawn and len(one.answers) > 1]
    ranked = [one for one in ready if one.id in mine and mine[one.id].ranks]
    left = [one for one in ready if one.id not in mine]
    return {
        "tasks": [_task(one, rater, None) for one in left[:_AT_ONCE]],
        "ready": len(ready),
        "ranked": len(ranked),
        "passed": len(ready) - len(ranked) - len(left),
        "alike": sum(one.drawn and len(one.answers) < 2 for one in prompts),
        "waiting": sum(not one.drawn for one in prompts),
    }


def _task(prompt: RankedPrompt, rater: str, ranking: Ranking | None) -> RankTask:
    """Answers in an order of their own for each person and prompt, the same after a refresh; models are not named."""
    answers = [
        cast(RankedAnswer, {"place": place, "text": one["text"], "whole": one.get("whole", True)})
        for place, one in enumerate(prompt.answers)
    ]
    answers = [answers[place] for place in shown_order(prompt.id, rater, len(answers))]
    ranks, best = (list(ranking.ranks), ranking.best) if ranking else ([], None)
    return {"id": prompt.id, "prompt": prompt.prompt, "answers": answers, "ranks": ranks, "best": best}


def shown_order(prompt: int, rater: str, many: int) -> list[int]:
    """Places of the answers to a prompt in the order in which a person sees them."""
    order = list(range(many))
    random.Random(f"{prompt}:{rater}").shuffle(order)
    return order


def rank_task(ctx: Context, prompt: int, rater: str) -> RankTask:
    """One prompt again, as this person ranked it. Raises NotFound."""
    name = rater_name(rater)
    with ctx.db.read() as s:
        return _task(_prompt(s, prompt), name, rankings.ranking_by(s, prompt, name))


def _prompt(s: Session, prompt: int) -> RankedPrompt:
    found = rankings.get_prompt(s, prompt)
    if found is None:
        raise NotFound(prompt=prompt)
    return found


def keep_ranking(ctx: Context, prompt: int, rater: str, ranks: Sequence[int], best: str | None = None) -> RankQueue:
    """Keep what a person thinks, in place of what they thought before; what comes next. Without ranks it is passed over.

    Args:
        ranks: one for each answer as they were drawn, 1 is best, equal ones are ties.
        best: the best answer as they rewrote it.

    Raises:
        NotFound: there is no such prompt. Fault: "rank.ranks", "rank.best".
    """
    name, said = rater_name(rater), written_best(best)
    with ctx.db.write() as s:
        found = _prompt(s, prompt)
        if ranks and len(ranks) != len(found.answers):
            raise Fault("rank.ranks", count=len(found.answers))
        old = rankings.ranking_by(s, prompt, name)
        blind = found.source == rankings.PAGE or old is None or old.blind  # names that were seen stay known
        rankings.put_ranking(s, prompt, name, ranks_of(ranks) if ranks else [], said, blind=blind)
        return _queue(s, found.job_id, name)


def written_best(best: str | None) -> str | None:
    """The best answer as somebody rewrote it; None where they wrote nothing. Raises Fault("rank.best")."""
    said = (best or "").strip()
    if len(said) > MAX_FIELD or "\0" in said or _broken(said):
        raise Fault("rank.best")
    return said or None


def _broken(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)
