"""What the inference process holds in memory: bases with their adapters, and whole tuned models."""

from __future__ import annotations

import logging

import torch

from engine.core.errors import Fault
from engine.devices import DEVICE_KINDS
from engine.serving.protocol import BASE, ResidentModels, Weights
from engine.serving.runtime.adapted_model import AdaptedModel, SharedBase
from engine.serving.runtime.failed_sides import Failed, told
from engine.serving.runtime.kept_prompts import MB
from engine.serving.runtime.loading import load_model, result_folder
from engine.training.limits.memory_use import give_back

log = logging.getLogger("tunesmith.inference")
_OF_ALL = ("chat.base_changed",)  # what makes every answer doubtful


class ModelCache:
    """Loads what a plan names and drops what it says to drop."""

    def __init__(self) -> None:
        self._held: tuple[str, str, str] | None = None  # identity, device, dtype
        self._bases: dict[str, SharedBase] = {}  # "base", further ones, and whole tuned models
        self._hashes: dict[str, str] = {}  # of the tuned models' weights, as they were asked for

    @property
    def keys(self) -> list[str]:
        """Names of everything in memory."""
        return [*self._bases, *(name for base in self._bases.values() for name in base.adapters)]

    def missing(self, plan: ResidentModels) -> bool:
        """Whether something must be read from disk for this plan."""
        other = self._held != (plan.identity, plan.device, plan.dtype)
        return other or not set(plan.keys) <= set(self.keys) or any(map(self._is_outdated, plan.tuned))

    def hold(self, plan: ResidentModels, failed: Failed | None = None) -> dict[str, AdaptedModel]:
        """Have everything of `plan` in memory: name -> weights that can answer.

        Args:
            failed: takes what cannot be loaded, by its name, with the reason; the rest is held. Without it, the first reason is raised.
        """
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
                self._try(plan, weights, failed)
        self._let_keep(plan.keep_mb * MB)
        return {key: self._adapted(key) for key in plan.keys if failed is None or key not in failed}

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
            return AdaptedModel(self._bases[key], BASE, key)
        return AdaptedModel(next(base for base in self._bases.values() if key in base.adapters), key, key)

    def _is_outdated(self, weights: Weights) -> bool:
        """Whether other weights are held under that name: a model may have got new ones, or the user chose others for it."""
        return weights.key in self.keys and self._hashes.get(weights.key) != weights.sha256

    def _try(self, plan: ResidentModels, weights: Weights, failed: Failed | None) -> None:
        """Load it, or say why not: what one side cannot take must not take the others' answers."""
        try:
            if failed and weights.on in failed:
                raise Fault(failed[weights.on]["code"], **failed[weights.on]["params"])
            self._add(plan, weights)
        except Exception as error:
            if failed is None or getattr(error, "code", "") in _OF_ALL:
                raise
            log.warning("%s cannot answer", weights.key, exc_info=error)
            failed[weights.key] = told(error)
            self._drop(weights.key)

    def _add(self, plan: ResidentModels, weights: Weights) -> None:
        with result_folder(weights, plan.device) as folder:
            if weights.kind == "full":
                self._bases[weights.key] = SharedBase(load_model(folder, plan.dtype, plan.device))
            else:
                self._bases[weights.on].add(weights.key, str(folder))
        self._hashes[weights.key] = weights.sha256

    def _drop(self, key: str) -> None:
        if key in self._bases and key != BASE:
            del self._bases[key]
        for base in self._bases.values():
            if key in base.adapters:
                base.drop(key)
        give_back()
