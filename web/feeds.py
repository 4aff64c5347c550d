"""News for feed readers: RSS 2.0 by language and topic, and the pictures of news."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from email.utils import format_datetime
from xml.etree import ElementTree

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.phrases import Phrase, Voice, _
from civic.knowledge import LANGUAGES
from civic.news import News
from handlers.news_topics import is_known, topic_name
from storage import news

MOST = 50  # items of a feed
_A_WHILE = "public, max-age=300"
_FOREVER = "public, max-age=31536000, immutable"
_ATOM = "http://www.w3.org/2005/Atom"
_TITLE: Phrase = _("News of Open Government in Morocco")


class Feeds:
    """The feeds and the pictures; everything here is public."""

    def __init__(self, reader: AsyncEngine, voices: Callable[[str], Voice], public_url: str) -> None:
        self._reader, self._voice, self._public_url = reader, voices, public_url
        ElementTree.register_namespace("atom", _ATOM)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/feeds/news.xml", self.news), web.get("/news/pictures/{picture}", self.picture)]

    async def news(self, request: web.Request) -> web.Response:
        """`GET /feeds/news.xml`: what is published in a language, of one topic or all; 304 for who has it already."""
        language, topic = request.query.get("language", "ar"), request.query.get("topic", "")
        if language not in LANGUAGES:
            raise web.HTTPNotFound
        voice = self._voice(language)
        async with self._reader.connect() as db:
            if topic and not await db.run_sync(is_known, topic):
                raise web.HTTPNotFound
            name = voice.say(await db.run_sync(topic_name, topic, language)) if topic else ""
            items = await db.run_sync(lambda db: news.published(db, topic=topic, most=MOST))
        home = self._public_url or str(request.url.origin())
        body = _rss([item for item in items if language in item.item.title], home, str(request.rel_url), language, _titled(voice, name))
        tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
        headers = {"ETag": tag, "Cache-Control": _A_WHILE}
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type="application/rss+xml", charset="utf-8", headers=headers)

    async def picture(self, request: web.Request) -> web.Response:
        """`GET /news/pictures/{picture}`: a picture of a news item."""
        async with self._reader.connect() as db:
            found = await db.run_sync(news.picture, request.match_info["picture"])
        if found is None:
            raise web.HTTPNotFound
        return web.Response(body=found[1], content_type=found[0], headers={"Cache-Control": _FOREVER})


def _titled(voice: Voice, topic: str) -> str:
    title = voice.say(_TITLE)
    return f"{title} – {topic}" if topic else title


def _rss(items: Sequence[News], home: str, path: str, language: str, title: str) -> bytes:
    rss = ElementTree.Element("rss", version="2.0")
    channel = ElementTree.SubElement(rss, "channel")
    for name, text in (("title", title), ("link", f"{home}/?lang={language}"), ("description", title), ("language", language)):
        ElementTree.SubElement(channel, name).text = text
    ElementTree.SubElement(channel, f"{{{_ATOM}}}link", href=home + path, rel="self", type="application/rss+xml")
    for item in items:
        told = ElementTree.SubElement(channel, "item")
        ElementTree.SubElement(told, "title").text = item.item.title[language]
        ElementTree.SubElement(told, "link").text = f"{home}/?start=n-{item.id}"
        ElementTree.SubElement(told, "guid", isPermaLink="false").text = f"{home}/news/{item.id}"
        ElementTree.SubElement(told, "description").text = item.item.text.get(language, "")
        if item.published_at is not None:
            ElementTree.SubElement(told, "pubDate").text = format_datetime(item.published_at, usegmt=True)
        for topic in item.item.topics:
            ElementTree.SubElement(told, "category").text = topic
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(rss, encoding="unicode").encode()
