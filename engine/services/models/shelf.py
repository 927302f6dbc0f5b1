"""Models that are not on this machine yet: the list that ships with the product, the hub's search, and the caches of other programs."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.shapes import CodedMessage
from engine.models.base import hub
from engine.models.hubs import BY_KEY
from engine.models.hubs.asking import as_fault
from engine.models.hubs.declaration import Found
from engine.models.shelf.caches import Cached, cached_in
from engine.models.shelf.curated import KnownModel, known_models
from engine.services.models import base_models
from engine.services.models.fitting import fit_here, fits_of_list, place_for, quick_parameters
from engine.services.models.hub_choice import hub_address
from engine.shapes.models import BaseModelView
from engine.shapes.shelf import CachedModel, FitHere, FoundModel, FoundModels, ShelfModel, ShelfView

MOST_FOUND = 20
_LONGEST_SEARCH = 100
_Here = Mapping[str, BaseModelView]  # base models of a hub by their names there


def model_shelf(ctx: Context, device: str = "auto", memory_mb: int | None = None) -> ShelfView:
    """The list that ships with the product, judged for a device of this machine or of the catalogue.

    Args:
        memory_mb: the budget's limit of memory.

    Raises:
        Fault: "device.missing" and others of `device_of`.
    """
    with ctx.db.read() as s:
        planned, limit = place_for(device, memory_mb, s)
    here, fits = _here(ctx), fits_of_list(planned, limit)
    models = [_entry(one, fit, here) for one, fit in zip(known_models(), fits, strict=True)]
    return {"device": planned.name, "limit_mb": limit, "quick_parameters": quick_parameters(planned), "models": models}


def _here(ctx: Context) -> _Here:
    views = base_models.list_base_models(ctx)
    return {view["ref"]: view for view in reversed(views)}


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


# ------------------------------------------------------------------ the hub


def search_models(ctx: Context, text: str) -> FoundModels:
    """What the hub in use finds for some words: models that answer in text and have safetensors, the most downloaded first.

    It is asked for eight seconds at most; why there is no answer is part of the answer. Raises Fault("settings.bad_hub").
    """
    address, words = hub_address(ctx), " ".join(text.split())[:_LONGEST_SEARCH]
    if ctx.settings.offline:
        return {"hub": address.label, "models": [], "error": Fault("hub.offline").as_dict()}
    try:
        found = BY_KEY[address.kind].search(address, words, MOST_FOUND)
    except Exception as error:  # whatever a hub says or a network does
        return {"hub": address.label, "models": [], "error": _unanswered(error, address.label)}
    here = _here(ctx)
    models = [_found(one, here) for one in found if _has_a_name(one)]
    return {"hub": address.label, "models": models, "error": None}


def _unanswered(error: Exception, label: str) -> CodedMessage:
    told = as_fault(error, label)
    reason = str(told.params.get("reason") or told.code)[:300]
    return Fault("hub.no_answer", hub=label, reason=reason).as_dict()


def _has_a_name(one: Found) -> bool:
    try:
        return hub.check_name(one.ref) == one.ref
    except Fault:
        return False


def _found(one: Found, here: _Here) -> FoundModel:
    view = here.get(one.ref)
    return {
        "ref": one.ref,
        "downloads": one.downloads,
        "parameters": one.parameters,
        "licence": one.licence,
        "languages": list(one.languages),
        "gated": one.gated,
        "model_id": view["id"] if view else None,
        "status": view["status"] if view else None,
    }


def know_model(ctx: Context, name: str) -> int:
    """Fetch the small files of a hub's model, so that it can be planned with. Gives the base model's id at once.

    Raises:
        Fault: "model.bad_name" or "model.offline".
    """
    return base_models.add_hub_model(ctx, name)


# ------------------------------------------------------------------ caches of other programs


def cached_models(ctx: Context) -> list[CachedModel]:
    """Whole models that other programs fetched into a hub's cache on this machine, and that can be used where they are."""
    here = _here(ctx)
    with ctx.db.read() as s:
        return [_cached(s, one, here) for one in _all_cached(ctx)]


def _all_cached(ctx: Context) -> list[Cached]:
    return [one for cache, place in ctx.settings.hub_caches for one in cached_in(cache, place)]


def _cached(s: Session, one: Cached, here: _Here) -> CachedModel:
    view = here.get(str(one.folder.resolve())) or here.get(one.ref)
    return {
        "ref": one.ref,
        "folder": str(one.folder),
        "cache": one.cache,
        "bytes": one.bytes,
        "parameters": one.parameters,
        "architecture": str(one.config.get("model_type", "")),
        "context_length": one.context_length,
        "fits": fit_here(s, one.config, one.parameters),
        "model_id": view["id"] if view else None,
    }


def use_cached(ctx: Context, ref: str) -> int:
    """Take a model that `cached_models` names as a base model, where it lies: nothing is fetched or copied. Gives its id.

    Raises:
        Fault: "model.not_cached".
    """
    found = next((one for one in _all_cached(ctx) if one.ref == ref), None)
    if found is None:
        raise Fault("model.not_cached", ref=ref[:200])
    return base_models.add_folder(ctx, str(found.folder), name=found.ref.rpartition("/")[2])
