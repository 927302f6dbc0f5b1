"""The tables of the docs about exports that were proved: on the starter and on families of models, as a run found them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.commands.documents.tables import markdown_table
from engine.core.text import Text, catalogue, filled
from engine.exports import EXPORTS

RESULTS = Path(__file__).parents[3] / "docs" / "exports.json"  # written by `python -m benchmarks.exports`
STARTER = "starter"
PASSED, NONE, NOT_RUN = "✓", "–", "?"
_MB = 1_000_000

_TITLE, _LEAD = Text("commands.documents.proofs.title"), Text("commands.documents.proofs.lead")
_STARTER = Text("commands.documents.proofs.starter")
_FAMILIES, _FAMILIES_LEAD = Text("commands.documents.proofs.families"), Text("commands.documents.proofs.families_lead")
_REASONS = Text("commands.documents.proofs.reasons")
_FAILED = Text("commands.documents.proofs.failed")
_HASHED = Text("commands.documents.proofs.hashed")
_HEADS = (
    Text("commands.documents.proofs.heads.form"),
    Text("commands.documents.proofs.heads.size"),
    Text("commands.documents.proofs.heads.formats"),
    Text("commands.documents.proofs.heads.library"),
    Text("commands.documents.proofs.heads.divergence"),
    Text("commands.documents.proofs.heads.agreement"),
    Text("commands.documents.proofs.heads.flips"),
    Text("commands.documents.proofs.heads.answers"),
    Text("commands.documents.proofs.heads.ends"),
)
_MODEL = Text("commands.documents.proofs.heads.model")


def read_proofs() -> dict[str, Any]:
    """{model: {"family", "likeness", "exports": what was found of each form}}."""
    if not RESULTS.is_file():
        return {}
    found: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found


def proof_parts(language: str) -> list[str]:
    """The headings, tables and reasons in one language."""
    found = read_proofs()
    heads = [head.in_(language) for head in _HEADS]
    rows = [_row(one, language) for one in found.get(STARTER, {"exports": []})["exports"]]
    parts = [f"## {_TITLE.in_(language)}", _LEAD.in_(language)]
    parts += [f"### {_STARTER.in_(language)}", markdown_table(heads, rows)] if rows else []
    parts += [f"### {_FAMILIES.in_(language)}", _FAMILIES_LEAD.in_(language), _families(found, language)]
    reasons = list(_why(found, language))
    return [*parts, _REASONS.in_(language), "\n".join(f"- {line}" for line in reasons)] if reasons else parts


def _name(export: Mapping[str, Any]) -> str:
    setting = f" {export['setting']}" if export["setting"] else ""
    return f"`{export['format']}`{setting}"


def _row(export: Mapping[str, Any], language: str) -> list[str]:
    proof = export["proof"] or {}
    size = f"{export['bytes'] / _MB:,.1f} MB" if export["bytes"] else NONE
    if "divergence" not in proof:
        state = (_FAILED if export["error"] else _HASHED).in_(language)
        return [_name(export), size, *[NONE] * 6, state]
    formats = ", ".join(f"{name} {told['tensors']}" for name, told in proof["formats"].items())
    return [
        _name(export),
        size,
        formats,
        str(proof["library"]),
        f"{proof['divergence']:.1e} / {proof['divergence_99']:.1e}",
        f"{100 * proof['agreement']:.1f} %",
        f"{proof['flips']} / {proof['right_before']}",
        f"{proof['same_answers']} / {proof['prompts']}",
        PASSED if proof["passed"] else _FAILED.in_(language),
    ]


def _families(found: Mapping[str, Any], language: str) -> str:
    """A line a model: mean divergence and agreement of each form with its usual settings."""
    rows = []
    for key, model in found.items():
        if key != STARTER:
            told = {one["format"]: one for one in reversed(model["exports"])}
            rows.append(
                [f"{model['likeness']} (`{model['family']}`)", *(_cell(told.get(form.key)) for form in EXPORTS)]
            )
    return markdown_table([_MODEL.in_(language), *(f"`{form.key}`" for form in EXPORTS)], rows)


def _cell(export: Mapping[str, Any] | None) -> str:
    if export is None:
        return NONE
    proof = export["proof"] or {}
    if "divergence" not in proof:
        return "✗" if export["error"] else "#"
    sign = PASSED if proof["passed"] else "✗"
    return f"{sign} {proof['divergence']:.0e}, {100 * proof['agreement']:.0f} %"


def _why(found: Mapping[str, Any], language: str) -> Iterator[str]:
    """Why a form is missing, or failed its proof."""
    for key, model in found.items():
        for export in model["exports"]:
            if error := export["error"]:
                sentence = filled(catalogue(language)[f"error.{error['code']}"], error["params"], language)
                yield f"{model['likeness'] or key}, {_name(export)}: {sentence}"
