"""A model of the list that ships with the product which takes what does not fit another one, and can be trained on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log

from engine.core.context import Context
from engine.core.errors import Fault
from engine.models.languages import knows, named_languages
from engine.models.shelf.curated import KnownModel, known_model, known_models
from engine.services.models.fitting import fits_of_list, place_for
from storage.tables import LanguageModel


def languages_of(base: LanguageModel) -> Sequence[str]:
    """The codes that a model's makers name: in its card, or as the list has them; empty where none are known."""
    known = known_model(base.ref or "")
    return named_languages(base.config) or (known.languages if known else ())


def suggested(ctx: Context, base: LanguageModel, letters: Iterable[str], tools: bool) -> KnownModel | None:
    """The model nearest in size that knows these languages and takes tools, where that is asked; None where there is none.

    Args:
        letters: of the languages, as `data.templates.fit.SCRIPTS` has them.
    """
    if ctx.settings.offline:
        return None
    try:
        with ctx.db.read() as s:
            fits = fits_of_list(*place_for("auto", s=s))
    except Fault:
        return None
    asked, size = list(letters), base.parameters or 1
    able = [
        one
        for one, fit in zip(known_models(), fits, strict=True)
        if fit["how"] == "fits" and not one.gated and one.ref != base.ref
        if (one.tools or not tools) and all(knows(one.languages, key) for key in asked)
    ]
    return min(able, key=lambda one: abs(log(one.parameters / size)), default=None)
