"""What the Train and the Settings page call for models that are not on this machine yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.services.models import base_models, shelf
from engine.shapes.shelf import CachedModel, FoundModels, ShelfView
from webui.i18n import t
from webui.site import Site


def functions(site: Site) -> list[Callable[..., Any]]:
    """The list of known models, the hub's search, the caches of this machine, and taking one of them."""
    ctx = site.ctx

    def model_shelf(device: str, memory_mb: int | None) -> ShelfView:
        return shelf.model_shelf(ctx, device, memory_mb)

    def search_models(text: str) -> FoundModels:
        return shelf.search_models(ctx, text)

    def cached_models() -> list[CachedModel]:
        return shelf.cached_models(ctx)

    def know_model(name: str) -> int:
        return shelf.know_model(ctx, name)

    def use_cached(ref: str) -> int:
        return shelf.use_cached(ctx, ref)

    def fetch_model(model: int) -> int | None:
        return base_models.fetch_model(ctx, model)

    return [model_shelf, search_models, cached_models, know_model, use_cached, fetch_model]


def named_model(lang: str, name: str, missing_bytes: int | None) -> str:
    """A model's name in a list to choose from; where its weights are not here yet, that is said behind it."""
    return name if missing_bytes is None else t(lang, "pick.bare", name=name, size_mb=round(missing_bytes / 1e6))
