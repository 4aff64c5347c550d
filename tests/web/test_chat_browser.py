"""The web chat in a real Chromium, on a phone and on a desk, as a citizen meets it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import axe_core_python
import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Route, expect

from service.library import read_entries
from tests.running import Running, running
from tests.serve import SMALL
from tests.web.browsers import DESK, PHONE, Visit, chromium, chromium_path, visit
from tests.web.guests import Guest, count

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser, pytest.mark.xdist_group("chat_browser")]

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text("utf-8")
RABAT = {"latitude": 33.97159, "longitude": -6.84981}
SIZES = {"phone": PHONE, "desk": DESK}

# For each language: how it names itself, a question, the entry that answers it, words of the answer, and the quiet line's first and last.
TALKS = {
    "ar": ("العربية", "كم من توقيع تحتاج العريضة الوطنية؟", "petition-national-signatures", "4000 توقيع", "المصدر", "نونبر 2026"),
    "fr": (
        "Français",
        "quel est le délai de réponse à une demande d’information ?",
        "ati-delay",
        "20 jours ouvrables",
        "Source",
        "novembre 2026",
    ),
    "en": ("English", "how do i ask for a document", "ati-how", "on chafafiya.ma", "Source", "November 2026"),
    "zgh": ("ⵜⴰⵎⴰⵣⵉⵖⵜ", "ⵎⴰⵎⵏⴽ ⵔⴰⴷ ⵙⵙⵓⵜⵔⵖ ⵉⵏⵖⵎⵉⵙⵏ?", "ati-how", "chafafiya.ma", "ⴰⵙⵉⵜ", "ⵏⵓⵡⴰⵏⴱⵉⵔ 2026"),
}
SOURCES = {entry.id: {urlsplit(source.name).netloc.removeprefix("www.") for source in entry.sources} for entry in read_entries(SMALL)}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hiwar(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    chromium_path()  # no need to start anything where there is none
    async with running(tmp_path_factory.mktemp("browser") / "data") as hiwar:
        yield hiwar


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


def plain(text: str) -> str:
    """Without the marks that isolate names."""
    return text.replace("\u2068", "").replace("\u2069", "").strip()


# Greeting and questions


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", TALKS)
async def test_a_citizen_chooses_a_language_asks_and_gets_the_sourced_answer(
    hiwar: Running, browser: Browser, language: str, size: str
) -> None:
    name, question, entry, answer, source, date = TALKS[language]
    async with visit(browser, hiwar.url, viewport=SIZES[size], locale=language if language != "zgh" else "fr") as amina:
        page = amina.page
        buttons = page.locator(".welcome .button .label")
        assert await buttons.all_inner_texts() == [talk[0] for talk in (TALKS["ar"], TALKS["fr"], TALKS["zgh"], TALKS["en"])]
        for place in [await button.bounding_box() for button in await page.locator(".welcome .button").all()]:
            assert place is not None
            assert place["y"] + place["height"] <= SIZES[size]["height"]
            assert place["height"] >= 44
        await amina.photographed(f"{language}-{size}-1-greeting")

        await amina.greeted(name, language)
        assert await page.get_attribute("html", "dir") == ("rtl" if language == "ar" else "ltr")
        await amina.photographed(f"{language}-{size}-2-welcome")

        await amina.says(question)
        reply = page.locator(amina.last())
        await expect(reply.locator(".words")).to_contain_text(answer)
        note = plain(await reply.locator(".note").inner_text())
        assert note.startswith(source)
        assert note.endswith(date)
        assert await reply.locator(".note a").inner_text() in SOURCES[entry]
        assert await reply.locator(".bubble").get_attribute("lang") == language
        assert await reply.locator("a.button").first.get_attribute("rel") == "noopener noreferrer"
        assert await page.evaluate("document.activeElement.id") == "text"
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await amina.photographed(f"{language}-{size}-3-answer")

        before = await amina.lines()
        await amina.reloads()
        assert await amina.lines() == before


async def test_the_first_page_is_light_own_and_silent(hiwar: Running, browser: Browser) -> None:
    async with visit(browser, "about:blank") as amina:
        answers: list[str] = []
        weights: dict[str, int] = {}
        amina.page.on("response", lambda response: answers.append(response.url))
        await amina.page.goto(hiwar.url, wait_until="networkidle")
        for url in set(answers):
            if not url.endswith(".woff2"):
                async with aiohttp.ClientSession() as session, session.get(url) as answer:
                    weights[url] = len(await answer.read())
        assert sum(weights.values()) < 60_000, weights
        assert {urlsplit(url).netloc for url in amina.requests if url != "about:blank"} == {urlsplit(hiwar.url).netloc}
        assert not [url for url in amina.requests if "/chat/" in url], "a page nobody has written on asks for nothing"
        assert {cookie["name"] for cookie in await amina.context.cookies()} == {"hiwar_chat"}


@pytest.mark.parametrize(("language", "family"), [("ar", "Hiwar Arabic"), ("zgh", "Hiwar Tifinagh")])
async def test_the_font_of_a_script_is_ours_and_loads(hiwar: Running, browser: Browser, language: str, family: str) -> None:
    async with visit(browser, f"{hiwar.url}?lang={language}") as amina:
        await amina.page.evaluate("document.fonts.ready.then(() => 0)")
        loaded = await amina.page.evaluate("[...document.fonts].filter((font) => font.status === 'loaded').map((font) => font.family)")
        assert family in {name.strip('"') for name in loaded}


async def test_choosing_a_language_changes_the_whole_page(hiwar: Running, browser: Browser) -> None:
    async with visit(browser, hiwar.url, viewport=DESK) as amina:
        page = amina.page
        assert await page.locator("#text").get_attribute("placeholder") == "Write your message"
        await page.locator("header .languages").get_by_text("العربية").click()
        await page.wait_for_selector("html[lang=ar][dir=rtl]")
        assert await page.locator("#text").get_attribute("placeholder") == "اكتبوا رسالتكم"
        await page.set_viewport_size(PHONE)
        await page.locator("#menu > summary").click()
        await page.locator("#menu .choices").get_by_text("Français").click()
        await page.wait_for_selector("html[lang=fr][dir=ltr]")
        assert await page.title() == "Hiwar · Assistant automatique du programme Gouvernement ouvert"
        await amina.ready()
        await amina.says("/language")
        await page.locator(".buttons:not(.past) .button").get_by_text("ⵜⴰⵎⴰⵣⵉⵖⵜ").click()
        await page.wait_for_selector("html[lang=zgh]")
        await amina.ready()
        assert await page.locator(amina.last()).locator(".bubble").get_attribute("lang") == "zgh"


# Dialogues


async def begin_idea(amina: Visit) -> None:
    await amina.greeted("English", "en")
    await amina.says("/idea")
    await expect(amina.page.locator(amina.last())).to_contain_text("Step 1 of 5")


async def test_a_dialogue_by_pressing_with_a_picture_and_a_place(hiwar: Running, browser: Browser) -> None:
    ideas = count(hiwar.data, "questions")
    async with visit(browser, hiwar.url, permissions=["geolocation"], geolocation=RABAT) as amina:
        page = amina.page
        await begin_idea(amina)
        await amina.photographed("en-phone-4-dialogue")
        await amina.presses("Public services")
        await amina.says("Open on Saturdays")
        await amina.says("Town halls should open on Saturday morning.")
        await expect(page.locator("#asked")).to_contain_text("Choose a picture")
        assert await page.locator("#files").get_attribute("accept") == "image/*"
        replies = await page.locator(".line.bot").count()
        await page.locator("#files").set_input_files({"name": "hall.png", "mimeType": "image/png", "buffer": PNG})
        await expect(page.locator("#chosen li")).to_have_count(1)
        await amina.photographed("en-phone-5-chosen")
        await page.locator(".send").click()
        await amina.replied(replies)
        await expect(page.locator(".line.you .picture img")).to_have_count(1)
        assert await page.evaluate("document.querySelector('.picture img').decode().then(() => true)")
        await expect(page.locator(amina.last())).to_contain_text("Step 5 of 5")

        replies = await page.locator(".line.bot").count()
        await page.locator("[data-kind=place]").last.click()
        await amina.replied(replies)
        await expect(page.locator(".line.you").last).to_contain_text("33.97159, -6.84981")
        await expect(page.locator(amina.last())).to_contain_text("place: 33.97159, -6.84981")
        await amina.photographed("en-phone-6-review")

        before = await amina.lines()
        await amina.reloads()
        assert await amina.lines() == before
        await amina.presses("Send")
        await expect(page.locator(amina.last())).to_contain_text("Thank you")
    assert count(hiwar.data, "questions") == ideas + 1


PNG = bytes.fromhex(  # one teal pixel
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63e08f89010001b500cc0c29b0c10000000049454e44ae426082"
)


async def test_a_dialogue_by_typing_numbers(hiwar: Running, browser: Browser) -> None:
    ideas = count(hiwar.data, "questions")
    async with visit(browser, hiwar.url, viewport=DESK) as amina:
        await begin_idea(amina)
        for said in ("2", "Open on Saturdays", "Town halls should open on Saturday morning.", "skip", "Azilal"):
            await amina.says(said)
        await amina.photographed("en-desk-4-review")
        numbers = await amina.page.locator(amina.last()).locator(".number").all_inner_texts()
        assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
        await amina.says("1")
        await expect(amina.page.locator(amina.last())).to_contain_text("Thank you")
        assert await amina.page.locator(".buttons.past").count() > 3
    assert count(hiwar.data, "questions") == ideas + 1


async def test_a_place_that_cannot_be_found_can_be_written(hiwar: Running, browser: Browser) -> None:
    async with visit(browser, hiwar.url) as amina:
        page = amina.page
        await begin_idea(amina)
        for said in ("2", "Open on Saturdays", "Town halls should open on Saturday morning.", "skip"):
            await amina.says(said)
        await page.locator("[data-kind=place]").last.click()
        await expect(page.locator("#notice[role=alert]")).to_contain_text("Write the name of the place instead")
        assert await page.evaluate("document.activeElement.id") == "text"
        await amina.says("Azilal")
        await expect(page.locator(amina.last())).to_contain_text("place: Azilal")


async def test_a_file_too_large_is_refused_before_it_is_sent(hiwar: Running, browser: Browser, tmp_path: Path) -> None:
    async with visit(browser, f"{hiwar.url}?lang=fr") as amina:
        page = amina.page
        large = tmp_path / "grand.pdf"
        large.write_bytes(bytes(10 * 1024 * 1024 + 1))
        await page.locator("#files").set_input_files(large)
        await expect(page.locator("#notice[role=alert]")).to_contain_text("Ce fichier est trop lourd")
        await page.locator("#files").set_input_files([{"name": f"{n}.png", "mimeType": "image/png", "buffer": PNG} for n in range(6)])
        await expect(page.locator("#notice[role=alert]")).to_contain_text("Trop de fichiers")
        await expect(page.locator("#chosen li")).to_have_count(5)
        await page.locator("#chosen button").first.click()
        await expect(page.locator("#chosen li")).to_have_count(4)


async def test_what_the_server_refuses_goes_back_into_the_field(hiwar: Running, browser: Browser) -> None:
    async with visit(browser, f"{hiwar.url}?lang=en", calm=False) as amina:
        page = amina.page
        await page.locator("#text").fill("see this")
        await page.locator("#files").set_input_files({"name": "tool.exe", "mimeType": "image/png", "buffer": b"MZ\x90\x00"})
        await page.locator(".send").click()
        await expect(page.locator("#notice[role=alert]")).to_contain_text("This kind of file cannot be sent here.")
        assert await page.locator("#text").input_value() == "see this"
        await expect(page.locator("#chosen li")).to_have_count(1)
        await expect(page.locator(".line")).to_have_count(1)
        await page.locator("#chosen button").click()
        await amina.says("/help")
        assert await page.locator("#notice").inner_text() == ""


async def test_a_text_too_long_for_its_question_is_counted_and_not_sent(hiwar: Running, browser: Browser) -> None:
    async with visit(browser, hiwar.url) as amina:
        page = amina.page
        await begin_idea(amina)
        await amina.says("2")
        await page.locator("#text").fill("x" * 45)
        await expect(page.locator("#count")).to_have_text("Too long. Characters to remove: 5")
        lines = await page.locator(".line").count()
        await page.locator("#text").press("Enter")
        await expect(page.locator("#count[role=alert]")).to_have_text("Too long. Characters to remove: 5")
        assert await page.locator(".line").count() == lines


# Without a mouse, without scripts, without a line

# What has the focus, and whether it shows it: by itself, or by the field around it.
FOCUSED = """(() => {
  const now = document.activeElement;
  const around = [now, now.closest('.field')].filter(Boolean).map((each) => getComputedStyle(each));
  return [now.id || now.className || now.tagName, around.some((style) => style.outlineStyle !== 'none' || style.boxShadow !== 'none')];
})()"""


async def test_everything_is_reached_by_the_keyboard(hiwar: Running, browser: Browser) -> None:
    async with visit(browser, f"{hiwar.url}?lang=en", viewport=DESK) as amina:
        page = amina.page
        seen = []
        while "send" not in seen:
            await page.keyboard.press("Tab")
            name, ring = await page.evaluate(FOCUSED)
            assert ring, f"{name}: one sees where one is"
            seen.append(name)
            assert len(seen) < 30
        assert [name for name in seen if name in ("skip", "brand", "button", "clip", "text", "send")] == [
            "skip",
            "brand",
            *["button"] * 4,
            "clip",
            "text",
            "send",
        ]
        await page.locator(".welcome .button").last.focus()
        await page.keyboard.press("Enter")
        await page.wait_for_selector(".line.you[data-id]")
        await amina.ready()
        await page.locator("#text").focus()
        await page.keyboard.type("what is")
        await page.keyboard.press("Shift+Enter")
        await page.keyboard.type("open government")
        replies = await page.locator(".line.bot").count()
        await page.keyboard.press("Enter")
        await amina.replied(replies)
        assert await page.locator(".line.you .words").last.inner_text() == "what is\nopen government"
        await page.locator("#menu > summary").focus()
        await page.keyboard.press("Enter")
        await expect(page.locator("#menu")).to_have_attribute("open", "")
        await page.keyboard.press("Escape")
        assert await page.locator("#menu[open]").count() == 0
        assert await page.evaluate("document.activeElement.tagName") == "SUMMARY"


async def test_without_javascript_everything_works_by_forms(hiwar: Running, browser: Browser) -> None:
    async with visit(browser, hiwar.url, java_script_enabled=False, locale="fr") as amina:
        page = amina.page
        await page.locator(".welcome .button").nth(1).click()
        assert page.url.endswith("/#end")
        await page.locator("#text").fill("quel est le délai de réponse à une demande d’information ?")
        await page.locator(".send").click()
        await expect(page.locator(amina.last())).to_contain_text("20 jours ouvrables")
        await page.locator("#text").fill("/idea")
        await page.locator(".send").click()
        await page.locator(".buttons:not(.past) .button").nth(1).click()
        for said in ("Ouvrir le samedi", "Les mairies devraient ouvrir le samedi matin."):
            await page.locator("#text").fill(said)
            await page.locator(".send").click()
        await page.locator("#attach > summary").click()
        await page.locator("#files").set_input_files({"name": "mairie.png", "mimeType": "image/png", "buffer": PNG})
        await page.locator(".send").click()
        await expect(page.locator(".line.you .picture img")).to_have_count(1)
        await expect(page.locator(amina.last()).locator(".note")).to_contain_text("5")
        await page.locator(".renew button").click()
        assert "r=" in page.url
        await page.locator("#text").fill("Azilal")
        await page.locator(".send").click()
        await page.locator(".buttons:not(.past) .button").first.click()
        await expect(page.locator(amina.last())).to_contain_text("Merci")
        await page.locator("#menu > summary").click()
        await page.locator(".forget > summary").click()
        await page.locator(".grave").click()
        await expect(page.locator(".welcome .button")).to_have_count(4)


async def test_what_is_written_offline_is_sent_once_when_the_line_is_back(hiwar: Running, browser: Browser) -> None:
    async with visit(browser, f"{hiwar.url}?lang=en", calm=False) as amina:
        page = amina.page
        await amina.says("hello")
        await amina.context.set_offline(True)
        await expect(page.locator("#notice")).to_contain_text("No connection.")
        await page.locator("#text").fill("/help")
        await page.locator("#text").press("Enter")
        await expect(page.locator(".sending .at")).to_have_text("Waiting for the connection")
        replies = await page.locator(".line.bot").count()
        await amina.context.set_offline(False)
        await amina.replied(replies)
        before = await amina.lines()
        await amina.reloads()
        assert await amina.lines() == before
        assert await page.locator(".line.you").count() == 2


async def test_a_message_to_a_dead_server_goes_again_by_itself_and_counts_once(hiwar: Running, browser: Browser) -> None:
    async with visit(browser, f"{hiwar.url}?lang=en", calm=False) as amina:
        page = amina.page
        await amina.says("hello")
        await hiwar.kill()
        await page.locator("#text").fill("/idea")
        await page.locator("#text").press("Enter")
        await expect(page.locator(".sending .at")).to_have_text("Waiting for the connection")
        await page.locator("#text").fill("a draft")
        replies = await page.locator(".line.bot").count()
        await hiwar.start()
        await amina.replied(replies)
        await expect(page.locator(amina.last())).to_contain_text("Step 1 of 5")
        assert await page.locator("#text").input_value() == "a draft"
        before = await amina.lines()
        await amina.reloads()
        assert await amina.lines() == before
        assert await page.locator("#text").input_value() == "a draft"
        assert await page.locator(".line.you").count() == 2


async def lose_the_answer(route: Route) -> None:
    """A post arrives and is stored, but the page never hears of it."""
    await route.fetch()
    await route.abort()


async def test_a_message_not_acknowledged_before_a_reload_is_sent_again_and_counts_once(hiwar: Running, browser: Browser) -> None:
    async with visit(browser, f"{hiwar.url}?lang=en", calm=False) as amina:
        page = amina.page
        await page.route("**/chat/stream*", lambda route: route.abort())
        await amina.says("hello")
        await page.route("**/chat/messages*", lose_the_answer)
        await page.locator("#text").fill("/help")
        await page.locator("#text").press("Enter")
        await expect(page.locator(".sending .at")).to_have_text("Waiting for the connection")
        await page.unroute_all()
        await amina.reloads()
        await expect(page.locator(".line.sending")).to_have_count(0)
        await expect(page.locator(".line.you")).to_have_count(2)
        await expect(page.locator(".line.bot")).to_have_count(3)
        assert await page.evaluate("JSON.parse(sessionStorage['hiwar.waiting'])") == []


async def test_a_message_whose_answer_is_lost_is_settled_by_the_stream(hiwar: Running, browser: Browser) -> None:
    async with visit(browser, f"{hiwar.url}?lang=en", calm=False) as amina:
        page = amina.page
        await amina.says("hello")
        await page.route("**/chat/messages*", lose_the_answer)
        await amina.says("/help")
        await page.wait_for_function("JSON.parse(sessionStorage['hiwar.waiting']).length === 0")
        await expect(page.locator(".line.you .at time")).to_have_count(2)
        assert await page.locator("#notice").inner_text() == ""


async def as_the_same_guest(amina: Visit, url: str, session: aiohttp.ClientSession) -> Guest:
    """Another page of the same citizen."""
    cookie = next(cookie for cookie in await amina.context.cookies() if cookie["name"] == "hiwar_chat")
    session.cookie_jar.update_cookies({"hiwar_chat": cookie["value"]})
    other = Guest(url, session)
    await other.opens()
    return other


async def test_a_reply_missed_while_the_page_was_away_is_shown_after_a_reload(hiwar: Running, browser: Browser) -> None:
    async with (
        visit(browser, f"{hiwar.url}?lang=en", calm=False) as amina,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
    ):
        page = amina.page
        await amina.says("hello")
        other = await as_the_same_guest(amina, hiwar.url, session)
        said = await other.says("what is open government")
        await expect(page.locator(f"#line-{said[-1]['id']}")).to_be_visible()  # a page that listens has it at once
        await amina.context.set_offline(True)
        missed = await other.says("how many signatures for a national petition")
        await amina.context.set_offline(False)
        await amina.reloads()
        await expect(page.locator(f"#line-{missed[-1]['id']}")).to_contain_text("4,000")
        assert await page.locator(".line").count() == len(await other.all_lines())


async def test_where_no_stream_can_be_held_the_page_asks(hiwar: Running, browser: Browser) -> None:
    async with (
        visit(browser, f"{hiwar.url}?lang=en", calm=False) as amina,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
    ):
        await amina.page.route("**/chat/stream*", lambda route: route.fulfill(status=503))
        await amina.says("hello")
        other = await as_the_same_guest(amina, hiwar.url, session)
        said = await other.says("/help")
        await expect(amina.page.locator(f"#line-{said[-1]['id']}")).to_be_visible()


async def test_who_reads_older_lines_is_left_there_and_told_of_the_reply(hiwar: Running, browser: Browser) -> None:
    async with visit(browser, f"{hiwar.url}?lang=en") as amina, aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        page = amina.page
        for _ in range(2):
            await amina.says("what is open government")
        await page.evaluate("scrollTo(0, 0)")
        await page.wait_for_function("scrollY === 0")
        await page.evaluate("new Promise(requestAnimationFrame)")
        other = await as_the_same_guest(amina, hiwar.url, session)
        await other.says("/help")
        await expect(page.locator("#newer")).to_be_visible()
        assert await page.evaluate("scrollY") == 0
        await page.locator("#newer").click()
        await expect(page.locator("#newer")).to_be_hidden()
        await expect(page.locator("#text")).to_be_focused()


async def test_forgetting_leaves_a_shared_phone_clean(hiwar: Running, browser: Browser) -> None:
    async with visit(browser, f"{hiwar.url}?lang=ar") as amina:
        page = amina.page
        await amina.says("العريضة الوطنية كم توقيعا؟")
        await page.locator("#text").fill("مسودة")
        await page.locator("#menu > summary").click()
        await page.locator(".forget > summary").click()
        await amina.photographed("ar-phone-7-forget")
        await page.locator(".grave").click()
        await page.wait_for_selector(".welcome")
        await amina.ready()
        assert await page.locator("#text").input_value() == ""
        await page.go_back()
        assert "العريضة" not in await page.locator("main").inner_text()


# On another site


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def other_site(hiwar: Running) -> AsyncIterator[str]:
    """A page of another site, with a strict policy of its own, that embeds the widget."""
    origin = hiwar.url.rstrip("/")

    async def page(request: web.Request) -> web.Response:
        policy = f"default-src 'none'; script-src {origin}; frame-src {origin}; style-src 'none'; img-src 'self'"
        script = f'<script src="{origin}/widget.js" data-language="ar" defer></script>'
        text = f'<!doctype html><html lang="fr"><title>Une commune</title><h1>Une commune</h1><a href="#x">Lien</a>{script}</html>'
        return web.Response(text=text, content_type="text/html", headers={"Content-Security-Policy": policy})

    async def nothing(request: web.Request) -> web.Response:
        return web.Response(status=204)

    app = web.Application()
    app.add_routes([web.get("/", page), web.get("/favicon.ico", nothing)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


@pytest.mark.parametrize("size", SIZES)
async def test_the_widget_opens_talks_closes_and_gives_the_focus_back(hiwar: Running, browser: Browser, other_site: str, size: str) -> None:
    async with visit(browser, other_site, viewport=SIZES[size]) as amina:
        page = amina.page
        opener, dialog = page.locator("button.open"), page.locator("dialog")
        await expect(opener).to_have_text("اسألوا حوار")
        assert not [url for url in amina.requests if "/chat" in url], "the chat is loaded when it is wanted"
        await opener.focus()
        await page.keyboard.press("Enter")
        await expect(dialog).to_be_visible()
        frame = page.frame_locator("iframe")
        await expect(frame.locator("html.embed[lang=ar][dir=rtl]")).to_have_count(1)
        await frame.locator("button.clip").wait_for()
        await amina.photographed(f"widget-{size}")
        await amina.says("كم من توقيع تحتاج العريضة الوطنية؟", frame)
        await expect(frame.locator(".line.bot").last).to_contain_text("4000")
        await frame.locator("#text").focus()
        await page.keyboard.press("Escape")
        await expect(dialog).to_be_hidden()
        await expect(opener).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(dialog).to_be_visible()
        await expect(frame.locator(".line.you")).to_have_count(1)
        await page.locator("button.close").click()
        await expect(opener).to_be_focused()


# For everybody


@pytest.mark.parametrize(("language", "scheme"), [*((language, "light") for language in TALKS), ("ar", "dark")])
async def test_axe_finds_nothing_serious(hiwar: Running, browser: Browser, language: str, scheme: str) -> None:
    async with visit(browser, f"{hiwar.url}?lang={language}", color_scheme=scheme) as amina:
        await no_barriers(amina, "greeting")
        await amina.greeted(TALKS[language][0], language)
        await amina.says(TALKS[language][1])
        await no_barriers(amina, "answer")
        await amina.says("/idea")
        await amina.says("1")
        await no_barriers(amina, "dialogue")
        await amina.page.locator("#menu > summary").click()
        await amina.page.locator(".forget > summary").click()
        await no_barriers(amina, "menu")


async def no_barriers(amina: Visit, scene: str) -> None:
    await amina.page.evaluate(AXE)
    found = await amina.page.evaluate("axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations)")
    barriers = [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found if each["impact"] in ("serious", "critical")]
    assert barriers == [], scene


@pytest.mark.parametrize("width", [320, 195])
async def test_nothing_runs_out_of_a_narrow_page(hiwar: Running, browser: Browser, width: int) -> None:
    """195 is a phone at 200 %."""
    async with visit(browser, f"{hiwar.url}?lang=fr", viewport={"width": width, "height": 640}) as amina:
        fits = "document.documentElement.scrollWidth <= innerWidth"
        assert await amina.page.evaluate(fits)
        await amina.greeted("Français", "fr")
        await amina.says(TALKS["fr"][1])
        await amina.says("/idea")
        assert await amina.page.evaluate(fits)
