"""The classes of a classification, and the question that names them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from engine.data.rows.language import language_of
from engine.data.schema.contents import Rows, is_label, values_of
from engine.data.schema.templated_columns import scalar_text

_MOST_SHOWN = 20
CLASSIFY = {
    "zh": "请判断下面的文字属于哪一类：{labels}。只回答类别。\n\n{text}",
    "en": "Classify the following text as one of: {labels}. Answer with the class alone.\n\n{text}",
}


def classes_of(text: str, label: str, rows: Rows) -> tuple[dict[str, Any], str]:
    """What the column `label` holds, for a sentence, and the wording that asks for one of its classes."""
    counts = Counter(scalar_text(value, label).strip() for value in values_of(label, rows) if is_label(value))
    names = sorted(counts)
    shown = ", ".join(f"{name} ({counts[name]})" for name in names[:_MOST_SHOWN])
    params = {"column": label, "count": len(names), "labels": shown, "looked": len(rows)}
    return params, classify_wording(names, text, values_of(text, rows))


def one_class(label: str, rows: Rows) -> bool:
    """Whether several rows all have the same class, so that there is nothing to tell apart."""
    said = [str(value).strip() for value in values_of(label, rows)]
    return len(said) > 1 and len(set(said)) == 1


def classify_wording(labels: Sequence[str], column: str, texts: Sequence[Any]) -> str:
    """The question of a classification that names its classes, in the language of the texts."""
    language = "zh" if language_of(" ".join(str(text)[:200] for text in texts[:20])) == "zh" else "en"
    named = "、".join(labels) if language == "zh" else ", ".join(labels)
    plain = named.replace("{", "{{").replace("}", "}}")
    return CLASSIFY[language].replace("{labels}", plain).replace("{text}", f"{{{column}}}")
