"""The page of the docs about the forms in which a tuned model can be taken away."""

from __future__ import annotations

from engine.commands.document_tables import SEPARATOR, markdown_table, param_table
from engine.core.text import Text
from engine.exports import EXPORTS
from engine.exports.declaration import ExportFormat
from engine.methods import METHODS

_TITLE = Text("Forms of export", "导出形式")
_LEAD = Text(
    "How a tuned model can be taken away: on its page, or by `python app.py export ID FORM`. This page is generated from the "
    "declarations by `python -m engine.commands.document`; a test fails when it is out of date.",
    "微调模型的导出方式：在其页面上，或用 `python app.py export 编号 形式`。"
    "本页由 `python -m engine.commands.document` 根据声明生成；过期时测试会失败。",
)
_HEADS = (
    Text("Form", "形式"),
    Text("Key", "键"),
    Text("Stands alone", "可独立使用"),
    Text("Files end in", "文件名结尾"),
    Text("What you get", "内容"),
)
_YES, _NO = Text("yes", "是"), Text("no, it needs a base model", "否，需要基座模型")
_METHODS = Text("**Methods**: {methods}.", "**方法**：{methods}。")
_PROOF = Text("**Proof**: {proof}", "**证明**：{proof}")
_ALSO = Text("On the command line {keys} means the same for such a result.", "对这类结果，命令行中的 {keys} 与此相同。")


def exports_page(language: str) -> str:
    """The whole page in one language."""
    parts = [f"# {_TITLE.in_(language)}", _LEAD.in_(language)]
    parts.append(markdown_table([head.in_(language) for head in _HEADS], [_row(form, language) for form in EXPORTS]))
    for form in EXPORTS:
        parts += _about(form, language)
    return "\n\n".join(parts) + "\n"


def _row(form: ExportFormat, language: str) -> list[str]:
    alone = (_YES if form.stands_alone else _NO).in_(language)
    return [f"**{form.label.in_(language)}**", f"`{form.key}`", alone, f"`-{form.suffix}.zip`", form.help.in_(language)]


def _about(form: ExportFormat, language: str) -> list[str]:
    methods = [one.label.in_(language) for one in METHODS if form.refusal(one, one.saves) is None]
    parts = [f"## {form.label.in_(language)} (`{form.key}`)"]
    if methods:
        parts.append(_METHODS.in_(language).format(methods=SEPARATOR.in_(language).join(methods)))
    parts.append(_PROOF.in_(language).format(proof=form.proof.in_(language)))
    if form.also:
        keys = SEPARATOR.in_(language).join(f"`{key}`" for key in form.also)
        parts.append(_ALSO.in_(language).format(keys=keys))
    if form.params:
        parts.append(param_table(form.params, language))
    return parts
