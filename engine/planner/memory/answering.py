"""What a model holds while it answers: keys and values of all rows that answer at once, and one layer at work on their questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.planner.memory.workload import FP32, Workload

ROWS = 16  # scored questions that are answered at a time (engine.evaluation.answers)
SAMPLES = 4  # sample questions, all at a time (engine.evaluation.sampling) ...
NEW_TOKENS = 64  # ... and the tokens of their answers


def asked_at_once(training: Mapping[str, Any], samples: int = 0) -> int:
    """Rows that answer at a time in a job with these settings; `samples`: questions of the user's own."""
    scored = min(ROWS, int(training.get("scored_answers") or 0))
    shown = (samples or SAMPLES) if int(training.get("evaluations") or 0) else 0
    return max(scored, shown)


def cache_bytes(work: Workload) -> float:
    """Keys and values of every layer."""
    shape = work.shape
    return 2.0 * work.width * shape.layers * shape.kv_heads * shape.head_dim * _tokens(work)


def answer_bytes(work: Workload) -> float:
    """What is made besides while the questions are read, or a word is added to the cache: the larger of the two."""
    shape, questions = work.shape, work.asked * (work.longest or work.tokens)
    inner = max((max(sizes) for sizes in shape.linears.values()), default=0)
    attention = 3.0 * shape.heads * shape.head_dim + (
        work.longest or work.tokens
    )  # in all heads, and the padding's mask
    reading = questions * (work.width * (3.0 * inner + 2 * shape.hidden + attention) + passing_bytes(work) * inner)
    return max(reading, cache_bytes(work) / max(1, shape.layers)) + 2.0 * FP32 * work.asked * shape.vocabulary


def passing_bytes(work: Workload) -> float:
    """Bytes that products with the base's weights make beside each number, on their way through other formats."""
    packing = work.base_format.packing
    return packing.passing if packing else 0.0


def _tokens(work: Workload) -> int:
    return work.asked * ((work.longest or work.tokens) + NEW_TOKENS)
