"""`doctor`: what of this machine works, what does not, and what to do about it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.commands.console import Console
from engine.core.private_home import make_private, others_home
from engine.core.settings import Settings
from engine.services.app import hardware_findings
from engine.services.app.hardware_findings import Machine
from engine.shapes.models import BaseModelView
from storage.dialect import software
from storage.migrate import schema_version

Level = Literal["good", "note", "bad"]
_MARKS: dict[Level, str] = {"good": "✓", "note": "!", "bad": "✗"}
_LEAST_PYTHON = (3, 11)
_PROBE_SECONDS = 120
_PROBE = """
import json
found = {}
for name in ("torch", "transformers", "peft", "bitsandbytes"):
    try:
        found[name] = str(__import__(name).__version__)
    except Exception as error:
        found[name + "_error"] = f"{type(error).__name__}: {error}"[:300]
try:
    import torch
    found["cuda"] = torch.version.cuda
    found["cuda_works"] = bool(torch.cuda.is_available() and (torch.ones(8, device="cuda").sum().item() == 8))
except Exception as error:
    found["cuda_error"] = f"{type(error).__name__}: {error}"[:300]
try:
    import torch
    from bitsandbytes.functional import dequantize_4bit, quantize_4bit
    device = "cuda" if found.get("cuda_works") else "cpu"
    packed, state = quantize_4bit(torch.randn(64, 64, device=device), quant_type="nf4")
    found["four_bits"] = dequantize_4bit(packed, state).shape == (64, 64)
except Exception as error:
    found["four_bits_error"] = f"{type(error).__name__}: {error}"[:300]
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Diagnosis:
    """One thing that was looked at: text key `cli.doctor.<code>`, or `hardware.<code>` where pages say it too."""

    level: Level  # how good it is
    code: str  # of the text
    params: dict[str, Any] = field(default_factory=dict)  # of the text
    on_pages: bool = False  # the text is `hardware.<code>`

    @property
    def key(self) -> str:
        """Of its text."""
        return f"hardware.{self.code}" if self.on_pages else f"cli.doctor.{self.code}"


def doctor(console: Console, settings: Settings) -> int:
    """Print every finding; 1 when something that Tunesmith needs is broken."""
    broken = 0
    for finding in findings(settings):
        broken += finding.level == "bad"
        console.line(f" {_MARKS[finding.level]} {console.text(finding.key, **finding.params)}")
        if finding.on_pages and finding.level != "good":
            console.line(f"   {console.text(f'hardware.{finding.code}.means', **finding.params)}")
    console.say("cli.doctor.broken" if broken else "cli.doctor.fine", count=broken)
    return 1 if broken else 0


def findings(settings: Settings) -> Iterator[Diagnosis]:
    """Look at everything, one thing after the other."""
    yield _python()
    found = probe(settings)
    yield from _libraries(found)
    yield from _hardware(hardware_findings.look(settings.home), found)
    yield _four_bits(found)
    yield from _storage(settings)
    yield _starter(settings)
    yield _chromium()


def _python() -> Diagnosis:
    level: Level = "good" if sys.version_info >= _LEAST_PYTHON else "bad"
    return Diagnosis(level, "python", {"version": sys.version.split()[0]})


def probe(settings: Settings) -> dict[str, Any]:
    """What the heavy libraries say of themselves, asked in a child: this process stays light, and lives if they crash."""
    environment = os.environ | settings.child_environment()
    try:
        done = subprocess.run(
            [sys.executable, "-c", _PROBE], capture_output=True, text=True, timeout=_PROBE_SECONDS, env=environment
        )
        found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    except (subprocess.TimeoutExpired, ValueError, IndexError) as error:
        return {"torch_error": f"{type(error).__name__}"}
    return found


def _libraries(found: dict[str, Any]) -> Iterator[Diagnosis]:
    for name in ("torch", "transformers", "peft"):
        if name in found:
            yield Diagnosis("good", "library", {"name": name, "version": found[name]})
        else:
            yield Diagnosis("bad", "library_broken", {"name": name, "reason": found.get(f"{name}_error", "?")})


def _hardware(here: Machine, found: dict[str, Any]) -> Iterator[Diagnosis]:
    """What the Hardware section says too, and whether torch itself can use the GPU."""
    for one in hardware_findings.findings(here):
        if one.area != "software":  # asked of the libraries themselves
            level: Level = "bad" if one.code == "no_disk" else "good" if one.level == "good" else "note"
            yield Diagnosis(level, one.code, dict(one.params), on_pages=True)
    if any(gpu.usable for gpu in here.gpus) and not found.get("cuda_works"):
        yield Diagnosis("bad", "gpu_broken", {"reason": found.get("cuda_error", "CUDA is not available")})
    elif here.gpus and not here.torch_cuda:
        yield Diagnosis("note", "gpu_without_cuda")


def _four_bits(found: dict[str, Any]) -> Diagnosis:
    if found.get("four_bits"):
        return Diagnosis("good", "four_bits", {"version": found.get("bitsandbytes", "?")})
    reason = found.get("four_bits_error") or found.get("bitsandbytes_error") or "?"
    return Diagnosis("note", "no_four_bits", {"reason": reason})


def _storage(settings: Settings) -> Iterator[Diagnosis]:
    used = software()
    about = {"name": used.name, "version": used.version}
    yield Diagnosis("note", used.warning, about) if used.warning else Diagnosis("good", "database_software", about)
    try:
        make_private(settings.home)
        mark = settings.home / ".doctor"
        mark.write_bytes(b"")
        mark.unlink()
    except OSError as error:
        yield Diagnosis("bad", "home_broken", {"home": str(settings.home), "reason": error.strerror or str(error)})
        return
    if told := others_home(settings.home):
        yield Diagnosis("note", "home_of_another", dict(told))
    if not settings.database.exists():
        yield Diagnosis("good", "home_new", {"home": str(settings.home)})
        return
    try:
        yield Diagnosis(
            "good", "database", {"file": str(settings.database), "schema": schema_version(settings.database)}
        )
    except Exception as error:  # whatever keeps the database from being read is the finding
        yield Diagnosis("bad", "database_broken", {"file": str(settings.database), "reason": str(error)[:200]})


def _starter(settings: Settings) -> Diagnosis:
    from engine.core.context import open_context
    from engine.services.models.base_models import list_base_models

    views: list[BaseModelView] = []
    if settings.database.exists():
        try:
            ctx = open_context(settings)
            views = list_base_models(ctx)
            ctx.db.close()
        except Exception:  # a broken database has its own finding
            views = []
    ready = any(view["source"] == "starter" and view["status"] == "ready" for view in views)
    return Diagnosis("good" if ready else "note", "starter" if ready else "no_starter")


def _chromium() -> Diagnosis:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return Diagnosis("good" if found else "note", "chromium" if found else "no_chromium", {"file": found or ""})
