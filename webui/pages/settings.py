"""The Settings page: the hardware, base models, keys of the API, language and colours, folders, limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.core.settings import SETTINGS
from engine.services.app import folders, hardware
from engine.services.models import base_models, hub_choice
from engine.services.planning import estimates, reserve
from engine.shapes.app import DiskUse, ReserveView
from engine.shapes.models import BaseModelView
from engine.shapes.shelf import HubChoice
from webui.components import PolledFunction, view
from webui.guard import guarded
from webui.pages import keys, shelf
from webui.pages.shapes import LimitRow, MachineFindings
from webui.site import Site

_LIMITS = ("max_upload_mb", "chat_idle_s", "offline", "host", "port")


def build(site: Site, lang: str) -> None:
    """Draw the page of one language."""
    ctx = site.ctx

    def machine() -> MachineFindings:
        return {**estimates.machine(ctx), "findings": hardware.findings(ctx)}

    def reserves() -> list[ReserveView]:
        return reserve.reserves(ctx)

    def set_reserve(device: str, mb: int | None) -> ReserveView:
        return reserve.set_reserve(ctx, str(device), None if mb is None else int(mb))

    def models() -> list[BaseModelView]:
        return base_models.list_base_models(ctx)

    def get_starter() -> int:
        return base_models.ensure_starter(ctx)

    def add_hub(name: str) -> int:
        return base_models.add_hub_model(ctx, str(name))

    def add_folder(path: str) -> int:
        return base_models.add_folder(ctx, str(path))

    def resize_model(model: int) -> int:
        return base_models.resize_model(ctx, int(model), lang)

    def remove_model(model: int) -> None:
        base_models.remove_base_model(ctx, int(model))

    def hub_now() -> HubChoice:
        return hub_choice.hub_choice(ctx)

    def choose_hub(kind: str, url: str) -> HubChoice:
        return hub_choice.choose_hub(ctx, kind, url)

    def disk_use() -> DiskUse:
        return folders.disk_use(ctx)

    def limits() -> list[LimitRow]:
        return [
            {"key": key, "variable": SETTINGS[key].variable, "value": getattr(ctx.settings, key)} for key in _LIMITS
        ]

    guard = guarded(lang)
    of_models: list[Callable[..., Any]] = [get_starter, add_hub, add_folder, resize_model, remove_model]
    of_machine: list[Callable[..., Any]] = [machine, reserves, set_reserve, disk_use, limits]
    of_hubs: list[Callable[..., Any]] = [hub_now, choose_hub, *shelf.functions(site)]
    functions = [*of_machine, *of_models, *of_hubs, *keys.functions(site)]
    view("settings", functions=[guard(function) for function in functions], polled=[PolledFunction(guard(models))])
