"""Feeds in: what other sites publish becomes drafts, once, as plain text, and nothing of it reaches inside."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.outside import fetch_outside
from scheduler import feeds as clock
from storage import feeds, news
from storage.engines import open_writer
from storage.ledger import Ledger
from storage.sealing import Seal
from tests.announcements.desk import NOON
from tests.conftest import shared

FETCH = partial(fetch_outside, permits=lambda address, port: True)
RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>
<item><guid>1</guid><title>Appel à candidatures &lt;b&gt;2026&lt;/b&gt;</title><link>/appel</link>
<description>
&lt;p&gt;Le &lt;a href="javascript:alert(1)"&gt;dossier&lt;/a&gt;&lt;/p&gt;
&lt;script&gt;alert(2)&lt;/script&gt;&lt;p&gt;avant le 15.&lt;/p&gt;</description></item>
{more}</channel></rss>"""


@pytest.mark.parametrize(("name", "count"), [("full.rss", 2), ("full.atom", 2), ("relative.rss", 0), ("relative.atom", 0)])
def test_the_feeds_of_others_are_read(name: str, count: int) -> None:
    found = clock.read(shared(f"fixtures/feeds/lemon24_reader/{name}").read_bytes(), "https://example.ma/feed/")

    assert found is not None and len(found) >= count
    assert all(entry.title for entry in found)
    assert all(entry.url == "" or entry.url.startswith("http") for entry in found)
    assert len({entry.name for entry in found}) == len(found)


@pytest.mark.parametrize("name", ["empty.rss", "empty.atom"])
def test_an_empty_feed_has_nothing(name: str) -> None:
    assert clock.read(shared(f"fixtures/feeds/lemon24_reader/{name}").read_bytes(), "https://example.ma/") == ()


@pytest.mark.parametrize("content", [b"", b"<html><p>no feed</p></html>", b"\x00\xff", b"{}"])
def test_what_is_no_feed_is_called_so(content: bytes) -> None:
    assert clock.read(content, "https://example.ma/") is None


def test_markup_becomes_words() -> None:
    found = clock.read(RSS.format(more="").encode(), "https://example.ma/feed")

    assert found is not None
    assert found[0].title == "Appel à candidatures 2026"
    assert "dossier" in found[0].text and "avant le 15." in found[0].text
    assert "alert" not in found[0].text and "<" not in found[0].text
    assert found[0].url == "https://example.ma/appel"


def test_entities_that_hide_markup_stay_words() -> None:
    assert clock.plain("&amp;lt;script&amp;gt;x", 100) == "&lt;script&gt;x"
    assert clock.plain("mot " * 50, 20).endswith("…")


class Site:
    """Another institution's site."""

    def __init__(self) -> None:
        self.more, self.asked, self.broken = "", 0, False

    async def feed(self, request: web.Request) -> web.Response:
        self.asked += 1
        if self.broken:
            return web.Response(status=500)
        tag = f'"{len(self.more)}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304)
        return web.Response(text=RSS.format(more=self.more), content_type="application/rss+xml", headers={"ETag": tag})


async def test_what_is_new_becomes_a_draft_once(database_url: str, seal: Seal) -> None:
    """Conditional requests; an entry that comes again, or whose draft was deleted, makes no second one; trouble makes the pause longer."""
    site, at = Site(), NOON
    app = web.Application()
    app.add_routes([web.get("/feed", site.feed)])
    ledger = Ledger(open_writer(database_url, seal))
    try:
        async with TestServer(app) as server:
            assert await ledger.write(feeds.add, str(server.make_url("/feed")), "fr", ("calls",), at)
            assert not await ledger.write(feeds.add, str(server.make_url("/feed")), "fr", ("calls",), at)
            assert await clock.look(ledger, lambda: at, FETCH) == 1
            assert await clock.look(ledger, lambda: at, FETCH) == 0 and site.asked == 1
            (draft,) = await ledger.write(news.in_state, ("draft",))
            assert draft.item.topics == ("calls",) and draft.item.title == {"fr": "Appel à candidatures 2026"}
            await ledger.write(news.discard, draft.id)
            at += dt.timedelta(hours=1)
            assert await clock.look(ledger, lambda: at, FETCH) == 0 and site.asked == 2
            site.more = "<item><guid>2</guid><title>Autre</title></item>"
            at += dt.timedelta(hours=1)
            assert await clock.look(ledger, lambda: at, FETCH) == 1
            site.broken = True
            for hours in (1, 2, 4):
                at += dt.timedelta(hours=hours)
                assert await clock.look(ledger, partial(_same, at), FETCH) == 0
            (feed,) = await ledger.write(feeds.all_of_them)
            assert (feed.trouble, feed.failures) == ("status", 3)
            asked = site.asked
            at += dt.timedelta(hours=3)
            await clock.look(ledger, lambda: at, FETCH)
            assert site.asked == asked
    finally:
        await ledger.close()


async def test_a_feed_inside_is_not_read(database_url: str, seal: Seal) -> None:
    site = Site()
    app = web.Application()
    app.add_routes([web.get("/feed", site.feed)])
    ledger = Ledger(open_writer(database_url, seal))
    try:
        async with TestServer(app) as server:
            await ledger.write(feeds.add, str(server.make_url("/feed")), "fr", ("calls",), NOON)
            assert await clock.look(ledger, lambda: NOON) == 0
            (feed,) = await ledger.write(feeds.all_of_them)
            assert feed.trouble == "internal" and site.asked == 0
    finally:
        await ledger.close()


def _same(at: dt.datetime) -> dt.datetime:
    return at
