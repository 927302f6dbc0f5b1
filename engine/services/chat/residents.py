"""What a conversation needs in memory, and what to leave out where that is too much."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from engine.core.errors import Fault
from engine.core.settings import Settings
from engine.models.base.paths import tokenizer_folder
from engine.services.chat.answerers import Answerer
from engine.services.chat.sides import Setup, Side, shape_of_base
from engine.serving.process.admission import Placement, Tuned, Wanted
from engine.serving.protocol import BASE, ResidentModels
from storage.queries import base_models, jobs, tuned_models

_TOO_MUCH = ("chat.no_memory", "chat.no_memory_alone")
Place = Callable[[Wanted], Placement]


def wanted_of(setup: Setup, tokens: int) -> Wanted:
    """What the models of a setup need, with `tokens` kept while they answer."""
    found: dict[str, Tuned] = {}
    for one in setup.answerers.values():
        if one.beside:
            found.setdefault(one.root, Tuned(one.root, "full", 0, shape_of_base(one.base)))
        if one.loads:
            found[one.key] = _result(one)
    tuned, shape = tuple(found.values()), shape_of_base(setup.base)
    return Wanted(setup.identity, shape, tuned, setup.answering, tokens, setup.eight_bits)


def _result(one: Answerer) -> Tuned:
    shape = shape_of_base(one.base) if one.beside else None
    if one.step is not None:
        return Tuned(one.key, one.format, one.step.row.bytes, shape, made=True)
    return Tuned(one.key, one.format, one.tuned.bytes if one.tuned else 0, shape)


def plan_of(
    settings: Settings, setup: Setup, placed: Placement, threads: int, failed: dict[str, Fault] | None = None
) -> ResidentModels:
    """How the models of a setup are held where they were placed; `failed` as `Setup.weights` has it."""
    base, tuned = setup.weights(settings, failed)
    folder = str(tokenizer_folder(settings, setup.base))
    form = (placed.device, placed.dtype, threads, placed.evict)
    return ResidentModels(setup.identity, base, tuned, folder, *form, placed.keep_mb)


def place_sides(setup: Setup, tokens: int, place: Place) -> Placement:
    """As `place` says.

    Raises:
        Fault: "chat.leave_out" with the sides without which the others fit, or what `place` raises where nothing helps.
    """
    try:
        return place(wanted_of(setup, tokens))
    except Fault as fault:
        if fault.code not in _TOO_MUCH:
            raise
        names = _left_out(setup, tokens, place)
        if not names:
            raise
        numbers = {name: fault.params[name] for name in ("needed_mb", "free_mb")}
        raise Fault("chat.leave_out", names=", ".join(names), **numbers) from fault


def _left_out(setup: Setup, tokens: int, place: Place) -> list[str]:
    """The labels of as few sides as must go so that the others fit: those first whose absence saves most. Empty: nothing helps."""
    gone: list[Side] = []
    each = tokens // max(1, len(setup.sides))
    while len(setup.sides) > 1:
        tries: list[tuple[int, Setup, tuple[Side, ...]]] = []
        for some in _removable(setup):
            less = replace(setup, sides=tuple(side for side in setup.sides if side not in some))
            try:
                place(wanted_of(less, each * len(less.sides)))
            except Fault as fault:
                tries.append((int(fault.params.get("needed_mb", 0)), less, some))
            else:
                return [side.label for side in (*gone, *some)]
        if not tries:
            return []
        _needed, setup, some = min(tries, key=lambda one: one[0])
        gone += some
    return []


def _removable(setup: Setup) -> Iterator[tuple[Side, ...]]:
    """Each side alone, then all that stand on one further base. The base's own side takes no memory of its own."""
    answerers = setup.answerers
    for side in reversed(setup.sides):
        if side.side != BASE:
            yield (side,)
    roots = dict.fromkeys(one.root for one in answerers.values() if one.beside)
    for root in roots:
        some = tuple(side for side in setup.sides if answerers[side.side].root == root)
        if 1 < len(some) < len(setup.sides):
            yield some


def sizes_of(s: Session, keys: Sequence[str]) -> dict[str, int]:
    """Bytes of what the inference process holds besides the base, by its name there."""
    ids: dict[str, list[int]] = {"tuned": [], "checkpoint": [], "model": []}
    for key in keys:
        kind, _dash, number = key.partition("-")
        if kind in ids and number.isdecimal():
            ids[kind].append(int(number))
    found = {f"tuned-{i}": row.bytes for i, row in tuned_models.tuned_by_ids(s, ids["tuned"]).items()}
    found |= {f"checkpoint-{i}": row.bytes for i, row in jobs.checkpoints_by_ids(s, ids["checkpoint"]).items()}
    return found | {f"model-{i}": 4 * (row.parameters or 0) for i, row in base_models.by_ids(s, ids["model"]).items()}
