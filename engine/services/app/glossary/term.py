"""What an entry of the glossary is: a word of the field, and what it means in a few plain sentences."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.text import Text


@dataclass(frozen=True)
class Citation:
    """Where a term is from, or what explains it well.

    Attributes:
        title: authors and year of a paper, or the name of a document.
        url: its address; shown as a link, never fetched.
    """

    title: str
    url: str


def arxiv(authors: str, number: str) -> Citation:
    """A paper on arXiv: `number` as in 2106.09685."""
    return Citation(f"{authors}, arXiv:{number}", f"https://arxiv.org/abs/{number}")


@dataclass(frozen=True)
class Term:
    """One word.

    Attributes:
        key: its anchor (`#term-<key>` in the app, `#<key>` in the docs).
        name: the word as people write it.
        meaning: one to three plain sentences.
        source: the paper or document, where there is one.
        settings: keys of the settings (`Param.key`) of methods and objectives that this word explains.
    """

    key: str
    name: Text
    meaning: Text
    source: Citation | None = None
    settings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Topic:
    """Words that belong together.

    Attributes:
        key: what it is called in code.
        title: its heading.
        terms: its words, in the order in which they explain each other.
    """

    key: str
    title: Text
    terms: tuple[Term, ...]
