"""A text in every language of the product, for declarations that carry their own help."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.shapes import Said

LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Text:
    """One text in English and Simplified Chinese."""

    en: str  # English
    zh: str  # Simplified Chinese

    def in_(self, language: str) -> str:
        """The text in `language` ("en" or "zh")."""
        return self.zh if language == "zh" else self.en

    def as_dict(self) -> Said:
        """Both languages, for a message whose language is chosen where it is shown."""
        return {"en": self.en, "zh": self.zh}
