"""Whether a data set suits an objective and a base model: findings with numbers and ways out, the same for every page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.text import listed
from engine.data.operations import OPERATIONS, operation_of
from engine.data.operations.base import Operation
from engine.data.rows import overview
from engine.data.rows.index import RowIndex
from engine.data.templates.fit import MOST_ROWS, SCRIPTS, Fit, scripts_of
from engine.data.templates.isolated.isolated_template import open_template
from engine.data.templates.losses import BEYOND_VOCABULARY, CALLS, OTHER, by_kind, reason_in
from engine.data.templates.template import ChatTemplate
from engine.models.base.paths import tokenizer_folder
from engine.models.languages import knows
from engine.models.presence import can_plan
from engine.objectives import OBJECTIVES, objective_of, usual_objective
from engine.objectives.declaration import KINDS
from engine.services.data.slow_work import SLICE_S, Steps, kept, kept_file, made
from engine.services.data.suggested import languages_of, suggested
from engine.services.data.suggested_objective import best_of_families
from engine.services.data.versions.version_files import version_file
from engine.services.data.views import load_dataset
from engine.shapes.fit import FitLevel, FitView, MisfitView, WayName
from storage.queries import base_models, datasets
from storage.tables import Dataset, LanguageModel

_CHUNK = 32  # rows between two looks at the clock
_MENTIONED = 0.05  # a language of fewer rows says nothing about a data set
_MOST_OTHERS = 6  # models that are looked at for a way out
_CONVERTED = "chat"  # what conversions make
Measured = dict[str, Any]


@dataclass(frozen=True)
class WayOut:
    """One tap that mends what was found.

    Attributes:
        do: "model" (take another base model that is here), "models" (bring another one, of the product's list where it is named), "operation" (change the rows) or
            "objective" (learn something else from them).
        key: id of the model, its name on the hub, key of the operation or of the objective; empty where any model is meant.
        label: name of the model, the operation or the objective; empty likewise.
        values: settings of the operation that are chosen already.
    """

    do: WayName
    key: str = ""
    label: Any = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Misfit:
    """What does not fit, as a sentence `fit.<code>`; or a fault of the model, as its own sentence.

    Attributes:
        code: of the sentence.
        level: "danger" where nothing can be trained, "warn" where part of it is lost or learnt badly.
        params: numbers and names of the sentence.
        ways: what can be done about it, the best first.
    """

    code: str
    level: FitLevel
    params: Mapping[str, Any]
    ways: Sequence[WayOut] = field(default_factory=tuple)


# ------------------------------------------------------------------ for pages


def fit_of(ctx: Context, dataset: int, model: int | None = None, objective: str | None = None) -> FitView:
    """What does not fit when this data set is learnt from by this model.

    Args:
        model: base model; without it, the one that a new job would begin with.
        objective: its key; without it, whatever can learn from the rows.

    Raises:
        NotFound: there is no such data set.
        Fault: "objective.unknown".
    """
    return _found(ctx, load_dataset(ctx, dataset), _base(ctx, model), objective, _Slice(SLICE_S))


def fits(ctx: Context, model: int | None = None, objective: str | None = None) -> dict[str, FitView]:
    """As `fit_of`, of every data set that is ready: {id as text: ...}. Those that time was left for are looked at."""
    base, left = _base(ctx, model), _Slice(2 * SLICE_S)
    with ctx.db.read() as s:
        ready = [row for row in datasets.newest_first(s) if row.status == "ready"]
    return {str(row.id): _found(ctx, row, base, objective, left) for row in ready}


def _base(ctx: Context, model: int | None) -> LanguageModel | None:
    """The model, if it is ready; without an id, the one that comes first."""
    ready = _ready_models(ctx)
    return next((one for one in ready if model in (None, one.id)), None)


def _ready_models(ctx: Context) -> list[LanguageModel]:
    with ctx.db.read() as s:
        return [one for one in base_models.list_models(s) if can_plan(one)]


def _found(ctx: Context, row: Dataset, base: LanguageModel | None, objective: str | None, left: _Slice) -> FitView:
    findings, working = _kind_findings(row, objective), False
    if base is not None and row.status == "ready":
        measured = _measured(ctx, row, base, left)
        working = "working" in measured
        if not working:
            told, working = _with_ways(ctx, row, base, _model_findings(row, base, measured), left)
            findings += told
    order = ("danger", "warn", "info")
    findings.sort(key=lambda one: order.index(one.level))
    views = [cast(MisfitView, asdict(one)) for one in findings]
    return {"findings": views, "model": base.id if base else None, "working": working}


# ------------------------------------------------------------------ kinds of rows


def _kind_findings(row: Dataset, objective: str | None) -> list[Misfit]:
    """Nothing where the objective (or any, where none is named) learns from rows of this kind."""
    wanted = objective_of(objective) if objective else usual_objective()
    if row.kind is None or row.kind in wanted.learns_from:
        return []
    learns = list(best_of_families(row.kind))
    if objective is None and learns:
        return []
    turned = [one for one in OPERATIONS if one.makes and row.kind in one.kinds]
    if turned and not learns and _CONVERTED not in wanted.learns_from:
        learns = [one for one in OBJECTIVES if _CONVERTED in one.learns_from][:1]
    ways = [WayOut("objective", one.key, one.label.as_dict()) for one in learns]
    ways[1:1] = [_operation(one) for one in turned if one.makes in wanted.learns_from]
    own, kinds = row.kind in wanted.unfit, [KINDS[kind] for kind in sorted(wanted.learns_from)]
    params = {"rows": row.accepted, "objective": wanted.label.as_dict()}
    named = {} if own else {"kind": KINDS[row.kind].as_dict(), "usable": listed(kinds).as_dict()}
    return [Misfit(f"kind.{row.kind}" if own else "kind.other", "danger", params | named, tuple(ways))]


def _operation(operation: Operation, **values: Any) -> WayOut:
    return WayOut("operation", operation.key, operation.label.as_dict(), values)


# ------------------------------------------------------------------ rows and model


@dataclass
class _Slice:
    """Time for measuring in one call. Nothing is begun when it is over: among many, each would push out another's work."""

    seconds: float
    over: bool = False

    def work(self, file: Path, make: Callable[[Measured], Steps]) -> Measured:
        """The kept outcome, else as `made` while there is time."""
        if (known := kept(file)) is not None:
            return known
        if self.over:
            return {"working": 0.0}
        began = time.monotonic()
        found = made(file, make, self.seconds)
        self.seconds -= time.monotonic() - began
        self.over = "working" in found or self.seconds <= 0
        return found


def _measured(ctx: Context, row: Dataset, base: LanguageModel, left: _Slice) -> Measured:
    """What `Fit` measured, kept; nothing where the rows cannot be read (others tell of that), or with the fault of the model."""
    languages = scripts_of(row.stats.get("languages") or {})
    try:
        version, path = version_file(ctx, row.id)
        folder = tokenizer_folder(ctx.settings, base)
        stamp = (folder / "tokenizer.json").stat().st_mtime_ns
        file = kept_file(ctx, f"{version.content_hash}-{base.id}-{stamp}-fit3")
        return left.work(file, lambda result: _look(path, open_template(folder, base.name), languages, result))
    except (Fault, NotFound, OSError) as error:
        told = {"fault": error.as_dict()} if isinstance(error, Fault) and error.code.startswith(_OF_TEMPLATE) else {}
        return _NOTHING | _NOTHING_OF_ANSWERS | told


_OF_TEMPLATE = "template."  # faults of a model's template or tokenizer: no row can be learnt from with it
_NOTHING: Measured = {"rows": 0, "looked": 0, "tools": 0, "refused": {}, "reasons": {}, "per_letter": {}}
_NOTHING_OF_ANSWERS: Measured = {"thoughts": 0, "thinking": 0, "spelt": 0, "end": None, "end_token": ""}


def _look(path: Path, template: ChatTemplate, languages: frozenset[str], result: Measured) -> Steps:
    index, fit = RowIndex.open(path), Fit(template, languages)
    places = overview.evenly(len(index), MOST_ROWS)
    template.ready()
    yield 0.0
    for start in range(0, len(places), _CHUNK):
        fit.add(index.rows(places[start : start + _CHUNK]))
        yield min(1.0, (start + _CHUNK) / len(places))
    result |= fit.as_dict(len(index))


def _model_findings(row: Dataset, base: LanguageModel, measured: Measured) -> list[Misfit]:
    if fault := measured.get("fault"):
        return [Misfit(fault["code"], "danger", fault["params"])]
    return [*_refused(base, measured), *_answers(base, measured), *_hardly_known(row, base, measured)]


def _answers(base: LanguageModel, measured: Measured) -> Iterator[Misfit]:
    """What of the answers is not learnt as it stands in the rows: their reasoning, or where they end."""
    looked, rows, count = measured["looked"], measured["rows"], measured["thoughts"]
    if count:
        share = rows / looked
        params = {
            "n": round(count * share),
            "answers": round(measured["thinking"] * share),
            "rows": rows,
            "model": base.name,
        }
        yield Misfit("thoughts" if looked == rows else "thoughts.about", "warn", params)
    if spelt := measured["spelt"]:
        params = {"n": round(spelt * rows / looked), "rows": rows, "model": base.name}
        yield Misfit("thoughts_as_text" if looked == rows else "thoughts_as_text.about", "info", params)
    if measured["end"] in _ENDS:
        code, level = _ENDS[measured["end"]]
        yield Misfit(code, level, {"model": base.name, "token": measured["end_token"]})


_ENDS: Mapping[str, tuple[str, FitLevel]] = {"added": ("end_added", "info"), "none": ("no_end", "danger")}


def _refused(base: LanguageModel, measured: Measured) -> Iterator[Misfit]:
    """Rows that the chat template cannot take, or would take only in part: training leaves them out."""
    looked, rows = measured["looked"], measured["rows"]
    for name, count in by_kind(measured["refused"]).items():
        level: FitLevel = "danger" if count == looked or name == BEYOND_VOCABULARY else "warn"
        params = {"n": count if looked == rows else round(count * rows / looked), "rows": rows, "model": base.name}
        if name in (OTHER, CALLS):
            params["reason"] = reason_in(name, measured["reasons"])
        yield Misfit(name if looked == rows else f"{name}.about", level, params)


def _hardly_known(row: Dataset, base: LanguageModel, measured: Measured) -> Iterator[Misfit]:
    """Languages of the rows that the model's makers do not name, or whose letters cost so many tokens that it was hardly taught them."""
    languages, named = row.stats.get("languages") or {}, languages_of(base)
    for script in SCRIPTS:
        count, cost = languages.get(script.key, 0), measured["per_letter"].get(script.key, 0.0)
        said = knows(named, script.key)
        if count < max(1, _MENTIONED * row.accepted) or said:
            continue
        params = {"n": count, "rows": row.accepted, "language": script.label.as_dict(), "model": base.name}
        if cost >= script.most:
            yield Misfit("language", "warn", params | {"tokens": round(cost, 1), "usual": script.usual})
        elif said is False:
            yield Misfit("language_unnamed", "warn", params | {"languages": ", ".join(named)})


def _with_ways(
    ctx: Context, row: Dataset, base: LanguageModel, findings: Sequence[Misfit], left: _Slice
) -> tuple[list[Misfit], bool]:
    """The findings with what can be done; and whether other models are still being looked at for that."""
    if all(one.level == "info" for one in findings):
        return list(findings), False
    others = [one for one in _ready_models(ctx) if one.id != base.id][:_MOST_OTHERS]
    looked = [(one, _measured(ctx, row, one, left)) for one in others]
    fitting = [one for one, measured in looked if _suits(row, one, measured)]
    model = WayOut("model", str(fitting[0].id), fitting[0].name) if fitting else _from_the_list(ctx, base, findings)
    working = not fitting and any("working" in measured for _one, measured in looked)
    return [_with_way(one, model) for one in findings], working


def _from_the_list(ctx: Context, base: LanguageModel, findings: Sequence[Misfit]) -> WayOut:
    """A model of the product's list that takes what this one does not, else whatever can be brought."""
    codes = {one.code.removesuffix(".about") for one in findings}
    spoken = [one.params["language"] for one in findings if "language" in one.params]
    letters = [script.key for script in SCRIPTS if script.label.as_dict() in spoken]
    if not codes & _LISTED:
        return WayOut("models")
    found = suggested(ctx, base, letters, tools="tools" in codes)
    return WayOut("models", found.ref, found.name) if found else WayOut("models")


_LISTED = {"tools", "language", "language_unnamed"}  # what the list says of its models


def _suits(row: Dataset, base: LanguageModel, measured: Measured) -> bool:
    found = _model_findings(row, base, measured) if measured.get("looked") else None
    return found is not None and all(one.level == "info" for one in found)


def _with_way(finding: Misfit, model: WayOut) -> Misfit:
    if finding.level == "info":
        return finding
    mend = _MENDED_BY.get(finding.code.removesuffix(".about"))
    ways = (model, _operation(operation_of(mend[0]), **mend[1])) if mend else (model,)
    return Misfit(finding.code, finding.level, finding.params, ways)


_MENDED_BY: Mapping[str, tuple[str, Mapping[str, Any]]] = {"system": ("system_turn", {"what": "remove"})}
