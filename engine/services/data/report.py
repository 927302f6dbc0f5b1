"""The report of a data set: counted once for each content (and model), in short slices, and kept under home/cache/reports."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from engine.core.context import Context
from engine.core.errors import NotFound
from engine.data.rows import overview
from engine.data.rows.index import RowIndex
from engine.data.templates import token_overview
from engine.data.templates.isolated.isolated_template import isolated
from engine.data.templates.template import ChatTemplate
from engine.devices import device_of
from engine.models.base.paths import tokenizer_folder
from engine.planner.time.corrections import MODEL_VERSION, machine_of
from engine.services.data.slow_work import Steps, kept_file, made
from engine.services.data.versions.version_files import version_file
from engine.shapes.reports import DataReport, EpochSpeed, TemplateReport, TokenReport
from storage.queries import base_models as model_queries
from storage.queries.corrections import corrections_of
from storage.tables import LanguageModel

_CHUNK, _TOKEN_CHUNK = 64, 16  # rows between two looks at the clock
_TOKENS = 2  # version of what is counted in a model's tokens
_CHECKED_ROWS = 200  # among which a row for the template check is looked for


def report(ctx: Context, dataset: int) -> DataReport:
    """What the data set is like (see `engine.data.rows.overview`), or {"working": share done}: then ask again.

    Raises:
        NotFound, Fault: "data.not_imported", "data.file.rows_gone".
    """
    version, path = version_file(ctx, dataset)
    return cast(DataReport, made(kept_file(ctx, f"{version.content_hash}-rows"), lambda result: _look(path, result)))


def _look(path: Path, result: dict[str, Any]) -> Steps:
    index = RowIndex.open(path)
    yield 0.02
    for _step in overview.of_index(index, result):
        yield 0.05
    yield 0.1
    places = overview.evenly(len(index), overview.MOST_ROWS)
    sampled = overview.Sampled()
    for start in range(0, len(places), _CHUNK):
        overview.counted(index, places[start : start + _CHUNK], sampled)
        yield 0.1 + 0.9 * min(1.0, (start + _CHUNK) / len(places))
    result["sample"] = sampled.as_dict()


def token_report(ctx: Context, dataset: int, model: int) -> TokenReport:
    """Lengths in a model's tokens (see `engine.data.templates.token_overview`) with "seconds" of an epoch where this machine has
    trained this model before, or {"working": share done}: then ask again.

    Raises:
        NotFound, Fault: as `report`; "template.no_tokenizer", "template.broken".
    """
    version, path = version_file(ctx, dataset)
    base, folder = _model(ctx, model)
    stamp = (folder / "tokenizer.json").stat().st_mtime_ns
    file = kept_file(ctx, f"{version.content_hash}-{model}-{stamp}-tokens-{_TOKENS}")
    found = made(file, lambda result: _count_tokens(path, isolated(folder, base.name), base.context_length, result))
    told = found if "working" in found else found | {"speed": _speed(ctx, model, found["epoch"]["tokens"])}
    return cast(TokenReport, told)


def _count_tokens(path: Path, template: ChatTemplate, context: int | None, result: dict[str, Any]) -> Steps:
    index = RowIndex.open(path)
    template.ready()
    yield 0.02
    places = overview.evenly(len(index), token_overview.MOST_ROWS)
    tokens = token_overview.Tokens()
    for start in range(0, len(places), _TOKEN_CHUNK):
        tokens.add(index.rows(places[start : start + _TOKEN_CHUNK]), template)
        yield min(1.0, (start + _TOKEN_CHUNK) / len(places))
    result |= tokens.as_dict(len(index), context)


def template_report(ctx: Context, dataset: int, model: int) -> TemplateReport:
    """How a model's template teaches a real row (see `engine.data.templates.check`). Raises as `token_report`."""
    _version, path = version_file(ctx, dataset)
    base, folder = _model(ctx, model)
    index = RowIndex.open(path)
    train = index.places_in("train")
    rows = index.rows(train[overview.evenly(len(train), _CHECKED_ROWS)])
    return cast(TemplateReport, isolated(folder, base.name).check(rows))


def _model(ctx: Context, model: int) -> tuple[LanguageModel, Path]:
    with ctx.db.read() as session:
        base = model_queries.get_model(session, model)
    if base is None:
        raise NotFound(model=model)
    return base, tokenizer_folder(ctx.settings, base)


def _speed(ctx: Context, model: int, tokens: int) -> EpochSpeed | None:
    """The time of an epoch as this machine trained this model last: {"seconds", "method", "tokens_per_s"}; None if never."""
    device = device_of("auto")
    with ctx.db.read() as session:
        found = corrections_of(session, machine_of(device), device.key, model, MODEL_VERSION)
    measured = next((one for one in found if one.tokens_per_s > 0), None)
    if measured is None:
        return None
    seconds = tokens / measured.tokens_per_s
    return {"seconds": round(seconds, 1), "method": measured.method, "tokens_per_s": round(measured.tokens_per_s, 1)}
