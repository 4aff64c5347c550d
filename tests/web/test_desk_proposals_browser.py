"""The moderators' pages in a real Chromium: by keyboard, without a script, on a phone and on a desk, in Arabic and French."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
import sqlalchemy as sa
from playwright.async_api import Browser, expect

from civic.decisions import Decider, Details, House
from civic.proposals import Act, Proposal, State
from handlers.desk.decisions import decide
from storage import backing, proposals, records
from tests.proposals_at_hand import ANSWER, BENCH, COMMITTEE, citizen
from tests.running import Running, running
from tests.web.browsers import chromium, chromium_path
from tests.web.desk import at_the_desk, fits, looking

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser, pytest.mark.xdist_group("desk_proposals_browser")]

ROLES = ("moderator", "administrator")
DRAFTS = (
    BENCH,
    replace(
        BENCH,
        title="المكتبة البلدية مغلقة يوم السبت",
        text="نطلب فتح المكتبة البلدية يوم السبت.\nللتواصل: 0661234567 أو amina@example.ma، ورقم القانون 31.13 معروف.",
        language="ar",
        theme="youth-education",
        region="06",
    ),
    replace(
        BENCH,
        kind="remark",
        title="Rendez-vous en ligne pour la carte nationale",
        text="Les créneaux disparaissent en une minute. Il faudrait une liste d'attente, comme pour le passeport.",
        language="fr",
        theme="public-services",
        region="04",
    ),
    replace(BENCH, title="Benches at every bus stop of the town", text="Elderly people wait standing at every bus stop.", region="09"),
)


def fill(db: sa.Connection) -> list[int]:
    """A queue with something of everything."""
    now = dt.datetime.now(dt.UTC)
    records.load(db, (COMMITTEE,), now)
    numbers = []
    for place in range(24):
        draft = DRAFTS[place % len(DRAFTS)]
        promised = now.date() + dt.timedelta(days=place * 2 - 3)
        signs = ("links", "repeated") if place == 5 else ()
        author = citizen(db, f"citizen-{place % 9}", draft.language)
        filed_at = now - dt.timedelta(days=28 + place)
        numbers.append(proposals.file(db, author, "webchat", draft, promised, filed_at, signals=signs).number)
    salma, alone = Decider(id=99, actor="staff:99"), House(team_of_one=True)
    decide(db, alone, numbers[8], Act.PUBLISH, Details(), salma, now)
    decide(db, alone, numbers[9], Act.PUBLISH, Details(), salma, now)
    decide(db, alone, numbers[9], Act.ANSWER, ANSWER, salma, now)
    decide(db, alone, numbers[10], Act.REJECT, Details(reason="complaint"), salma, now)
    decide(db, House(), numbers[11], Act.REJECT, Details(reason="spam", message="Sent nine times."), salma, now)
    decide(db, House(), numbers[12], Act.ANSWER, ANSWER, salma, now)
    for number in numbers[13:16]:
        decide(db, House(), number, Act.REJECT, Details(reason="advertising"), salma, now, bulk="0123456789ab")
    for place in range(7):
        backing.support(db, numbers[8], citizen(db, f"supporter-{place}"), now)
    return numbers


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hiwar(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    chromium_path()
    async with running(tmp_path_factory.mktemp("desk_proposals_browser") / "data", undo_seconds="600") as hiwar:
        looking(hiwar.data, fill)
        yield hiwar


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


def at(hiwar: Running, number: int) -> Proposal:
    return looking(hiwar.data, lambda db: proposals.get(db, number))


PAGES = {
    "queue": "/desk/proposals",
    "empty": "/desk/proposals?state=withdrawn",
    "case": "/desk/proposals/2",
    "publish": "/desk/proposals/2?act=publish",
    "reject": "/desk/proposals/1?act=reject",
    "ask": "/desk/proposals/1?act=ask",
    "merge": "/desk/proposals/1?act=merge",
    "forward": "/desk/proposals/1?act=forward",
    "answer": "/desk/proposals/9?act=answer",
    "delay": "/desk/proposals/1?act=delay",
    "note": "/desk/proposals/1?act=note",
    "answered": "/desk/proposals/10",
    "confirmations": "/desk/confirmations",
    "figures": "/desk/figures",
    "programs": "/desk/programs",
}


@pytest.mark.parametrize("language", ["ar", "fr"])
async def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(hiwar: Running, browser: Browser, language: str) -> None:
    async with at_the_desk(browser, hiwar, *ROLES, language=language) as salma:
        for name, path in PAGES.items():
            await salma.page.goto(hiwar.url.rstrip("/") + path)
            await fits(salma, f"desk-{name}-{language}")


async def test_a_proposal_is_decided_by_keyboard_and_undone(hiwar: Running, browser: Browser) -> None:
    async with at_the_desk(browser, hiwar, *ROLES, path="/desk/proposals") as salma:
        page = salma.page
        await page.keyboard.press("j")
        await page.keyboard.press("j")
        await page.keyboard.press("k")
        await page.locator("tr:focus-within a").press("Enter")
        await page.wait_for_url("**/desk/proposals/*")
        number = int(page.url.rpartition("/")[2])
        await page.keyboard.press("a")
        await expect(page.locator("#decide")).to_be_visible()
        await page.locator("#decision button").click()
        await expect(page.locator("#flash")).to_contain_text("It is published.")
        assert at(hiwar, number).state is State.PUBLISHED
        await page.locator("#flash button").click()
        await expect(page.locator("#flash")).to_contain_text("Nobody was told.")
        assert at(hiwar, number).state is State.WAITING


async def test_everything_works_without_a_script(hiwar: Running, browser: Browser) -> None:
    async with at_the_desk(browser, hiwar, *ROLES, path="/desk/proposals/4", java_script_enabled=False, language="fr") as salma:
        page = salma.page
        await page.locator("button[name=act][value=ask]").click()
        await page.locator("#message").fill("De quelle ville parlez-vous ?")
        await page.locator("#decision button").click()
        await expect(page.locator("#flash")).to_contain_text("La question est en route")
        assert at(hiwar, 4).state is State.ASKED
        await page.locator("#flash button").click()
        assert at(hiwar, 4).state is State.WAITING


async def test_many_are_chosen_with_one_box_and_rejected(hiwar: Running, browser: Browser) -> None:
    async with at_the_desk(browser, hiwar, *ROLES, path="/desk/proposals?region=04&kind=remark") as salma:
        page = salma.page
        await page.locator("[data-all=number]").check()
        chosen = await page.locator("input[name=number]:checked").count()
        await page.get_by_text("Decide about several at once").click()
        await page.locator("#reason").select_option("spam")
        await page.get_by_role("button", name="Decide", exact=True).click()
        await expect(page.locator("#flash")).to_contain_text(f"{chosen - 1} decisions wait for a second person." if chosen > 2 else "wait")
        await page.locator("#flash button").click()
        await expect(page.locator("#flash")).to_contain_text("undone")


async def test_a_second_person_confirms_in_the_browser(hiwar: Running, browser: Browser) -> None:
    async with at_the_desk(browser, hiwar, *ROLES, path="/desk/confirmations", name="Youssef Alami") as youssef:
        page = youssef.page
        form = page.locator('form[action$="/confirm"]').filter(has=page.locator("button"))
        before = await form.count()
        await page.locator('form[action^="/desk/decisions/"][action$="/confirm"] button').first.click()
        await expect(page.locator("#flash")).to_contain_text("People are told in")
        await expect(form).to_have_count(before - 1)
