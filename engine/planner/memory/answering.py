"""What a model holds while it answers: keys and values of all rows that answer at once, and one layer at work on their questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.planner.memory.workload import FP32, Workload

ROWS = 16  # scored questions that are answered at a time (engine.evaluation.answers)
SAMPLES = 4  # sample questions, all at a time (engine.evaluation.sampling) ...
_SCORES = 3.0  # copies of the next token's scores: themselves, their softmax, and its sums
NEW_TOKENS = 64  # ... and the tokens of their answers


def asked_at_once(training: Mapping[str, Any], samples: int = 0) -> int:
    """Rows that answer at a time in a job with these settings; `samples`: questions of the user's own."""
    scored = min(ROWS, int(training.get("scored_answers") or 0))
    shown = (samples or SAMPLES) if int(training.get("evaluations") or 0) else 0
    return max(scored, shown)


def cache_bytes(work: Workload) -> float:
    """Keys and values of every layer."""
    return _cached(work, _tokens(work))


def _cached(work: Workload, tokens: float) -> float:
    shape = work.shape
    return 2.0 * work.width * shape.layers * shape.kv_heads * shape.head_dim * tokens


def written_bytes(work: Workload) -> tuple[float, float]:
    """(kept, made) while answers are written between the steps: keys and values of all rows, of a layer twice while rows that have
    ended leave it; scores of the next token with what is drawn from them; and sums of matrices and what is added to them."""
    one, shape = work.written, work.shape
    if one is None:
        return 0.0, 0.0
    kept = _cached(work, one.rows * one.width)
    inner = max((max(sizes) for sizes in shape.linears.values()), default=0)
    attention = 3.0 * shape.heads * shape.head_dim + one.asked
    reading = one.prompts * one.asked * (work.width * (3.0 * inner + 2 * shape.hidden + attention))
    scores = _SCORES * FP32 * one.rows * shape.vocabulary
    summed = FP32 * work.footprint.summed if work.width == FP32 and not work.base_format.quantised else 0.0
    return kept + summed, max(reading, kept / max(1, shape.layers) + scores)


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
