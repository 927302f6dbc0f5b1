"""A throw-away form of export, added as one file, its texts and one line, is there on page, in validation, job, command line and docs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.doors.house import House

_TEXTS = {
    "exports.throwaway.label": ("Throw-away", "一次性"),
    "exports.throwaway.help": ("Nothing of use", "没有用处"),
    "exports.throwaway.about": ("It is thrown away.", "已丢弃。"),
    "exports.throwaway.proof": ("None at all", "没有"),
    "exports.throwaway.bits.label": ("Bits", "位数"),
    "exports.throwaway.bits.help": ("Fewer are smaller", "越少越小"),
}
_FILE = '''
"""A form that is only here for a test."""
from engine.core.params import Param
from engine.core.text import Text
from engine.exports.common.declaration import ExportFormat, ReadmePart

def _write(source, values, draft, progress):
    (draft / "model.txt").write_text(str(values["bits"]), encoding="utf-8")
    return {"bits": values["bits"]}

THROWAWAY = ExportFormat(
    key="throwaway", label=Text("exports.throwaway.label"), help=Text("exports.throwaway.help"), made_of=("adapter",),
    suffix="gone", write=_write, readme=lambda _source: ReadmePart(Text("exports.throwaway.about")),
    folder_bytes=lambda sizes, values: values["bits"] * sizes.result_bytes, memory_mb=lambda _sizes, _values: 1, proof=Text("exports.throwaway.proof"),
    params=(Param(key="bits", kind="int", default=4, minimum=2, maximum=8, label=Text("exports.throwaway.bits.label"),
                  help=Text("exports.throwaway.bits.help")),),
)
'''
_ASKED = """
import zipfile
from pathlib import Path
from engine.commands.arguments import parse
from engine.commands.console import Console
from engine.commands.documents.exports import exports_page
from engine.core.context import open_context
from engine.core.errors import SpecError
from engine.core.settings import Settings
from engine.jobs.reporter import Reporter
from engine.jobs.runners.export import run
from engine.services.models import tuned
from storage.job_tables import Job
from storage.queries import jobs
from storage.tables import Dataset, LanguageModel, TunedModel
from webui.guard import error_value
from webui.i18n import error_text, t
from webui.pages.models import export_forms

ctx = open_context(Settings(home=Path("home").resolve(), offline=True), upgrade=True)
with ctx.db.write() as s:
    base = LanguageModel(name="Base", source="hub", ref="a/b", status="ready", parameters=1000, weights_hash="0")
    data = Dataset(name="Words", status="ready", source_name="words", upload_path="words")
    s.add_all([base, data])
    s.flush()
    job = Job(name="Lesson", kind="train", status="succeeded", lane="cpu", position=1.0, spec={}, method="lora",
              dataset_id=data.id, base_model_id=base.id)
    s.add(job)
    s.flush()
    row = TunedModel(name="Lesson", job_id=job.id, base_model_id=base.id, dataset_id=data.id, method="lora", format="adapter",
                     path="tuned/1", bytes=70, weights_hash="0")
    s.add(row)
    s.flush()
    model = row.id
try:
    tuned.start_export(ctx, model, "throwaway", {"bits": 9})
    refused = None
except SpecError as error:
    refused = error_value("en", error)["faults"]
first = tuned.start_export(ctx, model, "throwaway", {"bits": 8})
other = tuned.start_export(ctx, model, "throwaway", {})
again = tuned.start_export(ctx, model, "throwaway", {"bits": 8})
with ctx.db.write() as s:
    claimed = jobs.claim_next(s, nonce="n", boot_id="b")
reporter = Reporter(ctx, *claimed)
reporter.start()
with ctx.db.read() as s:
    job = s.get_one(Job, first)
run(ctx, job, reporter)
reporter.close()
path, name = tuned.export_file(ctx, first)
with zipfile.ZipFile(path) as archive:
    files = {entry: archive.read(entry).decode() for entry in archive.namelist()}
with ctx.db.read() as s:
    done = s.get_one(Job, first)
    spec, proof = done.spec, done.result["files"][0]["proof"]
view = tuned.tuned_view(ctx, model)
console = Console("en", t, error_text)
tell({
    "forms": {form["key"]: form for form in export_forms("zh", view)}, "needs": view["export_needs"],
    "other_needs": tuned.export_needs(ctx, model, "throwaway", {"bits": 8}), "refused": refused,
    "same": [first == again, first == other], "spec": spec, "proof": proof, "name": name, "files": files,
    "typed": vars(parse(console, ["export", "1", "throwaway", "--set", "bits=3"])),
    "docs": [exports_page("en"), exports_page("zh")],
})
"""


@pytest.fixture
def told(house: House) -> dict[str, Any]:
    house.add("engine/exports/forms/throwaway.py", _FILE)
    house.say("exports/throwaway", _TEXTS)
    house.enter("engine/exports/__init__.py", "EXPORTS", "THROWAWAY", "engine.exports.forms.throwaway")
    found: dict[str, Any] = house.ask(_ASKED)
    return found


def test_a_form_of_export_is_one_file_and_one_line(told: dict[str, Any]) -> None:
    form = told["forms"]["throwaway"]
    assert (form["label"], form["help"], form["stands_alone"]) == ("一次性", "没有用处", False)
    assert [(param["field"], param["label"], param["default"]) for param in form["params"]] == [
        ("export.bits", "位数", 4)
    ]
    assert told["needs"]["throwaway"] == {"bytes": 4 * 70, "disk_bytes": 2 * 4 * 70, "memory_mb": 1}
    assert told["other_needs"] == {"bytes": 8 * 70, "disk_bytes": 2 * 8 * 70, "memory_mb": 1}
    assert list(told["refused"]) == ["export.bits"]
    assert "8" in told["refused"]["export.bits"]
    assert told["same"] == [True, False]
    assert told["spec"]["forms"] == [{"format": "throwaway", "params": {"bits": 8}}]
    assert told["proof"] == {"bits": 8}
    assert told["name"] == "Lesson-gone.zip"
    assert told["files"]["Lesson-gone/model.txt"] == "8"
    assert "It is thrown away." in told["files"]["Lesson-gone/README.md"]
    assert (told["typed"]["form"], told["typed"]["set"]) == (["throwaway"], ["bits=3"])
    assert all(
        f"## {label} (`throwaway`)" in page for label, page in zip(("Throw-away", "一次性"), told["docs"], strict=True)
    )
    assert all("`bits`" in page for page in told["docs"])
