"""What the votes of a blind comparison are good for: rows of the form that suits them, and what learns from these."""

from __future__ import annotations

from engine.core.context import Context
from engine.services.chat.sides import find_conversation
from engine.services.data.ranking import gathering
from engine.services.data.suggested_objective import suggested_objective
from engine.shapes.annotation import GatheredRows, GatherWish
from engine.shapes.arena import VotesMade


def votes_made(ctx: Context, conversation: int) -> VotesMade:
    """The rows that each form would give, and the form that uses most of the votes. Raises NotFound."""
    with ctx.db.read() as s:
        name = find_conversation(s, conversation).title
    rows = gathering.ranked_view(ctx, None, conversation)["rows"]
    learners = {form: suggested_objective(kind) for form, kind in gathering.KINDS.items()}
    objectives = {form: learner.key for form, learner in learners.items() if learner}
    return {"rows": rows, "form": _form(rows), "objectives": objectives, "name": name}


def _form(rows: dict[str, int]) -> str:
    """Pairs, unless thumbs tell of more votes: a pair is two thumbs, "all bad" gives thumbs alone."""
    return "thumbs" if rows["thumbs"] > 4 * rows["pairs"] else "pairs"


def gather_votes(ctx: Context, conversation: int, wish: GatherWish) -> GatheredRows:
    """Make a data set of the votes of one comparison. Raises as `gathering.gather`."""
    return gathering.gather(ctx, None, wish, conversation)
