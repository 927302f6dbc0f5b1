"""Keys of the API on the Settings page: made and shown once, revoked, gone; in both languages, on a phone too."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest

from engine.core.errors import Fault
from engine.core.settings import Settings
from engine.services import api_keys
from tests.browser.conftest import PHONE, Open, Server
from tests.homes import opened
from webui.i18n import t

pytestmark = pytest.mark.browser


def _asked(url: str, secret: str) -> int:
    """The status with which a program that sends this key is answered."""
    request = urllib.request.Request(f"{url}/v1/models", headers={"Authorization": f"Bearer {secret}"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_key_is_made_shown_once_and_revoked(visit: Open, server: Server, language: str) -> None:
    tab = visit(size=PHONE, scheme="dark" if language == "zh" else "light")
    page = tab.open(f"/{language}/settings#keys")
    section = page.get_by_role("region", name=t(language, "settings.keys.title"), exact=True).first
    section.locator("#key-make").click()
    page.wait_for_selector("#key-name[aria-invalid=true]")
    name = f"bot <b> {language}"
    section.locator("#key-name").fill(name)
    section.locator("#key-limit").fill("3")
    section.locator("#key-make").click()
    secret = section.locator("#key-secret").inner_text()
    assert secret.startswith(api_keys.PREFIX)
    assert secret not in section.locator("#key-example").inner_text()
    assert tab.url + "/v1" == section.locator("#key-address").inner_text()
    row = section.locator("#key-table tbody tr").filter(has_text=name)
    row.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert tab.violations() == []
    ctx = opened(Settings(home=server.home, offline=True))
    assert api_keys.check_key(ctx, secret).name == name
    assert _asked(tab.url, secret) == 200
    assert _asked(tab.url, secret + "x") == 401
    page.reload()
    row.wait_for()
    assert secret not in page.content()
    assert t(language, "settings.keys.never") not in row.inner_text()
    section.get_by_role("button", name=t(language, "settings.keys.revoke", name=name)).click()
    page.get_by_role("button", name=t(language, "settings.keys.revoke_do"), exact=True).click()
    row.get_by_text(t(language, "settings.keys.revoked"), exact=True).wait_for()
    with pytest.raises(Fault, match=r"api\.revoked"):
        api_keys.check_key(ctx, secret)
    assert _asked(tab.url, secret) == 401
    ctx.db.close()
    section.get_by_role("button", name=t(language, "settings.keys.delete", name=name)).click()
    page.get_by_role("button", name=t(language, "settings.keys.delete_do"), exact=True).click()
    row.wait_for(state="detached")
    log = (server.home.parent / "server.log").read_bytes()
    assert secret.encode() not in log
    tab.assert_clean()
