"""The page of the docs with the words of the field."""

from __future__ import annotations

from engine.core.text import Text
from engine.services.app.glossary import GLOSSARY
from engine.services.app.glossary.term import Term

_WORDS = Text("Glossary", "术语表")
_WORDS_LEAD = Text(
    "The words of the field that Tunesmith uses, each in a few sentences, with the paper or document that it is from. "
    "This page is generated from the declarations by `python -m engine.commands.document`; a test fails when it is out "
    "of date.",
    "Tunesmith 用到的术语，每个用几句话解释，并附上出处（论文或文档）。本页由 `python -m engine.commands.document` 根据声明生成；"
    "过期时测试会失败。",
)
_OTHER = {"en": "[中文](zh/glossary.md)", "zh": "[English](../glossary.md)"}
_TERM = Text('- <a id="{key}"></a>**{name}**: {meaning}', '- <a id="{key}"></a>**{name}**：{meaning}')
_SOURCE = Text(" ([{title}]({url}))", "（[{title}]({url})）")


def glossary_page(language: str) -> str:
    """The whole glossary in one language."""
    parts = [f"# {_WORDS.in_(language)}", f"{_WORDS_LEAD.in_(language)} {_OTHER[language]}"]
    for topic in GLOSSARY:
        parts += [f"## {topic.title.in_(language)}", "\n".join(_term(term, language) for term in topic.terms)]
    return "\n\n".join(parts) + "\n"


def _term(term: Term, language: str) -> str:
    source = term.source
    told = _TERM.in_(language).format(key=term.key, name=term.name.in_(language), meaning=term.meaning.in_(language))
    return told + (_SOURCE.in_(language).format(title=source.title, url=source.url) if source else "")
