"""The Learn page: every method explained, with its costs on a chosen model. The address (?model=3#lora) is the state.

Its glossary (#learn-glossary) has an anchor for each word (#term-lora).
"""

from __future__ import annotations

from engine.services.app import learning
from engine.services.app.glossary import glossary
from engine.shapes.app import AdviceView
from webui.components import view
from webui.guard import guarded
from webui.pages.shapes import LearnStart, LearnValue
from webui.site import Site


def build(site: Site, lang: str) -> None:
    """Draw the page of one language. Costs are computed when the page asks for them."""
    ctx = site.ctx

    def learn_start(model: str) -> LearnStart:
        choices = learning.models(ctx, lang)
        chosen = model if model in {choice["value"] for choice in choices} else choices[0]["value"]
        return {"models": choices, "model": chosen, **learning.overview(ctx, chosen, lang)}

    def learn_advise(model: str, memory_gb: float, examples: int, goal: str) -> list[AdviceView]:
        return learning.recommend(ctx, model, memory_gb, examples, goal, lang)

    def value() -> LearnValue:
        return {**learning.lessons(lang), "glossary": glossary(lang)}

    guard = guarded(lang)
    view(
        "learn",
        value,
        functions=[guard(function) for function in (learn_start, learn_advise)],
        elem_id="learn-page",
    )
