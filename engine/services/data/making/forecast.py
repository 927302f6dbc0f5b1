"""What rows from documents will cost, in tokens and minutes, before anything is asked."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from engine.core.context import Context
from engine.data.made.asking import conversation, language_asked
from engine.data.made.checks import comparable
from engine.data.made.kinds import MadeKind
from engine.data.passages.splitting import Passage
from engine.data.templates.isolated.isolated_template import open_template
from engine.devices import devices, precision_for
from engine.jobs.kinds.make_rows import MAKE_ROWS, MAKE_ROWS_AFAR
from engine.jobs.lanes import lane_for
from engine.methods import METHODS
from engine.models.architecture.shape import shape_of
from engine.models.base.paths import tokenizer_folder
from engine.planner.memory.workload import Workload
from engine.planner.time.effort import answer_seconds
from engine.services.data.making.choice import MakingChoice, read_choice
from engine.services.data.making.documents import Making
from engine.services.data.making.endpoint import Endpoint, about_tokens
from engine.services.data.making.writers import LocalWriter, writer_of
from engine.shapes.making import ForecastView
from storage.queries import conversations
from storage.queries import jobs as queries

_SAMPLED = 24  # passages whose tokens are counted
_START_SECONDS = 10.0  # of a worker with its libraries
_ASSUMED_SPEED, _ASSUMED_START = 50.0, 1.0  # tokens a second of a service, and seconds until it begins
TOGETHER = 4  # answers that a model of this machine writes at the same time
_LEAST_MEASURED = 3  # answers that tell a speed
_PLAIN = next(method for method in METHODS if method.saves != "adapter")  # the base as it is: nothing on top


def forecast(ctx: Context, making: Making, values: dict[str, object]) -> ForecastView:
    """Tokens and seconds, about. Raises SpecError, NotFound, or Fault as `writer_of`."""
    choice = read_choice(values)
    writer = writer_of(ctx, choice.writer)
    passages = choice.picked(making.passages(choice.characters))
    afar = isinstance(writer, Endpoint)
    rows = sum(choice.number_of(kind) for kind in choice.kinds) * len(passages)
    asks = len(choice.kinds) * len(passages) if afar else rows
    read = sum(_tokens_asked(ctx, writer, choice, kind, passages) for kind in choice.kinds)
    wrote = sum(kind.usual * choice.number_of(kind) for kind in choice.kinds) * len(passages)
    seconds, source, speed = _seconds(ctx, writer, asks, read, wrote)
    return {
        "passages": len(passages),
        "asks": asks,
        "rows": rows,
        "tokens_in": round(read),
        "tokens_out": wrote,
        "seconds": round(seconds, 1),
        "source": source,
        "tokens_per_second": round(speed, 1),
        "crossing": any(not comparable(language_asked(one, choice.language), one.language) for one in passages),
    }


def _tokens_asked(
    ctx: Context, writer: Endpoint | LocalWriter, choice: MakingChoice, kind: MadeKind, passages: Sequence[Passage]
) -> float:
    """Tokens of all that is asked for one kind, counted on some passages and scaled up."""
    if not passages:
        return 0.0
    step = max(1, len(passages) // _SAMPLED)
    sampled = passages[::step][:_SAMPLED]
    afar = isinstance(writer, Endpoint)
    number = choice.number_of(kind)
    asked = [
        conversation(
            kind, choice.wordings.get(kind.key, ""), one, choice.language, number if afar else 1, shown=not afar
        )
        for one in sampled
    ]
    texts = ["\n".join(turn["content"] for turn in turns) for turns in asked]
    if isinstance(writer, Endpoint):
        counts = [about_tokens(text) for text in texts]
    else:
        template = open_template(tokenizer_folder(ctx.settings, writer.base), writer.base.name)
        counts = template.token_counts(texts)
    return sum(counts) / len(counts) * len(passages) * (1 if afar else number)


def _seconds(
    ctx: Context, writer: Endpoint | LocalWriter, asks: int, read: float, wrote: float
) -> tuple[float, str, float]:
    """How long it takes, how that is known, and the tokens a second that it goes by."""
    if not asks:
        return 0.0, "estimate", 0.0
    if speed := _measured(ctx, writer):
        return _START_SECONDS + wrote / speed, "measured", speed
    if isinstance(writer, Endpoint):
        seconds = _START_SECONDS + asks * _ASSUMED_START + wrote / _ASSUMED_SPEED
        return seconds, "assumed", _ASSUMED_SPEED
    lane = lane_for("auto")
    device = next(one for one in devices() if one.key == lane)
    shape = shape_of(writer.base.config, writer.base.parameters)
    together = min(TOGETHER, asks)
    tokens = round(read / asks + wrote / asks)
    values = {param.key: param.default for param in _PLAIN.params}
    work = Workload(shape, _PLAIN, values, precision_for(device), device, tokens * together)
    writing = answer_seconds(work, together, read / asks, wrote / asks) * asks / together
    return _START_SECONDS + writing, "estimate", wrote / writing


def _measured(ctx: Context, writer: Endpoint | LocalWriter) -> float:
    """Tokens a second of this writer: in earlier jobs like this one, else in chats; 0.0 where it has written nothing."""
    kind = MAKE_ROWS_AFAR if isinstance(writer, Endpoint) else MAKE_ROWS
    named = written_by(writer)
    with ctx.db.read() as s:
        for job in queries.alike(s, kind.key, limit=20, deleted=True):
            told = job.result or {}
            if told.get("written_by") == named and told.get("asks", 0) >= _LEAST_MEASURED and told.get("seconds"):
                return float(told["tokens_out"] / told["seconds"])
        if isinstance(writer, Endpoint):
            return 0.0
        stats = conversations.newest_stats(s, writer.side.weights_hash, 20)
    speeds = [float(one["tokens_per_second"]) for one in stats if one.get("tokens_per_second")]
    return median(speeds) if len(speeds) >= _LEAST_MEASURED else 0.0


def written_by(writer: Endpoint | LocalWriter) -> str:
    """What tells a writer from all others, in results of jobs."""
    return f"{writer.host} {writer.model}" if isinstance(writer, Endpoint) else writer.side.weights_hash
