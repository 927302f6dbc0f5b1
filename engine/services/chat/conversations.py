"""The side-by-side chat: the untouched base and tuned models answer the same prompt. Everything said is stored."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.hardware import cpu
from engine.data.templates.isolated.isolated_template import open_template
from engine.devices import devices, kind_named
from engine.services.chat import blind, views
from engine.services.chat.answers import Answering, settle_orphans
from engine.services.chat.bare_base import require_weights
from engine.services.chat.choices import chosen
from engine.services.chat.halt import Halt
from engine.services.chat.memory import spared
from engine.services.chat.outside import outside_asks
from engine.services.chat.residents import place_sides, plan_of, sizes_of
from engine.services.chat.settings import read_chat_settings
from engine.services.chat.sides import (
    Setup,
    clean_prompt,
    find_conversation,
    load_setup,
    make_asks,
    narrowed,
)
from engine.services.chat.stored.families import brief_text
from engine.services.chat.stored.variables import Values, fill_prompt, fill_settings, values_at
from engine.serving.made_by import WORDS
from engine.serving.outside.speech import OutsideAsk
from engine.serving.process.admission import Devices, Running, place
from engine.serving.process.client import InferenceClient
from engine.serving.process.fair_queue import FairQueue
from engine.serving.protocol import Ask, Embed, Forced, Request, Score, Shaping
from engine.shapes.chat import AnswerEvent, ChatOptions, ChatStatus, ConversationBrief, ConversationView
from storage.model_status import READY
from storage.queries import conversations, jobs
from storage.tables import Conversation, Message

Briefs = list[ConversationBrief]  # the class below has a method called `list`
Texts = list[str]
Failed = dict[str, Fault]  # sides that cannot answer, with the reason

_MOST_LISTED = 200
_CLOSE_SECONDS = 5.0


@dataclass(frozen=True)
class _Told:
    """What the sides of a turn are asked.

    Attributes:
        asks: those that are answered here.
        outside: those that servers elsewhere answer for.
        failed: sides that cannot be asked, with the reason.
    """

    asks: tuple[Ask, ...]
    outside: tuple[OutsideAsk, ...]
    failed: Failed


class Chat:
    """All conversations of this process, and the one inference process behind them.

    Args:
        devices: what memory there is; asked before anything is loaded.
    """

    def __init__(self, ctx: Context, *, devices: Devices = devices) -> None:
        self._ctx = ctx
        self._devices = devices
        self._client = InferenceClient(ctx.settings)
        self._turns = FairQueue()
        self._answers: dict[int, Answering] = {}
        self._lock = threading.Lock()
        self._closed = False
        settle_orphans(ctx)

    # ------------------------------------------------------------------ conversations

    def options(self) -> ChatOptions:
        """{"bases": [{id, name, tuned: [{id, name, method, format, created_at}]}]}."""
        return views.options(self._ctx)

    def open(
        self,
        base_id: int,
        tuned_ids: Sequence[int] = (),
        settings: Mapping[str, Any] | None = None,
        *,
        sides: Sequence[str] | None = None,
    ) -> int:
        """Begin a conversation about a base.

        Args:
            sides: names of all that answer, in order; without it, the base and its results `tuned_ids`.

        Raises:
            NotFound, SpecError, or Fault when they cannot answer beside each other.
        """
        read = read_chat_settings(settings)
        ids, names = chosen(self._ctx, base_id, tuned_ids, sides)
        with self._ctx.db.write() as s:
            conversation = Conversation(title="", base_model_id=base_id, tuned_ids=ids, sides=names, settings=read)
            s.add(conversation)
            s.flush()
            return conversation.id

    def update(
        self,
        conversation_id: int,
        *,
        settings: Mapping[str, Any] | None = None,
        tuned_ids: Sequence[int] | None = None,
        sides: Sequence[str] | None = None,
    ) -> None:
        """Change settings (only those named) or who answers from the next prompt on, as `open` has them."""
        self._refuse_while_busy(conversation_id)
        others = tuned_ids is not None or sides is not None
        with self._ctx.db.read() as s:
            base_id = find_conversation(s, conversation_id).base_model_id
        who = chosen(self._ctx, base_id, tuned_ids, sides) if others else None
        with self._ctx.db.write() as s:
            conversation = find_conversation(s, conversation_id)
            if who is not None:
                blind.refuse_hidden(conversation)
                conversation.tuned_ids, conversation.sides = who
            if settings is not None:
                conversation.settings = read_chat_settings({**conversation.settings, **settings})

    def list(self) -> Briefs:
        """Conversations with at least one prompt, the last used first."""
        return views.conversation_list(self._ctx, _MOST_LISTED)

    def view(self, conversation_id: int) -> ConversationView:
        """One conversation as pages may see it: what a blind vote must not know is left out. Raises NotFound."""
        view = self.whole_view(conversation_id)
        with self._ctx.db.read() as s:
            hidden = find_conversation(s, conversation_id).blind
        return blind.covered(view, hidden)

    def whole_view(self, conversation_id: int) -> ConversationView:
        """One conversation with all its messages; `busy` while it is being answered. Raises NotFound."""
        view = views.conversation_view(self._ctx, conversation_id)
        if answering := self._running(conversation_id):
            answering.overlay(view["messages"])
        return {**view, "busy": answering is not None}

    def delete(self, conversation_id: int) -> None:
        """Take a conversation off the list. Raises NotFound."""
        self.stop(conversation_id)
        with self._ctx.db.write() as s:
            conversations.forget(find_conversation(s, conversation_id))

    def suggestions(self, tuned_id: int | None, n: int = 4) -> Texts:
        """Questions to ask a tuned model, from rows that it was not trained on. Raises NotFound."""
        return views.suggestions(self._ctx, tuned_id, n)

    # ------------------------------------------------------------------ answers

    def ask(self, conversation_id: int, prompt: str, *, values: Values | None = None) -> Iterator[AnswerEvent]:
        """Ask every side; yields {"side", "text" (so far), "status", "stats"} as they answer.

        The answer is finished and stored whether or not somebody goes on reading. `status` is waiting (stats.place: how
        many are before), loading, streaming, then complete, stopped or failed (stats.error).

        Args:
            values: of the variables in `prompt` and the system prompt; None: they are asked as they stand.

        Raises:
            NotFound, Fault: before anything is stored, when it cannot be asked; at the end, when nobody could answer.
        """
        filled, kept = fill_prompt(prompt, values)
        prompt = clean_prompt(filled)
        setup, messages = load_setup(self._ctx, conversation_id)
        setup = replace(setup, settings=fill_settings(setup.settings, values))
        told = self._told(setup, messages, prompt)

        def store() -> int:
            with self._ctx.db.write() as s:
                turn = conversations.last_turn(s, conversation_id) + 1
                if turn != 1 + max((message.turn for message in messages), default=0):
                    raise Fault("chat.busy")  # asked and answered in another tab meanwhile
                conversations.add_prompt(s, conversation_id, turn, prompt, kept)
                conversation = find_conversation(s, conversation_id)
                conversation.title = conversation.title or brief_text(prompt)
                return turn

        yield from self._begin(setup, told, store, replaces=False).follow()

    def regenerate(self, conversation_id: int, sides: Sequence[str] = ()) -> Iterator[AnswerEvent]:
        """Answer the last prompt again, with a new seed unless one is set; the old answers go when the new ones come.

        Args:
            sides: who answers again; the answers of the others stay. None of them: all.

        Raises:
            NotFound: there is no such side.
            Fault: "chat.nothing_to_repeat" before the first prompt.
        """
        setup, messages = load_setup(self._ctx, conversation_id)
        setup = narrowed(setup, sides)
        turn = max((m.turn for m in messages), default=0)
        prompt = next((m.content for m in messages if m.turn == turn and m.role == conversations.USER), None)
        if prompt is None:
            raise Fault("chat.nothing_to_repeat")
        if sides:
            with self._ctx.db.read() as s:
                blind.refuse_hidden(find_conversation(s, conversation_id), turn)
        earlier = [m for m in messages if m.turn < turn]
        setup = replace(setup, settings=fill_settings(setup.settings, values_at(messages, turn)))
        told = self._told(setup, earlier, prompt)
        answering = self._begin(setup, told, lambda: turn, replaces=True, others_stay=bool(sides))
        yield from answering.follow()

    def follow(self, conversation_id: int) -> Iterator[AnswerEvent]:
        """Follow an answer that was begun elsewhere (another tab, before a refresh); nothing when none is being given."""
        if answering := self._running(conversation_id):
            yield from answering.follow()

    def stop(self, conversation_id: int, side: str = "") -> None:
        """End the answers of a conversation soon, or those of one side; what has been said stays."""
        if answering := self._running(conversation_id):
            answering.stop(side)

    def warm(self, conversation_id: int) -> None:
        """Load a conversation's models in the background, while the user still types. Never raises for want of memory."""
        setup, _messages = load_setup(self._ctx, conversation_id)
        if setup.base.status != READY or not setup.local.sides:
            return  # its weights are fetched when something is asked
        threading.Thread(target=self._warm, args=(setup,), name="chat-warm", daemon=True).start()

    # ------------------------------------------------------------------ the process

    def run(
        self,
        setup: Setup,
        asks: tuple[Ask, ...] = (),
        scores: tuple[Score, ...] = (),
        forced: tuple[Forced, ...] = (),
        words: int = 0,
        embeds: tuple[Embed, ...] = (),
        shaping: Shaping | None = None,
        halt: Halt | None = None,
    ) -> Iterator[Mapping[str, Any]]:
        """Have the inference process do something that belongs to no conversation, when its turn has come; the events of it.

        Args:
            halt: by which somebody else ends it, also while it waits.

        Raises:
            Fault: where memory does not suffice, or what the process reports.
        """
        halt = halt or Halt()
        with self._turns.turn(lambda _place: not self._closed and not halt.called) as mine:
            if not mine:
                raise Fault("chat.process_died", exit=0)
            request = self._request(setup, asks, (*scores, *forced, *_largest(embeds)))
            request = replace(request, scores=scores, forced=forced, words=words, embeds=embeds)
            request = replace(request, shaping=shaping or Shaping())
            with halt.calls(lambda: self._client.stop(request.id)), closing(self._client.stream(request)) as events:
                yield from events

    def status(self) -> ChatStatus:
        """Of the inference process: {"loaded", "models", "memory_mb", "busy", "waiting", "idle_s", "device", "precision", "pid"}."""
        held, busy = self._client.held, self._turns.waiting > 0
        return {
            "loaded": held is not None,
            "models": list(held.keys) if held else [],
            "memory_mb": self._client.memory_mb(),
            "busy": busy,
            "waiting": max(0, self._turns.waiting - 1),
            "idle_s": 0.0 if busy else round(self._client.idle_s, 1),
            "device": held.device if held else None,
            "precision": held.dtype if held else None,
            "pid": self._client.pid,
        }

    def close(self) -> None:
        """Stop every answer, store what was said, and end the inference process."""
        self._closed = True
        with self._lock:
            running = list(self._answers.values())
        for answering in running:
            answering.stop()
        for answering in running:
            answering.wait(_CLOSE_SECONDS)
        self._client.close()

    # ------------------------------------------------------------------ inside

    def _running(self, conversation_id: int) -> Answering | None:
        answering = self._answers.get(conversation_id)
        return None if answering is None or answering.finished else answering

    def _refuse_while_busy(self, conversation_id: int) -> None:
        if self._running(conversation_id):
            raise Fault("chat.busy")

    def _told(self, setup: Setup, messages: Sequence[Message], prompt: str) -> _Told:
        """What every side is asked. Raises Fault where nobody can be."""
        if setup.local.sides:
            require_weights(self._ctx, setup.base)
        failed: Failed = {}
        seed = _seed(setup)
        asks = make_asks(self._ctx, setup, messages, prompt, seed, failed)
        return _Told(asks, outside_asks(self._ctx, setup, messages, prompt, seed, failed), failed)

    def _begin(
        self,
        setup: Setup,
        told: _Told,
        store: Callable[[], int],
        *,
        replaces: bool,
        others_stay: bool = False,
    ) -> Answering:
        with self._lock:
            self._refuse_while_busy(setup.conversation_id)
            self._answers = {key: value for key, value in self._answers.items() if not value.finished}
            answering = Answering(
                self._ctx,
                self._client,
                self._turns,
                setup,
                store(),
                lambda: replace(self._request(setup, told.asks, failed=told.failed), words=WORDS),
                replaces=replaces,
                others_stay=others_stay,
                failed=told.failed,
                outside=told.outside,
            )
            self._answers[setup.conversation_id] = answering
            answering.start()
            return answering

    def _warm(self, setup: Setup) -> None:
        with self._turns.turn(lambda _place: False) as mine:
            if not mine:
                return
            try:
                for _event in self._client.stream(self._request(setup, ())):
                    pass
            except Fault:
                return  # the prompt that follows meets the same obstacle and tells the user

    def _request(
        self,
        setup: Setup,
        asks: tuple[Ask, ...],
        texts: tuple[Score | Forced | Embed, ...] = (),
        failed: Failed | None = None,
    ) -> Request:
        """What the inference process is to do; `failed` takes who cannot take part. Raises Fault when memory does not suffice."""
        setup = setup.local
        running = self._running_process()
        with self._ctx.db.read() as s:
            active = jobs.active_jobs(s)
        tokens = sum(len(ask.ids) + ask.max_tokens for ask in asks) + sum(len(one.ids) for one in texts)
        devices, names = spared(self._ctx, self._devices(), active), [job.name for job in active]
        placed = place_sides(setup, tokens, lambda wanted: place(wanted, running, devices, names))
        cores = cpu().cores
        kinds = [kind_named(job.lane) for job in active]
        shared = any(kind is not None and not kind.accelerator for kind in kinds)
        plan = plan_of(self._ctx.settings, setup, placed, max(1, cores // 2) if shared else cores, failed)
        settings = setup.settings
        stop_ids = tuple(open_template(Path(plan.tokenizer), setup.base.name).eos_ids)
        able = tuple(ask for ask in asks if not failed or ask.side not in failed)
        return Request(self._client.new_id(), plan, able, settings["temperature"], settings["top_p"], stop_ids)

    def _running_process(self) -> Running:
        held = self._client.held
        with self._ctx.db.read() as s:
            sizes = sizes_of(s, held.keys) if held else {}
        return Running(held, self._client.pid is not None, self._client.memory_mb(), sizes)


def _largest(texts: tuple[Embed, ...]) -> tuple[Embed, ...]:
    """The longest: they are read one after the other."""
    return (max(texts, key=lambda one: len(one.ids)),) if texts else ()


def _seed(setup: Setup) -> int:
    seed = setup.settings["seed"]
    return secrets.randbelow(2**31) if seed is None else int(seed)
