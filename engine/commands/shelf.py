"""`models`: what is here, what ships as a list, what a hub finds, what lies in other programs' caches, and adding one of them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.commands import models as commands
from engine.commands.console import Console
from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.sizes import memory_size
from engine.models.languages import MANY
from engine.services.models import base_models, shelf, tuned
from engine.shapes.models import BaseModelView, TunedBrief
from engine.shapes.shelf import CachedModel, FitHere, FoundModel, ShelfModel

_MB, _BILLION = 1e6, 1e9


def models(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """Do the action that was asked for. Returns the exit code. Raises Fault or NotFound."""
    return ACTIONS[args.action](console, ctx, args)


def _list(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """Base models, which are for --model, and tuned ones, which are for --tuned and `export`."""
    bases, made = base_models.list_base_models(ctx), tuned.list_tuned(ctx)
    if args.json:
        return _json(console, {"base": bases, "tuned": made})
    console.say("cli.models.bases" if bases else "cli.models.no_bases")
    for base in bases:
        _base(console, base)
    console.say("cli.models.tuned" if made else "cli.models.no_tuned")
    for one in made:
        _tuned(console, one)
    return 0


def _base(console: Console, base: BaseModelView) -> None:
    state = console.text(f"settings.models.status.{base['status']}")
    console.line(f"{base['id']:>4}  {state:<16} {base['name']}  ({base['ref']})")
    facts: Mapping[str, Any] = base["facts"] or {}
    told = [
        *_size(base["parameters"], facts.get("bytes")),
        *filter(None, [facts.get("licence")]),
        *_fits(console, base["fits"]),
    ]
    if told:
        console.line("      " + " · ".join(told))
    if base["error"]:
        console.line(f"      {console.sentence(base['error'])}")


def _tuned(console: Console, one: TunedBrief) -> None:
    console.line(f"{one['id']:>4}  {one['method']:<16} {one['name']}  ({one['base_name']})")
    if one["changed"]:
        console.line(f"      {console.sentence(one['changed'])}")


def _shelf(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """The list that ships with the product, judged for the best device here."""
    found = shelf.model_shelf(ctx)
    if args.json:
        return _json(console, found)
    console.say("cli.models.shelf", device=found["device"])
    family = ""
    for one in found["models"]:
        if one["family"] != family:
            family = one["family"]
            console.line(family)
        _shelf_line(console, one)
    console.say("cli.models.how_add")
    return 0


def _languages(console: Console, codes: Sequence[str]) -> str:
    return " ".join(console.text("pick.languages.many") if code in MANY else code for code in codes)


def _shelf_line(console: Console, one: ShelfModel) -> None:
    marks = [console.text(f"cli.models.{key}") for key, is_so in
             (("tools", one["tools"]), ("thinking", one["thinking"]), ("gated", one["gated"])) if is_so]  # fmt: skip
    told = [*_size(one["parameters"], one["bytes"]), one["licence"], _languages(console, one["languages"]), *marks]
    console.line(f"  {one['ref']}")
    console.line("      " + " · ".join([*told, *_fits(console, one["fits"])]))


def _search(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """What the hub in use finds for some words. Returns 1 where it does not answer."""
    found = shelf.search_models(ctx, args.what or "")
    if args.json:
        return _json(console, found)
    if found["error"]:
        console.line(console.sentence(found["error"]))
        return 1
    console.say("cli.models.found" if found["models"] else "cli.models.none_found", hub=found["hub"])
    for one in found["models"]:
        _found_line(console, one)
    return 0


def _found_line(console: Console, one: FoundModel) -> None:
    gated = [console.text("cli.models.gated")] if one["gated"] else []
    told = [
        *_size(one["parameters"], None),
        *filter(None, [one["licence"], _languages(console, one["languages"])]),
        *gated,
    ]
    console.line(f"  {one['ref']}" + (f"  {' · '.join(told)}" if told else ""))


def _cached(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """Whole models in the caches of other programs."""
    found = shelf.cached_models(ctx)
    if args.json:
        return _json(console, found)
    console.say("cli.models.cached" if found else "cli.models.none_cached")
    for one in found:
        _cached_line(console, one)
    return 0


def _cached_line(console: Console, one: CachedModel) -> None:
    told = [*_size(one["parameters"], one["bytes"]), one["architecture"], *_fits(console, one["fits"])]
    console.line(f"  {one['ref']}  {' · '.join(told)}")
    console.line(f"      {one['folder']}")


def _add(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """Get to know a model: of a hub by its name, of a cache where it lies there, or a folder. Raises Fault."""
    if not args.what:
        raise Fault("cli.models.what")
    commands.check(ctx, args.what)
    cached = any(one["ref"] == args.what for one in shelf.cached_models(ctx))
    model_id = shelf.use_cached(ctx, args.what) if cached else commands.find(ctx, args.what)
    commands.make_known(console, ctx, model_id)
    view = base_models.base_model_view(ctx, model_id)
    if args.json:
        return _json(console, view)
    console.say("cli.models.added", name=view["name"], model=model_id)
    _base(console, view)
    return 0


ACTIONS: Mapping[str, Callable[[Console, Context, argparse.Namespace], int]] = {
    "list": _list,
    "catalogue": _shelf,
    "search": _search,
    "cached": _cached,
    "add": _add,
}


def _size(parameters: int | None, size: int | None) -> Sequence[str]:
    counted = [f"{parameters / _BILLION:.2g}B"] if parameters else []
    return [*counted, memory_size(round(size / _MB))] if size else counted


def _fits(console: Console, fits: FitHere | None) -> Sequence[str]:
    if fits is None:
        return []
    need, limit = memory_size(fits["need_mb"]), memory_size(fits["limit_mb"])
    return [console.text(f"cli.models.fits.{fits['how']}", need=need, limit=limit, bits=fits["bits"] or 0)]


def _json(console: Console, value: Any) -> int:
    console.line(json.dumps(value, ensure_ascii=False, indent=1))
    return 0
