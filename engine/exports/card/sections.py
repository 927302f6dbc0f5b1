"""The parts of a card that people read, in one language each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from engine.core.params import Param
from engine.core.text import Text
from engine.exports.card.facts import CardFacts
from engine.exports.card.limits import limits_of
from engine.exports.common.plain_names import plain

_SHOWN = ("int", "float", "bool", "choice", "multi")  # what somebody typed freely may be private
_NUMBERS = ("val_loss", "base_val_loss", "perplexity", "base_perplexity", "steps", "tokens")
_WORDS = {
    "data": Text("exports.card.sections.data"),
    "name": Text("exports.card.sections.name"),
    "train_rows": Text("exports.card.sections.train_rows"),
    "val_rows": Text("exports.card.sections.val_rows"),
    "test_rows": Text("exports.card.sections.test_rows"),
    "settings": Text("exports.card.sections.settings"),
    "method": Text("exports.card.sections.method"),
    "setting": Text("exports.card.sections.setting"),
    "value": Text("exports.card.sections.value"),
    "numbers": Text("exports.card.sections.numbers"),
    "first_loss": Text("exports.card.sections.first_loss"),
    "last_loss": Text("exports.card.sections.last_loss"),
    "val_loss": Text("exports.card.sections.val_loss"),
    "base_val_loss": Text("exports.card.sections.base_val_loss"),
    "perplexity": Text("exports.card.sections.perplexity"),
    "base_perplexity": Text("exports.card.sections.base_perplexity"),
    "steps": Text("exports.card.sections.steps"),
    "tokens": Text("exports.card.sections.tokens"),
    "answers": Text("exports.card.sections.answers"),
    "merged": Text("exports.card.sections.merged"),
    "merged_how": Text("exports.card.sections.merged_how"),
    "parent": Text("exports.card.sections.parent"),
    "weight": Text("exports.card.sections.weight"),
    "made_by": Text("exports.card.sections.made_by"),
    "rank": Text("exports.card.sections.rank"),
    "bakeoff": Text("exports.card.sections.bakeoff"),
    "measure": Text("exports.card.sections.measure"),
    "mean": Text("exports.card.sections.mean"),
    "runs": Text("exports.card.sections.runs"),
    "votes": Text("exports.card.sections.votes"),
    "votes_said": Text("exports.card.sections.votes_said"),
    "proof": Text("exports.card.sections.proof"),
    "proof_said": Text("exports.card.sections.proof_said"),
    "library": Text("exports.card.sections.library"),
    "divergence": Text("exports.card.sections.divergence"),
    "divergence_99": Text("exports.card.sections.divergence_99"),
    "agreement": Text("exports.card.sections.agreement"),
    "same_answers": Text("exports.card.sections.same_answers"),
    "flips": Text("exports.card.sections.flips"),
    "limits": Text("exports.card.sections.limits"),
    "files": Text("exports.card.sections.files"),
    "file": Text("exports.card.sections.file"),
}


def sections(facts: CardFacts, language: str) -> str:
    """All of them as Markdown, after what the folder is and how it is loaded."""
    parts = (_data, _settings, _numbers, _merged, _bakeoff, _votes, _proof, _limits, _files)
    return "".join(f"\n{part}\n" for part in (write(facts, language) for write in parts) if part)


def _said(language: str, key: str, **params: Any) -> str:
    return _WORDS[key].filled(**params).in_(language)


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _data(facts: CardFacts, language: str) -> str:
    data = facts.data
    if not data.get("name"):
        return ""
    rows = [(_said(language, "name"), data["name"])]
    rows += [
        (_said(language, key), data[key])
        for key in ("train_rows", "val_rows", "test_rows")
        if data.get(key) is not None
    ]
    rows += [("sha256", f"`{data['hash']}`")] if data.get("hash") else []
    return f"## {_said(language, 'data')}\n\n{_table(['', ''], rows)}"


def _settings(facts: CardFacts, language: str) -> str:
    if facts.method is None or facts.merged:
        return ""
    training: tuple[Param, ...] = ()
    if facts.objective is not None:
        training = facts.objective.params_of(facts.method, facts.source.base.parameters)
    chosen = [
        *_chosen(facts.method.params, facts.spec.get("method_params") or {}, language),
        *_chosen(training, facts.spec.get("training") or {}, language),
    ]
    told = _said(
        language, "method", method=facts.method.label, objective=facts.objective.label if facts.objective else ""
    )
    table = "\n\n" + _table([_said(language, "setting"), _said(language, "value")], chosen) if chosen else ""
    return f"## {_said(language, 'settings')}\n\n{told}{table}"


def _chosen(params: Iterable[Param], values: Mapping[str, Any], language: str) -> Iterator[tuple[str, str]]:
    """Those that are not the usual ones."""
    for param in params:
        value = values.get(param.key, param.default)
        if param.kind in _SHOWN and not param.source and value != param.default:
            yield param.label.in_(language), _value(param, value, language)


def _value(param: Param, value: Any, language: str) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_value(param, one, language) for one in value)
    return (
        param.choices[value].in_(language)
        if value in param.choices
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


def _numbers(facts: CardFacts, language: str) -> str:
    rows = [
        (_said(language, key), f"{loss:.4g}")
        for key, loss in zip(("first_loss", "last_loss"), facts.losses, strict=False)
    ]
    metrics = facts.metrics
    rows += [
        (_said(language, key), f"{metrics[key]:.6g}") for key in _NUMBERS if isinstance(metrics.get(key), int | float)
    ]
    answers = metrics.get("answers") or {}
    rows += [
        (_said(language, "answers", metric=name.upper() if len(name) < 5 else name.replace("_", " ")), _before(answers, name))
        for name, value in answers.items()
        if isinstance(value, int | float) and not name.startswith("base_") and f"base_{name}" in answers
    ]  # fmt: skip
    return f"## {_said(language, 'numbers')}\n\n{_table(['', ''], rows)}" if rows else ""


def _before(answers: Mapping[str, Any], name: str) -> str:
    before = answers[f"base_{name}"]
    return f"{before:.4g} → {answers[name]:.4g}" if isinstance(before, int | float) else f"{answers[name]:.4g}"


def _merged(facts: CardFacts, language: str) -> str:
    told = facts.merged
    if not told:
        return ""
    rows = [
        (plain(one["name"]), f"{one['weight']:g}", one["method"], one["rank"], f"`{one['weights_hash']}`")
        for one in told["parents"]
    ]
    head = [_said(language, key) for key in ("parent", "weight", "made_by", "rank")] + ["sha256"]
    said = _said(language, "merged_how", way=told["way"], rank=told["rank"], same=f"{100 * told['agreement']:.1f}")
    return f"## {_said(language, 'merged')}\n\n{said}\n\n{_table(head, rows)}"


def _bakeoff(facts: CardFacts, language: str) -> str:
    found = facts.evidence.bakeoff
    if not found:
        return ""
    rows = [(plain(name), _spread(cell), cell["runs"]) for name, cell in found["cells"].items()]
    head = [_said(language, key) for key in ("measure", "mean", "runs")]
    return f"## {_said(language, 'bakeoff')}\n\n{_table(head, rows)}" if rows else ""


def _spread(cell: Mapping[str, Any]) -> str:
    return f"{cell['mean']:.4g}" + (f" ± {cell['spread']:.2g}" if cell.get("spread") is not None else "")


def _votes(facts: CardFacts, language: str) -> str:
    found = facts.evidence.votes
    if not found:
        return ""
    shares = {key: f"{100 * found[key]:.0f}" for key in ("low", "high")}
    counts = {key: found[key] for key in ("wins", "ties", "votes")}
    return f"## {_said(language, 'votes')}\n\n{_said(language, 'votes_said', **counts, **shares)}"


def _proof(facts: CardFacts, language: str) -> str:
    proof = facts.proof
    if "divergence" not in proof:
        return ""
    rows = [
        (_said(language, "library"), proof["library"]),
        (_said(language, "divergence"), f"{proof['divergence']:.3g}"),
        (_said(language, "divergence_99"), f"{proof['divergence_99']:.3g}"),
        (_said(language, "agreement"), f"{100 * proof['agreement']:.2f} %"),
        (_said(language, "same_answers"), f"{proof['same_answers']} / {proof['prompts']}"),
        (_said(language, "flips"), f"{proof['flips']} / {proof['right_before']}"),
    ]
    return f"## {_said(language, 'proof')}\n\n{_said(language, 'proof_said')}\n\n{_table(['', ''], rows)}"


def _limits(facts: CardFacts, language: str) -> str:
    listed = "\n".join(f"- {text.in_(language)}" for text in limits_of(facts))
    return f"## {_said(language, 'limits')}\n\n{listed}"


def _files(facts: CardFacts, language: str) -> str:
    rows = [(f"`{name}`", f"`{digest}`") for name, digest in facts.files.items()]
    return f"## {_said(language, 'files')}\n\n{_table([_said(language, 'file'), 'sha256'], rows)}" if rows else ""
