"""Shapes of JSON that many parts hand to the pages: a text in every language, a sentence by its code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

RawSpec = Mapping[str, object]  # settings as a browser or a file gives them, not checked yet
Change = dict[str, Any]  # values by field of a form ("training.max_length"), or "method": what would help


Said = dict[str, str]  # a text by language, in every one of the product; the page takes the one that it is in


class CodedMessage(TypedDict):
    """A sentence by its key in the catalogue, with the values that fill it in."""

    code: str  # of the sentence
    params: dict[str, Any]  # values of its placeholders
    message: NotRequired[str]  # the sentence in the page's language: put in where it leaves the server


Faults = dict[str, CodedMessage]  # of a form, by field


class FaultView(TypedDict):
    """An error as the pages show it, with its sentence in their language."""

    message: str  # the sentence
    code: str  # of the error
    faults: dict[str, str]  # of a form: a sentence for each field that is wrong
    field: NotRequired[str]  # the field that the error is about


class Labelled(TypedDict):
    """Something to choose from, as a page lists it."""

    value: str  # what is sent when it is chosen
    label: str  # its name for people


class Named(TypedDict):
    """A declared group or kind, by key and name."""

    key: str  # of the declaration
    label: str  # its name for people


class SizedItem(TypedDict):
    """One line of a bill in megabytes."""

    key: str  # of its text
    mb: float  # megabytes


class NameOfId(TypedDict):
    """A row of the database by its name."""

    id: int  # of the row
    name: str  # for people


class HolderView(TypedDict):
    """A process that holds some of a device's memory."""

    pid: int  # its number
    name: str  # of its program; "" where it cannot be told
    mb: int  # that it holds; 0 where it cannot be told


class GpuView(TypedDict):
    """A GPU of this machine."""

    key: str  # "cuda:N"
    name: str  # what its maker calls it
    memory_mb: int  # of its own
    free_mb: int  # of that
    bf16: bool  # whether it has units for bf16
    cores: int  # 0
    capability: tuple[int, int] | None  # CUDA compute capability
    driver: str | None  # version of its driver
    usable: bool  # whether the installed torch can use it
    vector_bits: int  # 0
    tflops: float | None  # dense half-precision speed, where it is known
    bandwidth_gb_s: float | None  # speed of its memory, where it is known
    planned_as: str  # "" for a GPU that is here
    display: bool  # whether a display hangs on it
    driver_mb: int  # of its memory, kept by the driver
    holders: list[HolderView]  # processes that hold some of its memory
    reserve_mb: int | None  # left to others by the user's own setting


class MachineView(TypedDict):
    """The whole machine."""

    cpu: str  # name of the processor
    cores: int  # that this process may use
    cpu_bf16: bool  # whether the processor has units for bf16
    ram_mb: int  # that this process may use
    ram_free_mb: int  # of that
    disk_mb: int  # size of the disk with the home folder
    disk_free_mb: int  # of that
    gpus: list[GpuView]  # that this process sees
    driver: str | None  # of the first GPU
    torch_cuda: str | None  # the CUDA that torch was built for
