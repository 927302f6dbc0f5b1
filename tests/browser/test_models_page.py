"""The Models page in a real browser: lineage, numbers, the choice of forms; `test_exports_page` takes models away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.params import Param
from engine.core.text import verbatim
from engine.models.tuned.versions import with_versions
from engine.services.models.offers import ExportOffer
from storage.job_tables import Job
from storage.tables import TunedModel
from tests.browser import seeds
from tests.browser.conftest import PHONE, Open, Server, start_server
from tests.homes import new_home
from tests.integration.chat_models import add_base, add_tuned
from tests.tiny import add_dataset
from webui.forms import param_form
from webui.pages.models import export_forms, not_offered

pytestmark = pytest.mark.browser


@dataclass
class Studio:
    """A server, its database and two models: one with files, one that is only a row."""

    server: Server
    ctx: Context
    real: int
    row: int


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A real adapter of the tiny base, and a whole model that is only a row."""
    home = tmp_path_factory.mktemp("models") / "home"
    ctx = new_home(home)
    real = add_tuned(ctx, add_base(ctx), add_dataset(ctx), name="Real lesson")
    inputs = seeds.add_inputs(ctx)
    job = seeds.add_job(ctx, inputs, seeds.EVIL, "succeeded", position=9)
    row = seeds.add_tuned_row(ctx, inputs, job, seeds.EVIL, method="full", format="full")
    with start_server(home) as server:
        yield Studio(server, ctx, real, row)
    ctx.db.close()


def test_an_empty_page_leads_to_training(visit: Open) -> None:
    tab = visit()
    page = tab.open("/en/models")
    page.wait_for_selector("text=No tuned models yet")
    assert page.get_by_role("link", name="Train a model").get_attribute("href") == "/en/train"
    assert tab.violations() == []
    tab.assert_clean()


def test_cards_tell_where_a_model_comes_from(visit: Open, studio: Studio) -> None:
    tab = visit(at=studio.server)
    page = tab.open("/en/models")
    card = page.locator(f"[data-model='{studio.row}']")
    card.wait_for()
    nodes = card.locator(".model-node-text > :last-child").all_inner_texts()
    assert nodes == ["Small base", "Lanterns", "Full fine-tuning", seeds.EVIL]
    assert "82 % lower: better" in card.inner_text()
    assert card.get_by_role("link", name="Chat").get_attribute("href") == f"/en/playground?tuned={studio.row}"
    assert page.evaluate("window.hacked") is None
    assert page.locator(".ts-root img, .ts-root script").count() == 0
    assert tab.violations() == []
    tab.assert_clean()


_SHOW = """async (form) => {
  const { exportChoice } = await import("/scripts/en/views/models/exports-choose.js");
  const needs = {bytes: 1e6, disk_bytes: 3e6, memory_mb: 600};
  const model = {id: 7, exports: [form], not_offered: [{label: "Large", reason: "too large", instead: "Small"}], export_needs: {[form.key]: needs}};
  const fault = Object.assign(new Error("refused"), {faults: {"export.bits": "Too many bits"}});
  const call = async (...given) => ({...needs, bytes: 5e5 * given[3].bits, disk_bytes: 1e6 * given[3].bits});
  const start = async (...given) => { window.given = given; if (given[0][0].params.bits > 8) throw fault; };
  document.querySelector(".ts-page").append(exportChoice(model, {call}, start));
}"""


def test_settings_of_a_form_are_asked_for_and_their_faults_stand_at_the_field(visit: Open, studio: Studio) -> None:
    bits = Param(key="bits", kind="int", default=4, minimum=2, maximum=8, label=verbatim("Bits"), advanced=False,
                 help=verbatim("Fewer are smaller"))  # fmt: skip
    form = {
        "key": "small",
        "label": "Small",
        "help": "",
        "stands_alone": True,
        "runs_in": ["Ollama", "vLLM"],
        "params": [param_form(bits, "en", "export")],
    }
    tab = visit(at=studio.server)
    page = tab.open("/en/models")
    page.wait_for_selector(".model-card")
    page.evaluate(_SHOW, form)
    card = page.locator("[data-form=small]")
    assert "For: Ollama, vLLM" in card.inner_text()
    assert page.locator(".model-form.not").inner_text().split("\n\n") == [
        "Large", "Not for this model: too large.", "Instead: Small"]  # fmt: skip
    assert page.locator("#export-start").is_disabled()
    assert "Check at least one form" in page.inner_text("#export-bill")
    page.check("#export-pick-small")
    page.fill("#export-small-bits", "9")
    page.click("#export-start")
    page.wait_for_selector("#export-small-bits[aria-invalid=true]")
    assert "Too many bits" in card.inner_text()
    assert tab.violations() == []
    page.fill("#export-small-bits", "3")
    page.get_by_text("Takes about 3").wait_for()
    assert "about 1.5 MB" in card.inner_text()
    page.get_by_text("Folders on this machine").click()
    page.click("#export-start")
    page.wait_for_function("window.given[1] === 'folder'")
    assert page.evaluate("window.given") == [[{"format": "small", "params": {"bits": 3}}], "folder"]
    assert page.locator("#export-small-bits[aria-invalid=true]").count() == 0
    tab.assert_clean()


def test_the_last_step_can_be_used_instead_of_the_best(visit: Open, studio: Studio) -> None:
    """Its numbers and its hash follow; at once and after a refresh."""
    with studio.ctx.db.write() as s:
        row = s.get_one(TunedModel, studio.real)
        columns = {"path": row.path, "bytes": row.bytes, "weights_hash": row.weights_hash}
        best, last = ({"model_step": step, "val_loss": loss, "steps": 24} for step, loss in ((8, 1.25), (24, 1.75)))
        other = {**columns, "weights_hash": "ab" * 32, "metrics": last}
        row.metrics = with_versions({**columns, "metrics": best}, other)["metrics"]
    tab = visit(at=studio.server)
    page = tab.open(f"/en/models?model={studio.real}")
    choices = page.locator(".model-weights button")
    choices.first.wait_for()
    assert choices.all_inner_texts() == [
        "The best: step 8, validation loss 1.250",
        "The last: step 24, validation loss 1.750",
    ]
    assert tab.violations() == []
    for number, loss, digest in ((1, "1.750", "ab" * 8), (0, "1.250", columns["weights_hash"][:16])):
        choices.nth(number).click()
        page.wait_for_selector(f".model-weights button:nth-child({number + 1})[aria-pressed=true]")
        assert page.locator(".model-weights button[aria-pressed=true]").count() == 1
        assert page.inner_text(".model-tiles .model-after") == loss
        assert digest in page.inner_text(".model-facts")
    tab.assert_clean()


def test_a_model_whose_file_is_gone_is_marked_in_the_list_and_on_its_page(visit: Open, studio: Studio) -> None:
    with studio.ctx.db.read() as s:
        file = studio.ctx.settings.absolute(s.get_one(TunedModel, studio.real).path) / "adapter_model.safetensors"
    aside = file.rename(studio.ctx.settings.home / "aside")
    try:
        tab = visit(at=studio.server)
        page = tab.open("/en/models")
        said = page.locator(f"[data-model='{studio.real}'] .ts-error")
        said.wait_for()
        assert "Files changed" in said.inner_text()
        assert "of the tuned model “Real lesson” is not there any more" in said.inner_text()
        assert page.locator(f"[data-model='{studio.row}'] .ts-error").count() == 0
        assert tab.violations() == []
        page.goto(f"{studio.server.url}/en/models?model={studio.real}")
        page.locator(".ts-note.danger", has_text="is not there any more").wait_for()
        assert tab.violations() == []
    finally:
        aside.rename(file)


def test_rename_and_delete(visit: Open, studio: Studio) -> None:
    page = visit(at=studio.server).open(f"/en/models?model={studio.row}")
    page.locator("#model-do-pencil").click()
    page.fill("#model-name", "A better name")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('A better name')")
    page.locator("#model-do-trash-2").click()
    page.locator(".ts-dialog .danger.primary").click()
    page.wait_for_url("**/en/models")
    page.wait_for_selector("text=Real lesson")
    assert page.locator("text=A better name").count() == 0
    with studio.ctx.db.read() as s:
        gone = s.get_one(TunedModel, studio.row)
        assert gone.deleted_at is not None
        assert s.get_one(Job, gone.job_id).deleted_at is None
    page.goto(f"{studio.server.url}/en/models?model={studio.row}")
    page.wait_for_selector(".ts-empty")


@pytest.mark.parametrize(("lang", "scheme", "path"), [("zh", "light", ""), ("en", "dark", "?model={real}")])
def test_the_phone(visit: Open, studio: Studio, lang: str, scheme: str, path: str) -> None:
    tab = visit(at=studio.server, size=PHONE, scheme=scheme)
    page: Any = tab.open(f"/{lang}/models" + path.format(real=studio.real))
    page.wait_for_selector("text=Real lesson")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.violations() == []


def test_capabilities_and_the_base_decide_what_is_offered() -> None:
    def keys(method: str, saved: str, config: dict[str, Any] | None = None, *, scores: bool = False) -> set[str]:
        return {form.key for form in ExportOffer(method, saved, scores, config).forms}

    def refused(method: str, saved: str, config: dict[str, Any] | None = None) -> set[str]:
        return set(ExportOffer(method, saved, False, config).refused)

    assert {"adapter", "merged", "gguf"} <= keys("lora", "adapter", {"model_type": "llama"})
    assert {"adapter", "merged"} <= keys("lora", "adapter", {"model_type": "of the future"})
    assert "gguf" in refused("lora", "adapter", {"model_type": "of the future"})
    assert "whole" in keys("full", "full")
    assert keys("of the future", "adapter") == refused("of the future", "adapter") == set()
    assert {"delta", "merged"} <= keys("freeze", "delta")
    assert keys("few_shot", "shots") == {"shots"}
    assert keys("lora", "adapter", scores=True) == {"adapter"}
    known = {key: {"bytes": 1, "disk_bytes": 2, "memory_mb": 0} for key in keys("few_shot", "shots")}
    said = {key: reason.as_dict() for key, reason in ExportOffer("few_shot", "shots", False, None).refused.items()}
    model: Any = {"talks": True, "export_needs": known, "export_refused": said}
    assert [form["key"] for form in export_forms("zh", model)] == ["shots"]
    merged = next(one for one in not_offered("zh", model) if "合并" in one["label"])
    assert "示例" in merged["reason"]
    assert merged["instead"] == "Tunesmith 自带的 API（使用“设置”中的密钥）、示例（JSON）"
