"""Writes the tables of every parameter for the docs from the declarations: `python -m engine.commands.document`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.core.params import Param
from engine.core.text import LANGUAGES, Text
from engine.devices import DEVICE_KINDS
from engine.methods import METHODS
from engine.methods.common.declaration import Method, Variant
from engine.objectives.sft import SFT

ROOT = Path(__file__).parents[2]
FILES = {"en": ROOT / "docs" / "parameters.md", "zh": ROOT / "docs" / "zh" / "parameters.md"}

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
_NO_PARAMS = Text("No settings of its own.", "没有自己的设置。")
_HEADS = (
    Text("Setting", "设置"),
    Text("Key", "键"),
    Text("Default", "默认值"),
    Text("Allowed", "范围"),
    Text("Usual", "常用值"),
    Text("What it does", "作用"),
)
_YES, _NO, _AUTO = Text("yes", "是"), Text("no", "否"), Text("chosen by Tunesmith", "由 Tunesmith 决定")
_DEVICES = Text("Devices", "设备")
_DEVICE_HEADS = (
    Text("Kind", "种类"),
    Text("Key", "键"),
    Text("Program and libraries", "程序与库"),
    Text("Safety margin", "安全余量"),
    Text("Tokens at once", "一次处理的词元"),
)
_SEPARATOR = Text(", ", "、")


def document(language: str) -> str:
    """The whole page in one language."""
    parts = [f"# {_TITLE.in_(language)}", _LEAD.in_(language), f"## {_METHODS.in_(language)}"]
    for method in METHODS:
        parts += _method(method, language)
    parts += [f"## {SFT.label.in_(language)}", _table(SFT.params, language)]
    parts += [f"## {_DEVICES.in_(language)}", _devices(language)]
    return "\n\n".join(parts) + "\n"


def _devices(language: str) -> str:
    """What the plan reckons with on each kind of device."""
    heads = "| " + " | ".join(head.in_(language) for head in _DEVICE_HEADS) + " |"
    rows = [
        f"| **{kind.label.in_(language)}** | `{kind.key}{':N' * kind.several}` | {kind.runtime_bytes / 1e6:.0f} MB | "
        f"{kind.margin:.0%} | {kind.tokens_at_once} |"
        for kind in DEVICE_KINDS
    ]
    return "\n".join([heads, "|" + " --- |" * len(_DEVICE_HEADS), *rows])


def _method(method: Method, language: str) -> list[str]:
    known = {param.key: param for param in SFT.params}
    own = [f"{known[key].label.in_(language)} {_number(value)}" for key, value in method.defaults.items()]
    parts = [f"### {method.label.in_(language)} (`{method.key}`)", method.help.in_(language)]
    parts += [note.in_(language) for note in method.notes]
    if own:
        parts.append(_OWN.in_(language).format(defaults=_SEPARATOR.in_(language).join(own)))
    if method.trainable_source.startswith("arXiv:"):
        parts.append(_TRAINED.in_(language).format(source=method.trainable_source))
    parts.append(_table(method.params, language) if method.params else _NO_PARAMS.in_(language))
    if method.variants:
        parts.append("\n".join(f"- {_variant(variant, language)}" for variant in method.variants))
    return parts


def _variant(variant: Variant, language: str) -> str:
    chosen = {**variant.values, **variant.training}
    settings = _SEPARATOR.in_(language).join(
        f"`{key}` = {_value(value, {}, language)}" for key, value in chosen.items()
    )
    texts = {"label": variant.label.in_(language), "tagline": variant.tagline.in_(language)}
    return _VARIANT.in_(language).format(**texts, settings=settings, paper=variant.paper)


def _table(params: Sequence[Param], language: str) -> str:
    rows = [[head.in_(language) for head in _HEADS], ["---"] * len(_HEADS)]
    rows += [_row(param, language) for param in params]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


def _row(param: Param, language: str) -> list[str]:
    usual = param.usual.in_(language) if param.usual else ""
    name = f"**{param.label.in_(language)}**" + (f" ({param.unit.in_(language)})" if param.unit else "")
    default = _value(param.default, param.choices, language)
    return [name, f"`{param.key}`", default, _allowed(param, language), usual, param.help.in_(language)]


def _allowed(param: Param, language: str) -> str:
    if param.choices:
        return _SEPARATOR.in_(language).join(label.in_(language) for label in param.choices.values())
    if param.kind == "bool":
        return f"{_YES.in_(language)} / {_NO.in_(language)}"
    bounds = [_number(bound) for bound in (param.minimum, param.maximum) if bound is not None]
    return " – ".join(bounds)


def _value(value: Any, choices: Mapping[Any, Text], language: str) -> str:
    if value is None:
        return _AUTO.in_(language)
    if isinstance(value, bool):
        return (_YES if value else _NO).in_(language)
    if isinstance(value, list):
        return _SEPARATOR.in_(language).join(_value(item, choices, language) for item in value)
    return choices[value].in_(language) if value in choices else _number(value)


def _number(value: Any) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def write() -> None:
    """Write both pages."""
    for language in LANGUAGES:
        FILES[language].parent.mkdir(parents=True, exist_ok=True)
        FILES[language].write_text(document(language), encoding="utf-8")


if __name__ == "__main__":
    write()
