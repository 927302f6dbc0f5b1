"""What requests may hold, endpoint by endpoint: forms of the answer, checks, the page of the docs follow from here."""

from __future__ import annotations

from engine.api.declaration import ApiEndpoint, ApiParam
from engine.api.messages import messages
from engine.api.values import (
    bias,
    encoding,
    integer,
    number,
    prompts,
    seed,
    stops,
    stream_options,
    switch,
    text,
)
from engine.core.text import Text
from engine.serving.protocol import LONGEST_ANSWER

MOST_ANSWERS = 16  # of one request
MOST_TOLD, MOST_TOLD_PLAIN = 20, 5  # likeliest tokens beside each one
_MOST_MESSAGES, _MOST_TEXTS = 2_000, 256


def _used(key: str, read: object, **options: object) -> ApiParam:
    return ApiParam(key, Text(f"api.params.{key}"), read, **options)  # type: ignore[arg-type]


def _idle(key: str) -> ApiParam:
    return ApiParam(key, Text("api.params.idle"), idle=True)


def _refused(key: str, *harmless: object) -> ApiParam:
    return ApiParam(key, Text(f"api.params.{key}"), harmless=harmless)


_MODEL = _used("model", text, required=True)
_DRAWN = (
    _used("temperature", number, default=1.0, minimum=0, maximum=2),
    _used("top_p", number, default=1.0, minimum=0, maximum=1),
    _used("presence_penalty", number, default=0.0, minimum=-2, maximum=2),
    _used("frequency_penalty", number, default=0.0, minimum=-2, maximum=2),
    _used("logit_bias", bias, default=()),
    _used("seed", seed),
    _used("stop", stops, default=()),
    _used("n", integer, default=1, minimum=1, maximum=MOST_ANSWERS),
    _used("stream", switch, default=False),
    _used("stream_options", stream_options, default=False),
)
_IDLE = tuple(map(_idle, ("user", "metadata", "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_retention")))  # fmt: skip

CHAT = ApiEndpoint(
    "/v1/chat/completions",
    (
        _MODEL,
        _used("messages", messages, required=True, maximum=_MOST_MESSAGES),
        _used("max_completion_tokens", integer, minimum=1, maximum=LONGEST_ANSWER),
        _used("max_tokens", integer, minimum=1, maximum=LONGEST_ANSWER),
        *_DRAWN,
        _used("logprobs", switch, default=False),
        _used("top_logprobs", integer, minimum=0, maximum=MOST_TOLD),
        *_IDLE,
        _idle("store"),
        _refused("tools", []),
        _refused("tool_choice", "none", "auto"),
        _refused("parallel_tool_calls", True, False),
        _refused("functions", []),
        _refused("function_call", "none", "auto"),
        _refused("response_format", {"type": "text"}),
        _refused("modalities", ["text"]),
        _refused("audio"),
        _refused("prediction"),
        _refused("reasoning_effort", "none"),
        _refused("verbosity", "medium"),
        _refused("web_search_options"),
    ),
)
COMPLETIONS = ApiEndpoint(
    "/v1/completions",
    (
        _MODEL,
        _used("prompt", prompts, required=True, maximum=MOST_ANSWERS),
        ApiParam("max_tokens", Text("api.params.max_tokens_plain"), integer, 16, 0, LONGEST_ANSWER),
        *_DRAWN,
        ApiParam("logprobs", Text("api.params.logprobs_plain"), integer, None, 0, MOST_TOLD_PLAIN),
        _used("echo", switch, default=False),
        *_IDLE,
        _refused("best_of", 1),
        _refused("suffix", ""),
    ),
)
EMBEDDINGS = ApiEndpoint(
    "/v1/embeddings",
    (
        _MODEL,
        _used("input", prompts, required=True, maximum=_MOST_TEXTS),
        _used("encoding_format", encoding, default="float"),
        *_IDLE,
        _refused("dimensions"),
    ),
)
ENDPOINTS = (CHAT, COMPLETIONS, EMBEDDINGS)
