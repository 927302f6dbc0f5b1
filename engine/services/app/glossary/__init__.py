"""The glossary: every word of the field that the pages use, by topic. Page, docs and help follow from it."""

from __future__ import annotations

from engine.core.text import FALLBACK
from engine.services.app.glossary.data import DATA
from engine.services.app.glossary.fine_tuning import FINE_TUNING
from engine.services.app.glossary.memory import MEMORY
from engine.services.app.glossary.results import RESULTS
from engine.services.app.glossary.term import Term, Topic
from engine.services.app.glossary.training import TRAINING
from engine.shapes.app import TermView, TopicView

GLOSSARY: tuple[Topic, ...] = (FINE_TUNING, TRAINING, MEMORY, DATA, RESULTS)
_EXPLAINS = {setting: term for topic in GLOSSARY for term in topic.terms for setting in term.settings}


def term_of(setting: str) -> Term | None:
    """The word that explains a setting of a method or an objective (`Param.key`), where there is one."""
    return _EXPLAINS.get(setting)


def glossary(language: str) -> list[TopicView]:
    """All topics: [{key, title, terms: [{key, name, english, meaning, source: {title, url} or null}]}].

    `english` is the name in English where `language` is another one, so that both can be searched for.
    """
    return [
        {
            "key": topic.key,
            "title": topic.title.in_(language),
            "terms": [_shown(term, language) for term in topic.terms],
        }
        for topic in GLOSSARY
    ]


def _shown(term: Term, language: str) -> TermView:
    name = term.name.in_(language)
    source = term.source
    return {
        "key": term.key,
        "name": name,
        "english": english if (english := term.name.in_(FALLBACK)) != name else None,
        "meaning": term.meaning.in_(language),
        "source": {"title": source.title, "url": source.url} if source else None,
    }
