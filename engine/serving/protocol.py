"""What the page's process and the inference process say to each other: one JSON object a line. Imports no torch."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypedDict

BASE = "base"
EIGHT_BITS = "8-bit"  # a `ResidentModels.dtype`: weights in 8 bits, worked with in fp32, for chats on a processor
LONGEST_ANSWER = 2048  # tokens; nobody may hold the model for longer
SPARE_BYTES = 500_000_000  # of the machine's memory: with less, nothing of earlier prompts is kept
LAST_EVENTS = ("done", "failed")
Reason = Literal["end", "length", "stop", "stopped", "failed"]  # "stop": a text that ends answers stood there


def tuned_key(tuned_id: int) -> str:
    """The name under which the inference process holds a tuned model."""
    return f"tuned-{tuned_id}"


class CheckpointRecipe(TypedDict):
    """What makes a result of the weights of a checkpoint: the base and the settings that it was trained with."""

    spec: dict[str, Any]  # as the job's row has it
    steps: int  # of the whole job
    base: str  # folder with the base's weights
    tokenizer: str  # folder with tokenizer.json
    start: str | None  # folder of the tuned model that the job went on with


@dataclass(frozen=True)
class Weights:
    """A folder with weights, which was checked, and the name under which it is held."""

    key: str  # name in the inference process
    kind: str  # "base", or the form of a result: "adapter", "delta", "full"
    path: str  # absolute folder
    sha256: str = ""  # of what lies there: other weights under the same name are loaded anew
    on: str = BASE  # name of the base that it stands on; a "full" one stands alone
    recipe: CheckpointRecipe | None = None  # of a checkpoint, which is no result yet


@dataclass(frozen=True)
class ResidentModels:
    """What must be in memory for a request, and how.

    Attributes:
        identity: names the base's weights; another identity makes the process drop all that it holds.
        base: weights of the base model.
        tuned: results on top of it; further bases ("full", beside it), each before the results that stand on it.
        tokenizer: folder with tokenizer.json.
        device: key: "cpu" or "cuda:N".
        dtype: "fp32", "bf16", "fp16", `EIGHT_BITS`, or the key of the format (`engine.base_formats`) of a quantised base.
        threads: of the processor.
        evict: held models to drop first.
        keep_mb: what keys and values of earlier prompts may take up; more of them go before anything is loaded.
    """

    identity: str
    base: Weights
    tuned: tuple[Weights, ...]
    tokenizer: str
    device: str
    dtype: str
    threads: int
    evict: tuple[str, ...] = ()
    keep_mb: int = 0

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of all models of this plan."""
        return (self.base.key, *(weights.key for weights in self.tuned))


@dataclass(frozen=True)
class Ask:
    """What one side is to answer: the name of its weights and the prompt's tokens."""

    side: str  # "base", "tuned:ID", "checkpoint:ID" or "model:ID"
    weights: str  # `Weights.key`
    ids: tuple[int, ...]  # of the prompt
    seed: int  # of its random choices
    max_tokens: int  # of the answer
    tokenizer: str = ""  # folder with tokenizer.json, where it is another one than the plan's
    stop_ids: tuple[int, ...] = ()  # tokens that end its answer, where they are others than the request's


@dataclass(frozen=True)
class Score:
    """A text that a reward model is to score, read at its last token."""

    weights: str  # `Weights.key`
    ids: tuple[int, ...]  # of the conversation up to the end of its answer


@dataclass(frozen=True)
class Forced:
    """An answer that some weights are to read as if it were their own: what each of its tokens is worth to them."""

    weights: str  # `Weights.key`
    ids: tuple[int, ...]  # of the prompt and the answer
    answer: int  # how many of them, the last ones, are the answer's


@dataclass(frozen=True)
class Embed:
    """A text whose states are to be told: the mean of the last layer's, as one vector."""

    weights: str  # `Weights.key`
    ids: tuple[int, ...]  # of the text


@dataclass(frozen=True)
class Shaping:
    """What programs may ask of an answer, besides what a chat has settings for.

    Attributes:
        stop: texts that end an answer; neither they nor what follows is told.
        presence_penalty: taken from the score of each token that stands in the answer already.
        frequency_penalty: the same, for each time that it stands there.
        bias: tokens and what is added to their scores.
        tokens: likeliest tokens that are told beside each one of an answer, with its own worth; -1: nothing is told.
        plain: answers go on with a text, so their own is told as it is; what a chat template writes around answers stays in it.
    """

    stop: tuple[str, ...] = ()
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    bias: tuple[tuple[int, float], ...] = ()
    tokens: int = -1
    plain: bool = False


@dataclass(frozen=True)
class Request:
    """One generation: several sides, answered at the same time; or texts to score. Without either the models are only loaded."""

    id: int  # in every event about it
    plan: ResidentModels  # what must be in memory
    asks: tuple[Ask, ...] = ()  # one a side
    temperature: float = 0.0  # 0: always the likeliest token
    top_p: float = 1.0  # share of probability that is drawn from, 0 to 1
    stop_ids: tuple[int, ...] = field(default=())  # tokens that end an answer
    scores: tuple[Score, ...] = ()  # texts to score, after all answers
    words: int = 0  # likeliest tokens that are told beside each one of an answer; 0: nothing is told
    forced: tuple[Forced, ...] = ()  # answers to read, after all else
    embeds: tuple[Embed, ...] = ()  # texts whose states are wanted
    shaping: Shaping = Shaping()  # of all answers


def encode(message: dict[str, Any]) -> bytes:
    """One line."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def request_message(request: Request) -> dict[str, Any]:
    """The message that asks for a generation."""
    return {"op": "generate", "request": asdict(request)}


def read_request(raw: dict[str, Any]) -> Request:
    """The request of a message."""
    plan = dict(raw["plan"])
    plan["base"] = Weights(**plan["base"])
    plan["tuned"] = tuple(Weights(**weights) for weights in plan["tuned"])
    plan["evict"] = tuple(plan["evict"])
    asks = tuple(Ask(**{**ask, "ids": tuple(ask["ids"]), "stop_ids": tuple(ask["stop_ids"])}) for ask in raw["asks"])
    scores = tuple(Score(one["weights"], tuple(one["ids"])) for one in raw["scores"])
    forced = tuple(Forced(one["weights"], tuple(one["ids"]), one["answer"]) for one in raw["forced"])
    shaping = dict(raw["shaping"])
    shaping |= {"stop": tuple(shaping["stop"]), "bias": tuple((int(token), add) for token, add in shaping["bias"])}
    read = {
        "plan": ResidentModels(**plan),
        "asks": asks,
        "stop_ids": tuple(raw["stop_ids"]),
        "scores": scores,
        "forced": forced,
        "embeds": tuple(Embed(one["weights"], tuple(one["ids"])) for one in raw["embeds"]),
        "shaping": Shaping(**shaping),
    }
    return Request(**raw | read)
