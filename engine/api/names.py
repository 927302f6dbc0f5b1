"""The names by which programs ask for models: what people called them, and a number that stays when they are renamed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from engine.core.context import Context
from engine.core.errors import Fault
from engine.serving.protocol import BASE
from engine.serving.scored_texts import talks
from storage.base import LOCAL_OWNER
from storage.model_status import READY
from storage.queries import base_models, tuned_models
from storage.tables import LanguageModel, TunedModel

_NUMBERED = re.compile(r"(?:.*-)?(tuned|base)[-:]([1-9]\d{0,14})", re.DOTALL)
_MOST_NAMED = 12  # names that an error lists


@dataclass(frozen=True)
class ServedModel:
    """A model that programs may ask for."""

    name: str  # by which they ask
    side: str  # "base" or "tuned:ID"
    base_id: int  # row of the base that it is, or stands on
    label: str  # what people call it
    made_at: float  # seconds since 1970-01-01 UTC
    base: str  # what people call its base
    context: int | None  # tokens that it reads and writes in all; None where nobody says

    @property
    def short(self) -> str:
        """The name without people's words: "tuned-3"."""
        return _short(self.side, self.base_id)


def public_name(label: str, side: str, base_id: int) -> str:
    """The name of a model: "Support bot", 3 -> "support-bot-tuned-3". Its end alone is enough, too."""
    words = re.findall(r"[\w.]+", unicodedata.normalize("NFKC", label).lower().replace("_", "-"))
    slug = re.sub(r"-+", "-", "-".join(words)).strip("-.")[:60].strip("-.")
    return "-".join(filter(None, (slug, _short(side, base_id))))


def served_models(ctx: Context, owner: str = LOCAL_OWNER) -> list[ServedModel]:
    """All that may be asked for, tuned ones first, the newest first."""
    with ctx.db.read() as s:
        bases = {one.id: one for one in base_models.list_models(s) if one.status == READY and one.owner == owner}
        tuned = [one for one in tuned_models.list_tuned(s) if one.base_model_id in bases and one.owner == owner]
    found = [_tuned(one, bases[one.base_model_id]) for one in tuned if talks(one)]
    return found + [_base(one) for one in bases.values()]


def find_served(ctx: Context, wanted: str, owner: str = LOCAL_OWNER) -> ServedModel:
    """The model of a name: the public one, its end ("tuned-3"), or what people call it where one alone is called so.

    Raises:
        Fault: "api.no_model" with the names that there are, "reward.scores" for one that writes no answers.
    """
    models = served_models(ctx, owner)
    if found := _match(models, wanted):
        return found
    if (scorer := _scorer(ctx, wanted)) is not None:
        raise Fault("reward.scores", name=scorer)
    names = [one.name for one in models]
    if not names:
        raise Fault("api.no_models", param="model", name=wanted[:100])
    more = "" if len(names) <= _MOST_NAMED else " …"
    raise Fault("api.no_model", param="model", name=wanted[:100], known=", ".join(names[:_MOST_NAMED]) + more)


def _match(models: Sequence[ServedModel], wanted: str) -> ServedModel | None:
    if numbered := _NUMBERED.fullmatch(wanted.strip().lower()):
        short = f"{numbered[1]}-{numbered[2]}"
        if found := next((one for one in models if one.short == short), None):
            return found
    called = [one for one in models if one.label == wanted]
    return called[0] if len(called) == 1 else None


def _scorer(ctx: Context, wanted: str) -> str | None:
    numbered = _NUMBERED.fullmatch(wanted.strip().lower())
    if numbered is None or numbered[1] != "tuned":
        return None
    with ctx.db.read() as s:
        found = tuned_models.get_tuned(s, int(numbered[2]))
    return found.name if found is not None and not talks(found) else None


def _short(side: str, base_id: int) -> str:
    return f"base-{base_id}" if side == BASE else side.replace(":", "-")


def _base(row: LanguageModel) -> ServedModel:
    name = public_name(row.name, BASE, row.id)
    return ServedModel(name, BASE, row.id, row.name, row.created_at, row.name, row.context_length)


def _tuned(row: TunedModel, base: LanguageModel) -> ServedModel:
    side = f"tuned:{row.id}"
    name = public_name(row.name, side, base.id)
    return ServedModel(name, side, base.id, row.name, row.created_at, base.name, base.context_length)
