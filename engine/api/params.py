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


def _used(key: str, help_: Text, read: object, **options: object) -> ApiParam:
    return ApiParam(key, help_, read, **options)  # type: ignore[arg-type]


def _idle(key: str) -> ApiParam:
    return ApiParam(key, Text("api.params.idle"), idle=True)


def _refused(key: str, why: Text, *harmless: object) -> ApiParam:
    return ApiParam(key, why, harmless=harmless)


_MODEL = _used("model", Text("api.params.model"), text, required=True)
_DRAWN = (
    _used("temperature", Text("api.params.temperature"), number, default=1.0, minimum=0, maximum=2),
    _used("top_p", Text("api.params.top_p"), number, default=1.0, minimum=0, maximum=1),
    _used("presence_penalty", Text("api.params.presence_penalty"), number, default=0.0, minimum=-2, maximum=2),
    _used("frequency_penalty", Text("api.params.frequency_penalty"), number, default=0.0, minimum=-2, maximum=2),
    _used("logit_bias", Text("api.params.logit_bias"), bias, default=()),
    _used("seed", Text("api.params.seed"), seed),
    _used("stop", Text("api.params.stop"), stops, default=()),
    _used("n", Text("api.params.n"), integer, default=1, minimum=1, maximum=MOST_ANSWERS),
    _used("stream", Text("api.params.stream"), switch, default=False),
    _used("stream_options", Text("api.params.stream_options"), stream_options, default=False),
)
_IDLE = tuple(map(_idle, ("user", "metadata", "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_retention")))  # fmt: skip

CHAT = ApiEndpoint(
    "/v1/chat/completions",
    (
        _MODEL,
        _used("messages", Text("api.params.messages"), messages, required=True, maximum=_MOST_MESSAGES),
        _used(
            "max_completion_tokens",
            Text("api.params.max_completion_tokens"),
            integer,
            minimum=1,
            maximum=LONGEST_ANSWER,
        ),
        _used("max_tokens", Text("api.params.max_tokens"), integer, minimum=1, maximum=LONGEST_ANSWER),
        *_DRAWN,
        _used("logprobs", Text("api.params.logprobs"), switch, default=False),
        _used("top_logprobs", Text("api.params.top_logprobs"), integer, minimum=0, maximum=MOST_TOLD),
        *_IDLE,
        _idle("store"),
        _refused("tools", Text("api.params.tools"), []),
        _refused("tool_choice", Text("api.params.tool_choice"), "none", "auto"),
        _refused("parallel_tool_calls", Text("api.params.parallel_tool_calls"), True, False),
        _refused("functions", Text("api.params.functions"), []),
        _refused("function_call", Text("api.params.function_call"), "none", "auto"),
        _refused("response_format", Text("api.params.response_format"), {"type": "text"}),
        _refused("modalities", Text("api.params.modalities"), ["text"]),
        _refused("audio", Text("api.params.audio")),
        _refused("prediction", Text("api.params.prediction")),
        _refused("reasoning_effort", Text("api.params.reasoning_effort"), "none"),
        _refused("verbosity", Text("api.params.verbosity"), "medium"),
        _refused("web_search_options", Text("api.params.web_search_options")),
    ),
)
COMPLETIONS = ApiEndpoint(
    "/v1/completions",
    (
        _MODEL,
        _used("prompt", Text("api.params.prompt"), prompts, required=True, maximum=MOST_ANSWERS),
        ApiParam("max_tokens", Text("api.params.max_tokens_plain"), integer, 16, 0, LONGEST_ANSWER),
        *_DRAWN,
        ApiParam("logprobs", Text("api.params.logprobs_plain"), integer, None, 0, MOST_TOLD_PLAIN),
        _used("echo", Text("api.params.echo"), switch, default=False),
        *_IDLE,
        _refused("best_of", Text("api.params.best_of"), 1),
        _refused("suffix", Text("api.params.suffix"), ""),
    ),
)
EMBEDDINGS = ApiEndpoint(
    "/v1/embeddings",
    (
        _MODEL,
        _used("input", Text("api.params.input"), prompts, required=True, maximum=_MOST_TEXTS),
        _used("encoding_format", Text("api.params.encoding_format"), encoding, default="float"),
        *_IDLE,
        _refused("dimensions", Text("api.params.dimensions")),
    ),
)
ENDPOINTS = (CHAT, COMPLETIONS, EMBEDDINGS)
