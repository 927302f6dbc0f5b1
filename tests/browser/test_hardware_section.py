"""The Hardware section of the Settings page: what was found and why something is off, in both languages, on a phone too."""

from __future__ import annotations

import pytest

from engine.core.sizes import memory_size
from tests.browser.conftest import PHONE, Open
from webui.i18n import t

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_hardware_is_told_in_plain_sentences(visit: Open, language: str) -> None:
    tab = visit(size=PHONE)
    page = tab.open(f"/{language}/settings#hardware")
    section = page.get_by_role("region", name=t(language, "settings.hardware.title"), exact=True)
    section.locator(".hardware-finding").first.wait_for()
    areas = section.locator("h3").all_inner_texts()
    found = [t(language, f"hardware.area.{area}") for area in ("gpu", "cpu", "memory", "disk", "software")]
    assert areas == [*found, t(language, "settings.reserve.title")]
    codes = section.locator(".hardware-finding").evaluate_all("all => all.map((one) => one.dataset.code)")
    assert "cpu" in codes
    told = section.locator(".hardware-finding p").all_inner_texts()
    assert len(told) == len(codes)
    assert all(len(sentence) > 10 and "{" not in sentence and "hardware." not in sentence for sentence in told)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    left = page.locator("#reserve-cpu")
    usual = float(left.input_value())
    left.fill(f"{usual + 0.5:g}")
    section.get_by_role("button", name=t(language, "settings.reserve.save")).last.click()
    back = section.get_by_role("button", name=t(language, "settings.reserve.usual", usual_mb=memory_size(1000 * usual)))
    back.wait_for()
    page.reload()
    back.wait_for()
    assert float(left.input_value()) == usual + 0.5
    assert tab.violations() == []
    back.click()
    back.wait_for(state="hidden")
    assert float(left.input_value()) == usual
    save = section.get_by_role("button", name=t(language, "settings.reserve.save")).last
    left.fill("999999")
    save.click()
    page.wait_for_selector("#reserve-cpu[aria-invalid=true]")
    left.fill("")  # nothing typed is the usual, not zero
    save.click()
    page.wait_for_selector("#reserve-cpu:not([aria-invalid=true])")
    assert float(left.input_value()) == usual
    tab.assert_clean()
