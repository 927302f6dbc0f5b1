"""Who may write rows from documents: the models of this machine, and the service that the operator has set."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.models.presence import bare_fault, can_plan
from engine.planner.download import missing_bytes
from engine.services.chat.sides import Side, obstacle_now, sides_of
from engine.services.data.making.endpoint import Endpoint, endpoint_of
from engine.serving.scored_texts import talks
from engine.shapes.making import WriterView
from storage.queries import base_models, tuned_models
from storage.tables import LanguageModel, TunedModel

ENDPOINT = "endpoint"
_BASE, _TUNED = "model", "tuned"
_STARTER = "starter"  # the source of the model that ships with the product
_NO_WEIGHTS = "shots"  # the form of a result that is examples and no weights
_MOST_TUNED = 200


@dataclass(frozen=True)
class LocalWriter:
    """A model of this machine."""

    base: LanguageModel  # row of the base
    tuned: tuple[TunedModel, ...]  # the tuned one that writes; none where the base does

    @property
    def side(self) -> Side:
        """Which of the two answers."""
        return sides_of(self.base, self.tuned)[-1]


def writers(ctx: Context) -> list[WriterView]:
    """Everyone who may write, this machine's models first."""
    with ctx.db.read() as s:
        bases = [one for one in base_models.list_models(s) if can_plan(one)]
        there = {one.id for one in bases}
        tuned = [one for one in tuned_models.list_tuned(s, limit=_MOST_TUNED) if one.base_model_id in there]
    small = {one.id for one in bases if _is_starter(one)}
    found = [_view(f"{_BASE}:{one.id}", one.name, starter=one.id in small, missing=missing_bytes(one)) for one in bases]
    weights = (one for one in tuned if one.format != _NO_WEIGHTS and talks(one))
    found += [_view(f"{_TUNED}:{one.id}", one.name, starter=one.base_model_id in small) for one in weights]
    if afar := endpoint_of(ctx.settings):
        found.append(
            {
                "key": ENDPOINT,
                "label": afar.model,
                "host": afar.host,
                "near": afar.is_near,
                "starter": False,
                "missing_bytes": None,
            }
        )
    return found


def _view(key: str, label: str, *, starter: bool, missing: int | None = None) -> WriterView:
    return {"key": key, "label": label, "host": "", "near": True, "starter": starter, "missing_bytes": missing}


def _is_starter(model: LanguageModel) -> bool:
    return model.source == _STARTER


def writer_of(ctx: Context, key: str) -> Endpoint | LocalWriter:
    """The writer of that key. Raises Fault: "making.no_writer", "making.no_endpoint", and why a model cannot be used; NotFound."""
    if key == ENDPOINT:
        found = endpoint_of(ctx.settings)
        if found is None:
            raise Fault("making.no_endpoint")
        return found
    what, _colon, number = key.partition(":")
    if what not in (_BASE, _TUNED) or not number.isdecimal() or len(number) > 15:
        raise Fault("making.no_writer")
    return _local(ctx, int(number), tuned=what == _TUNED)


def _local(ctx: Context, number: int, *, tuned: bool) -> LocalWriter:
    with ctx.db.read() as s:
        result = tuned_models.get_tuned(s, number) if tuned else None
        base = base_models.get_model(s, result.base_model_id if result else number)
    if base is None or (tuned and (result is None or result.format == _NO_WEIGHTS)):
        raise NotFound(writer=number)
    if result is not None and not talks(result):
        raise Fault("reward.scores", name=result.name)
    if fault := bare_fault(ctx.settings, base):
        raise fault
    found = LocalWriter(base, (result,) if result else ())
    if fault := obstacle_now(ctx.settings, base, found.tuned):
        raise fault
    return found
