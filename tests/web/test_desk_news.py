"""News and announcements at the desk: from the form to the reader's chat."""

from __future__ import annotations

import asyncio
import io
import re
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa
from PIL import Image

from storage import announcements, lines, news
from storage.schema import announcements as announcements_table
from storage.schema import subscribers
from tests.announcements.desk import subscriber
from tests.running import Running, running
from tests.web.browsers import DESK, PHONE, chromium
from tests.web.desk import at_the_desk, looking, no_barriers, said, signed_in

LANGUAGES = ("ar", "fr", "zgh", "en")
ITEM = {
    "title_ar": "اجتماع عمومي بالرباط",
    "text_ar": "ينعقد اجتماع عمومي حول خطة العمل يوم 3 دجنبر.",
    "title_fr": "Réunion publique à Rabat",
    "text_fr": "Une réunion publique sur le plan d’action se tient le 3 décembre.\n\nInscription sur place.",
    "topics": "meetings",
}


def picture(kind: str = "PNG") -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (2400, 1200), (15, 92, 92)).save(made, kind)
    return made.getvalue()


def readers(db: sa.Connection) -> tuple[int, int]:
    """Two readers in the web chat, without quiet hours."""
    found = tuple(subscriber(db, name, "meetings", channel="webchat", language=language) for name, language in (("a", "ar"), ("z", "zgh")))
    db.execute(subscribers.update().values(quiet_from=0, quiet_to=0))
    return found  # type: ignore[return-value]


async def test_news_is_written_published_read_and_withdrawn(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as hiwar, signed_in(hiwar, "editor") as salma:
        status, page = await salma.posts("/desk/news", {"title_fr": "", "topics": "meetings"})
        assert status == 400 and "Write a title" in page
        status, page = await salma.posts("/desk/news", {**ITEM, "topics": "no-such-topic"})
        assert status == 400 and "Choose at least one topic" in page and "Réunion publique" in page
        status, page = await salma.posts("/desk/news", ITEM, files={"a.png": picture()})
        assert status == 303, page
        item = looking(hiwar.data, lambda db: news.find(db, 1))
        assert item is not None and item.state == "draft" and item.picture
        assert "Réunion publique" not in await _feed(hiwar, "fr")
        await salma.posts("/desk/news/1/publish")
        assert "The news is published." in said(await salma.follows())
        feed = await _feed(hiwar, "fr")
        assert "Réunion publique à Rabat" in feed and "n-1" in feed
        assert "Réunion publique" not in await _feed(hiwar, "en")
        async with salma.http.get(f"{hiwar.url}news/pictures/{item.picture}") as answer:
            shown = Image.open(io.BytesIO(await answer.read()))
            assert (answer.content_type, shown.size) == ("image/jpeg", (1600, 800))
        await salma.posts("/desk/news/1/withdraw")
        assert "Réunion publique" not in await _feed(hiwar, "fr")


async def test_two_editors_are_told_when_they_meet(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as hiwar, signed_in(hiwar, "editor") as salma:
        await salma.posts("/desk/news", ITEM)
        await salma.posts("/desk/news/1", {**ITEM, "title_fr": "Un", "version": "1"})
        status, page = await salma.posts("/desk/news/1", {**ITEM, "title_fr": "Deux", "version": "1"})
        assert status == 400 and "Somebody else changed this" in page and "Deux" in page


@pytest.mark.parametrize("content", [b"\xff\xd8\xff no picture", b"GIF8" + b"\x00" * 50])
async def test_what_is_no_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    async with running(tmp_path / "data") as hiwar, signed_in(hiwar, "editor") as salma:
        status, page = await salma.posts("/desk/news", ITEM, files={"a.jpg": content})
        assert status == 400 and "no picture" in page


async def test_only_editors_come_in(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as hiwar, signed_in(hiwar, "moderator") as other:
        for path in ("/desk/news", "/desk/announcements"):
            assert (await other.gets(path))[0] == 403


async def test_an_announcement_goes_from_the_form_to_the_chat(tmp_path: Path) -> None:
    """Written by one, approved by another, sent, delivered once in each reader's language, corrected, taken back."""
    async with running(tmp_path / "data", announcement_undo_seconds="0") as hiwar, signed_in(hiwar, "editor") as salma:
        arab, amazigh = looking(hiwar.data, readers)
        await salma.posts("/desk/news", ITEM)
        await salma.posts("/desk/news/1/publish")
        await salma.posts("/desk/news/1/announce")
        assert salma.headers["Location"] == "/desk/announcements/1"
        page = await salma.follows()
        assert "none to read instead: ⵜⴰⵎⴰⵣⵉⵖⵜ, English" in page and "2 / 2" in page
        async with signed_in(hiwar, "editor", name="Driss Alami") as driss:
            status, page = await driss.posts("/desk/announcements/1/approve")
            assert status == 400 and "none to read instead" in page
            words = {name: text for name, text in ITEM.items() if name != "topics"}
            fallback = {"fallback_zgh": "fr", "fallback_en": "fr", "topics": "meetings"}
            status, page = await salma.posts("/desk/announcements/1/edit", {**words, **fallback, "version": "1"})
            assert status == 303, page
            status, page = await salma.posts("/desk/announcements/1/approve")
            assert status == 400 and "Somebody else has to approve" in page
            assert (await driss.posts("/desk/announcements/1/approve"))[0] == 303
            status, page = await driss.posts("/desk/announcements/1/send", {"at": "tomorrow"})
            assert status == 400 and "no date and time" in page
            assert (await driss.posts("/desk/announcements/1/send"))[0] == 303
        await _until(hiwar, "done")
        first = looking(hiwar.data, lambda db: lines.after(db, arab, 0))
        second = looking(hiwar.data, lambda db: lines.after(db, amazigh, 0))
        assert [line.said.shown.text for line in first] == [f"{ITEM['title_ar']}\n\n{ITEM['text_ar']}"]
        assert len(second) == 1 and ITEM["title_fr"] in second[0].said.shown.text
        page = (await salma.gets("/desk/announcements/1"))[1]
        assert "2 / 2" in page and "100 %" in page
        corrected = {**words, **fallback, "text_ar": "تأجل الاجتماع.", "version": _version(hiwar)}
        assert (await salma.posts("/desk/announcements/1/edit", corrected))[0] == 303
        await _until_lines(hiwar, arab, "تأجل الاجتماع.")
        assert (await salma.posts("/desk/announcements/1/recall"))[0] == 303
        await _until_lines(hiwar, arab, "")


async def test_the_code_on_the_page_shows_it_in_ones_own_chat(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as hiwar, signed_in(hiwar, "editor") as salma:
        await salma.posts("/desk/announcements", {"title_fr": "Un essai", "text_fr": "Texte.", "topics": "meetings"})
        page = (await salma.gets("/desk/announcements/1"))[1]
        code = re.search(r"/preview (1-[\w-]+)<", page)
        assert code is not None
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as citizen,
            citizen.get(f"{hiwar.url}?lang=fr&start=pre-{code[1]}") as answer,
        ):
            shown = await answer.text()
        assert "Ceci est un essai" in shown and "Un essai" in shown
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as citizen,
            citizen.get(f"{hiwar.url}?lang=fr&start=pre-1-AAAAAAAA") as answer,
        ):
            assert "Un essai" not in await answer.text()


async def test_the_switch_stops_everything(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as hiwar, signed_in(hiwar, "editor") as salma:
        await salma.posts("/desk/announcements/switch", {"stop": "yes"})
        assert "Every announcement is stopped." in await salma.follows()
        await salma.posts("/desk/announcements/switch", {"stop": "no"})
        assert "Announcements go on." in said(await salma.follows())


@pytest.mark.parametrize(("language", "viewport"), [("ar", PHONE), ("fr", DESK)])
async def test_the_whole_path_in_a_browser_with_live_numbers(tmp_path: Path, language: str, viewport: dict[str, int]) -> None:
    """The page shows by itself that the announcement is sent; nothing on it is a barrier."""
    async with chromium() as browser, running(tmp_path / "data", announcement_undo_seconds="4", team_of_one="true") as hiwar:
        looking(hiwar.data, readers)
        async with at_the_desk(browser, hiwar, "editor", path="/desk/news/new", language=language, viewport=viewport) as salma:
            page = salma.page
            for code in LANGUAGES:
                await page.fill(f"#title_{code}", ITEM.get(f"title_{code}", "Public meeting"))
                await page.fill(f"#text_{code}", ITEM.get(f"text_{code}", "A public meeting in Rabat."))
            await page.check("input[name=topics][value=meetings]")
            await no_barriers(page, "news form")
            await _picture(page, tmp_path, f"news-form-{language}")
            await page.click("button[form=item]")
            await page.click("button[form=publish]")
            await _picture(page, tmp_path, f"news-published-{language}")
            await page.click("button[form=announce]")
            await no_barriers(page, "announcement")
            await _picture(page, tmp_path, f"announcement-draft-{language}")
            await page.click("button[form=approve]")
            await page.click("button[form=send]")
            await page.wait_for_selector("#progress[data-live]")
            await _picture(page, tmp_path, f"announcement-scheduled-{language}")
            await page.wait_for_selector("#progress:not([data-live])", timeout=40_000)
            await no_barriers(page, "report")
            await _picture(page, tmp_path, f"announcement-sent-{language}")
            assert await page.locator("progress").get_attribute("value") == "100"
            assert salma.complaints == []
            await page.goto(f"{hiwar.url}desk/announcements")
            await no_barriers(page, "list")
            await _picture(page, tmp_path, f"announcements-{language}")
            await page.goto(f"{hiwar.url}desk/announcements/new")
            await no_barriers(page, "announcement form")
            await _picture(page, tmp_path, f"announcement-form-{language}")
            assert not await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


async def _picture(page: object, folder: Path, name: str) -> None:
    await page.screenshot(path=folder / f"{name}.png", full_page=True)  # type: ignore[attr-defined]


async def _feed(hiwar: Running, language: str) -> str:
    async with aiohttp.ClientSession() as http, http.get(f"{hiwar.url}feeds/news.xml?language={language}&topic=meetings") as answer:
        assert answer.status == 200
        return await answer.text()


async def _until(hiwar: Running, state: str) -> None:
    async with asyncio.timeout(30):
        while True:
            if looking(hiwar.data, lambda db: db.execute(sa.select(announcements_table.c.state)).scalar()) == state:
                return
            await asyncio.sleep(0.2)


async def _until_lines(hiwar: Running, person: int, text: str) -> None:
    async with asyncio.timeout(30):
        while True:
            found = looking(hiwar.data, lambda db: lines.after(db, person, 0))
            if (text and found and text in found[0].said.shown.text) or (not text and not found):
                return
            await asyncio.sleep(0.2)


def _version(hiwar: Running) -> str:
    found = looking(hiwar.data, lambda db: announcements.find(db, 1))
    assert found is not None
    return str(found.version)


async def test_feeds_are_added_once_and_removed(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as hiwar, signed_in(hiwar, "editor") as salma:
        feed = {"url": "https://example.ma/feed", "language": "fr", "topics": "calls"}
        assert (await salma.posts("/desk/feeds", {**feed, "url": "file:///etc/passwd"}))[0] == 400
        assert (await salma.posts("/desk/feeds", {**feed, "topics": "nothing"}))[0] == 400
        assert (await salma.posts("/desk/feeds", feed))[0] == 303
        assert "Not read yet" in await salma.follows()
        status, page = await salma.posts("/desk/feeds", feed)
        assert status == 400 and "in the list already" in page
        await salma.posts("/desk/feeds/1/remove")
        assert "No feeds yet." in await salma.follows()
