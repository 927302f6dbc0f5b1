"""The shapes that a data set may come in, which of them the columns at hand have, and how columns are mapped to fields."""

from __future__ import annotations

from engine.data.schema.declared import SHAPES, Field, Shape, is_known_name, plain_name, shape_of, shapes_view
from engine.data.schema.guess import Guess, classify_wording, guess_shape
from engine.data.schema.mapping import Plan, check_mapping, make_plan
from engine.data.schema.templated_columns import Wording, read_wording

__all__ = [
    "SHAPES", "Field", "Guess", "Plan", "Shape", "Wording", "check_mapping", "classify_wording", "guess_shape",
    "is_known_name", "make_plan", "plain_name", "read_wording", "shape_of", "shapes_view",
]  # fmt: skip
