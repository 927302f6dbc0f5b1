"""How the work of a job ends before it is done: raised within a runner, turned into the job's last status by the worker."""

from __future__ import annotations


class Fenced(Exception):
    """Another attempt owns the job now (or it is no longer active): leave without writing anything."""


class Interrupted(BaseException):
    """The process was asked to end (SIGTERM): keep what is kept already, and leave."""


class StoppedEarly(BaseException):
    """The user wants the job to end, and nothing was made yet that could be kept: end at once, as stopped."""


class Cancelled(BaseException):
    """The user does not want the job any more: leave nothing behind. Nobody who catches every `Exception` may swallow it."""
