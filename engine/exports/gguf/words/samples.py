"""Texts that two tokenizers are held against each other with."""

from __future__ import annotations

from itertools import cycle

from engine.exports.gguf.words.vocabulary import CONTROL, OWN, Vocabulary

PLAIN = (
    "Hello, world! I'm sure they'll say it's what we'd've done; DON'T you THINK SO?",
    "In 1999, 12345678 people paid $3.50 or 1,000.25€ — 7/8 of all, v2.0.1, 3rd place.",
    "def f(x):\n    return {'a': [x ** 2, -1]}  # done\n\n\n\tfor i in range(10):\n\t\tprint(i)\r\n",
    "  two blanks,   three,    four\n\n \n  and a line of blanks   \n",
    "Größe, naïve café, Ærøskøbing, Łódź, İstanbul",
    "你好，世界！我今年25岁，喜欢编程。「引用」——这是第3个句子。",
    "日本語のテキストとカタカナ、한국어 문장입니다. ภาษาไทย हिन्दी में لغة عربية ١٢٣ עברית",
    "Привет, мир! Как дела? Γειά σου Κόσμε",
    "😀👍🏽👩‍👩‍👧‍👦🇩🇪 ❤️ ½ ² ™ … „Zitat“ ‘x’ ﬁ \u00a0 \u200b|",
    "https://example.org/a?b=c&d=%20e#f user@mail.example C++ <b>bold</b> ~~~ ===> !!!??? @#$%^&*()",
    "camelCase snake_case SCREAMING_CASE iPhone12 x86_64 H2O 0xDEADBEEF 1e-10 a1b2c3",
    "a",
    "\n",
    " x",
)
_COMPOSED = "e\u0301tude a\u0300 la carte, Gro\u0308\u00dfe"  # letters with accents of their own


def samples_of(vocabulary: Vocabulary) -> list[str]:
    """These, and such that begin with special tokens and have them in between, as conversations do."""
    special = [text for text, kind in zip(vocabulary.texts, vocabulary.kinds, strict=True) if kind in (CONTROL, OWN)]
    marks = special[:12] or [""]
    talk = "".join(f"{mark}user\nHello! 你好 {number} it's\n\n" for number, mark in enumerate(marks))
    begun = [f"{mark}{text}{mark}\n" for mark, text in zip(cycle(marks), PLAIN, strict=False)]
    return [*PLAIN, talk, *begun, *([] if vocabulary.composes else [f"{marks[0]}{_COMPOSED}"])]


def is_talk(place: int) -> bool:
    """Whether the sample at a place begins with a special token."""
    return place >= len(PLAIN)
