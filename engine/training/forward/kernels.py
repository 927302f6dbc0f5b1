"""Attention as the plan says it: torch and transformers are held to the declared table (`engine.devices.attention`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from transformers.integrations import sdpa_attention

from engine.core.hardware import Device
from engine.devices import kind_of

_chosen_by_library = sdpa_attention.use_gqa_in_sdpa


def hold_attention(device: Device, dtype: str, width: int) -> None:
    """From now on this process repeats keys and values where the kernel of the device takes no fewer heads than queries.

    Left alone, the library hands them on as they are wherever there is no mask. Torch then finds no kernel that takes them
    on GPUs before Ampere, and writes every score down. cuDNN's kernel is left out: which one runs would depend on its version.
    """
    kernel = kind_of(device).attention(device, dtype, width, masked=False)
    torch.backends.cuda.enable_cudnn_sdp(False)
    _repeat(not kernel.grouped)


@contextmanager
def repeating(repeat: bool) -> Iterator[None]:
    """Within it, keys and values are repeated for each query head, or as the library chooses."""
    before = sdpa_attention.use_gqa_in_sdpa
    _repeat(repeat)
    try:
        yield
    finally:
        sdpa_attention.use_gqa_in_sdpa = before


def _repeat(repeat: bool) -> None:
    sdpa_attention.use_gqa_in_sdpa = _repeated if repeat else _chosen_by_library


def _repeated(_mask: Tensor | None, _key: Tensor, _value: Tensor) -> bool:
    return False
