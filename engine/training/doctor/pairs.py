"""Signs of learning from pairs for too long, or the wrong half of them. Likelihood displacement: Razin et al. 2024, arXiv:2410.08847."""

from __future__ import annotations

from engine.training.doctor.declaration import WINDOW, Ailment, History

_FELL = 0.3  # nats a token
_RIGHT = 0.98  # share of pairs
_WIDE = 10.0  # margin: e^-10 is left to learn


def displaced(history: History) -> Ailment | None:
    """The margin grows because both answers become unlikely, the better one too."""
    held = history.has(2, "val_chosen_logp", "val_margin")
    chosen, margin = ("val_chosen_logp", "val_margin") if held else ("chosen_logp", "margin")
    points = 1 if held else WINDOW
    if not held and not history.has(2 * WINDOW, chosen, margin):
        return None
    fell = history.first(chosen, points) - history.last(chosen, points)
    chance = 0.0 if held else 3 * history.noise(chosen)
    if fell > _FELL + chance and history.last(margin, points) > history.first(margin, points):
        return Ailment("displaced", {"nats": round(fell, 2)})
    return None


def saturated(history: History) -> Ailment | None:
    """All pairs are right by far: more training only wears the model out."""
    if not history.has(WINDOW, "accuracy", "margin"):
        return None
    if history.last("accuracy") >= _RIGHT and history.last("margin") >= _WIDE:
        return Ailment("saturated", {"margin": round(history.last("margin"), 1)})
    return None
