"""Models that are not on this machine yet: the list that ships with the product, the hub's search, and the caches of other programs."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import lru_cache
from typing import cast

from engine.core.context import Context
from engine.core.hardware import Device
from engine.models.shelf.curated import KnownModel, known_models
from engine.planner.memory.verdict import limit_of
from engine.planner.quick_fit import QuickFit, quick_fit
from engine.planner.refusals import planned_device
from engine.services.models import base_models
from engine.shapes.models import BaseModelView
from engine.shapes.shelf import CachedModel, FitHere, FoundModels, ShelfModel, ShelfView

_Here = dict[str, BaseModelView]  # base models of a hub by their names there


def model_shelf(ctx: Context, device: str = "auto", memory_mb: int | None = None) -> ShelfView:
    """The list that ships with the product, judged for a device of this machine or of the catalogue.

    Args:
        memory_mb: the budget's limit of memory.

    Raises:
        Fault: "device.missing" and others of `device_of`.
    """
    planned, here = planned_device(device), _here(ctx)
    limit = limit_of(planned, memory_mb)
    fits = _judged(replace(planned, free_mb=planned.memory_mb), limit)
    models = [_entry(one, _told(fit, limit), here) for one, fit in zip(known_models(), fits, strict=True)]
    return {"device": planned.name, "limit_mb": limit, "models": models}


@lru_cache(maxsize=16)
def _judged(device: Device, limit_mb: int) -> tuple[QuickFit, ...]:
    fits = (quick_fit(one.config, one.parameters, device, limit_mb) for one in known_models())
    return tuple(fit or QuickFit("not", None, 0) for fit in fits)


def _told(fit: QuickFit, limit_mb: int) -> FitHere:
    return cast(FitHere, {**asdict(fit), "limit_mb": limit_mb})


def _here(ctx: Context) -> _Here:
    views = base_models.list_base_models(ctx)
    return {view["ref"]: view for view in reversed(views) if view["source"] in ("hub", "starter")}


def _entry(one: KnownModel, fits: FitHere, here: _Here) -> ShelfModel:
    view = here.get(one.ref)
    return {
        "ref": one.ref,
        "name": one.name,
        "family": one.family,
        "maker": one.maker,
        "parameters": one.parameters,
        "active": one.active,
        "context_length": one.context,
        "bytes": one.bytes,
        "languages": list(one.languages),
        "licence": one.licence,
        "gated": one.gated,
        "tools": one.tools,
        "thinking": one.thinking,
        "architecture": str(one.config["model_type"]),
        "about": one.said.as_dict() if one.said else None,
        "fits": fits,
        "model_id": view["id"] if view else None,
        "status": view["status"] if view else None,
    }


def search_models(ctx: Context, text: str) -> FoundModels:
    """What the hub in use finds for some words: models that answer in text and have safetensors, the most downloaded first."""
    return {"hub": "", "models": [], "error": None}


def cached_models(ctx: Context) -> list[CachedModel]:
    """Whole models that other programs fetched into a hub's cache on this machine, and that can be used where they are."""
    return []


def know_model(ctx: Context, name: str) -> int:
    """Fetch the small files of a hub's model, so that it can be planned with. Gives the base model's id at once.

    Raises:
        Fault: "model.bad_name" or "model.offline".
    """
    return base_models.add_hub_model(ctx, name)


def use_cached(ctx: Context, ref: str) -> int:
    """Take a model that `cached_models` names as a base model, without a download. Gives its id.

    Raises:
        Fault: "model.not_cached".
    """
    return base_models.add_hub_model(ctx, ref)
