"""What the inference process holds in memory: one base with its adapters, and whole tuned models."""

from __future__ import annotations

import torch

from engine.devices import DEVICE_KINDS
from engine.serving.protocol import BASE, ResidentModels, Weights
from engine.serving.runtime.adapted_model import AdaptedModel, SharedBase
from engine.serving.runtime.kept_prompts import MB
from engine.serving.runtime.loading import load_model
from engine.training.limits.memory_use import give_back


class ModelCache:
    """Loads what a plan names and drops what it says to drop."""

    def __init__(self) -> None:
        self._held: tuple[str, str, str] | None = None  # identity, device, dtype
        self._bases: dict[str, SharedBase] = {}  # "base" and whole tuned models
        self._hashes: dict[str, str] = {}  # of the tuned models' weights, as they were asked for

    @property
    def keys(self) -> list[str]:
        """Names of everything in memory."""
        base = self._bases.get(BASE)
        return [*self._bases, *(base.adapters if base else ())]

    def missing(self, plan: ResidentModels) -> bool:
        """Whether something must be read from disk for this plan."""
        other = self._held != (plan.identity, plan.device, plan.dtype)
        return other or not set(plan.keys) <= set(self.keys) or any(map(self._is_outdated, plan.tuned))

    def hold(self, plan: ResidentModels) -> dict[str, AdaptedModel]:
        """Have everything of `plan` in memory: name -> weights that can answer."""
        torch.set_num_threads(plan.threads)
        self._let_keep(plan.keep_mb * MB)  # first, as what is loaded now may need their memory
        if self._held != (plan.identity, plan.device, plan.dtype):
            self.clear()
            self._bases[BASE] = SharedBase(load_model(plan.base.path, plan.dtype, plan.device))
            self._held = (plan.identity, plan.device, plan.dtype)
        for key in plan.evict:
            self._drop(key)
        for weights in plan.tuned:
            if self._is_outdated(weights):
                self._drop(weights.key)
            if weights.key not in self.keys:
                self._add(plan, weights)
        self._let_keep(plan.keep_mb * MB)
        return {key: self._adapted(key) for key in plan.keys}

    def clear(self) -> None:
        """Drop everything and give the memory back to the system."""
        self._held = None
        self._bases.clear()
        self._hashes.clear()
        give_back()

    def memory_mb(self) -> int:
        """MiB of GPU memory that models take up; 0 on a processor."""
        return sum(kind.memory.held() for kind in DEVICE_KINDS if kind.memory) >> 20

    def kept_mb(self) -> int:
        """What keys and values of earlier prompts take up."""
        return -(-sum(base.kept.bytes for base in self._bases.values()) // MB)

    def forget_prompts(self) -> None:
        """Drop keys and values of earlier prompts."""
        if self.kept_mb():
            for base in self._bases.values():
                base.kept.forget()
            give_back()

    def _let_keep(self, limit: int) -> None:
        before = self.kept_mb()
        for base in self._bases.values():
            base.kept.shrink(limit // len(self._bases))
        if self.kept_mb() < before:
            give_back()

    def _adapted(self, key: str) -> AdaptedModel:
        if key in self._bases:
            return AdaptedModel(self._bases[key], BASE)
        return AdaptedModel(self._bases[BASE], key)

    def _is_outdated(self, weights: Weights) -> bool:
        """Whether other weights are held under that name: a model may have got new ones, or the user chose others for it."""
        return weights.key in self.keys and self._hashes.get(weights.key) != weights.sha256

    def _add(self, plan: ResidentModels, weights: Weights) -> None:
        if weights.kind == "full":
            self._bases[weights.key] = SharedBase(load_model(weights.path, plan.dtype, plan.device))
        else:
            self._bases[BASE].add(weights.key, weights.path)
        self._hashes[weights.key] = weights.sha256

    def _drop(self, key: str) -> None:
        base = self._bases.get(BASE)
        if key in self._bases and key != BASE:
            del self._bases[key]
        elif base is not None and key in base.adapters:
            base.drop(key)
        give_back()
