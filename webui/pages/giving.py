"""What the Models page does with models besides exports: merging several into one, giving an export to a hub, serving elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.services.models import merging, pushing, served_elsewhere
from engine.shapes.serving.programs import ServingProgramView
from engine.shapes.taking.merging import MergeForm, MergeWish
from engine.shapes.taking.push import PushAsked, PushOffer
from webui.site import Site

Function = Callable[..., Any]


def merging_of_models(site: Site) -> tuple[Function, ...]:
    """Merging adapters: what can be chosen, and the start."""
    ctx = site.ctx

    def merge_form() -> MergeForm:
        return merging.merge_form(ctx)

    def merge_begin(wish: MergeWish) -> int:
        """The id of the job."""
        return merging.start_merge(ctx, wish["parents"], wish["way"], rank=wish["rank"], name=wish["name"])

    return merge_form, merge_begin


def serving_of_models(site: Site) -> tuple[Function, ...]:
    """The commands of programs that serve a model elsewhere."""

    def model_serving(model_id: int) -> list[ServingProgramView]:
        return served_elsewhere.serving_programs(site.ctx, model_id)

    return (model_serving,)


def pushing_of_exports(site: Site) -> tuple[Function, ...]:
    """Giving an export to a hub: what would leave, the token, and the start."""
    ctx = site.ctx

    def push_offer(job_id: int, file: int) -> PushOffer:
        return pushing.push_offer(ctx, job_id, file)

    def push_token(token: str) -> None:
        """Keep it; an empty one takes away what was kept."""
        if token:
            pushing.keep_push_token(ctx, token)
        else:
            pushing.forget_push_token(ctx)

    def push_begin(wish: PushAsked) -> int:
        """The id of the job."""
        return pushing.start_push(ctx, wish)

    return push_offer, push_token, push_begin
