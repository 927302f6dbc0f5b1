"""The command line: quick help, clear sentences, a server that leaves its jobs alone, and training without a page."""

from __future__ import annotations

import ast
import io
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import app
from engine.commands import doctor as doctor_module
from engine.commands.arguments import language_of, parse
from engine.commands.console import Console, JobPrinter
from engine.commands.doctor import doctor, findings
from engine.commands.serve import is_local
from engine.core.context import Context
from engine.core.settings import Settings, read_settings
from engine.core.text import LANGUAGES, catalogue
from engine.jobs.status_messages import status_message
from tests import tiny
from tests.integration.queueing import PROJECT, add_job
from tests.workers import row, wait_until
from webui.i18n import error_text, t

APP = [sys.executable, str(PROJECT / "app.py")]
COMMANDS = (
    "serve", "starter", "train", "plan", "jobs", "models", "data", "chat", "export", "resize", "demo", "doctor",
)  # fmt: skip


def _environment(ctx: Context, **more: str) -> dict[str, str]:
    return os.environ | ctx.settings.child_environment() | {"LANG": "C.UTF-8", **more}


def run(ctx: Context, *arguments: str, timeout: float = 120, **environment: str) -> subprocess.CompletedProcess[str]:
    """`app.py` with these arguments in the home of `ctx`."""
    return subprocess.run(
        [*APP, *arguments], env=_environment(ctx, **environment), capture_output=True, text=True, timeout=timeout
    )


@pytest.fixture
def console() -> Console:
    """A console that keeps what is printed."""
    return Console("en", t, error_text, out=io.StringIO())


def printed(console: Console) -> str:
    assert isinstance(console.out, io.StringIO)
    return console.out.getvalue()


# ------------------------------------------------------------------ help and words


def test_help_takes_less_than_a_second_and_loads_nothing_heavy() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([*APP, "--help"], capture_output=True, text=True, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0
    assert all(f"\n    {command} " in done.stdout for command in COMMANDS)
    assert (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime) < 1.0


def test_the_command_line_is_read_before_any_library_is_loaded() -> None:
    """What can be declared is known from plain Python: no database, no templates, no readers of hardware."""
    code = "import sys, app; from engine.commands.arguments import parse; print(sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=60)
    loaded = set(ast.literal_eval(done.stdout))
    assert {"app", "engine"} <= loaded, done.stderr[-2000:]
    assert (
        loaded & {"sqlalchemy", "alembic", "storage", "jinja2", "tokenizers", "psutil", "numpy", "gradio", "torch"}
        == set()
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_argument_is_helped(command: str, language: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(Console(language, t, error_text), [command, "--help"])
    assert ended.value.code == 0
    assert "cli." not in capsys.readouterr().out


def test_every_text_that_commands_say_is_in_the_catalogue() -> None:
    missing, said = [], 0
    for file in sorted((PROJECT / "engine" / "commands").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Attribute) and called.attr in ("say", "text") and isinstance(node, ast.Call):
                key = node.args[0]
                said += isinstance(key, ast.Constant)
                if isinstance(key, ast.Constant) and key.value not in catalogue("en"):
                    missing.append((file.name, key.value))
    assert said > 15
    assert missing == []
    tree = ast.parse(Path(doctor_module.__file__).read_text(encoding="utf-8"))
    found = (
        node.args[1] for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "Diagnosis"
    )
    codes = {leaf.value for part in found for leaf in _leaves(part)}
    assert len(codes) > 15
    assert [code for code in codes if f"cli.doctor.{code}" not in catalogue("en")] == []


def _leaves(node: ast.expr) -> list[ast.Constant]:
    """The values that an expression can have."""
    if isinstance(node, ast.IfExp):
        return [*_leaves(node.body), *_leaves(node.orelse)]
    return [node] if isinstance(node, ast.Constant) else []


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ([], {"LANG": "zh_CN.UTF-8"}, "zh"),
        ([], {"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        (["jobs", "--lang", "zh"], {}, "zh"),
        (["--lang=en"], {"LANG": "zh_TW"}, "en"),
        ([], {}, "en"),
    ],
)
def test_the_language_of_the_terminal(arguments: list[str], environment: dict[str, str], language: str) -> None:
    assert language_of(arguments, environment) == language


def test_without_a_command_it_serves(console: Console) -> None:
    args = parse(console, ["--port", "7999", "--home", "/somewhere"])
    assert (args.command, args.port, args.home) == ("serve", 7999, Path("/somewhere"))


# ------------------------------------------------------------------ clear sentences


def test_a_port_that_is_taken(ctx: Context) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run(ctx, "serve", "--port", str(port))
    assert done.returncode == 1
    assert f"Port {port} is taken" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "studio.example"])
def test_an_open_address_is_refused_without_the_switch(ctx: Context, host: str) -> None:
    assert not is_local(host)
    done = run(ctx, "serve", "--host", host)
    assert done.returncode == 1
    assert "--allow-remote" in done.stdout


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.9.1"])
def test_local_addresses(host: str) -> None:
    assert is_local(host)


def test_a_setting_that_is_no_number_is_named(ctx: Context) -> None:
    done = run(ctx, "jobs", TUNESMITH_PORT="seven")
    assert (done.returncode, done.stdout.strip()) == (
        1,
        "The setting TUNESMITH_PORT is “seven”, which is not a number.",
    )


def test_a_database_of_a_newer_version_is_left_alone(ctx: Context) -> None:
    with ctx.db.write() as s:
        s.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    done = run(ctx, "jobs")
    assert done.returncode == 1
    assert "9999" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.fixture
def here(ctx: Context, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """The command line in this process: its output, after checking the exit code."""
    monkeypatch.setattr(os, "environ", _environment(ctx))

    def call(*arguments: str, code: int = 0) -> str:
        assert app.main(arguments) == code
        return capsys.readouterr().out

    return call


def test_jobs_are_listed_shown_and_ended(ctx: Context, here: Callable[..., str]) -> None:
    assert "There are no jobs yet." in here("jobs")
    job_id = add_job(ctx)
    assert "count: Next in line." in here("jobs")
    assert "即将开始" in here("jobs", "--lang", "zh")
    assert "Cancelled." in here("jobs", "cancel", str(job_id))
    assert row(ctx, job_id).status == "cancelled"
    shown = here("jobs", "show", str(job_id))
    assert "Cancelled." in shown
    assert "waiting" in shown
    assert "not there any more" in here("jobs", "show", "77", code=1)
    with pytest.raises(SystemExit):
        here("jobs", "stop")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--data", "/nowhere.csv"), "There is no file “/nowhere.csv”."),
        (("--data", "9"), "not there any more"),
        (("--spec", "/nowhere.yaml"), "There is no file “/nowhere.yaml”."),
        (("--model", "./nowhere"), "There is no folder “./nowhere”"),
        (("--model", "some/model"), "offline"),
        (("--set", "epochs", "--data", "sample-en"), "“epochs” is not of the form KEY=VALUE."),
    ],
)
def test_train_tells_what_is_wrong(here: Callable[..., str], arguments: tuple[str, ...], sentence: str) -> None:
    assert sentence in here("train", *arguments, code=1)


@pytest.mark.parametrize("command", ["plan", "train"])
def test_an_objective_is_asked_for_by_its_key(ctx: Context, here: Callable[..., str], command: str) -> None:
    ids = str(tiny.add_dataset(ctx)), str(tiny.add_model(ctx))
    arguments = ("--objective", "pretraining", "--data", ids[0], "--model", ids[1])
    assert "Continued pretraining learns from plain texts." in here(command, *arguments, code=1)
    with pytest.raises(SystemExit):
        here(command, "--objective", "nonsense")


# ------------------------------------------------------------------ the server


@pytest.fixture
def server(ctx: Context) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`app.py serve` in the home of `ctx`, once it answers: (process, address)."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*APP, "--port", str(port)], env=_environment(ctx), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    address = f"http://127.0.0.1:{port}"
    assert process.stdout is not None
    assert address in process.stdout.readline()
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=60) as answer:
            assert answer.status == 200
        yield process, address
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_server_ends_in_good_order_and_says_what_goes_on(
    ctx: Context, server: tuple[subprocess.Popen[str], str], number: signal.Signals
) -> None:
    process, _address = server
    process.send_signal(number)
    rest = process.communicate(timeout=30)[0]
    assert process.returncode == 0
    assert "The server has ended." in rest
    assert "Traceback" not in rest
    assert (ctx.settings.home / "logs" / "server.log").stat().st_size > 0


# ------------------------------------------------------------------ doctor


def test_the_doctor_finds_this_machine_fit(
    console: Console, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = {"torch": "2", "transformers": "5", "peft": "0", "bitsandbytes": "0", "cuda": None, "four_bits": True}
    monkeypatch.setattr(doctor_module, "probe", lambda _settings: fit)
    assert doctor(console, settings) == 0
    assert "Everything that Tunesmith needs works." in printed(console)
    assert "cli." not in printed(console)


@pytest.mark.parametrize(
    ("found", "code", "level"),
    [
        ({"torch_error": "ImportError: libcudart"}, "library_broken", "bad"),
        ({"torch": "2", "transformers": "5", "peft": "0", "four_bits_error": "no kernel"}, "no_four_bits", "note"),
    ],
)
def test_the_doctor_tells_what_is_broken(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, found: dict[str, Any], code: str, level: str
) -> None:
    monkeypatch.setattr(doctor_module, "probe", lambda _settings: found)
    levels = {finding.code: finding.level for finding in findings(settings)}
    assert levels[code] == level


def test_the_doctor_sees_a_broken_database(
    console: Console, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.home.mkdir(parents=True)
    settings.database.write_bytes(b"this is not a database at all" * 100)
    monkeypatch.setattr(doctor_module, "probe", lambda _settings: {"torch": "2", "transformers": "5", "peft": "0"})
    assert doctor(console, settings) == 1
    assert "cannot be read" in printed(console)


@pytest.mark.slow
def test_the_doctor_asks_the_real_libraries(ctx: Context) -> None:
    done = run(ctx, "doctor")
    assert done.returncode == 0, done.stdout
    assert "torch 2." in done.stdout


# ------------------------------------------------------------------ following a job


def test_a_setting_that_nobody_declares_is_named(ctx: Context, here: Callable[..., str]) -> None:
    model_id, dataset_id = tiny.add_model(ctx), tiny.add_dataset(ctx)
    said = here("train", "--model", str(model_id), "--data", str(dataset_id), "--set", "banana=1", code=1)
    assert said.strip() == "training.banana: This version has no setting called “banana”."


def test_a_followed_job_is_told_as_it_changes(console: Console) -> None:
    view: dict[str, Any] = {
        "name": "Lesson",
        "status": "running",
        "phase": "loading",
        "error": None,
        "resume_advice": None,
    }
    tell = JobPrinter(console, seconds=60)
    for phase in ("loading", "loading", "saving"):
        asked = view | {
            "kind": "train",
            "stalled": False,
            "step": 0,
            "total_steps": None,
            "seconds_left": None,
            "phase": phase,
        }
        tell(asked | {"headline": status_message(asked, [])})
    assert printed(console).splitlines() == ["Lesson: Loading the model.", "Lesson: Saving."]


@pytest.mark.slow
def test_training_from_a_file_to_a_tuned_model(ctx: Context, tmp_path: Path) -> None:
    folder = tiny.write_model(tmp_path / "tiny-llama")
    rows = [{"instruction": f"What is {word}?", "output": f"It is {word}."} for word in ("red", "blue", "green") * 8]
    data = tmp_path / "colours.csv"
    data.write_text("instruction,output\n" + "".join(f"{r['instruction']},{r['output']}\n" for r in rows))
    settings = ("--set", "epochs=1", "--set", "rank=4", "--set", "learning_rate=1e-3", "--set", "evaluations=1")
    common = ("--data", str(data), "--device", "cpu", *settings)
    done = run(ctx, "train", "--model", str(folder), *common, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "24 rows taken" in done.stdout
    assert "It made the tuned model 1" in done.stdout
    assert data.is_file()


@pytest.mark.slow
def test_the_first_interrupt_of_train_saves_and_stops(ctx: Context) -> None:
    model_id, dataset_id = tiny.add_model(ctx), tiny.add_dataset(ctx, tiny.chat_rows(64))
    command = [
        *APP,
        "train",
        "--model",
        str(model_id),
        "--data",
        str(dataset_id),
        "--set",
        "epochs=500",
        "--device",
        "cpu",
    ]
    process = subprocess.Popen(command, env=_environment(ctx), stdout=subprocess.PIPE, text=True)
    wait_until(lambda: bool(job := _only_job(ctx)) and job.step >= 2, 120)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=120)[0]
    assert process.returncode == 0, said
    job = _only_job(ctx)
    assert job is not None
    assert (job.status, job.attempt) == ("stopped", 1)


def _only_job(ctx: Context) -> Any:
    try:
        return row(ctx, 1)
    except AssertionError:
        return None


def test_settings_of_the_command_line_win(tmp_path: Path) -> None:
    settings = read_settings({"TUNESMITH_HOME": "/else", "TUNESMITH_PORT": "1"}, home=tmp_path, port=None)
    assert (settings.home, settings.port) == (tmp_path.resolve(), 1)
