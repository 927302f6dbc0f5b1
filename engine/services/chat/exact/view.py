"""How an answer was made, and how sure its words were, as the page shows it."""

from __future__ import annotations

from typing import Any

from engine.core.context import Context
from engine.services.chat.exact.kept import KeptAnswer, kept_answer, kept_answers
from engine.services.chat.exact.shapes import ExactAnswer, LikelyWord, PromptPart, SureAnswer, SureWord
from engine.services.chat.views import conversation_view
from engine.serving.words import Word


def exact_answer(ctx: Context, conversation_id: int, turn: int, side: str) -> ExactAnswer:
    """What made one side's answer; of answers of before, what their numbers tell. Raises NotFound."""
    kept = kept_answer(ctx, conversation_id, turn, side)
    sides = {one["side"]: one for one in conversation_view(ctx, conversation_id)["sides"]}
    now = sides.get(side)
    made, sampling, template = kept.made_by, kept.made_by.get("sampling") or {}, kept.made_by.get("template") or {}
    prompt: list[PromptPart] = [{"text": text, "control": bool(control)} for text, control in made.get("prompt", [])]
    return {
        "side": side,
        "name": now["label"] if now else "",
        "weights_hash": kept.weights_hash,
        "same_weights": None if now is None else now["weights_hash"] == kept.weights_hash,
        "prompt": prompt,
        "prompt_tokens": _known(kept, "prompt_tokens"),
        "prompt_sha256": made.get("prompt_sha256"),
        "template": template.get("name"),
        "template_sha256": template.get("sha256"),
        "temperature": sampling.get("temperature"),
        "top_p": sampling.get("top_p"),
        "max_tokens": sampling.get("max_tokens"),
        "seed": sampling.get("seed", kept.stats.get("seed")),
        "tokens": _known(kept, "tokens"),
        "reason": _known(kept, "reason"),
        "device": _known(kept, "device"),
        "precision": _known(kept, "precision"),
        "threads": made.get("threads"),
        "first_token_s": _known(kept, "first_token_s"),
        "tokens_per_second": _known(kept, "tokens_per_second"),
        "engine": made.get("engine"),
        "libraries": [f"{name} {version}" for name, version in (made.get("libraries") or {}).items()],
        "made_at": kept.created_at,
        "again": kept.again and now is not None,
    }


def _known(kept: KeptAnswer, name: str) -> Any:
    return kept.made_by.get(name, kept.stats.get(name))


def sure_answers(ctx: Context, conversation_id: int, turn: int) -> list[SureAnswer]:
    """The answers of a turn word by word. Raises NotFound where there is no such conversation."""
    return [_sure(one) for one in kept_answers(ctx, conversation_id, turn)]


def _sure(kept: KeptAnswer) -> SureAnswer:
    end = kept.made_by.get("end")
    words = [sure_word(word) for word in kept.made_by.get("words") or []]
    return {
        "side": kept.side,
        "words": words,
        "end": sure_word(end) if end else None,
        "tokens": _known(kept, "tokens") or 0,
    }


def sure_word(word: Word) -> SureWord:
    """A `Word` as pages see it."""
    text, share, others, entropy = word
    return {"text": text, "share": share, "others": likely_words(others), "entropy": entropy}


def likely_words(pairs: list[list[Any]]) -> list[LikelyWord]:
    """Texts with their probabilities, as pages see them."""
    return [{"text": text, "share": share} for text, share in pairs]
