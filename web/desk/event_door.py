"""The entrance on an organiser's phone: codes are checked and walk-ins noted, also where there is no network, and sent when there is.

The page knows the codes only as digests: a phone that is lost tells nobody's code. Its script keeps in the browser what was not sent
yet, and sends it again until the server has it; the server does each of them once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re

from aiohttp import web

from bot.phrases import _
from civic.errors import Refusal
from civic.events import Event, Session
from civic.seats import Place
from civic.staff import Role
from handlers.desk import organising_people
from storage import events, registrations
from storage.registrations import Registration
from web.desk.event_forms import WRONG
from web.desk.events import words
from web.desk.frame import Desk
from web.desk.sections import Section
from web.forms import Refused
from web.pages import HERE

_WALK_IN = re.compile(r"W[0-9A-F]{15}\Z")  # made by the phone, so that the same walk-in sent twice is one


class EventDoor:
    """Check-in."""

    sections: tuple[Section, ...] = ()

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._worker = (HERE / "static" / "door-worker.js").read_bytes()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/desk/sessions/{session}/door", self.page),
            web.post("/desk/sessions/{session}/door", self.arrive),
            web.get("/desk/door-worker.js", self.worker),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """`GET /desk/sessions/{session}/door`: the page for the phone; it stays usable without a network once it was opened."""
        visit = await self._desk.enter(request, Role.EDITOR)
        event, session = await self._session(request)
        everybody = [each for each in await self._desk.read(registrations.of_session, session.id) if each.state is Place.REGISTERED]
        response = self._desk.render(
            visit,
            "desk/event_door.html",
            section="events",
            status=200,
            event=event,
            session=session,
            people=[_person(each) for each in everybody],
            came=sum(each.arrived_at is not None for each in everybody),
            total=len(everybody),
            **words(visit),
        )
        response.headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
        return response

    async def arrive(self, request: web.Request) -> web.Response:
        """`POST /desk/sessions/{session}/door`: a code, a number, or the name of a walk-in; the same again changes nothing."""
        visit = await self._desk.enter(request, Role.EDITOR)
        form = await self._desk.form(request, visit)
        _event, session = await self._session(request)
        fields = form.fields
        at = _when(fields.get("at", ""), visit.now)
        try:
            if name := fields.get("name", "").strip():
                code = fields.get("id", "").upper()
                made = await self._desk.write(
                    organising_people.walk_in,
                    session.id,
                    name,
                    code if _WALK_IN.match(code) else _code_of(session.id, name, visit.now),
                    visit.actor,
                    at,
                )
            else:
                made = await self._desk.write(organising_people.let_in, session.id, fields.get("code", ""), visit.actor, at)
        except Refusal as refusal:
            if _wants_json(request):
                return web.json_response({"error": visit.voice.say(WRONG[refusal.reason])}, status=409)
            raise Refused(409, WRONG[refusal.reason]) from None
        if _wants_json(request):
            return web.json_response({"name": made.name, "number": made.number})
        return self._desk.done(visit, f"/desk/sessions/{session.id}/door", _("{name} is here.", name=made.name))

    async def worker(self, request: web.Request) -> web.Response:
        """`GET /desk/door-worker.js`: the script that keeps the page of the entrance on the phone."""
        headers = {"Service-Worker-Allowed": "/desk/", "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        return web.Response(body=self._worker, content_type="text/javascript", headers=headers)

    async def _session(self, request: web.Request) -> tuple[Event, Session]:
        text = request.match_info["session"]
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0
        event = await self._desk.read(events.of_session, number)
        session = event.session(number) if event is not None else None
        if event is None or session is None:
            raise self._desk.not_found()
        return event, session


def _person(made: Registration) -> dict[str, object]:
    """What the phone knows of somebody: their name, and their code as a digest only."""
    digest = hashlib.sha256(made.code.encode()).hexdigest()
    return {"id": made.number, "name": made.name, "digest": digest, "came": made.arrived_at is not None}


def _when(text: str, now: dt.datetime) -> dt.datetime:
    """When the phone noted it, if that can be: never after now, and not longer ago than two days."""
    try:
        at = dt.datetime.fromisoformat(text).astimezone(dt.UTC)
    except ValueError:
        return now
    return at if now - dt.timedelta(days=2) < at <= now else now


def _code_of(session_id: int, name: str, now: dt.datetime) -> str:
    """A walk-in typed without the script: the same name on the same day is the same person."""
    return "W" + hashlib.sha256(f"{session_id}\n{name.casefold()}\n{now.date()}".encode()).hexdigest()[:15].upper()


def _wants_json(request: web.Request) -> bool:
    return "application/json" in request.headers.get("Accept", "")
