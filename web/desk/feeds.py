"""The feeds of other sites that drafts come from: which they are, when they were read, and what went wrong."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from aiohttp import web

from bot.phrases import Phrase, _
from civic.knowledge import LANGUAGES
from civic.staff import Role
from handlers.language import LANGUAGE_NAMES
from handlers.news_topics import GENERAL_NAMES
from storage import audit, feeds
from web.desk.frame import Desk, Visit
from web.desk.sections import Section

LONGEST = 500  # characters of an address


class FeedPages:
    """The list, a form that adds one, and a button that removes one."""

    sections = (Section("feeds", _("Feeds"), "/desk/feeds", frozenset({Role.EDITOR})),)

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/desk/feeds", self.page),
            web.post("/desk/feeds", self.add),
            web.post("/desk/feeds/{number}/remove", self.remove),
        ]

    async def page(self, request: web.Request, wrong: Phrase | None = None, typed: str = "") -> web.Response:
        """`GET /desk/feeds`: all of them."""
        visit = await self._desk.enter(request, Role.EDITOR)
        return self._desk.render(
            visit,
            "desk/feeds.html",
            section="feeds",
            status=400 if wrong else 200,
            wrong=wrong,
            typed=typed,
            found=await self._desk.read(feeds.all_of_them),
            names=LANGUAGE_NAMES,
            topics=[(topic, visit.voice.say(name), "") for topic, name in GENERAL_NAMES.items()],
        )

    async def add(self, request: web.Request) -> web.Response:
        """`POST /desk/feeds`: one more."""
        visit = await self._desk.enter(request, Role.EDITOR)
        form = await self._desk.form(request, visit)
        url, language = form.fields.get("url", "").strip(), form.fields.get("language", "")
        topics = tuple(topic for topic in form.every.get("topics", ()) if topic in GENERAL_NAMES)
        if not url.startswith(("https://", "http://")) or len(url) > LONGEST:
            return await self.page(request, _("The address must begin with https://"), url)
        if not topics or language not in LANGUAGES:
            return await self.page(request, _("Choose a language and at least one topic for its drafts."), url)
        if not await self._desk.write(_add, url, language, topics, visit.actor, visit.now):
            return await self.page(request, _("This feed is in the list already."), url)
        return self._desk.done(visit, "/desk/feeds", _("The feed is read within a few minutes; what is new in it becomes drafts."))

    async def remove(self, request: web.Request) -> web.Response:
        """`POST /desk/feeds/{number}/remove`: read it no more; its drafts stay."""
        visit: Visit = await self._desk.enter(request, Role.EDITOR)
        await self._desk.form(request, visit)
        number = request.match_info["number"]
        if not number.isdecimal() or len(number) > 15 or not await self._desk.write(_remove, int(number), visit.actor, visit.now):
            raise self._desk.not_found()
        return self._desk.done(visit, "/desk/feeds", _("The feed is read no more. Its drafts stay."))


def _add(db: sa.Connection, url: str, language: str, topics: tuple[str, ...], by: str, at: dt.datetime) -> bool:
    is_new = feeds.add(db, url, language, topics, at)
    if is_new:
        audit.note(db, at, by, "feed_added", "feed", url)
    return is_new


def _remove(db: sa.Connection, feed_id: int, by: str, at: dt.datetime) -> bool:
    was_there = feeds.remove(db, feed_id)
    if was_there:
        audit.note(db, at, by, "feed_removed", f"feed {feed_id}")
    return was_there
