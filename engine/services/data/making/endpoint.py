"""The service that the operator has set as a writer: one way to ask it, with bounds on time, size and patience.

Where it is comes from the server's own environment, never from a request. Redirects are not followed and no proxy is used: what is
sent goes to that host or nowhere.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from engine.core.errors import Fault
from engine.core.settings import Settings, is_loopback
from engine.data.records.record import show

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS, ANSWER_SECONDS = 10.0, 180.0
MOST_BYTES = 4 * 2**20  # of an answer
TRIES = 6
LONGEST_WAIT = 60.0  # seconds between two tries, whatever the service asks for
_AGAIN = frozenset((408, 409, 425, 429, 500, 502, 503, 504, 529))
_REFUSED = frozenset((401, 403))
_HEED_SECONDS = 0.25
_NOT_TAKEN = 400
_LIMIT, _OTHER_LIMIT, _TEMPERATURE = "max_tokens", "max_completion_tokens", "temperature"  # members of a question
_THINKING = 4_000  # tokens that a service may think before it answers


@dataclass(frozen=True)
class Said:
    """One answer of a writer."""

    text: str  # as it came
    whole: bool  # it was not cut at the longest answer
    tokens_in: int  # that were read; an estimate where the service does not say
    tokens_out: int  # that were written


@dataclass(frozen=True)
class Endpoint:
    """The service and the model that is asked there."""

    url: str  # address without "/chat/completions"
    model: str  # name of the model there

    @property
    def host(self) -> str:
        """Whom the passages are sent to, as people read it."""
        parts = urlsplit(self.url)
        return parts.netloc

    @property
    def is_near(self) -> bool:
        """Whether it is on this machine."""
        return is_loopback(urlsplit(self.url).hostname or "")


def endpoint_of(settings: Settings) -> Endpoint | None:
    """The service that is set; None without an address and a model, and offline where it is on another machine."""
    if not settings.writer_url or not settings.writer_model:
        return None
    found = Endpoint(settings.writer_url, settings.writer_model)
    return None if settings.offline and not found.is_near else found


class EndpointWriter:
    """Asks the service, one question at a time. Used as a context.

    Args:
        heed: is called while it waits; what it raises ends the waiting.
        wait: how long the first pause before another try is.
    """

    def __init__(
        self, endpoint: Endpoint, key: str, heed: Callable[[], object] = lambda: None, wait: float = 1.0
    ) -> None:
        import httpx

        logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs every address that it asks
        self._endpoint, self._key, self._heed, self._wait = endpoint, key, heed, wait
        self._refused: set[str] = set()  # members of a question that this service has said it does not take
        headers = {"Accept-Encoding": "identity", **({"Authorization": f"Bearer {key}"} if key else {})}
        timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
        self._client = httpx.Client(headers=headers, timeout=timeout, follow_redirects=False, trust_env=False)

    def __enter__(self) -> EndpointWriter:
        return self

    def __exit__(self, *_error: object) -> None:
        self._client.close()

    def say(self, turns: Sequence[Mapping[str, str]], *, temperature: float, longest: int) -> Said:
        """One answer.

        Raises:
            Fault: "writer.refused" (the key), "writer.moved", "writer.bad_request", "writer.unreachable", "writer.busy" (after
                all tries), "writer.unreadable", "writer.too_large".
        """
        last = Fault("writer.unreachable", host=self._endpoint.host, reason="")
        for number in range(TRIES):
            pause = self._wait * 2**number
            try:
                status, headers, body = self._post(self._question(turns, temperature, longest))
            except Fault as fault:
                if fault.code != "writer.unreachable":
                    raise
                last = fault
            else:
                if status == _NOT_TAKEN and self._learns(_message(body)):
                    continue
                if status not in _AGAIN:
                    return self._read(status, body, turns)
                last = Fault("writer.busy", host=self._endpoint.host, status=status, tries=TRIES)
                pause = max(pause, _asked_to_wait(headers.get("retry-after", "")))
            if number + 1 < TRIES:
                self._pause(min(pause, LONGEST_WAIT))
        raise last

    def _question(self, turns: Sequence[Mapping[str, str]], temperature: float, longest: int) -> dict[str, Any]:
        """As services take it. Those that think before they answer have another name for the limit, which holds for both."""
        wanted: dict[str, Any] = {"model": self._endpoint.model, "messages": list(turns)}
        if _TEMPERATURE not in self._refused:
            wanted[_TEMPERATURE] = temperature
        if _LIMIT in self._refused:
            return wanted | {_OTHER_LIMIT: longest + _THINKING}
        return wanted | {_LIMIT: longest}

    def _learns(self, said: str) -> bool:
        """Whether a refusal names a member of the question that can be left out; it is not sent again."""
        named = {_LIMIT: _OTHER_LIMIT in said, _TEMPERATURE: _TEMPERATURE in said}
        new = {member for member, is_named in named.items() if is_named} - self._refused
        self._refused |= new
        return bool(new)

    def _post(self, wanted: Mapping[str, Any]) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body. Raises Fault: "writer.unreachable" (worth another try), "writer.too_large"."""
        import httpx

        until = time.monotonic() + ANSWER_SECONDS
        try:
            with self._client.stream("POST", f"{self._endpoint.url}/chat/completions", json=wanted) as answer:
                return answer.status_code, answer.headers, self._body(answer, until)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            reason = self._without_key(str(error) or type(error).__name__)
            raise Fault("writer.unreachable", host=self._endpoint.host, reason=reason) from None

    def _body(self, answer: httpx.Response, until: float) -> bytes:
        body = bytearray()
        for piece in answer.iter_bytes():
            body += piece
            self._heed()
            if len(body) > MOST_BYTES:
                raise Fault("writer.too_large", host=self._endpoint.host, limit_mb=MOST_BYTES / 1e6)
            if time.monotonic() > until:
                raise Fault("writer.unreachable", host=self._endpoint.host, reason=f"{ANSWER_SECONDS:.0f} s")
        return bytes(body)

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._heed()
            time.sleep(min(left, _HEED_SECONDS))

    def _read(self, status: int, body: bytes, turns: Sequence[Mapping[str, str]]) -> Said:
        host = self._endpoint.host
        if status in _REFUSED:
            raise Fault("writer.refused", host=host, status=status)
        if 300 <= status < 400:
            raise Fault("writer.moved", host=host, status=status)
        if status != 200:
            raise Fault("writer.bad_request", host=host, status=status, said=self._without_key(_message(body)))
        try:
            value = json.loads(body)
            choice = value["choices"][0]
            text = _text_of(choice["message"]["content"])
        except (ValueError, KeyError, IndexError, TypeError, RecursionError):
            raise Fault("writer.unreadable", host=host) from None
        usage = value.get("usage") if isinstance(value.get("usage"), dict) else {}
        read = _count(usage.get("prompt_tokens")) or sum(about_tokens(turn["content"]) for turn in turns)
        wrote = _count(usage.get("completion_tokens")) or about_tokens(text)
        return Said(text, choice.get("finish_reason") != "length", read, wrote)

    def _without_key(self, text: str) -> str:
        return show(text.replace(self._key, "***") if self._key else text)


def _text_of(content: Any) -> str:
    """A text, or the texts of a list of parts; "" where there is none."""
    if isinstance(content, list):
        return "".join(part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str))
    return content if isinstance(content, str) else ""


def _message(body: bytes) -> str:
    """What a service says of an error, where it says it as OpenAI's does; else how it begins."""
    try:
        said = json.loads(body)["error"]
        return str(said["message"] if isinstance(said, dict) else said)
    except (ValueError, KeyError, TypeError, RecursionError):
        return body[:200].decode("utf-8", "replace")


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**7 else 0


def _asked_to_wait(text: str) -> float:
    try:
        return max(0.0, float(text))
    except ValueError:  # a date, or nothing
        return 0.0


def about_tokens(text: str) -> int:
    """Tokens of a text where no tokenizer is known: four characters of an alphabet each, one of Chinese and its like."""
    wide = sum(letter >= "\u2e80" for letter in text)
    return wide + -(-(len(text) - wide) // 4)
