"""The pages about events in a real Chromium: no barriers, and the entrance goes on without a network."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from civic.events import Event
from storage import certificates, registrants, registrations
from tests.events.made import TRAINING, codes, filled, person, training
from tests.running import Running, running
from tests.web.browsers import PHONE, chromium, chromium_path, visit
from tests.web.desk import at_the_desk, fits, looking, no_barriers

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser, pytest.mark.xdist_group("event_pages")]
NOW = dt.datetime.now(dt.UTC)
NAMES = ("أمينة الإدريسي", "Idir Ouhadi", "Brahim Aït Lahcen", "Sara Benali")
_codes = codes()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hiwar(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    chromium_path()
    async with running(tmp_path_factory.mktemp("event_pages") / "data") as hiwar:
        yield hiwar


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


def made(hiwar: Running) -> tuple[Event, list[registrations.Registration]]:
    """A training with three seats, four who want one, a question and an opinion."""

    def do(db):  # type: ignore[no-untyped-def]
        event = training(db, details=TRAINING, capacity=3, sessions=2, at=NOW)
        session = event.sessions[0]
        people = [
            registrations.register(
                db, session.id, person(db, f"{name}{event.id}"), filled(name, needs="منحدر" if not at else ""), _codes, NOW
            )
            for at, name in enumerate(NAMES)
        ]
        registrants.bring(db, people[0].id, "كيف تؤخذ الآراء بعين الاعتبار؟", NOW)
        registrations.rate(db, people[1].id, 5, "Très clair, merci.")
        return event, people

    return looking(hiwar.data, do)


@pytest.mark.parametrize("language", ["ar", "fr"])
async def test_the_pages_have_no_barriers(hiwar: Running, browser: Browser, language: str) -> None:
    event, _people = made(hiwar)
    session = event.sessions[0]
    paths = {
        "list": "/desk/events",
        "new": "/desk/events/new?from=consultation",
        "event": f"/desk/events/{event.id}",
        "edit": f"/desk/events/{event.id}/edit",
        "people": f"/desk/sessions/{session.id}",
        "door": f"/desk/sessions/{session.id}/door",
        "print": f"/desk/sessions/{session.id}/list",
        "poster": f"/desk/events/{event.id}/poster",
        "import": "/desk/events/import",
    }
    async with at_the_desk(browser, hiwar, "editor", path="/desk", language=language) as salma:
        for name, path in paths.items():
            await salma.page.goto(hiwar.url.rstrip("/") + path)
            await fits(salma, f"events-{name}-{language}")
        assert salma.complaints == []


@pytest.mark.parametrize("language", ["ar", "fr", "zgh"])
async def test_a_certificate_is_checked_on_a_phone(hiwar: Running, browser: Browser, language: str) -> None:
    event, people = made(hiwar)
    given = looking(hiwar.data, lambda db: certificates.give(db, people[0], event, event.sessions[0], lambda: f"ABCD{event.id:08}", NOW))
    async with visit(browser, f"{hiwar.url}certificates/{given.code}?lang={language}", viewport=PHONE) as someone:
        await someone.photographed(f"certificate-{language}")
        await no_barriers(someone.page, language)
        await someone.page.locator("#name").fill(NAMES[0])
        await someone.page.locator("main button").click()
        await expect(someone.page.locator(".verdict")).to_have_count(2)
        await someone.photographed(f"certificate-compared-{language}")


async def test_the_entrance_goes_on_without_a_network(hiwar: Running, browser: Browser) -> None:
    """What is noted offline is kept on the phone, shown at once, survives a reload, and is sent once when the network is back."""
    event, people = made(hiwar)
    session = event.sessions[0]
    path = f"/desk/sessions/{session.id}/door"
    async with at_the_desk(browser, hiwar, "editor", path=path, language="fr", viewport=PHONE, calm=False) as salma:
        page = salma.page
        await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        await page.reload()  # now the worker has the page and its script
        await page.locator("#code").fill(people[0].code)
        await page.locator("#code").press("Enter")
        await expect(page.locator("#said")).to_contain_text("est là")
        await expect(page.locator("#unsent")).to_be_empty()
        await salma.context.set_offline(True)
        await page.locator("#code").fill(f"r-{people[1].id}")
        await page.locator("#code").press("Enter")
        await expect(page.locator("#came")).to_have_text("2")
        await page.get_by_text("Une personne sans inscription").click()
        await page.locator("#name").fill("Fatima Zahra")
        await page.locator("#name").press("Enter")
        await expect(page.locator("#unsent")).to_have_text(re.compile("2$"))
        await salma.photographed("events-door-offline")
        await page.reload()
        await expect(page.locator("#unsent")).to_have_text(re.compile("2$"))
        came = [one.name for one in looking(hiwar.data, lambda db: registrations.of_session(db, session.id)) if one.arrived_at]
        assert came == [NAMES[0]]
        await salma.context.set_offline(False)
        await page.evaluate("window.dispatchEvent(new Event('online'))")
        await expect(page.locator("#unsent")).to_be_empty()
    arrived = [one.name for one in looking(hiwar.data, lambda db: registrations.of_session(db, session.id)) if one.arrived_at]
    assert sorted(arrived) == sorted([NAMES[0], NAMES[1], "Fatima Zahra"])
