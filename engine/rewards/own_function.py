"""A Python function of the operator: score(question, answer, row) in a file that lies in the home folder.

Pages name such a file and nothing else: it is never uploaded or typed. It runs with all rights of the worker, so a file that anybody but
the operator could have written is refused.
"""

from __future__ import annotations

import os
import re
import stat
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from engine.core.errors import Fault
from engine.core.params import Param
from engine.core.private_home import others_home
from engine.core.settings import Settings
from engine.core.shapes import CodedMessage
from engine.core.text import Text
from engine.rewards.declaration import Answered, EachAlone, Reward, RewardEnv, Values

FOLDER = "rewards"  # of the home folder
_NAME = re.compile(r"[a-zA-Z_]\w{0,59}", re.ASCII)
_MOST_BYTES = 2**20
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH

# fmt: off
_FUNCTION = Param(
    key="function", kind="choice", default=None, source="reward_file", advanced=False,
    label=Text("rewards.own_function.function.label"),
    help=Text("rewards.own_function.function.help"),
)
# fmt: on


def own_functions(settings: Settings) -> list[str]:
    """The names of the operator's files, whether they can be used or not."""
    folder = settings.home / FOLDER
    names = sorted(file.stem for file in folder.glob("*.py")) if folder.is_dir() else []
    return [name for name in names if _NAME.fullmatch(name)]


def file_of(settings: Settings, name: str) -> Path:
    """The operator's file of that name.

    Raises:
        Fault: "reward.no_function" where there is none, "reward.function_open" where others could have written it.
    """
    folder = settings.home / FOLDER
    file = folder / f"{name}.py"
    if not _NAME.fullmatch(name) or not file.is_file():
        raise Fault("reward.no_function", name=name[:60], folder=str(folder))
    if others_home(settings.home) is not None or any(map(_open_to_others, (settings.home, folder, file))):
        raise Fault("reward.function_open", file=str(file))
    if file.stat().st_size > _MOST_BYTES:
        raise Fault("reward.no_function", name=name, folder=str(folder))
    return file


def _open_to_others(place: Path) -> bool:
    """Whether somebody else could have put something there; a link may point to what others write."""
    if os.name == "nt":
        return place.is_symlink()
    found = place.lstat()
    return stat.S_ISLNK(found.st_mode) or found.st_uid not in (os.geteuid(), 0) or bool(found.st_mode & _OTHERS_WRITE)


def _loaded(file: Path) -> Callable[[str, str, Mapping[str, Any]], Any]:
    """Its function. Raises Fault where the file fails or has none."""
    module = ModuleType(f"tunesmith_reward_{file.stem}")
    module.__file__ = str(file)
    try:
        exec(compile(file.read_bytes(), str(file), "exec"), module.__dict__)  # noqa: S102
    except Exception as error:
        raise _failed(file, error) from None
    found = getattr(module, "score", None)
    if not callable(found):
        raise Fault("reward.function_missing", file=file.name)
    sys.modules[module.__name__] = module  # what it defines can be pickled, and dataclasses find their module
    return found  # type: ignore[no-any-return]


def _failed(file: Path, error: Exception) -> Fault:
    """The fault with the line of the operator's file in which it happened."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    line = lines[-1] if lines else getattr(error, "lineno", None)
    reason = f"{type(error).__name__}: {error}"[:300]
    return Fault("reward.function_failed", file=file.name, line=line or 0, reason=reason)


def _open(values: Values, env: RewardEnv) -> EachAlone:
    if env.settings is None:
        raise Fault("reward.no_function", name=str(values["function"]), folder=FOLDER)
    file = file_of(env.settings, str(values["function"]))
    function = _loaded(file)

    def score(one: Answered) -> float | None:
        try:
            found = function(_question(one.question), one.answer, one.row)
        except Exception as error:
            raise _failed(file, error) from None
        if found is None:
            return None
        if not isinstance(found, bool | int | float) and not hasattr(found, "__float__"):
            raise Fault("reward.function_no_number", file=file.name, value=str(found)[:60])
        return float(found)

    return EachAlone(score)


def _question(turns: Sequence[Mapping[str, Any]]) -> str:
    said = (str(turn.get("content") or "") for turn in reversed(turns) if turn.get("role") == "user")
    return next(said, "")


def _check(values: Values) -> Mapping[str, CodedMessage]:
    return {} if values["function"] else {"function": {"code": "param.missing", "params": {}}}


def _why_not(settings: Settings | None) -> CodedMessage | None:
    if settings is None or own_functions(settings):
        return None
    return {"code": "reward.no_functions", "params": {"folder": str(settings.home / FOLDER)}}


OWN_FUNCTION = Reward(
    key="function",
    label=Text("rewards.own_function.label"),
    help=Text("rewards.own_function.help"),
    params=(_FUNCTION,),
    open=_open,
    lowest=None,
    highest=None,
    needs=frozenset({"file"}),
    check=_check,
    why_not=_why_not,
)
