"""Events for programs and for paper: calendars to follow, a news feed, QR codes for posters, and the page that verifies certificates."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping
from xml.etree import ElementTree as xml

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.drawing import qr_png, qr_svg
from bot.phrases import Voice, _
from civic import calendar_files
from civic.events import Event, Status, coming_first
from handlers.event_calendar import entry
from handlers.event_words import KINDS, in_language, title, when, where
from handlers.language import LANGUAGE_NAMES
from handlers.topics import TOPICS
from storage import certificates, events
from web.limits import Gate
from web.pages import Pages

RECENT = dt.timedelta(days=30)  # sessions that were held stay in the calendars for a while, and cancelled ones must be seen
POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
LONGEST_CODE = 16
_SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


class EventFeeds:
    """The public addresses of events; nobody has to sign in, and nothing is kept of who asks."""

    def __init__(
        self,
        *,
        reader: AsyncEngine,
        pages: Pages,
        voices: Mapping[str, Voice],
        public_url: str,
        now: Callable[[], dt.datetime],
        address_of: Callable[[web.Request], str],
    ) -> None:
        self._reader, self._pages, self._voices, self._public_url = reader, pages, voices, public_url
        self._now, self._address_of = now, address_of
        self._per_address = Gate(rate=1.0, burst=20)  # a code has 2^58 values: nobody tries them at this pace

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/feeds/events.ics", self.calendar),
            web.get("/feeds/events/{topic}.ics", self.calendar),
            web.get("/feeds/events.xml", self.news),
            web.get("/events/{event}/qr.png", self.qr_png),
            web.get("/events/{event}/qr.svg", self.qr_svg),
            web.get("/certificates", self.certificate),
            web.get("/certificates/{code}", self.certificate),
            web.post("/certificates/{code}", self.certificate),
        ]

    async def calendar(self, request: web.Request) -> web.Response:
        """`GET /feeds/events.ics`: every session as a calendar to follow; `/feeds/events/{topic}.ics` those of one subject."""
        topic = request.match_info.get("topic", "")
        if topic and topic not in TOPICS:
            raise web.HTTPNotFound
        voice = self._voice(request)
        found = [event for event in await self._announced() if not topic or event.details.topic == topic]
        entries = [entry(event, session, voice, home=self._home(request)) for event in found for session in event.sessions]
        name = voice.say(TOPICS[topic]) if topic else voice.say(_("Trainings and events"))
        headers = {"Cache-Control": "public, max-age=900", "Content-Disposition": 'inline; filename="events.ics"'}
        return web.Response(body=calendar_files.write(entries, name), content_type="text/calendar", charset="utf-8", headers=headers)

    async def news(self, request: web.Request) -> web.Response:
        """`GET /feeds/events.xml`: what is coming, for news readers (RSS 2.0)."""
        voice, home = self._voice(request), self._home(request)
        rss = xml.Element("rss", {"version": "2.0"})
        channel = xml.SubElement(rss, "channel")
        xml.SubElement(channel, "title").text = voice.say(_("Trainings and events"))
        xml.SubElement(channel, "link").text = f"{home}/chat"
        xml.SubElement(channel, "description").text = voice.say(_("Automatic assistant of the Open Government programme"))
        xml.SubElement(channel, "language").text = voice.language
        for event in coming_first(await self._announced(), self._now()):
            item = xml.SubElement(channel, "item")
            told = [in_language(event.details.description, voice.language)]
            for session in event.coming(self._now()):
                told.append(voice.say(when(session)))
                told.append(voice.say(where(session, voice.language)))
            xml.SubElement(item, "title").text = f"{voice.say(KINDS[event.details.kind])}: {title(event, voice.language)}"
            xml.SubElement(item, "link").text = f"{home}/chat?e={event.id}"
            xml.SubElement(item, "guid", {"isPermaLink": "false"}).text = f"event-{event.id}@hiwar"
            xml.SubElement(item, "description").text = _readable("\n".join(part for part in told if part))
            if event.changed_at is not None:
                xml.SubElement(item, "pubDate").text = event.changed_at.strftime("%a, %d %b %Y %H:%M:%S +0000")
        body: bytes = xml.tostring(rss, encoding="utf-8", xml_declaration=True)
        return web.Response(
            body=body, content_type="application/rss+xml", charset="utf-8", headers={"Cache-Control": "public, max-age=900"}
        )

    async def qr_png(self, request: web.Request) -> web.Response:
        """`GET /events/{event}/qr.png`: the deep link of an event for a poster, as a picture."""
        return web.Response(body=qr_png(await self._deep_link(request)), content_type="image/png", headers=_POSTER)

    async def qr_svg(self, request: web.Request) -> web.Response:
        """`GET /events/{event}/qr.svg`: the same for print."""
        headers = {**_POSTER, "Content-Security-Policy": _SVG_POLICY}
        return web.Response(body=qr_svg(await self._deep_link(request)), content_type="image/svg+xml", headers=headers)

    async def certificate(self, request: web.Request) -> web.Response:
        """`GET /certificates/{code}`: whether a certificate was given, and for what; `POST` compares a name with the one on it."""
        wait = self._per_address.admit(self._address_of(request), time.monotonic())
        if wait:
            raise web.HTTPTooManyRequests(headers={"Retry-After": str(int(wait) + 1)})
        typed = request.match_info.get("code", "") or request.query.get("code", "")
        code = "".join(sign for sign in typed.upper() if sign.isascii() and sign.isalnum())[:LONGEST_CODE]
        async with self._reader.connect() as db:
            found = await db.run_sync(certificates.find, code) if code else None
        name, matches = "", None
        if request.method == "POST" and found is not None:
            name = str((await request.clone(client_max_size=4096).post()).get("name", "")).strip()[:200]
            matches = found.is_of(name) if name else None
        language = self._voice(request).language
        html = self._pages.render(
            "certificate.html",
            language,
            typed=typed[:40],
            code=code,
            found=found,
            title=in_language(found.title, language) if found else "",
            organiser=in_language(found.organiser, language) if found else "",
            name=name,
            matches=matches,
            languages=LANGUAGE_NAMES,
            embed=False,
        )
        status = 404 if code and found is None else 200
        return web.Response(text=html, status=status, content_type="text/html", headers={"Content-Security-Policy": POLICY})

    async def _announced(self) -> tuple[Event, ...]:
        async with self._reader.connect() as db:
            return await db.run_sync(events.coming, self._now() - RECENT)

    async def _deep_link(self, request: web.Request) -> str:
        number = request.match_info["event"]
        event = None
        if number.isascii() and number.isdecimal() and len(number) < 10:
            async with self._reader.connect() as db:
                event = await db.run_sync(events.find, int(number))
        if event is None or event.status is Status.DRAFT:
            raise web.HTTPNotFound
        return f"{self._home(request)}/chat?e={event.id}"

    def _home(self, request: web.Request) -> str:
        return self._public_url or f"{request.scheme}://{request.host}"

    def _voice(self, request: web.Request) -> Voice:
        accepted = (part.split(";")[0].strip().partition("-")[0] for part in request.headers.get("Accept-Language", "").split(","))
        wanted = (request.query.get("lang", ""), *accepted)
        return self._voices[next((language for language in wanted if language in self._voices), "ar")]


_POSTER = {"Cache-Control": "public, max-age=86400"}


def _readable(text: str) -> str:
    """Without the signs that isolate names: news readers show them as boxes; and without what XML does not allow."""
    return "".join(sign for sign in text if sign not in "\u2068\u2069" and (sign.isprintable() or sign in "\n\t"))
