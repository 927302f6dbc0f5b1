"""One turn being answered, by a thread of its own: whoever follows it may come and go, the answer is finished and stored."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, cast

import psutil
from sqlalchemy.exc import DBAPIError

from engine.core.context import Context
from engine.core.errors import Fault, TunesmithError
from engine.core.obstacles import obstacle
from engine.core.process import Identity, is_alive
from engine.services.chat.sides import Setup
from engine.serving.made_by import made_of
from engine.serving.outside.answers import OutsideAnswers
from engine.serving.outside.speech import OutsideAsk
from engine.serving.process.client import InferenceClient
from engine.serving.process.fair_queue import FairQueue
from engine.serving.protocol import Ask, Request
from engine.shapes.chat import AnswerEvent, AnswerStatus, MessageView
from storage.queries import conversations

log = logging.getLogger("tunesmith.chat")

_SAVE_SECONDS = 0.5
_KEPT_STATS = (
    "tokens", "prompt_tokens", "reused_tokens", "reason", "first_token_s", "tokens_per_second", "silent", "error",
)  # fmt: skip
_LAST_SAVE_PATIENCE_SECONDS = 60.0
_STATUS: dict[str, AnswerStatus] = {"end": "complete", "length": "complete", "stopped": "stopped", "failed": "failed"}


@dataclass
class State:
    """One side as those who follow it see it. `status`: waiting, loading, streaming, then complete, stopped or failed."""

    status: AnswerStatus = "waiting"  # one of those
    text: str = ""  # the answer so far
    stats: dict[str, Any] = field(default_factory=dict)  # {"tokens", ...} once it is over
    made_by: dict[str, Any] = field(default_factory=dict)  # as `made_of` gives it once it is over
    version: int = 1  # grows with every change

    @property
    def over(self) -> bool:
        """Whether nothing more will be said."""
        return self.status in ("complete", "stopped", "failed")


class Answering:
    """Answers one turn.

    Args:
        prepare: makes the request when the turn has come (memory is measured then). Raises Fault.
        replaces: answers of this turn are stored already and stay until there are new ones.
        failed: sides that cannot answer, with the reason; `prepare` may find more of them.
        others_stay: answers of this turn by others than the setup's sides stay for good.
        outside: what servers elsewhere are asked; they are not waited for in turn.
    """

    def __init__(
        self,
        ctx: Context,
        client: InferenceClient,
        turns: FairQueue,
        setup: Setup,
        turn: int,
        prepare: Callable[[], Request],
        *,
        replaces: bool,
        failed: dict[str, Fault] | None = None,
        others_stay: bool = False,
        outside: Sequence[OutsideAsk] = (),
    ) -> None:
        self._failed = {} if failed is None else failed
        self._ctx, self._client, self._turns, self._setup, self._turn = ctx, client, turns, setup, turn
        self._prepare, self._replaces, self._others_stay = prepare, replaces, others_stay
        self._states = {side.side: State() for side in setup.sides}
        self._local = setup.answerers
        self._outside = OutsideAnswers(outside, self._set)
        self._changed = threading.Condition()
        self._stopped = self._finished = False
        self._halted: set[str] = set()  # sides that are to end while the others go on
        self._fault: Fault | None = None
        self._request: Request | None = None
        self._began = time.monotonic()
        self._saved_at = 0.0
        self._waited_s = 0.0

    @property
    def finished(self) -> bool:
        """Whether everything is stored."""
        return self._finished

    def start(self) -> None:
        """Begin. What is known so far (nothing) is stored first, so that a refresh sees the turn."""
        self._save()
        threading.Thread(target=self._run, name=f"chat-{self._setup.conversation_id}", daemon=True).start()

    def stop(self, side: str = "") -> None:
        """End soon, all or one side; what has been said stays."""
        if side:
            self._halted.add(side)
        self._stopped |= not side or self._halted >= self._states.keys()
        self._outside.stop(side)
        if request := self._request:
            self._pass_on(request)

    def wait(self, seconds: float) -> bool:
        """Wait until everything is stored; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._finished, seconds)

    def overlay(self, messages: list[MessageView]) -> None:
        """Bring stored messages up to now; `stats.phase` says waiting, loading or streaming."""
        for message in messages:
            state = self._states.get(message["side"])
            if state is None or message["turn"] != self._turn:
                continue
            with self._changed:
                now = {"content": state.text, "stats": dict(state.stats), "status": state.status}
                message |= cast(MessageView, now)
            if not state.over:
                message["stats"]["phase"] = state.status
                message["status"] = "streaming"

    def follow(self) -> Iterator[AnswerEvent]:
        """Each side whenever it changed: {"side", "text" (so far), "status", "stats"}, until all is said and stored.

        Raises:
            Fault: at the end, when no answer could be given; the sides have said "failed" before.
        """
        seen = dict.fromkeys(self._states, 0)
        while True:
            with self._changed:
                while not (self._finished or self._news(seen)):
                    self._changed.wait()
                finished = self._finished
                news = {side: self._states[side] for side in self._news(seen)}
                seen.update({side: state.version for side, state in news.items()})
                events = [self._shown(side, state) for side, state in news.items()]
            yield from events
            if finished:
                break
        if self._fault:
            raise self._fault

    def _news(self, seen: dict[str, int]) -> list[str]:
        return [side for side, state in self._states.items() if state.version > seen[side]]

    @staticmethod
    def _shown(side: str, state: State) -> AnswerEvent:
        told = {"side": side, "text": state.text, "status": state.status, "stats": dict(state.stats)}
        return cast(AnswerEvent, told)

    # ------------------------------------------------------------------ the thread

    def _pass_on(self, request: Request) -> None:
        """Tell the process what is to end."""
        if self._stopped:
            self._client.stop(request.id)
        for side in tuple(self._halted):
            self._client.stop_side(request.id, side)

    def _run(self) -> None:
        self._ask_outside()
        try:
            if self._local:
                with self._turns.turn(self._wait) as mine:
                    if mine and not self._stopped:
                        self._answer()
        except TunesmithError as error:
            self._fail(Fault(error.code, **error.params))
        except Exception as error:
            log.exception("conversation %d, turn %d", self._setup.conversation_id, self._turn)
            reason = f"{type(error).__name__}: {error}"[:300]
            self._fail(obstacle(error, self._ctx.settings.home) or Fault("chat.failed", reason=reason))
        while not self._outside.wait(_SAVE_SECONDS):
            self._save()
        for side, state in self._states.items():
            if not state.over:
                self._set(side, status="stopped")
        self._fault = (None if self._outside.sides else self._fault) or self._of_all()
        self._save_last()
        with self._changed:
            self._finished = True
            self._changed.notify_all()

    def _ask_outside(self) -> None:
        for side in self._states.keys() - self._local.keys() - self._outside.sides:
            if fault := self._failed.get(side):
                self._set(side, status="failed", stats={"error": fault.as_dict()})
        if not self._stopped:
            self._outside.start()

    def _of_all(self) -> Fault | None:
        """Why nobody could answer, where each side failed by itself."""
        errors = [state.stats.get("error") for state in self._states.values() if state.status == "failed"]
        if not errors or len(errors) < len(self._states) or errors[0] is None:
            return None
        return Fault(errors[0]["code"], **errors[0]["params"])

    def _wait(self, place: int) -> bool:
        for side in self._local:
            self._set(side, stats={"place": place})
        return not self._stopped

    def _answer(self) -> None:
        request = self._request = self._prepare()
        for side in self._local:
            fault = self._failed.get(side)
            gone = {"status": "failed", "stats": {"error": fault.as_dict()}} if fault else None
            self._set(side, **(gone or {"status": "loading", "stats": {}}))
        if not request.asks:
            raise next(self._failed[side] for side in self._local if side in self._failed)
        with closing(self._client.stream(request)) as events:
            for event in events:
                if self._stopped or event["event"] == "loaded":  # what came before there was a request
                    self._pass_on(request)
                self._take(request, event)
                if time.monotonic() - self._saved_at >= _SAVE_SECONDS:
                    self._save()

    def _take(self, request: Request, event: dict[str, Any]) -> None:
        if event["event"] == "loaded":
            self._waited_s = round(time.monotonic() - self._began, 3)
            for side in self._local:
                if not self._states[side].over:
                    self._set(side, status="streaming")
        elif event["event"] == "text":
            _asked(request, event)
            self._set(event["side"], text=event["text"], stats={"tokens": event["tokens"]})
        elif event["event"] == "side":
            self._end_side(request, event)

    def _end_side(self, request: Request, event: dict[str, Any]) -> None:
        ask = _asked(request, event)
        stats = {name: event[name] for name in _KEPT_STATS if event[name] is not None}
        stats |= {"seed": ask.seed, "waited_s": self._waited_s}
        stats |= {"device": request.plan.device, "precision": request.plan.dtype}
        base = self._local[ask.side].base.name
        made_by = made_of(request, ask, event, self._setup.settings, base)
        self._set(event["side"], text=event["text"], status=_STATUS[event["reason"]], stats=stats, made_by=made_by)

    def _fail(self, fault: Fault) -> None:
        if self._stopped:
            return
        for side in self._local:
            if not (state := self._states[side]).over:
                self._set(side, status="failed", stats={**state.stats, "error": fault.as_dict()})
                self._fault = fault

    def _set(self, side: str, **values: Any) -> None:
        state = self._states[side]
        if all(getattr(state, name) == value for name, value in values.items()):
            return
        with self._changed:
            for name, value in values.items():
                setattr(state, name, value)
            state.version += 1
            self._changed.notify_all()

    # ------------------------------------------------------------------ storage

    def _save(self) -> None:
        """Store what has been said. A database that cannot be written to now is tried again later."""
        self._saved_at = time.monotonic()
        try:
            self._write()
        except DBAPIError as error:
            log.warning("An answer could not be stored at the moment: %s", error.orig)

    def _save_last(self) -> None:
        deadline = time.monotonic() + _LAST_SAVE_PATIENCE_SECONDS
        while True:
            try:
                return self._write()
            except DBAPIError:
                if time.monotonic() > deadline:
                    log.exception("An answer was lost: the database could not be written to")
                    return None
                time.sleep(1.0)

    def _write(self) -> None:
        """Store all sides in one transaction. Old answers of the turn stay until there is something new."""
        if self._replaces and not any(state.text or state.status == "complete" for state in self._states.values()):
            return
        owner = {"owner": [os.getpid(), _own_birth()]}
        with self._ctx.db.write() as s:
            for side in self._setup.sides:
                state = self._states[side.side]
                values = {
                    "content": state.text,
                    "status": state.status if state.over else conversations.STREAMING,
                    "weights_hash": side.weights_hash,
                    "stats": state.stats if state.over else state.stats | owner,
                    "made_by": state.made_by,
                }
                conversations.put_answer(s, self._setup.conversation_id, self._turn, side.side, values)
            if self._replaces and not self._others_stay:
                sides = [side.side for side in self._setup.sides]
                conversations.drop_other_answers(s, self._setup.conversation_id, self._turn, sides)
            conversations.touch(s, self._setup.conversation_id)


def _asked(request: Request, event: dict[str, Any]) -> Ask:
    """What the event's side was asked. Raises Fault("chat.wrong_weights") where other weights answer than were asked."""
    ask = next(ask for ask in request.asks if ask.side == event["side"])
    if event["weights"] != ask.weights:
        raise Fault("chat.wrong_weights", wanted=ask.weights)
    return ask


def _own_birth() -> float:
    return psutil.Process().create_time()


def settle_orphans(ctx: Context) -> None:
    """Answers whose process is gone are marked as stopped: what was said is there, no more will come."""
    with ctx.db.read() as s:
        owners = {message.id: message.stats.get("owner") or (0, 0.0) for message in conversations.streaming_answers(s)}
    gone = {one for one, (pid, created) in owners.items() if not is_alive(Identity(int(pid), float(created)))}
    if not gone:
        return
    try:
        with ctx.db.write() as s:
            for message in conversations.streaming_answers(s):
                if message.id in gone:
                    message.status = "stopped"
                    message.stats = {name: value for name, value in message.stats.items() if name != "owner"}
    except DBAPIError as error:  # a home that takes nothing more is shown all the same
        log.warning("Answers of before could not be marked as stopped: %s", error.orig)
