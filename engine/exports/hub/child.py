"""The process that talks to the hub: `python -m engine.exports.hub.child`. The token comes by its standard input alone.

It prints a line of JSON for each part that is read, and at last {"url", "commit"} or a fault as {"code", "params"}.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from engine.core.errors import Fault

_STEP_SECONDS = 0.2
_AUTHORISED, _FORBIDDEN, _MISSING, _TAKEN, _OFTEN = 401, 403, 404, 409, 429
_FULL = (402, 413, 507)
_FULL_WORDS = ("storage", "quota", "exceed", "payment")
_LONGEST = 200  # characters of what a hub says


class _Told:
    """Counts the bytes that are read: once for the hash of a file, once on its way."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell, self._done, self._at = tell, 0, 0.0

    @property
    def began(self) -> bool:
        """Whether anything was read."""
        return self._done > 0

    def more(self, count: int) -> None:
        """So many bytes."""
        self._done += count
        if time.monotonic() - self._at >= _STEP_SECONDS:
            self._at = time.monotonic()
            self._tell(self._done)


class _Counted(io.BufferedReader):
    """A file that tells what is read of it."""

    def __init__(self, file: Path, told: _Told) -> None:
        super().__init__(io.FileIO(file, "rb"))
        self._told = told

    def read(self, size: int | None = -1, /) -> bytes:
        """As a file does."""
        block = super().read(size)
        self._told.more(len(block))
        return block


def push(asked: Mapping[str, Any], tell: Callable[[int], None]) -> dict[str, Any]:
    """Make the repository, send what it has not, and commit all files at once. Raises Fault("push.*")."""
    from huggingface_hub import CommitOperationAdd, HfApi

    told = _Told(tell)
    api = HfApi(endpoint=asked["endpoint"], token=asked["token"], library_name="tunesmith")
    folder, repo = Path(asked["folder"]), str(asked["repo"])
    try:
        api.create_repo(repo, private=bool(asked["private"]), exist_ok=bool(asked["add"]), repo_type="model")
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        adding = [CommitOperationAdd(file.relative_to(folder).as_posix(), _Counted(file, told)) for file in files]
        made = api.create_commit(repo, adding, commit_message=asked["message"], num_threads=1)
    except Exception as error:
        raise _fault(error, asked, began=told.began) from None
    return {"url": f"{asked['endpoint']}/{repo}", "commit": made.oid}


def _fault(error: Exception, asked: Mapping[str, Any], *, began: bool) -> Fault:
    """What went wrong, without the token in it."""
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    said = {"repo": asked["repo"], "host": asked["host"]}
    reason = _plain(str(getattr(error, "server_message", None) or error) or type(error).__name__, asked["token"])
    response = getattr(error, "response", None)
    if isinstance(error, HfHubHTTPError) and response is not None:
        return _refused(int(response.status_code), reason, said)
    if isinstance(error, HFValidationError):
        return Fault("push.bad_name", name=asked["repo"])
    if isinstance(error, OSError) and error.filename:
        return Fault("push.unreadable", reason=type(error).__name__)
    return Fault("push.connection_lost" if began else "push.unreachable", reason=reason, **said)


def _refused(status: int, reason: str, said: Mapping[str, Any]) -> Fault:
    full = status in _FULL or (status == _FORBIDDEN and any(word in reason.casefold() for word in _FULL_WORDS))
    codes = {_AUTHORISED: "push.bad_token", _FORBIDDEN: "push.forbidden", _MISSING: "push.not_found",
             _TAKEN: "push.exists", _OFTEN: "push.busy"}  # fmt: skip
    code = "push.quota" if full else codes.get(status, "push.refused")
    return Fault(code, **said, **({} if status in (_AUTHORISED, _TAKEN) else {"status": status, "reason": reason}))


def _plain(text: str, token: str) -> str:
    """One short line, without the token."""
    lines = [line.strip() for line in text.replace(token, "***").splitlines() if line.strip()]
    return (lines or [""])[0][:_LONGEST]


def _say(told: Mapping[str, Any]) -> None:
    print(json.dumps(told), flush=True)


def _main() -> None:
    asked = json.loads(sys.stdin.read())
    try:
        _say(push(asked, lambda done: _say({"done": done})))
    except Fault as fault:
        _say(fault.as_dict())
    except Exception as error:  # its text might name what was asked
        _say({"code": "push.crashed", "params": {"reason": type(error).__name__}})


if __name__ == "__main__":
    os.environ.pop("HF_TOKEN", None)
    _main()
