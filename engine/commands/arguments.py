"""What can be typed: every command with its arguments, helped in the user's language."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.commands.console import Console
from engine.commands.data_arguments import ACTIONS
from engine.commands.parser import Parser
from engine.core.text import FALLBACK, LANGUAGES, language_named
from engine.data.samples.builtin import SAMPLES
from engine.exports import EXPORTS
from engine.exports.destinations import DESTINATIONS
from engine.methods import METHODS
from engine.objectives import OBJECTIVES
from engine.planner.budget.goals import GOALS
from engine.recipes import RECIPES
from engine.services.app.lessons import LESSONS
from engine.serving.request_limits import MOST_PER_MINUTE, USUAL_PER_MINUTE
from engine.training.merging.ways import MERGE_WAYS

DEFAULT_COMMAND = "serve"


def language_of(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """The language of the terminal: --lang before all, then LC_ALL, LC_MESSAGES and LANG."""
    for place, argument in enumerate(arguments):
        name, _equals, value = argument.partition("=")
        value = value or next(iter(arguments[place + 1 :]), "")
        if name == "--lang" and value in LANGUAGES:
            return value
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return language_named(next(filter(None, names), "")) or FALLBACK


class _Command:
    """One command of the parser; `add` helps each argument with the text cli.arg.<key>, filled in with `said`."""

    def __init__(
        self,
        console: Console,
        parser: argparse._ActionsContainer,
        common: Sequence[argparse.ArgumentParser] = (),
    ) -> None:
        self._console, self._parser, self._common = console, parser, common

    def add(
        self, *names: str, key: str, said: Mapping[str, str] | None = None, find: str | None = None, **options: Any
    ) -> None:
        """`find`: the command that lists what can be given (`cli.find.<find>`)."""
        told = self._console.text(f"cli.arg.{key}", **(said or {}))
        action = self._parser.add_argument(*names, help=told, **options)
        vars(action)["find"] = find

    @property
    def language(self) -> str:
        """The language of the helps."""
        return self._console.language

    def actions(self, fills: Mapping[str, Callable[[_Command], None]], usual: str) -> None:
        """Commands of its own, helped with the texts cli.help.data.<name>; `usual` is done where none is given."""
        assert isinstance(self._parser, argparse.ArgumentParser)
        self._parser.set_defaults(action=usual)
        title = self._console.text("cli.commands")
        commands = self._parser.add_subparsers(dest="action", metavar="ACTION", title=title)
        for name, fill in fills.items():
            text = self._console.text(f"cli.help.data.{name}")
            made = commands.add_parser(name, help=text, description=text, parents=self._common, add_help=False)
            fill(_Command(self._console, made, self._common))

    def either(self) -> _Command:
        """A group of arguments that exclude each other."""
        return _Command(self._console, self._parser.add_mutually_exclusive_group())


def make_parser(console: Console) -> Parser:
    """The whole command line."""
    common = argparse.ArgumentParser(add_help=False)
    shared = _Command(console, common)
    shared.add("--home", key="home", type=Path, metavar="FOLDER", default=argparse.SUPPRESS)
    shared.add("--lang", key="lang", choices=LANGUAGES, default=argparse.SUPPRESS)
    shared.add("-h", "--help", key="help", action="help")
    about = console.text("cli.about")
    parser = Parser(console, [], prog="app.py", description=about, parents=[common], add_help=False)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title=console.text("cli.commands"))
    for name, fill in _COMMANDS.items():
        text = console.text(f"cli.help.{name}")
        made = commands.add_parser(name, help=text, description=text, parents=[common], add_help=False)
        fill(_Command(console, made, [common]))
    return parser


def parse(console: Console, arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; without a command it is `serve`."""
    given = list(arguments)
    if not any(argument in _COMMANDS or argument in ("-h", "--help") for argument in given):
        given.insert(0, DEFAULT_COMMAND)
    parser = make_parser(console)
    args = parser.read(given)
    if args.command == "jobs" and args.action != "list" and args.job is None:
        parser.missing(_job_argument(console))
        parser.end()
    if args.command == "export" and not args.form and not args.for_place:
        parser.missing(_form_argument(console))
        parser.end()
    return args


def _job_argument(console: Console) -> argparse.Action:
    told = console.text("cli.arg.job")
    action = argparse.Action((), "job", metavar="ID", help=told)
    vars(action)["find"] = "jobs"
    return action


def _form_argument(console: Console) -> argparse.Action:
    return argparse.Action(
        [], "form", metavar="FORM", help=console.text("cli.arg.form", forms=_forms(console.language))
    )


def _forms(language: str) -> str:
    return "; ".join(f"{form.key}: {form.label.in_(language)}" for form in EXPORTS)


def _serve(command: _Command) -> None:
    command.add("--host", key="host", metavar="ADDRESS")
    command.add("--port", key="port", type=int, metavar="NUMBER")
    command.add("--allow-remote", key="allow_remote", action="store_true")
    command.add("--proxy", key="proxy", metavar="ADDRESS")
    command.add("--public-host", key="public_host", metavar="NAME")


def _nothing(_command: _Command) -> None:
    return


def _train(command: _Command) -> None:
    command.add("--spec", key="spec", type=Path, metavar="FILE")
    command.add("--data", key="data", metavar="FILE")
    command.add("--model", key="model", metavar="MODEL")
    command.add("--method", key="method", choices=[method.key for method in METHODS])
    _objective(command)
    command.add("--starts-from", key="starts_from", type=int, metavar="ID")
    command.add("--set", key="set", metavar="KEY=VALUE", action="append", default=[])
    _reward(command)
    command.add("--name", key="name", metavar="TEXT")
    command.add("--device", key="device", metavar="DEVICE")
    command.add("--memory-mb", key="memory_mb", type=int, metavar="MB")
    command.add("--reserve", key="reserve", metavar="SIZE")
    command.add("--minutes", key="minutes", type=float, metavar="N")


def _reward(command: _Command) -> None:
    command.add("--reward", key="reward", nargs="+", metavar=("REWARD", "KEY=VALUE"), action="append", default=[])


def _rewards(command: _Command) -> None:
    command.add("action", key="rewards_action", nargs="?", default="list", choices=["list", "try"])
    _reward(command)
    command.add("--data", key="data", metavar="FILE")
    command.add("--question", key="reward_question", metavar="TEXT")
    command.add("--answer", key="reward_answer", metavar="TEXT", action="append", default=[])
    command.add("--expected", key="reward_expected", metavar="TEXT")


def _objective(command: _Command) -> None:
    said = "; ".join(f"{one.key}: {one.label.in_(command.language)}" for one in OBJECTIVES)
    command.add("--objective", key="objective", choices=[one.key for one in OBJECTIVES], said={"objectives": said})


def _plan(command: _Command) -> None:
    command.add("--data", key="data", metavar="FILE", default="sample-en")
    command.add("--model", key="model", metavar="MODEL", default="starter")
    _objective(command)
    command.add("--device", key="planned_device", metavar="DEVICE")
    command.add("--memory", key="memory", metavar="SIZE")
    command.add("--reserve", key="reserve", metavar="SIZE")
    command.add("--minutes", key="minutes", type=float, metavar="N")
    command.add("--disk", key="disk", metavar="SIZE")
    command.add("--goal", key="goal", choices=GOALS)
    command.add("--devices", key="devices", action="store_true")


def _recipe(command: _Command) -> None:
    actions = ["list", "start", "show", "go-on", "stop"]
    command.add("action", key="action", nargs="?", default="list", choices=actions)
    command.add(
        "what",
        key="recipe_what",
        nargs="?",
        metavar="RECIPE|ID",
        said={"recipes": ", ".join(one.key for one in RECIPES)},
    )
    command.add("--data", key="recipe_data", metavar="STAGE=FILE", action="append", default=[])
    command.add("--objective", key="recipe_objective", metavar="STAGE=KEY", action="append", default=[])
    command.add("--set", key="recipe_set", metavar="STAGE.KEY=VALUE", action="append", default=[])
    command.add("--stage", key="recipe_stage", metavar="STAGE")
    command.add("--model", key="model", metavar="MODEL")
    command.add("--method", key="method", choices=[method.key for method in METHODS])
    command.add("--name", key="name", metavar="TEXT")
    command.add("--device", key="device", metavar="DEVICE")
    command.add("--memory-mb", key="memory_mb", type=int, metavar="MB")


def _jobs(command: _Command) -> None:
    command.add("action", key="action", nargs="?", default="list", choices=["list", "show", "stop", "cancel", "resume"])
    command.add("job", key="job", nargs="?", type=int, metavar="ID")
    command.add("--limit", key="limit", type=int, default=20, metavar="N")
    command.add("--lines", key="lines", type=int, default=20, metavar="N")


def _models(command: _Command) -> None:
    command.add(
        "action",
        key="models_action",
        nargs="?",
        default="list",
        choices=["list", "catalogue", "search", "cached", "add"],
    )
    command.add("what", key="models_what", nargs="?", metavar="NAME")
    command.add("--json", key="json", action="store_true")


def _data(command: _Command) -> None:
    command.actions(ACTIONS, "list")


def _chat(command: _Command) -> None:
    who = command.either()
    who.add("--model", key="chat_model", default="starter", metavar="MODEL")
    who.add("--tuned", key="tuned", type=int, metavar="ID")
    command.add("--prompt", key="prompt", metavar="TEXT")
    command.add("--system", key="system", metavar="TEXT")
    command.add("--temperature", key="temperature", type=float, metavar="N")
    command.add("--max-tokens", key="max_tokens", type=int, metavar="N")


def _votes(command: _Command) -> None:
    command.add("--conversation", key="votes_conversation", type=int, metavar="ID")


def _keys(command: _Command) -> None:
    command.add("action", key="action", nargs="?", default="list", choices=["list", "make", "revoke"])
    command.add("what", key="keys_what", nargs="?", metavar="NAME|ID")
    usual, most = str(USUAL_PER_MINUTE), str(MOST_PER_MINUTE)
    command.add(
        "--per-minute",
        key="keys_limit",
        said={"usual": usual, "most": most},
        type=int,
        default=USUAL_PER_MINUTE,
        metavar="N",
    )


def _resize(command: _Command) -> None:
    command.add("model", key="resized_model", metavar="MODEL")


def _export(command: _Command) -> None:
    command.add("tuned", key="export_tuned", find="models", type=int, metavar="ID")
    keys = [form.key for form in EXPORTS]
    command.add(
        "form", key="form", nargs="*", metavar="FORM", choices=[*keys, []], said={"forms": _forms(command.language)}
    )
    places = "; ".join(f"{one.key}: {one.label.in_(command.language)}" for one in DESTINATIONS)
    command.add("--for", key="export_for", dest="for_place", metavar="PLACE", said={"places": places})
    command.add("--zip", key="export_zip", action="store_true")
    command.add("--set", key="export_set", metavar="KEY=VALUE", action="append", default=[])
    command.add("--to", key="to", type=Path, default=Path(), metavar="FOLDER")


def _merge(command: _Command) -> None:
    ways = "; ".join(f"{way.key}: {way.label.in_(command.language)}" for way in MERGE_WAYS)
    command.add("merged", key="merged", find="models", nargs="+", metavar="ID[=WEIGHT]")
    command.add(
        "--how", key="how", default=MERGE_WAYS[0].key, choices=[way.key for way in MERGE_WAYS], said={"ways": ways}
    )
    command.add("--rank", key="merged_rank", dest="merged_rank", type=int, metavar="N")
    command.add("--name", key="merged_name", dest="merged_name", metavar="TEXT")


def _push(command: _Command) -> None:
    command.add("pushed", key="pushed", find="exports", type=int, metavar="JOB")
    command.add("--repo", key="repo", required=True, metavar="OWNER/NAME")
    command.add("--file", key="pushed_file", dest="pushed_file", type=int, default=0, metavar="N")
    command.add("--public", key="public", action="store_true")
    command.add("--add", key="add", action="store_true")
    command.add("--yes", key="yes", action="store_true")


def _demo(command: _Command) -> None:
    command.add("--sample", key="sample", choices=tuple(SAMPLES))
    command.add("--epochs", key="epochs", type=float, metavar="N")


def _lesson(command: _Command) -> None:
    known = "; ".join(f"{one.key}: {one.label.in_(command.language)}" for one in LESSONS)
    command.add("lesson", key="lesson", metavar="LESSON", choices=[one.key for one in LESSONS], said={"known": known})
    command.add("--sample", key="lesson_sample", choices=tuple(SAMPLES))
    command.add("--epochs", key="epochs", type=float, metavar="N")


_COMMANDS: dict[str, Callable[[_Command], None]] = {
    "serve": _serve,
    "starter": _nothing,
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
    "merge-adapters": _merge,
    "push": _push,
    "resize": _resize,
    "demo": _demo,
    "lesson": _lesson,
    "doctor": _nothing,
}
