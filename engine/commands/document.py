"""Writes docs from the declarations, in both languages: parameters, exports, metrics, the glossary.

Run it with `python -m engine.commands.document`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.commands.document_exports import exports_page
from engine.commands.document_glossary import glossary_page
from engine.commands.document_metrics import metrics_page
from engine.commands.document_tables import SEPARATOR, markdown_table, param_table, shown_number, shown_value
from engine.core.text import LANGUAGES, Text
from engine.devices import DEVICE_KINDS
from engine.methods import METHODS
from engine.methods.common.declaration import Method, Variant
from engine.objectives import OBJECTIVES
from engine.objectives.declaration import KINDS, Objective

ROOT = Path(__file__).parents[2]
FOLDERS = {"en": ROOT / "docs", "zh": ROOT / "docs" / "zh"}
FILES = {language: folder / "parameters.md" for language, folder in FOLDERS.items()}

_TITLE = Text("Parameters", "参数")
_LEAD = Text(
    "Every setting of a job, with its default and what people usually take. This page is generated from the "
    "declarations by `python -m engine.commands.document`; a test fails when it is out of date.",
    "任务的全部设置、默认值与常用值。本页由 `python -m engine.commands.document` 根据声明生成；过期时测试会失败。",
)
_METHODS = Text("Methods", "方法")
_OWN = Text("Its own defaults: {defaults}.", "该方法的默认值：{defaults}。")
_TRAINED = Text("Trained parameters: {source}.", "训练参数量的依据：{source}。")
_VARIANT = Text("**{label}**: {tagline} Set {settings}. {paper}.", "**{label}**：{tagline}设置 {settings}。{paper}。")
_FROM = Text("Learns from: {kinds}.", "学习的数据：{kinds}。")
_NO_PARAMS = Text("No settings of its own.", "没有自己的设置。")
_DEVICES = Text("Devices", "设备")
_DEVICE_HEADS = (
    Text("Kind", "种类"),
    Text("Key", "键"),
    Text("Program and libraries", "程序与库"),
    Text("Safety margin", "安全余量"),
    Text("Tokens at once", "一次处理的词元"),
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
    kinds = SEPARATOR.in_(language).join(KINDS[kind].in_(language) for kind in sorted(objective.learns_from))
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
            f"{kind.runtime_bytes / 1e6:.0f} MB",
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
        parts.append(_OWN.in_(language).format(defaults=SEPARATOR.in_(language).join(own)))
    if method.trainable_source.startswith("arXiv:"):
        parts.append(_TRAINED.in_(language).format(source=method.trainable_source))
    parts.append(param_table(method.params, language) if method.params else _NO_PARAMS.in_(language))
    if method.variants:
        parts.append("\n".join(f"- {_variant(variant, language)}" for variant in method.variants))
    return parts


def _variant(variant: Variant, language: str) -> str:
    chosen = {**variant.values, **variant.training}
    settings = SEPARATOR.in_(language).join(
        f"`{key}` = {shown_value(value, {}, language)}" for key, value in chosen.items()
    )
    texts = {"label": variant.label.in_(language), "tagline": variant.tagline.in_(language)}
    return _VARIANT.in_(language).format(**texts, settings=settings, paper=variant.paper)


PAGES: dict[str, Callable[[str], str]] = {
    "parameters.md": document,
    "exports.md": exports_page,
    "metrics.md": metrics_page,
    "glossary.md": glossary_page,
}


def write() -> None:
    """Write every page in both languages."""
    for language in LANGUAGES:
        FOLDERS[language].mkdir(parents=True, exist_ok=True)
        for name, page in PAGES.items():
            (FOLDERS[language] / name).write_text(page(language), encoding="utf-8")


if __name__ == "__main__":
    write()
