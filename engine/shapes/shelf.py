"""What the pages see of models that are not on this machine yet, or lie in the cache of another program."""

from __future__ import annotations

from typing import Literal, TypedDict

from engine.core.shapes import CodedMessage, Said


class FitHere(TypedDict):
    """Whether a model can be trained on a device, with standard settings and short rows."""

    how: Literal["fits", "quantised", "not"]  # with LoRA as it is; only with a quantised base; not at all
    bits: int | None  # of the quantised base
    need_mb: int  # of the leanest of those that were tried, or of the one that fits
    limit_mb: int  # that a job may use there


class ShelfModel(TypedDict):
    """One model of the list that ships with the product."""

    ref: str  # its name on the hub
    name: str  # shown in lists
    family: str  # that it is listed under, "Qwen 3"
    maker: str  # who made it
    parameters: int  # numbers in its weights
    active: int | None  # of them that work on one token, where experts rest
    context_length: int | None  # most tokens that it takes
    bytes: int  # of the download, about
    languages: list[str]  # codes, the strongest first; "multilingual" for many more
    licence: str  # its short name
    gated: bool  # its makers ask for an agreement and a token first
    tools: bool  # its chat template takes tools
    thinking: bool  # it thinks before it answers, where it is asked to
    architecture: str  # "llama" ...
    about: Said | None  # what one should know of it
    fits: FitHere  # whether it can be trained on the device
    model_id: int | None  # of the base model that it is here already
    status: Literal["preparing", "known", "ready", "failed"] | None  # of that


class ShelfView(TypedDict):
    """The list, judged for one device."""

    device: str  # name of it
    limit_mb: int  # that a job may use there
    quick_parameters: int  # a model of more takes over an hour for a small lesson there
    models: list[ShelfModel]  # family by family, small ones first


class FoundModel(TypedDict):
    """A model that a hub names in answer to a search."""

    ref: str  # its name there
    downloads: int | None  # of late, as the hub counts them
    parameters: int | None  # as the hub counts them
    licence: str | None  # its short name
    languages: list[str]  # codes
    gated: bool  # an agreement and a token are asked for first
    model_id: int | None  # of the base model that it is here already
    status: Literal["preparing", "known", "ready", "failed"] | None  # of that


class FoundModels(TypedDict):
    """The answer to a search."""

    hub: str  # name of the hub that was asked
    models: list[FoundModel]  # the most downloaded first
    error: CodedMessage | None  # why there is no answer


class CachedModel(TypedDict):
    """A whole model that another program fetched into a hub's cache on this machine."""

    ref: str  # its name on the hub
    folder: str  # that its files lie in
    cache: str  # "huggingface" or "modelscope"
    bytes: int  # of its weights
    parameters: int | None  # None where it is not known
    architecture: str  # "llama" ...
    context_length: int | None  # most tokens that it takes
    fits: FitHere | None  # whether it can be trained here; None where its measures are not known
    model_id: int | None  # of the base model that it is here already


class HubOption(TypedDict):
    """A kind of hub."""

    value: str  # its key
    label: str  # what people call it
    url: str  # where it usually is


class HubChoice(TypedDict):
    """Where models come from."""

    kind: str  # key of the kind in use
    url: str  # address in use
    chosen: bool  # it was chosen here; else it is what the environment says, or the usual one
    usual: str  # address that counts without a choice
    kinds: list[HubOption]  # to choose from
    offline: bool  # no hub is asked
