"""Operations that give a data set its shape: splits, balance, size, augmentation, mixtures, wordings."""

from __future__ import annotations

from engine.data.operations.base import Operation
from engine.data.operations.shaping.augment import AUGMENT
from engine.data.operations.shaping.balance import BALANCE
from engine.data.operations.shaping.combine import COMBINE, OWN_FILE
from engine.data.operations.shaping.convert import CONVERT
from engine.data.operations.shaping.lengths import LENGTHS
from engine.data.operations.shaping.splits import SPLITS
from engine.data.operations.shaping.wording import WORDING

SHAPING: tuple[Operation, ...] = (*SPLITS, OWN_FILE, *BALANCE, *LENGTHS, *AUGMENT, *COMBINE, *WORDING, *CONVERT)
