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
from storage import audit
from tests.running import Running, running
from tests.serve import SMALL
from tests.web.browsers import chromium, chromium_path, visit
from tests.web.desk import at_the_desk, employ, fits, looking, no_barriers
from tests.web.test_desk_entrance import PASSWORD, employed, invited
from tests.web.test_desk_questions import asks, told

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser, pytest.mark.xdist_group("desk_browser")]

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


@pytest.mark.parametrize("language", ["ar", "fr"])
async def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(hiwar: Running, browser: Browser, language: str) -> None:
    async with at_the_desk(browser, hiwar, *EVERYTHING, language=language, calm=False) as salma:
        for path in PATHS:
            await salma.page.goto(hiwar.url.rstrip("/") + path)
            await fits(salma, f"desk{re.sub('[^a-z0-9]', '-', path)}-{language}")


@pytest.mark.parametrize("language", ["ar", "fr"])
async def test_axe_finds_nothing_on_the_pages_before_the_login(hiwar: Running, browser: Browser, language: str) -> None:
    path, _secret = invited(hiwar.data, Role.EDITOR)
    for address in (f"{path}?lang={language}", f"/desk/login?lang={language}"):
        for scheme in ("light", "dark"):
            async with visit(browser, hiwar.url.rstrip("/") + address, color_scheme=scheme) as stranger:
                await no_barriers(stranger.page, f"{address} {scheme}")


async def test_a_list_is_walked_through_by_keyboard(hiwar: Running, browser: Browser) -> None:
    async with at_the_desk(browser, hiwar, "editor", path="/desk/content", language="fr") as salma:
        page = salma.page
        await page.keyboard.press("j")
        await page.keyboard.press("j")
        second = page.locator("[data-row] a").nth(1)
        await expect(second).to_be_focused()
        await page.keyboard.press("k")
        await expect(page.locator("[data-row] a").nth(0)).to_be_focused()
        await page.keyboard.press("?")
        await expect(page.locator("#keys")).to_have_attribute("open", "")
        await page.keyboard.press("/")
        await expect(page.locator("#q")).to_be_focused()
        await page.keyboard.type("jk")  # in a field, keys are letters
        await expect(page.locator("#q")).to_have_value("jk")


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("language", ["ar", "fr"])
async def test_an_answer_is_previewed_mended_and_published(hiwar: Running, browser: Browser, language: str, script: bool) -> None:
    """With a script and without; the citizen is told once, the log says who it was."""
    number = asks(hiwar.data, f"رقم {language} {script} للدورة البحرية", "ar")
    options = {"path": f"/desk/questions/{number}", "language": language, "java_script_enabled": script, "calm": False}
    async with at_the_desk(browser, hiwar, "editor", **options) as salma:
        page = salma.page
        await page.locator("#id").fill(f"sea-{language}-{script}".lower())
        await page.locator("#topic").select_option("trainings-events")
        await page.locator("#title-ar").fill("الدورة البحرية")
        await page.locator("#answer-ar").fill("لا توجد دورة بحرية.")
        await page.locator("#sources").fill("https://www.gouvernement-ouvert.ma/ | 2026")
        await page.locator("#as_of").fill("soon")
        await page.locator(".bar button[value=publish]").click()
        await expect(page.locator("#as_of-wrong")).to_be_visible()
        await expect(page.locator("#answer-ar")).to_have_value("لا توجد دورة بحرية.")
        await salma.photographed(f"desk-mend-{language}-{script}")
        await page.locator("#as_of").fill("2026-11")
        await page.locator(".bar button[value=preview]").click()
        await expect(page.locator("#preview .message")).to_have_count(8)
        await salma.photographed(f"desk-preview-{language}-{script}")
        if script:
            await no_barriers(page, "preview")
        await page.locator(".bar button[value=publish]").click()
        await page.locator("#flash p, #anyway").first.wait_for()
        if await page.locator("#anyway").count():  # rehearsed for longer than a page waits: publish with a reason
            await salma.photographed(f"desk-rehearsal-{language}-{script}")
            await page.locator("#anyway").fill("it cannot wait")
            await page.locator(".bar button.grave").click()
        await expect(page.locator("#flash p")).to_be_visible()
    assert len(told(hiwar.data, number)) == 1
    (noted,) = looking(hiwar.data, lambda db: audit.page(db, limit=1, action="questions_answered"))
    assert noted.details == str(number)
