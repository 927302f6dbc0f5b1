"""What rewards may use in a worker: reward models and judges of this machine, and the operator's service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from engine.core.context import Context
from engine.core.errors import Fault
from engine.devices import device_of, devices
from engine.jobs.reporter import Reporter
from engine.jobs.runners.local_writing import ModelWriter
from engine.rewards.declaration import Judging, Message, RewardEnv, Talk
from engine.services.data.making.endpoint import EndpointWriter, endpoint_of
from engine.services.data.making.writers import LocalWriter, writer_of
from engine.serving.runtime.reward_model import load_reward_model
from storage.job_tables import Job

_AT_ONCE = 4  # questions that the service is asked at the same time
_TOO_LONG = "reward.too_long"  # an answer that a reward model cannot read
_UNSAID = ("writer.busy", "writer.unreadable", "writer.too_large")  # one answer less, not the end of the job


class _ModelJudge:
    """A model of this machine."""

    def __init__(self, writer: ModelWriter) -> None:
        self._writer = writer

    def say(self, asked: Sequence[Sequence[Message]], longest: int) -> list[str | None]:
        """Its greedy answers."""
        found = self._writer.say([(turns, 0) for turns in asked], temperature=0.0, longest=longest)
        return [None if one is None else one.text for one in found]

    def close(self) -> None:
        """The process ends with the job."""


class _EndpointJudge:
    """The operator's service, asked a few questions at the same time."""

    def __init__(self, writer: EndpointWriter) -> None:
        self._writer = writer
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="judge")

    def say(self, asked: Sequence[Sequence[Message]], longest: int) -> list[str | None]:
        """Its greedy answers; None where it was too busy or could not be understood."""
        return list(self._pool.map(lambda turns: self._one(turns, longest), asked))

    def _one(self, turns: Sequence[Message], longest: int) -> str | None:
        try:
            return self._writer.say(turns, temperature=0.0, longest=longest).text
        except Fault as fault:
            if fault.code not in _UNSAID:
                raise
            return None

    def close(self) -> None:
        """Close the connection."""
        self._pool.shutdown(cancel_futures=True)
        self._writer.__exit__()


def reward_env(ctx: Context, job: Job, reporter: Reporter) -> RewardEnv:
    """For the rewards of a job, in its own worker. Models are loaded when they are asked for, and go with the process."""

    def reward_model(tuned_id: int) -> Callable[[Talk], list[float | None]]:
        model = load_reward_model(ctx, tuned_id, device_of(job.lane, devices()))

        def scores(talks: Talk) -> list[float | None]:
            try:
                return list(model(talks))
            except Fault as fault:
                if fault.code != _TOO_LONG:
                    raise
                return [None] if len(talks) == 1 else [score for one in talks for score in scores([one])]

        return scores

    def judge(model: int | None, host: str) -> Judging:
        return _endpoint(ctx, host, reporter.heed) if model is None else _local(ctx, job, model, reporter)

    return RewardEnv(ctx.settings, reward_model, judge, reporter.heed)


def _local(ctx: Context, job: Job, model: int, reporter: Reporter) -> _ModelJudge:
    writer = writer_of(ctx, f"model:{model}")
    assert isinstance(writer, LocalWriter)
    return _ModelJudge(ModelWriter(ctx, job, writer, reporter))


def _endpoint(ctx: Context, agreed: str, heed: Callable[[], None]) -> _EndpointJudge:
    """Raises Fault where the operator has set none, or another one than the user agreed to."""
    found = endpoint_of(ctx.settings)
    if found is None:
        raise Fault("reward.no_endpoint")
    if found.host != agreed:
        raise Fault("reward.endpoint_changed", agreed=agreed, host=found.host)
    return _EndpointJudge(EndpointWriter(found, ctx.settings.writer_key, heed).__enter__())
