"""Operations that repair what an audit found, and edits by hand."""

from __future__ import annotations

from engine.data.operations.base import Operation
from engine.data.operations.repairs.dropping import DROP_FOUND, DROP_ROWS, KEEP_ONE
from engine.data.operations.repairs.moving import MOVE_TO_TRAIN
from engine.data.operations.repairs.stripping import STRIP_FOUND
from engine.data.operations.repairs.text_repairs import EDIT_ROWS, MASK_FOUND, MEND_ENCODING, SHORTEN_FOUND

REPAIRS: tuple[Operation, ...] = (
    DROP_FOUND,
    DROP_ROWS,
    KEEP_ONE,
    MASK_FOUND,
    STRIP_FOUND,
    SHORTEN_FOUND,
    MOVE_TO_TRAIN,
    MEND_ENCODING,
    EDIT_ROWS,
)
