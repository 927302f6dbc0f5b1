"""From a tuned model to a proven download in a real browser: several forms in one go, failed proofs, where it shall run."""

from __future__ import annotations

import hashlib
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.text import LANGUAGES
from engine.exports.destinations import DESTINATIONS
from engine.methods import method_of
from engine.services.models import taken
from storage.job_tables import Job
from tests.browser.conftest import PHONE, Open, Server, Visit, start_server
from tests.homes import new_home
from tests.integration.chat_models import add_base, add_result, add_tuned
from tests.tiny import add_dataset

pytestmark = pytest.mark.browser
_FAILED = {
    "passed": False, "failed": ["divergence", "flips"], "library": "transformers 5.0", "rows": 4, "places": 40, "divergence": 3.2,
    "divergence_99": 9.5, "agreement": 0.25, "token_flips": 12, "right_before": 7, "flips": 5, "gains": 0, "prompts": 2,
    "same_answers": 1, "held_out": 1, "formats": {"F16": {"tensors": 20, "bytes": 4000}}, "dtype": "fp16",
    "limits": {"divergence": 0.01, "divergence_99": 0.1, "agreement": 0.95, "flips": 0.1},
    "answers": [
        {"question": "Where is it?", "before": "Here.", "now": "<b>tower tower</b>", "same": False, "right_before": True, "right_now": False, "held_out": True},
        {"question": "Who?", "before": "Me.", "now": "Me.", "same": True, "right_before": False, "right_now": False, "held_out": False},
    ],
}  # fmt: skip


@dataclass
class Shop:
    """A server with a model that merges and one that does not."""

    server: Server
    ctx: Context
    lora: int
    prefix: int


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    home = tmp_path_factory.mktemp("exports") / "home"
    ctx = new_home(home)
    base, data = add_base(ctx), add_dataset(ctx)
    lora = add_tuned(ctx, base, data, name="House style 家")
    prefix = add_result(ctx, base, data, method_of("prefix_tuning"))
    with start_server(home) as server:
        yield Shop(server, ctx, lora, prefix)
    ctx.db.close()


def _opened(tab: Visit, path: str) -> Any:
    page = tab.open(path)
    page.wait_for_selector(".model-places")
    return page


def test_several_forms_in_one_go_are_proved_and_opened(visit: Open, shop: Shop, tmp_path: Path) -> None:
    tab = visit(at=shop.server)
    page = _opened(tab, f"/en/models?model={shop.lora}")
    for form in ("adapter", "merged"):
        page.check(f"#export-pick-{form}")
    assert page.inner_text("#export-start") == "Export 2 forms"
    page.click("#export-start")
    page.wait_for_selector(".model-job")
    page.reload()
    page.wait_for_selector(".model-file a[download]", timeout=150_000)
    files = page.locator(".model-file")
    assert files.count() == 2
    for number, said in enumerate(files.all_inner_texts()):
        assert "Proved" in said
        assert "in a fresh process: it expects the same next token at 100 % of" in said
        assert "20 of 20 answers the same; chat template equal." in said
        with page.expect_download() as fetched:
            files.nth(number).locator("a[download]").click()
        file = tmp_path / fetched.value.suggested_filename
        fetched.value.save_as(file)
        with zipfile.ZipFile(file) as archive:
            assert archive.testzip() is None
            readme = archive.read(f"{file.stem}/README.md").decode()
        assert {"## How to use it", "## 如何使用", "### Python"} <= set(readme.splitlines())
        assert f'"{file.stem}"' in readme or f"cd {file.stem}" in readme
        files.nth(number).locator(".model-proof > summary").click()
        files.nth(number).locator(".proof-table").first.wait_for()
        assert hashlib.sha256(file.read_bytes()).hexdigest() in files.nth(number).inner_text()
    assert files.nth(1).locator(".proof-answers > li").count() == 20
    assert "F32" in files.nth(1).inner_text()
    assert tab.violations() == []
    page.goto(f"{shop.server.url}/en/models?model={shop.lora}&for=python")
    page.wait_for_selector("#place-download")
    assert 'pipeline("text-generation", "House-style-家-merged")' in page.inner_text(".model-lines")
    tab.assert_clean()


def _ended(shop: Shop, files: list[dict[str, Any]], status: str, error: dict[str, Any] | None = None) -> int:
    """An export job as the worker leaves it."""
    with shop.ctx.db.write() as s:
        job = Job(
            name="House style", kind="export", status="queued", lane="background", position=99.0,
            spec={"tuned_id": shop.lora, "forms": [{"format": one["format"], "params": one["params"]} for one in files], "package": "folder"},
        )  # fmt: skip
        s.add(job)
        s.flush()
        for state in ("starting", "running", status):
            job.status = state
            s.flush()
        job.result, job.error, job.finished_at = {"files": files}, error, time.time()
        return job.id


def test_what_failed_its_proof_says_why_and_shows_both_answers(visit: Open, shop: Shop) -> None:
    folder = shop.ctx.settings.folder("exports", "kept", "adapter")
    (folder / "a.txt").write_text("a")
    fault = {"code": "export.proof_failed", "params": {"checks": "divergence"}}
    broken = {"format": "merged", "params": {"dtype": "fp16"}, "proof": _FAILED, "error": fault}
    kept = {"format": "adapter", "params": {}, "name": "kept", "path": shop.ctx.settings.relative(folder), "bytes": 1, "sha256": None,
            "proof": {"weights_hash": "ab" * 32}, "error": None}  # fmt: skip
    job = _ended(shop, [broken, kept], "succeeded")
    tab = visit(at=shop.server)
    page = _opened(tab, f"/en/models?model={shop.lora}")
    card = page.locator(f"[data-job='{job}']")
    failed = card.locator("[data-file=merged]")
    failed.wait_for()
    assert failed.locator("[data-proof=failed]").inner_text() == "Proof failed"
    assert failed.locator("[role=alert] li").count() == 2
    assert "Take a number format with more bits" in failed.inner_text()
    assert failed.locator("a[download]").count() == 0
    failed.locator(".model-proof > summary").click()
    failed.locator(".model-proof .ts-details summary").click()
    failed.locator(".proof-two").wait_for()
    assert failed.locator("tr.failed").count() == 2
    assert "<b>tower tower</b>" in failed.locator(".proof-two").inner_text()
    other = card.locator("[data-file=adapter]")
    assert str(folder) in other.inner_text()
    assert "The bytes are those that training stored" in other.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.violations() == []
    tab.assert_clean()


def test_an_export_whose_only_proof_failed_can_be_looked_at_and_made_again(visit: Open, shop: Shop) -> None:
    fault = {"code": "export.proof_failed", "params": {"checks": "divergence"}}
    made = {"format": "merged", "params": {"dtype": "fp16"}, "proof": _FAILED, "error": fault}
    job = _ended(shop, [made], "failed", fault)
    tab = visit(at=shop.server, size=PHONE, scheme="dark")
    page = _opened(tab, f"/zh/models?model={shop.lora}")
    file = page.locator(f"[data-job='{job}'] .model-file")
    file.wait_for()
    assert "验证未通过" in file.inner_text()
    file.locator(".model-proof > summary").click()
    file.locator(".proof-table").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.violations() == []
    file.get_by_role("button", name="重新制作").click()
    page.wait_for_selector(f".model-job:not([data-job='{job}']) .model-job-live")
    page.locator(".model-job-live button").first.click()
    page.locator(".ts-dialog .danger.primary").click()
    page.wait_for_selector(".model-job-live", state="detached", timeout=60_000)
    tab.assert_clean()


@pytest.mark.parametrize(("lang", "size", "scheme"), [("en", None, "light"), ("zh", PHONE, "dark")])
def test_which_form_is_told_for_each_place(visit: Open, shop: Shop, lang: str, size: Any, scheme: str) -> None:
    """Each has three lines; where the form cannot be had, the reason and what works nearest."""
    tab = visit(at=shop.server, scheme=scheme, **({"size": size} if size else {}))
    page = tab.open(f"/{lang}/models")
    page.click("#models-which")
    page.wait_for_selector(".model-places")
    page.select_option("#which-model", str(shop.lora))
    told = {one["key"]: one for one in taken.destinations_of(shop.ctx, shop.lora)}
    for place in DESTINATIONS:
        page.click(f"#choice-{place.key}" if "." not in place.key else f"[data-value='{place.key}']")
        page.wait_for_function(
            "(count) => document.querySelectorAll('.model-lines li').length === count",
            arg=len(told[place.key]["lines"]),
        )
        form = told[place.key]["form_label"]
        assert (form[lang] if form else "127.0.0.1") in page.inner_text(".model-place")
        assert f"for={place.key}" in page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.select_option("#which-model", str(shop.prefix))
    page.click("[data-value=vllm]")
    page.wait_for_selector(".model-place .ts-note")
    reason = method_of("prefix_tuning").capabilities.why_not["merge"].in_(lang)
    assert reason in page.inner_text(".model-place .ts-note")
    assert "/v1/chat/completions" in page.inner_text(".model-place")
    assert tab.violations() == []
    tab.assert_clean()


def test_each_place_has_its_lines_in_both_languages(shop: Shop) -> None:
    for tuned in (shop.lora, shop.prefix):
        for place in taken.destinations_of(shop.ctx, tuned):
            assert place["works"]
            assert len(place["lines"]) == 3
            assert all(line["says"][lang].strip() for line in place["lines"] for lang in LANGUAGES)
            assert "{" not in "".join(line["code"] for line in place["lines"]).replace("{url}", "").replace(
                '{"', ""
            ).replace("[{", "")
            assert (place["reason"] is None) == (place["wanted"] is None)
