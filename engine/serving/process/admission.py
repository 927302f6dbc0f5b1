"""Whether and where the models of a chat fit into what running jobs leave. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.base_formats import answered_in, base_format_of
from engine.base_formats.declaration import ChatFormat
from engine.core.errors import Fault
from engine.core.hardware import Device
from engine.devices import kind_of, precision_for, preference
from engine.methods.common.shape import ModelShape
from engine.models.architecture.shape import body_parameters
from engine.serving.process.client import Held
from engine.serving.protocol import EIGHT_BITS

Devices = Callable[[], list[Device]]
_MB = 1_000_000
_SPARE_MB = 300  # left to the system and to jobs that grow a little
_WIDTH = {"fp32": 4.0, "bf16": 2.0, "fp16": 2.0, EIGHT_BITS: 4.0}  # 8 bits are packed from fp32: what loading needs
_HALF = 2.0  # bytes of a number that is worked with beside a quantised base
_ROOM = 1.5  # that keys and values take ahead of the tokens that will come
_READ_TOKENS = 1024  # read at once from a prompt
_MOST_KEPT_MB = 1024  # of keys and values of earlier prompts
_MOST_KEPT = 8  # tuned models that stay in memory although no chat uses them now


@dataclass(frozen=True)
class Tuned:
    """A tuned model as admission sees it: `bytes` on disk."""

    key: str  # its name in the inference process
    kind: str  # form of the result: "adapter", "delta" or "full"
    bytes: int  # of all its files
    shape: ModelShape | None = None  # measures of its base, where that is another one than the request's
    made: bool = False  # it is a checkpoint: while it is read, its base is in memory once more


@dataclass(frozen=True)
class Wanted:
    """What a request needs.

    Attributes:
        identity: names the base's weights.
        shape: the base's measures.
        tuned: what answers besides the base.
        answering: how the base may be held when memory is short, as one of the tuned models was trained on it quantised.
        tokens: tokens of all sides that are kept while answering.
        eight_bits: on a processor, weights are to be held in 8 bits.
    """

    identity: str
    shape: ModelShape
    tuned: tuple[Tuned, ...]
    answering: ChatFormat | None
    tokens: int
    eight_bits: bool = False


@dataclass(frozen=True)
class Placement:
    """Where and how to load."""

    device: str  # key: "cpu" or "cuda:N"
    dtype: str  # "fp32", "bf16", "fp16", "8-bit" or "nf4"
    evict: tuple[str, ...]  # keys of held models to drop first
    needed_mb: int  # what has to be loaded, with room to answer
    free_mb: int  # what is free for it once `evict` is dropped; may be below 0
    keep_mb: int = 0  # what keys and values of earlier prompts may take up


@dataclass(frozen=True)
class Running:
    """The inference process as it is: what it holds, what that takes up, and the size of each held tuned model."""

    held: Held | None  # None before anything is loaded
    alive: bool  # the process runs
    memory_mb: int  # RAM of the process, and GPU memory of its models
    sizes: Mapping[str, int]  # key of a tuned model -> bytes


def place(wanted: Wanted, running: Running, devices: Sequence[Device], jobs: Sequence[str] = ()) -> Placement:
    """The first device and precision in which the request fits.

    Args:
        jobs: names of the jobs that run now, for the sentence.

    Raises:
        Fault: "chat.no_memory" with the job that is in the way, or "chat.no_memory_alone".
    """
    tries = [_try(wanted, running, device, dtype) for device, dtype in _choices(wanted, running.held, devices)]
    for placement in tries:
        if placement.needed_mb <= placement.free_mb:
            return placement
    nearest = min(tries, key=lambda placement: placement.needed_mb - placement.free_mb)
    numbers = {"needed_mb": nearest.needed_mb, "free_mb": max(0, nearest.free_mb)}
    if jobs:
        raise Fault("chat.no_memory", job=", ".join(jobs), **numbers)
    raise Fault("chat.no_memory_alone", **numbers)


def _choices(wanted: Wanted, held: Held | None, devices: Sequence[Device]) -> Iterator[tuple[Device, str]]:
    """What is loaded already comes first, then the preferred kinds of device; the quantised base last on each."""
    order = sorted((d for d in devices if d.usable), key=preference, reverse=True)
    choices = [(device, dtype) for device in order for dtype in _dtypes(wanted, device)]
    same = held is not None and held.identity == wanted.identity
    yield from sorted(
        choices, key=lambda c: not (same and held is not None and (c[0].key, c[1]) == (held.device, held.dtype))
    )


def _dtypes(wanted: Wanted, device: Device) -> Iterator[str]:
    """How the base may be held there: in the device's precision, then quantised where that will do."""
    yield EIGHT_BITS if wanted.eight_bits and not kind_of(device).accelerator else precision_for(device).dtype
    held = wanted.answering
    if held is not None and base_format_of(held.key).not_on(kind_of(device)) is None:
        yield held.key


def _try(wanted: Wanted, running: Running, device: Device, dtype: str) -> Placement:
    held = running.held
    stays = held is not None and (held.identity, held.device, held.dtype) == (wanted.identity, device.key, dtype)
    kept = held.keys if held is not None and stays else ()
    bytes_ = sum(tuned_bytes(wanted, tuned, dtype) for tuned in wanted.tuned if tuned.key not in kept)
    bytes_ += working_bytes(wanted, dtype)
    kind = kind_of(device)
    there = running.alive and (kind.memory is None or held is not None)
    runtime = 0 if there else kind.serving_mb
    if not stays:
        bytes_ += base_bytes(wanted.shape, dtype)
    needed = runtime + -(-int(bytes_) // _MB)
    free = device.free_mb - _SPARE_MB + (0 if stays else _given_back(running, device))
    prompts = held.kept_mb if held is not None and stays else 0
    unused = [key for key in kept if key in running.sizes and key not in {tuned.key for tuned in wanted.tuned}]
    if needed > free + prompts:
        free += prompts + sum(running.sizes[key] for key in unused) // _MB
        return Placement(device.key, dtype, tuple(unused), needed, free)
    keep = min(_MOST_KEPT_MB, (free + prompts - needed) // 2)
    free += prompts - min(prompts, keep)
    return Placement(device.key, dtype, tuple(unused[: max(0, len(unused) - _MOST_KEPT)]), needed, free, keep)


def _given_back(running: Running, device: Device) -> int:
    """What the process frees by dropping all that it holds."""
    held = running.held
    if held is None or held.device != device.key:
        return 0
    kind = kind_of(device)
    return held.gpu_mb if kind.memory else max(0, running.memory_mb - kind.serving_mb)


def base_bytes(shape: ModelShape, dtype: str) -> float:
    """Memory of the base's weights."""
    held = answered_in(dtype)
    if held is None or held.answering is None:
        return shape.parameters * _WIDTH[dtype]
    body = body_parameters(shape)
    return body * held.answering.weight_bytes + (shape.parameters - body) * 4


def tuned_bytes(wanted: Wanted, tuned: Tuned, dtype: str) -> float:
    """Bytes of a result on top of its base: what it adds or replaces in fp32, a whole second model, or nothing for examples."""
    shape = tuned.shape or wanted.shape
    making = base_bytes(shape, "fp32") if tuned.made else 0
    if tuned.kind == "full":
        return base_bytes(shape, dtype) + making
    if tuned.made:
        return tuned.bytes + making
    return 0 if tuned.kind == "shots" else tuned.bytes


def working_bytes(wanted: Wanted, dtype: str) -> float:
    """Keys and values of all tokens, and what one piece of a prompt takes on its way through a layer, of the largest base."""
    shapes = [wanted.shape, *(tuned.shape for tuned in wanted.tuned if tuned.shape is not None)]
    return max(_working(wanted, shape, dtype) for shape in shapes)


def _working(wanted: Wanted, shape: ModelShape, dtype: str) -> float:
    kept = _ROOM * 2 * shape.layers * shape.kv_heads * shape.head_dim * wanted.tokens
    reading = min(wanted.tokens, _READ_TOKENS) * (3 * shape.intermediate + 10 * shape.hidden)
    return (kept + reading) * _WIDTH.get(dtype, _HALF) + 8 * shape.vocabulary
