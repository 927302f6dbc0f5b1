"""The composition root: reads the command line and wires settings, database, queue and pages together."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from engine.commands.arguments import language_of, parse
from engine.commands.console import Console, reader_may_leave
from engine.core.errors import Fault, TunesmithError
from engine.core.private_home import create_privately
from engine.core.settings import Settings, read_settings
from webui.i18n import error_text, t

if TYPE_CHECKING:
    from engine.commands.serve import Web
    from engine.core.context import Context


def main(arguments: Sequence[str]) -> int:
    """Run one command; the exit code is 0 when it did what it was asked to."""
    with reader_may_leave():
        return _run(arguments)


def _run(arguments: Sequence[str]) -> int:
    create_privately()
    console = Console(language_of(arguments, os.environ), t, error_text)
    args = parse(console, arguments)
    try:
        given = {key: getattr(args, key, None) for key in ("home", "host", "port", "proxy", "public_host")}
        settings = read_settings(os.environ, **given)
        os.environ.update(settings.child_environment())
        return _COMMANDS[args.command](console, settings, args)
    except TunesmithError as error:
        from engine.core.obstacles import true_reason

        console.fault(true_reason(error))
        return 1
    except KeyboardInterrupt:
        console.end_status()
        return 130
    except BrokenPipeError:
        raise
    except Exception as error:
        if (met := _obstacle(error, args)) is None:
            raise
        console.fault(met)
        return 1


def _obstacle(error: Exception, args: argparse.Namespace) -> TunesmithError | None:
    from engine.core.obstacles import obstacle

    return obstacle(error, read_settings(os.environ, home=getattr(args, "home", None)).home)


def _open(settings: Settings) -> Context:
    from sqlalchemy.exc import DBAPIError

    from engine.core.context import open_context
    from engine.core.obstacles import obstacle
    from storage.migrate import MigrationError

    try:
        return open_context(settings, upgrade=True)
    except MigrationError as error:
        raise obstacle(error, settings.home) or Fault("storage.migration", reason=str(error)) from error
    except (DBAPIError, OSError) as error:
        reason = str(getattr(error, "orig", None) or error)
        unusable = Fault("storage.unusable", file=str(settings.database), reason=reason)
        raise obstacle(error, settings.home) or unusable from error


def _web(ctx: Context) -> Web:
    from engine.commands.serve import Web
    from engine.services.chat.conversations import Chat
    from webui.http.server import create_app
    from webui.site import Site

    chat = Chat(ctx)
    return Web(create_app(Site(ctx, chat)), chat.close)


def _serve(console: Console, settings: Settings, args: argparse.Namespace) -> int:
    gc.disable()  # collecting in the middle of imports takes a third of the start; `serve` enables it again
    from engine.commands.serve import serve

    return serve(console, settings, lambda: _open(settings), _web, allow_remote=args.allow_remote)


def _starter(console: Console, settings: Settings, _args: argparse.Namespace) -> int:
    from engine.commands.models import starter

    return starter(console, _open(settings))


def _train(console: Console, settings: Settings, args: argparse.Namespace) -> int:
    from engine.commands.train import train

    return train(console, _open(settings), args)


def _plan(console: Console, settings: Settings, args: argparse.Namespace) -> int:
    from engine.commands.plan import plan

    return plan(console, _open(settings), args)


def _jobs(console: Console, settings: Settings, args: argparse.Namespace) -> int:
    from engine.commands.jobs import jobs

    return jobs(console, _open(settings), args)


def _recipe(console: Console, settings: Settings, args: argparse.Namespace) -> int:
    from engine.commands.learning.recipe import recipe

    return recipe(console, _open(settings), args)


def _models(console: Console, settings: Settings, args: argparse.Namespace) -> int:
    from engine.commands.shelf import models

    return models(console, _open(settings), args)


def _rewards(console: Console, settings: Settings, args: argparse.Namespace) -> int:
    from engine.commands.learning.rewards import rewards

    return rewards(console, _open(settings), args)


def _data(console: Console, settings: Settings, args: argparse.Namespace) -> int:
    console.err = sys.stderr  # stdout may be read by a program
    if args.action in ("check", "import"):
        from engine.commands.data.files import bring, check

        return check(console, settings, args) if args.action == "check" else bring(console, _open(settings), args)
    if args.action in ("audit", "export"):
        from engine.commands.data.sets import audit, export

        return (audit if args.action == "audit" else export)(console, _open(settings), args)
    if args.action == "make":
        from engine.commands.data.make import make

        return make(console, _open(settings), args)
    from engine.commands.listing import data

    return data(console, _open(settings), args)


def _chat(console: Console, settings: Settings, args: argparse.Namespace) -> int:
    from engine.commands.chat import chat

    return chat(console, _open(settings), args)


def _votes(console: Console, settings: Settings, args: argparse.Namespace) -> int:
    from engine.commands.learning.votes import votes

    return votes(console, _open(settings), args)


def _export(console: Console, settings: Settings, args: argparse.Namespace) -> int:
    from engine.commands.export import export

    return export(console, _open(settings), args)


def _keys(console: Console, settings: Settings, args: argparse.Namespace) -> int:
    from engine.commands.api.keys import keys

    return keys(console, _open(settings), args)


def _merge_adapters(console: Console, settings: Settings, args: argparse.Namespace) -> int:
    from engine.commands.taking.merge import merge

    return merge(console, _open(settings), args)


def _push(console: Console, settings: Settings, args: argparse.Namespace) -> int:
    from engine.commands.taking.push import push

    return push(console, _open(settings), args)


def _resize(console: Console, settings: Settings, args: argparse.Namespace) -> int:
    from engine.commands.models import resize

    return resize(console, _open(settings), args)


def _demo(console: Console, settings: Settings, args: argparse.Namespace) -> int:
    from engine.commands.demo import demo

    return demo(console, _open(settings), args.sample or console.language, args.epochs)


def _lesson(console: Console, settings: Settings, args: argparse.Namespace) -> int:
    from engine.commands.learning.lesson import lesson

    return lesson(console, _open(settings), args.lesson, args.sample or console.language, args.epochs)


def _doctor(console: Console, settings: Settings, _args: argparse.Namespace) -> int:
    from engine.commands.doctor import doctor

    return doctor(console, settings)


_COMMANDS: dict[str, Callable[[Console, Settings, argparse.Namespace], int]] = {
    "serve": _serve,
    "starter": _starter,
    "train": _train,
    "plan": _plan,
    "jobs": _jobs,
    "recipe": _recipe,
    "models": _models,
    "rewards": _rewards,
    "data": _data,
    "chat": _chat,
    "votes": _votes,
    "export": _export,
    "keys": _keys,
    "merge-adapters": _merge_adapters,
    "push": _push,
    "resize": _resize,
    "demo": _demo,
    "lesson": _lesson,
    "doctor": _doctor,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
