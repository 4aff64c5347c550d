"""The desk in a real Chromium: its own pages as staff meet them, on a phone and on a desk, by keyboard and without a script."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pyotp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from civic.staff import Role
from service import library
from tests.running import Running, running
from tests.serve import SMALL
from tests.web.browsers import DESK, PHONE, chromium, chromium_path, visit
from tests.web.desk import at_the_desk, employ, no_barriers
from tests.web.test_desk_entrance import PASSWORD, employed, invited
from tests.web.test_desk_questions import asks

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser, pytest.mark.xdist_group("desk_browser")]

SIZES = {"phone": PHONE, "desk": DESK}
EVERYTHING = tuple(Role)
PATHS = (
    "/desk",
    "/desk/nowhere",
    "/desk/account",
    "/desk/account/second-factor",
    "/desk/staff",
    "/desk/staff/1",
    "/desk/audit",
    "/desk/questions",
    "/desk/questions/1",
    "/desk/content",
    "/desk/content/new",
    "/desk/content/entries/ati-how",
    "/desk/records?kind=contact",
    "/desk/records/contact/ministry",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hiwar(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    chromium_path()
    folder = tmp_path_factory.mktemp("desk_browser")
    library.write(library.Content(library.read_entries(SMALL), library.read_collection()), folder / "content")
    async with running(folder / "data", content=str(folder / "content")) as hiwar:
        employ(hiwar.data, "editor", name="Amina El Fassi")
        asks(hiwar.data, "combien coûte la formation au permis bateau ?")
        asks(hiwar.data, "شحال كتسوا الدورة ديال رخصة البحر", "ar")
        yield hiwar


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.mark.parametrize("language", ["ar", "fr"])
async def test_somebody_invited_comes_in_without_a_script(hiwar: Running, browser: Browser, language: str) -> None:
    path, secret = invited(hiwar.data, Role.EDITOR)
    address = f"salma-{language}@example.ma"
    async with visit(browser, f"{hiwar.url.rstrip('/')}{path}?lang={language}", java_script_enabled=False, locale=language) as salma:
        page = salma.page
        await page.locator("#name").fill("Salma Idrissi")
        await page.locator("#address").fill(address)
        await page.locator("#password").fill(PASSWORD)
        await page.locator("#again").fill(PASSWORD)
        await page.locator("#code").fill(pyotp.TOTP(secret).now())
        await salma.photographed(f"desk-invitation-{language}")
        await page.locator("main form button").click()
        await expect(page.locator(".codes li")).to_have_count(10)
        await salma.photographed(f"desk-codes-{language}")
        await page.locator("main a.button").click()
        await expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
        await expect(page.locator(".who")).to_have_text("Salma Idrissi")


async def test_the_login_leads_through_both_steps(hiwar: Running, browser: Browser) -> None:
    address, secret = await employed(hiwar.data, "editor")
    async with visit(browser, f"{hiwar.url}desk", locale="fr") as salma:
        page = salma.page
        await no_barriers(page, "login")
        await page.locator("#address").fill(address)
        await page.locator("#password").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.locator("#code")).to_be_focused()
        await no_barriers(page, "code")
        await page.locator("#code").fill(pyotp.TOTP(secret).now())
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/desk")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["ar", "fr"])
@pytest.mark.parametrize("path", PATHS)
async def test_axe_finds_nothing_on_any_page(hiwar: Running, browser: Browser, path: str, language: str, size: str) -> None:
    async with at_the_desk(browser, hiwar, *EVERYTHING, path=path, language=language, viewport=SIZES[size], calm=False) as salma:
        await salma.photographed(f"desk{re.sub('[^a-z0-9]', '-', path)}-{language}-{size}")
        assert await salma.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await no_barriers(salma.page, path)


@pytest.mark.parametrize("language", ["ar", "fr"])
async def test_axe_finds_nothing_on_the_pages_before_the_login(hiwar: Running, browser: Browser, language: str) -> None:
    path, _secret = invited(hiwar.data, Role.EDITOR)
    for address in (f"{path}?lang={language}", f"/desk/login?lang={language}"):
        for scheme in ("light", "dark"):
            async with visit(browser, hiwar.url.rstrip("/") + address, color_scheme=scheme) as stranger:
                await no_barriers(stranger.page, f"{address} {scheme}")
