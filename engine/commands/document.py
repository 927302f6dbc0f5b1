"""Writes docs from the declarations, in every language: parameters, exports, metrics, the glossary, tried models.

Run it with `python -m engine.commands.document`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.commands.documents.api import api_page
from engine.commands.documents.exports import exports_page
from engine.commands.documents.glossary import glossary_page
from engine.commands.documents.metrics import metrics_page
from engine.commands.documents.models import models_page
from engine.commands.documents.tables import markdown_table, param_table, shown_number, shown_value
from engine.core.sizes import memory_size
from engine.core.text import FALLBACK, LANGUAGES, Text, separator
from engine.devices import DEVICE_KINDS
from engine.methods import METHODS
from engine.methods.common.declaration import Method, Variant
from engine.objectives import OBJECTIVES
from engine.objectives.declaration import KINDS, Objective

ROOT = Path(__file__).parents[2]
FOLDERS = {language: ROOT / "docs" / ("" if language == FALLBACK else language) for language in LANGUAGES}
FILES = {language: folder / "parameters.md" for language, folder in FOLDERS.items()}

_TITLE = Text("commands.document.title")
_LEAD = Text("commands.document.lead")
_METHODS = Text("commands.document.methods")
_OWN = Text("commands.document.own")
_TRAINED = Text("commands.document.trained")
_VARIANT = Text("commands.document.variant")
_FROM = Text("commands.document.from")
_NO_PARAMS = Text("commands.document.no_params")
_DEVICES = Text("commands.document.devices")
_DEVICE_HEADS = (
    Text("commands.document.device_heads.kind"),
    Text("commands.document.device_heads.key"),
    Text("commands.document.device_heads.program_and_libraries"),
    Text("commands.document.device_heads.safety_margin"),
    Text("commands.document.device_heads.tokens_at_once"),
)


def document(language: str) -> str:
    """The whole page in one language."""
    parts = [f"# {_TITLE.in_(language)}", _LEAD.in_(language), f"## {_METHODS.in_(language)}"]
    for method in METHODS:
        parts += _method(method, language)
    for objective in OBJECTIVES:
        parts += _objective(objective, language)
    parts += [f"## {_DEVICES.in_(language)}", _devices(language)]
    return "\n\n".join(parts) + "\n"


def _objective(objective: Objective, language: str) -> list[str]:
    kinds = separator(language).join(KINDS[kind].in_(language) for kind in sorted(objective.learns_from))
    head = f"## {objective.label.in_(language)} (`{objective.key}`)"
    return [
        head,
        objective.help.in_(language),
        _FROM.in_(language).format(kinds=kinds),
        param_table(objective.params, language),
    ]


def _devices(language: str) -> str:
    """What the plan reckons with on each kind of device."""
    rows = [
        [
            f"**{kind.label.in_(language)}**",
            f"`{kind.key}{':N' * kind.several}`",
            memory_size(kind.runtime_bytes / 1e6),
            f"{kind.margin:.0%}",
            str(kind.tokens_at_once),
        ]
        for kind in DEVICE_KINDS
    ]
    return markdown_table([head.in_(language) for head in _DEVICE_HEADS], rows)


def _method(method: Method, language: str) -> list[str]:
    known = {param.key: param for objective in reversed(OBJECTIVES) for param in objective.params}
    own = [f"{known[key].label.in_(language)} {shown_number(value)}" for key, value in method.defaults.items()]
    parts = [f"### {method.label.in_(language)} (`{method.key}`)", method.help.in_(language)]
    parts += [note.in_(language) for note in method.notes]
    if own:
        parts.append(_OWN.in_(language).format(defaults=separator(language).join(own)))
    source = method.trainable_source.in_(language)
    if source.startswith("arXiv:"):
        parts.append(_TRAINED.in_(language).format(source=source))
    parts.append(param_table(method.params, language) if method.params else _NO_PARAMS.in_(language))
    if method.variants:
        parts.append("\n".join(f"- {_variant(variant, language)}" for variant in method.variants))
    return parts


def _variant(variant: Variant, language: str) -> str:
    chosen = {**variant.values, **variant.training}
    settings = separator(language).join(
        f"`{key}` = {shown_value(value, {}, language)}" for key, value in chosen.items()
    )
    texts = {"label": variant.label.in_(language), "tagline": variant.tagline.in_(language)}
    return _VARIANT.in_(language).format(**texts, settings=settings, paper=variant.paper)


PAGES: dict[str, Callable[[str], str]] = {
    "api.md": api_page,
    "parameters.md": document,
    "export.md": exports_page,
    "metrics.md": metrics_page,
    "glossary.md": glossary_page,
    "models.md": models_page,
}


def write() -> None:
    """Write every page in every language."""
    for language in LANGUAGES:
        FOLDERS[language].mkdir(parents=True, exist_ok=True)
        for name, page in PAGES.items():
            (FOLDERS[language] / name).write_text(page(language), encoding="utf-8")


if __name__ == "__main__":
    write()
