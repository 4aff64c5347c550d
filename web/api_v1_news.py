"""What programs do with news and events at `/api/v1`: publish the one, read the other (docs/api.md)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import sqlalchemy as sa
from aiohttp import web

from civic import news as rules
from civic.errors import Refusal
from civic.news import Item
from handlers.desk import publishing_news
from storage import events, news
from web.api_v1_door import Door, Failed, World, cursor_of, limit_of
from web.api_v1_shapes import EventPage, Language, NewsPublished, NewsWanted, event_shape
from web.desk.news_words import worded


class NewsAndEvents:
    """The routes for news and events."""

    def __init__(self, world: World, door: Door) -> None:
        self._world, self._door = world, door

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/v1/news", self._door.told(self.publish, 201)),
            web.get("/api/v1/events", self._door.told(self.events)),
        ]

    async def publish(self, request: web.Request) -> NewsPublished:
        """`POST /api/v1/news`: publish news at once; the subscribers are told when somebody at the desk approves the announcement."""
        token = await self._door.enter(request, "news:publish")
        wanted = await self._door.body(request, NewsWanted)
        item = Item(
            title=_plain(wanted.title),
            text=_plain(wanted.text),
            topics=wanted.topics,
            url=wanted.url.strip(),
            instead=_plain(wanted.instead),
        )
        try:
            number, announcement = await self._door.write(_publish, item, wanted.announce, token.actor, self._world.now())
        except Refusal as refusal:
            raise Failed(422, refusal.reason, self._world.voice.say(worded(refusal)), refusal.question) from None
        return NewsPublished(number=number, path=f"/desk/news/{number}", announcement=announcement)

    async def events(self, request: web.Request) -> EventPage:
        """`GET /api/v1/events`: published and cancelled events that are not over, in the order they were made; `limit`, `after`."""
        await self._door.enter(request, "events:read")
        most, after, now = limit_of(request), cursor_of(request) or 0, self._world.now()
        coming = [event for event in await self._door.read(events.coming, now) if event.id > after]
        return EventPage(
            tuple(event_shape(event, now) for event in coming[:most]), str(coming[most - 1].id) if len(coming) > most else None
        )


def _plain(words: Mapping[Language, str]) -> dict[str, str]:
    return {str(language): said for language, said in words.items()}


def _publish(db: sa.Connection, item: Item, announces: bool, by: str, at: dt.datetime) -> tuple[int, int | None]:
    """Keep and publish news in one go, so that a refusal leaves nothing; its number and that of its announcement."""
    rules.check_complete(item)
    rules.check_ready(item)
    number = publishing_news.write(db, item, b"", by, at)
    seen = news.find(db, number)
    if seen is None:
        raise LookupError(number)
    publishing_news.act(db, seen, "publish", by, at)
    return number, publishing_news.announce(db, seen, by, at) if announces else None
