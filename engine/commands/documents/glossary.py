"""The page of the docs with the words of the field."""

from __future__ import annotations

from engine.core.text import FALLBACK, LANGUAGES, Text
from engine.services.app.glossary import GLOSSARY
from engine.services.app.glossary.term import Term

_WORDS = Text("commands.documents.glossary.words")
_WORDS_LEAD = Text("commands.documents.glossary.words_lead")
_TERM = Text("commands.documents.glossary.term")
_SOURCE = Text("commands.documents.glossary.source")


def glossary_page(language: str) -> str:
    """The whole glossary in one language."""
    parts = [f"# {_WORDS.in_(language)}", f"{_WORDS_LEAD.in_(language)} {_elsewhere(language)}"]
    for topic in GLOSSARY:
        parts += [f"## {topic.title.in_(language)}", "\n".join(_term(term, language) for term in topic.terms)]
    return "\n\n".join(parts) + "\n"


def _elsewhere(language: str) -> str:
    """Links to this page in the other languages."""
    up = "" if language == FALLBACK else "../"
    others = {other: "" if other == FALLBACK else f"{other}/" for other in LANGUAGES if other != language}
    return " ".join(f"[{Text('language.name').in_(other)}]({up}{down}glossary.md)" for other, down in others.items())


def _term(term: Term, language: str) -> str:
    source = term.source
    told = _TERM.in_(language).format(key=term.key, name=term.name.in_(language), meaning=term.meaning.in_(language))
    return told + (_SOURCE.in_(language).format(title=source.title, url=source.url) if source else "")
