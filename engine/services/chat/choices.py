"""Who may answer beside whom: what is chosen for a conversation or a list of questions is checked before it is stored."""

from __future__ import annotations

from collections.abc import Container, Sequence

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.services.chat.answerers import check_answerers, find_answerers
from engine.services.chat.sides import MOST_SIDES, obstacle
from engine.serving.outside.servers import servers_of
from engine.serving.scored_texts import talks
from storage.queries import base_models, tuned_models
from storage.tables import LanguageModel


def check_models(s: Session, base_id: int, tuned_ids: Sequence[int]) -> list[int]:
    """The tuned ids, each once. Raises NotFound or Fault when they cannot be compared with that base."""
    base = there(s, base_id)
    ids = list(dict.fromkeys(int(i) for i in tuned_ids))
    if len(ids) >= MOST_SIDES:
        raise Fault("chat.too_many_sides", most=MOST_SIDES)
    rows = [tuned_models.get_tuned(s, i) for i in ids]
    for i, row in zip(ids, rows, strict=True):
        if row is None:
            raise NotFound(tuned=i)
        if row.base_model_id != base_id:
            raise Fault("chat.other_base", tuned=row.name, base=base.name)
    return ids


def there(s: Session, base_id: int) -> LanguageModel:
    """The base that a conversation is about. Raises NotFound, Fault("chat.base_gone")."""
    base = base_models.get_model(s, base_id)
    if base is None:
        raise NotFound(base_model=base_id)
    if fault := obstacle(base, ()):
        raise fault
    return base


def check_sides(s: Session, base_id: int, names: Sequence[str], servers: Container[str] = ()) -> list[str]:
    """The names, each once. Raises as `check_answerers`, and where the base is not there."""
    return check_answerers(s, there(s, base_id), names, MOST_SIDES, servers)


def own_tuned(s: Session, base_id: int, names: Sequence[str]) -> list[int]:
    """The results of the base among the sides."""
    found = find_answerers(s, s.get_one(LanguageModel, base_id), names)
    return [one.tuned.id for one in found if one.tuned is not None and not one.beside]


def refuse_scorers(ctx: Context, tuned_ids: Sequence[int]) -> None:
    """Raises Fault("reward.scores") where one of them scores answers and writes none."""
    with ctx.db.read() as s:
        found = tuned_models.tuned_by_ids(s, [int(one) for one in tuned_ids])
    for row in found.values():
        if not talks(row):
            raise Fault("reward.scores", name=row.name)


def chosen(
    ctx: Context, base_id: int, tuned_ids: Sequence[int] | None, sides: Sequence[str] | None
) -> tuple[list[int], list[str]]:
    """Who is to answer as a conversation keeps it: the results of its base, and the names of all (empty: the base and those).

    Raises:
        NotFound, Fault: they cannot answer beside each other.
    """
    refuse_scorers(ctx, tuned_ids or ())
    servers = [one.url for one in servers_of(ctx.settings)]
    with ctx.db.read() as s:
        if sides is None:
            return check_models(s, base_id, tuned_ids or ()), []
        names = check_sides(s, base_id, sides, servers)
        return own_tuned(s, base_id, names), names
