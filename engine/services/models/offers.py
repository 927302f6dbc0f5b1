"""In which forms a tuned model can be taken away, given its method, how it is saved, and its base; and why not in the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.core.errors import Fault
from engine.core.text import Text, verbatim
from engine.exports import EXPORTS, meant
from engine.exports.common.declaration import ExportFormat
from engine.methods import method_of
from engine.serving.scored_texts import talks
from storage.tables import LanguageModel, TunedModel


@dataclass(frozen=True)
class ExportOffer:
    """The forms of one tuned model.

    Attributes:
        method: key of the method that made it.
        saved: how it is saved, as `Method.saves` names it.
        scores: it is a reward model.
        config: config.json of its base; None where the base is gone.
    """

    method: str
    saved: str
    scores: bool
    config: Mapping[str, Any] | None

    def refusal(self, form: ExportFormat) -> Text | None:
        """Why the model cannot be had in a form; None where it can."""
        try:
            return form.refusal(method_of(self.method), self.saved, scores=self.scores, config=self.config)
        except Fault as fault:  # a method that this version does not have
            return verbatim(fault.code)

    @property
    def forms(self) -> tuple[ExportFormat, ...]:
        """Those in which it can be had."""
        return tuple(form for form in EXPORTS if self.refusal(form) is None)

    @property
    def refused(self) -> dict[str, Text]:
        """Those for such a result in which this one cannot be had, by key, with the reason; none where its method is not known."""
        fitting = [form for form in EXPORTS if self.saved in form.made_of] if self.forms else []
        return {form.key: reason for form in fitting if (reason := self.refusal(form)) is not None}

    def meant(self, key: str) -> ExportFormat | None:
        """The form that a key stands for with such a result; None where this version has no such form."""
        return meant(key, self.saved) if key in {form.key for form in EXPORTS} else None

    def possible(self, key: str) -> bool:
        """Whether it can be had in the form that a key stands for."""
        form = self.meant(key)
        return form is not None and self.refusal(form) is None


def offer_of(tuned: TunedModel, base: LanguageModel | None) -> ExportOffer:
    """The forms of a tuned model on its base."""
    return ExportOffer(tuned.method, tuned.format, not talks(tuned), base.config if base else None)
