"""Findings of a foreign reader, judged: does the export answer as the tuned model? Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.core.text import Text, listed
from engine.exports.proof.declaration import ProofLimits

_REASONS = {
    "asked": Text("exports.proof.verdict.asked"),
    "template": Text("exports.proof.verdict.template"),
    "tokens": Text("exports.proof.verdict.tokens"),
    "ends": Text("exports.proof.verdict.ends"),
    "numbers": Text("exports.proof.verdict.numbers"),
    "divergence": Text("exports.proof.verdict.divergence"),
    "divergence_99": Text("exports.proof.verdict.divergence_99"),
    "agreement": Text("exports.proof.verdict.agreement"),
    "flips": Text("exports.proof.verdict.flips"),
    "scores": Text("exports.proof.verdict.scores"),
}
_SCORES_APART = 1e-4  # of a reward model, relative to the largest score


def judged(
    findings: Mapping[str, Any], truth: Mapping[str, Any], limits: ProofLimits, written: str | None = None
) -> dict[str, Any]:
    """The proof as it is stored: {"passed", "failed": names of checks, "library", "divergence", ..., "answers", "limits"}.

    Args:
        written: the hash of all that was written, which the reader has to find again.
    """
    answers = [_compared(asked, found) for asked, found in zip(truth["prompts"], findings["answers"], strict=True)]
    known = [one for one in answers if one["right_before"]]
    numbers = {
        key: findings[key] for key in ("library", "places", "divergence", "divergence_99", "agreement", "token_flips", "formats")
    }  # fmt: skip
    proof = numbers | {
        "rows": len(truth["rows"]),
        "prompts": len(answers),
        "same_answers": sum(one["same"] for one in answers),
        "right_before": len(known),
        "flips": sum(not one["right_now"] for one in known),
        "gains": sum(one["right_now"] and not one["right_before"] for one in answers),
        "held_out": sum(one["held_out"] for one in answers),
        "scores_apart": findings.get("scores_apart"),
        "overflows": findings.get("overflows", False),
        "limits": {
            "divergence": limits.divergence, "divergence_99": limits.divergence_99, "agreement": limits.agreement,
            "flips": limits.flips,
        },
    }  # fmt: skip
    failed = _failed(proof, findings, limits, written)
    return proof | {"passed": not failed, "failed": failed, "answers": answers}


def _compared(asked: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "question": _last(asked["messages"]),
        "before": asked["text"],
        "now": found["answer"],
        "same": found["same_answer"],
        "right_before": right(asked["text"], asked["reference"]),
        "right_now": right(found["answer"], asked["reference"]),
        "held_out": asked["held_out"],
    }


def _last(messages: Sequence[Mapping[str, Any]]) -> str:
    return str(messages[-1].get("content") or "") if messages else ""


def right(answer: str, reference: str) -> bool:
    """Whether an answer is the row's own, but for letters' case and white space."""
    wanted = " ".join(reference.casefold().split())
    return bool(wanted) and " ".join(answer.casefold().split()) == wanted


def reasons(proof: Mapping[str, Any]) -> Text:
    """Why a proof failed, in words: each check with its numbers."""
    limits = {f"most_{key}": _few(value) for key, value in proof["limits"].items()}
    numbers = {key: _few(proof[key]) for key in ("divergence", "divergence_99", "agreement")}
    counts = {key: proof[key] for key in ("flips", "right_before", "scores_apart")}
    return listed([_REASONS[name].filled(**numbers, **counts, **limits) for name in proof["failed"]])


def _few(number: float) -> str:
    return f"{number:.3g}"


def _failed(
    proof: Mapping[str, Any], findings: Mapping[str, Any], limits: ProofLimits, written: str | None
) -> list[str]:
    """Names of the checks that failed, keys of `_REASONS`."""
    answers = findings["answers"]
    checks = {
        "asked": proof["places"] > 0,
        "template": all(one["same_text"] for one in answers),
        "tokens": all(one["same_tokens"] for one in answers),
        "ends": set(findings["expected_ends"]) <= set(findings["ends"]),
        "numbers": written is None or findings.get("numbers") in (None, written),
        "divergence": proof["divergence"] <= limits.divergence,
        "divergence_99": proof["divergence_99"] <= limits.divergence_99,
        "agreement": proof["agreement"] >= limits.agreement,
        "scores": (proof["scores_apart"] or 0.0) <= _SCORES_APART,
        "flips": not proof["right_before"] or proof["flips"] <= max(1, limits.flips * proof["right_before"]),
    }
    return [name for name, holds in checks.items() if not holds]
