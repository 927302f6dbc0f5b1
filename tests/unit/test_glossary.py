"""The glossary: every word once, in plain sentences, tied to settings that exist."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from engine.core.text import LANGUAGES
from engine.methods import METHODS
from engine.objectives.sft import SFT
from engine.services.app.glossary import GLOSSARY, glossary, term_of

TERMS = [term for topic in GLOSSARY for term in topic.terms]
LONGEST = {"en": 260, "zh": 130}  # characters of a meaning
SETTINGS = {param.key for params in (SFT.params, *(method.params for method in METHODS)) for param in params}


def test_keys_and_names_stand_once() -> None:
    keys = [term.key for term in TERMS] + [topic.key for topic in GLOSSARY]
    names = [name for term in TERMS for name in {term.name.in_("en"), term.name.in_("zh")}]
    assert [key for key, times in Counter(keys).items() if times > 1] == []
    assert [name for name, times in Counter(names).items() if times > 1] == []
    assert [key for key in keys if not re.fullmatch(r"[a-z]+(-[a-z0-9]+|[0-9])*", key)] == []


def test_meanings_are_a_few_plain_sentences() -> None:
    for term in TERMS:
        assert 1 <= len(re.findall(r"[.。](?=\s|$|[^\w)])", term.meaning.in_("en"))) <= 4, term.key
        for language in LANGUAGES:
            assert len(term.meaning.in_(language)) <= LONGEST[language], term.key
            assert term.meaning.in_(language)[-1] in ".。", term.key


def test_sources_are_addresses_and_arxiv_numbers_agree() -> None:
    for term in TERMS:
        if term.source is not None:
            assert term.source.url.startswith("https://"), term.key
            for number in re.findall(r"arXiv:([\d.]+)", term.source.title):
                assert term.source.url.endswith(number), term.key


def test_words_explain_settings_that_exist_and_each_has_one_word() -> None:
    explained = [setting for term in TERMS for setting in term.settings]
    assert set(explained) - SETTINGS == set()
    assert len(explained) == len(set(explained))
    learning_rate = term_of("learning_rate")
    assert learning_rate is not None
    assert learning_rate.key == "learning-rate"
    assert term_of("no such setting") is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_page_gets(language: str) -> None:
    shown = [term for topic in glossary(language) for term in topic["terms"]]
    assert [term["key"] for term in shown] == [term.key for term in TERMS]
    for term, given in zip(TERMS, shown, strict=True):
        assert given["meaning"] == term.meaning.in_(language)
        assert given["english"] == (None if given["name"] == term.name.in_("en") else term.name.in_("en"))
        assert bool(given["source"]) == (term.source is not None)
