"""Operations that give a data set its shape: splits, balance, size, augmentation, mixtures, wordings."""

from __future__ import annotations

from engine.data.operations.base import Operation

SHAPING: tuple[Operation, ...] = ()
