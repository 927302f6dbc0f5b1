"""Best of n: several answers to one question are drawn in one batch, and the reward model picks one.

Stiennon et al. 2020, Learning to summarize from human feedback, arXiv:2009.01325; Nakano et al. 2021, WebGPT, arXiv:2112.09332.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections import OrderedDict
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.core.context import Context
from engine.core.errors import Fault, NotFound, TunesmithError
from engine.services.chat.bare_base import require_weights
from engine.services.chat.choices import check_models, refuse_scorers
from engine.services.chat.settings import read_chat_settings
from engine.services.chat.sides import Setup, clean_prompt, make_asks, obstacle_now, sides_of
from engine.services.scoring.asking import AskedScorer
from engine.services.scoring.shapes import BestOfView, DrawnAnswer, WantedDraw
from storage.queries import base_models, tuned_models

if TYPE_CHECKING:
    from engine.services.chat.conversations import Chat
    from engine.serving.protocol import Ask

_FEWEST, _MOST = 2, 32  # answers
_USUAL = 0.8  # temperature: at 0 all answers are the same
_KEPT = 20  # draws of this process
_DRAWS: OrderedDict[str, BestOfView] = OrderedDict()
_LOCK = threading.Lock()
log = logging.getLogger("tunesmith.chat")


def start_best_of(ctx: Context, chat: Chat, wanted: WantedDraw) -> str:
    """Begin to draw, and say the name under which `best_of_view` tells how far it is.

    Raises:
        NotFound, Fault: before anything begins, where it cannot be asked or scored.
    """
    question = clean_prompt(wanted["question"])
    scorer = AskedScorer(ctx, chat, wanted["scorer_id"])
    setup = _setup(ctx, wanted)
    asks = _asks(ctx, setup, question, min(max(int(wanted["count"]), _FEWEST), _MOST))
    key = secrets.token_hex(8)
    blank: DrawnAnswer = {"score": None, "error": None, "text": "", "tokens": 0, "ended": False}
    with _LOCK:
        _DRAWS[key] = {"status": "waiting", "answers": [{**blank} for _ in asks], "best": None, "error": None}
        while len(_DRAWS) > _KEPT:
            _DRAWS.popitem(last=False)
    work = _Draw(chat, setup, asks, scorer, question, _DRAWS[key])
    threading.Thread(target=work.run, name="best-of", daemon=True).start()
    return key


def best_of_view(key: str) -> BestOfView:
    """How far it is. Raises NotFound for what this process did not begin, or has forgotten."""
    with _LOCK:
        if key not in _DRAWS:
            raise NotFound(draw=key)
        return deepcopy(_DRAWS[key])


def _setup(ctx: Context, wanted: WantedDraw) -> Setup:
    settings = read_chat_settings(wanted["settings"])
    if settings["temperature"] <= 0:
        settings["temperature"] = _USUAL
    chosen = [] if wanted["tuned_id"] is None else [wanted["tuned_id"]]
    refuse_scorers(ctx, chosen)
    with ctx.db.read() as s:
        ids = check_models(s, wanted["base_id"], chosen)
        base = base_models.get_model(s, wanted["base_id"])
        assert base is not None
        tuned = [one for i in ids if (one := tuned_models.get_tuned(s, i)) is not None]
    if fault := obstacle_now(ctx.settings, base, tuned):
        raise fault
    require_weights(ctx, base)
    return Setup(0, base, tuple(tuned), settings, sides_of(base, tuned))


def _asks(ctx: Context, setup: Setup, question: str, count: int) -> tuple[Ask, ...]:
    """The same question for each answer, with a seed of its own."""
    seed = secrets.randbelow(2**30)
    ask = make_asks(ctx, setup, (), question, seed)[-1]  # the tuned model's where there is one, else the base's
    return tuple(replace(ask, side=f"draw:{place}", seed=seed + place) for place in range(count))


class _Draw:
    """One draw in a thread of its own; `view` is what a page reads meanwhile."""

    def __init__(
        self, chat: Chat, setup: Setup, asks: tuple[Ask, ...], scorer: AskedScorer, question: str, view: BestOfView
    ) -> None:
        self._chat, self._setup, self._asks, self._scorer = chat, setup, asks, scorer
        self._question, self._view = question, view

    def run(self) -> None:
        """Draw and score; what goes wrong is told in the view."""
        try:
            for event in self._chat.run(self._setup, self._asks):
                self._take(event)
            self._score()
        except TunesmithError as error:
            self._end("failed", error)
        except Exception as error:
            log.exception("best of %d", len(self._asks))
            self._end("failed", Fault("chat.failed", reason=f"{type(error).__name__}: {error}"[:300]))

    def _take(self, event: Any) -> None:
        with _LOCK:
            if event["event"] == "loaded":
                self._view["status"] = "answering"
            elif event["event"] in ("text", "side"):
                answer = self._view["answers"][int(event["side"].partition(":")[2])]
                answer["text"], answer["tokens"] = event["text"], event["tokens"]
                answer["ended"] = event.get("reason") == "end"

    def _score(self) -> None:
        with _LOCK:
            self._view["status"] = "scoring"
            texts = [answer["text"] for answer in self._view["answers"]]
        asked = [{"role": "user", "content": self._question}]
        found = self._scorer.score([(asked, text) for text in texts])
        with _LOCK:
            for answer, score in zip(self._view["answers"], found, strict=True):
                answer["score"], answer["error"] = score["score"], score["error"]
            scored = [(score["score"], -place) for place, score in enumerate(found) if score["score"] is not None]
            self._view["best"] = -max(scored)[1] if scored else None
        self._end("done", None)

    def _end(self, status: Any, error: TunesmithError | None) -> None:
        with _LOCK:
            self._view["status"], self._view["error"] = status, error.as_dict() if error else None
