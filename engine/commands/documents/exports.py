"""The page of the docs about the forms in which a tuned model can be taken away."""

from __future__ import annotations

from engine.commands.documents.destinations import destination_parts
from engine.commands.documents.proofs import proof_parts
from engine.commands.documents.tables import markdown_table, param_table
from engine.core.text import Text, separator
from engine.exports import EXPORTS
from engine.exports.common.declaration import ExportFormat
from engine.methods import METHODS

_TITLE = Text("commands.documents.exports.title")
_LEAD = Text("commands.documents.exports.lead")
_HEADS = (
    Text("commands.documents.exports.heads.form"),
    Text("commands.documents.exports.heads.key"),
    Text("commands.documents.exports.heads.stands_alone"),
    Text("commands.documents.exports.heads.files_end_in"),
    Text("commands.documents.exports.heads.what_you_get"),
)
_YES, _NO = Text("commands.documents.exports.yes"), Text("commands.documents.exports.no_it_needs_a")
_METHODS = Text("commands.documents.exports.methods")
_PROOF = Text("commands.documents.exports.proof")
_ALSO = Text("commands.documents.exports.also")


def exports_page(language: str) -> str:
    """The whole page in one language."""
    parts = [f"# {_TITLE.in_(language)}", _LEAD.in_(language)]
    parts.append(markdown_table([head.in_(language) for head in _HEADS], [_row(form, language) for form in EXPORTS]))
    parts += destination_parts(language)
    for form in EXPORTS:
        parts += _about(form, language)
    parts += proof_parts(language)
    return "\n\n".join(parts) + "\n"


def _row(form: ExportFormat, language: str) -> list[str]:
    alone = (_YES if form.stands_alone else _NO).in_(language)
    return [f"**{form.label.in_(language)}**", f"`{form.key}`", alone, f"`-{form.suffix}.zip`", form.help.in_(language)]


def _about(form: ExportFormat, language: str) -> list[str]:
    methods = [one.label.in_(language) for one in METHODS if form.refusal(one, one.saves) is None]
    parts = [f"## {form.label.in_(language)} (`{form.key}`)"]
    if methods:
        parts.append(_METHODS.in_(language).format(methods=separator(language).join(methods)))
    parts.append(_PROOF.in_(language).format(proof=form.proof.in_(language)))
    if form.also:
        keys = separator(language).join(f"`{key}`" for key in form.also)
        parts.append(_ALSO.in_(language).format(keys=keys))
    if form.params:
        parts.append(param_table(form.params, language))
    return parts
