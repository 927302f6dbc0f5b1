"""The whole card: what a hub reads, what the folder is and how it is loaded, and what people should know."""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.text import LANGUAGES
from engine.exports.card.facts import CardFacts
from engine.exports.card.front import front_matter
from engine.exports.card.sections import sections
from engine.exports.common.model_card import model_card


def whole_card(facts: CardFacts, use: Mapping[str, str] | None = None) -> str:
    """README.md of an export.

    Args:
        use: by language, how people put it to use.
    """
    more = {language: sections(facts, language) for language in LANGUAGES}
    about = model_card(facts.source, facts.form.readme(facts.source), facts.proof.get("dtype"), more, use)
    return front_matter(facts) + about
