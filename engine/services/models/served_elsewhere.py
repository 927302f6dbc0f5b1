"""One tuned model, served by other programs: their exact commands, and which export each of them needs first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.settings import Settings
from engine.exports.common.declaration import ExportFormat
from engine.exports.common.package import file_name
from engine.exports.destinations import short_name
from engine.exports.serving_programs import SERVING_PROGRAMS, ServedCopy, ServingProgram, ServingWay
from engine.models.tuned.results import ADAPTER_CONFIG, adapter_config
from engine.services.models.offers import offer_of
from engine.services.models.taken import list_exports
from engine.shapes.exports.made import ExportedForm
from engine.shapes.serving.programs import ServingProgramView, ServingWayView
from storage.queries import tuned_models
from storage.tables import LanguageModel, TunedModel

_DTYPE = "dtype"


@dataclass(frozen=True)
class _Model:
    """A tuned model with what was made of it.

    Attributes:
        tuned: its row.
        base: row of its base.
        settings: where files are.
        files: of its exports, the newest first.
    """

    tuned: TunedModel
    base: LanguageModel
    settings: Settings
    files: tuple[ExportedForm, ...]


def serving_programs(ctx: Context, tuned_id: int) -> list[ServingProgramView]:
    """Every program that can serve a model, with its commands. Raises NotFound."""
    files = tuple(file for export in list_exports(ctx, tuned_id) for file in export["files"] if file["there"])
    with ctx.db.read() as s:
        if (tuned := tuned_models.get_tuned(s, tuned_id)) is None:
            raise NotFound(tuned=tuned_id)
        model = _Model(tuned, s.get_one(LanguageModel, tuned.base_model_id), ctx.settings, files)
    return [_program(model, one) for one in SERVING_PROGRAMS]


def _program(model: _Model, program: ServingProgram) -> ServingProgramView:
    return {
        "key": program.key,
        "label": program.label.as_dict(),
        "help": program.help.as_dict(),
        "address": program.address,
        "source": program.source,
        "keyed": program.keyed,
        "ways": [view for way in program.ways for view in _way(model, way)],
    }


def _way(model: _Model, way: ServingWay) -> Iterator[ServingWayView]:
    """Nothing where results of this kind have no such form."""
    offer = offer_of(model.tuned, model.base)
    form = offer.meant(way.form)
    if form is None or model.tuned.format not in form.made_of:
        return
    values = {param.key: way.params.get(param.key, param.default) for param in form.params}
    made = next((one for one in model.files if one["format"] == form.key and _suits(one, way)), None)
    copy = _copy(model, form, values, made)
    reason = offer.refusal(form) or way.why_not(copy)
    yield {
        "form": form.key,
        "label": form.label.as_dict(),
        "about": way.about.as_dict(),
        "params": values,
        "reason": reason.as_dict() if reason else None,
        "made": made is not None,
        "lines": [] if reason else [{"says": one.says.as_dict(), "code": one.code} for one in way.lines(copy)],
    }


def _suits(file: ExportedForm, way: ServingWay) -> bool:
    """Any number format will do, but one that is wanted is wanted; a proof that failed is no file to serve."""
    failed = file["proof"] is not None and file["proof"]["state"] == "failed"
    return not failed and all(file["params"].get(key) == value for key, value in way.params.items())


def _copy(model: _Model, form: ExportFormat, values: Mapping[str, Any], made: ExportedForm | None) -> ServedCopy:
    chosen = made["params"] if made else values
    part = form.name_part(chosen)
    name = made["name"].removesuffix(".zip") if made else file_name(model.tuned.name, "-".join(filter(None, (form.suffix, part))))  # fmt: skip
    folder = made["folder"] if made and made["folder"] else f"./{name}"
    base = model.base
    local = str(model.settings.absolute(base.path)) if base.path else base.name
    reference = base.ref if base.source == "hub" else local
    dtype = chosen.get(_DTYPE)
    return ServedCopy(folder, short_name(model.tuned.name), reference, base.context_length, dtype, _adapter(model))


def _adapter(model: _Model) -> Mapping[str, Any] | None:
    folder = model.settings.absolute(model.tuned.path)
    try:
        return adapter_config(folder) if (folder / ADAPTER_CONFIG).is_file() else None
    except Fault:  # the page of the model says what is wrong with its files
        return None
