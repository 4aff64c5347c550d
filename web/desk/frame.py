"""The frame of every page of the desk: who asks, whether they may, what they posted, and how the page is put together."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Concatenate, ParamSpec, TypeVar
from urllib.parse import quote, urlencode

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.phrases import Phrase, Text, Voice, _
from civic.staff import Member, Role
from storage import staff, staff_chats
from storage.ledger import Ledger, LedgerDown
from web.desk.cookies import Cookies, Flash
from web.desk.credentials import Passwords
from web.desk.sections import DeskPages, Section
from web.forms import Form, Refused, read_form
from web.pages import Pages

P = ParamSpec("P")
T = TypeVar("T")

LANGUAGES = {"ar": "العربية", "fr": "Français", "en": "English"}  # of the desk
LARGEST_FORM = 1024 * 1024  # bytes of a form without files; a letter of Tifinagh takes nine
MOST_PARTS = 300  # fields of a form with files
SEEN_EVERY = dt.timedelta(minutes=1)  # how exactly a session knows when it was used last
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
OUT_OF_DATE = _("This page is out of date. Please load it again.")
NOT_STORED = _("This could not be stored just now. Please go back and try again in a moment.")
NOT_ALLOWED = _("Your roles do not allow this. Ask an administrator of the desk.")
NOT_FOUND = _("There is nothing at this address. It may have been removed, or the link is incomplete.")
SIGNED_OUT = _("You have been signed out. Go back, keep a copy of what you wrote, and sign in again.")


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody signed in who asks for a page."""

    member: Member
    session_id: int
    language: str
    voice: Voice
    token: str  # for forms
    now: dt.datetime
    path: str
    query: Mapping[str, str]
    waiting: Mapping[str, int] = field(default_factory=dict)  # by section
    flash: Flash | None = None
    own: tuple[int, ...] = ()  # the persons they are in the chats

    @property
    def id(self) -> int:
        return self.member.id

    @property
    def name(self) -> str:
        return self.member.name

    @property
    def roles(self) -> frozenset[Role]:
        return self.member.roles

    @property
    def actor(self) -> str:
        """How the audit log calls who asks."""
        return self.member.actor


class Desk:
    """What the pages of the desk share; made in service/desk.py."""

    def __init__(
        self,
        *,
        pages: Pages,
        voices: Mapping[str, Voice],
        ledger: Ledger,
        reader: AsyncEngine,
        key: bytes,
        now: Callable[[], dt.datetime],
        team_of_one: bool,
    ) -> None:
        self._pages, self._voices, self._ledger, self._reader = pages, voices, ledger, reader
        self.key, self.now, self.team_of_one = key, now, team_of_one
        self.cookies, self.passwords = Cookies(key), Passwords()
        self._sections: list[Section] = []

    def open(self, pages: Iterable[DeskPages]) -> list[web.RouteDef]:
        """Take in modules of pages, in the order of the navigation; the routes of all of them."""
        routes = []
        for module in pages:
            self._sections += module.sections
            routes += module.routes()
        routes.append(web.get("/desk/{rest:.+}", self._nowhere))
        return [web.RouteDef(route.method, route.path, self._guarded(route.handler), route.kwargs) for route in routes]

    # Who asks

    async def enter(self, request: web.Request, *roles: Role) -> Visit:
        """Who asks, if they have one of the roles (none: any); else they are sent to the login, or refused."""
        now, token = self.now(), self.cookies.token(request)
        async with self._reader.connect() as db:
            session = await db.run_sync(staff.session, token, now) if token else None
            if session is None:
                if request.method != "GET":
                    raise Refused(401, SIGNED_OUT)
                raise web.HTTPSeeOther(f"/desk/login?{urlencode({'next': request.path_qs})}")
            member = session.member
            own = await db.run_sync(staff_chats.persons_of, member.id)
            waiting = await db.run_sync(self._count, member, now) if request.method == "GET" else {}
        language = member.language if member.language in LANGUAGES else "ar"
        visit = Visit(
            member,
            session.id,
            language,
            self._voices[language],
            self.form_token(token),
            now,
            request.path,
            dict(request.query),
            waiting,
            self.cookies.flash(request, session.id),
            own,
        )
        request["visit"] = visit
        if roles and member.roles.isdisjoint(roles):
            raise Refused(403, NOT_ALLOWED)
        if now - session.seen_at > SEEN_EVERY:
            await self.write(staff.see, session.id, now)
        return visit

    async def form(self, request: web.Request, visit: Visit, longer: Mapping[str, int] | None = None) -> Form:
        """What was posted, if by a page of ours that this very session was shown; `longer` fields by their bytes. Raises Refused."""
        return await self.checked_form(request, visit.token, longer)

    async def checked_form(self, request: web.Request, token: str, longer: Mapping[str, int] | None = None) -> Form:
        """As `form`, also before anybody is signed in."""
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            raise Refused(403, OUT_OF_DATE)
        form = await read_form(request, largest=LARGEST_FORM, most_parts=MOST_PARTS, longer=longer)
        if not hmac.compare_digest(form.fields.get("token", "").encode(), token.encode()):
            raise Refused(403, OUT_OF_DATE)
        return form

    def form_token(self, token: str) -> str:
        """What forms carry: whoever cannot read the cookie cannot make it."""
        return hmac.new(self.key, b"form " + token.encode(), hashlib.sha256).hexdigest()

    # What is read and written

    async def read(self, function: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a storage function finds."""
        async with self._reader.connect() as db:
            return await db.run_sync(function, *args, **kwargs)

    async def write(self, function: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a storage function gives back once what it wrote is durable; raises LedgerDown, which becomes a page."""
        return await self._ledger.write(function, *args, **kwargs)

    # What is shown

    def render(self, visit: Visit, template: str, *, section: str, status: int = 200, **values: object) -> web.Response:
        """A page of the desk for somebody who is signed in."""
        html = self._pages.render(
            template,
            visit.language,
            visit=visit,
            section=section,
            sections=[each for each in self._sections if each.is_for(visit.roles)],
            languages=LANGUAGES,
            token=visit.token,
            flash=visit.flash,
            link=lambda **changes: "?" + urlencode({**visit.query, **changes}),
            **values,
        )
        response = self._answer(html, status)
        if visit.flash is not None:
            self.cookies.forget_flash(response)
        return response

    def render_outside(self, request: web.Request, template: str, *, token: str = "", status: int = 200, **values: object) -> web.Response:
        """A page for somebody who is not signed in."""
        language = self.language(request)
        values = {"section": "", "sections": [], "visit": None, "flash": None, "languages": LANGUAGES, **values}
        html = self._pages.render(
            template, language, token=token, link=lambda **changes: "?" + urlencode({**request.query, **changes}), **values
        )
        return self._answer(html, status)

    def done(self, visit: Visit, path: str, said: Text, undo: str = "") -> web.Response:
        """Go to a page, which says what was done; `undo` is the path that a button there posts to."""
        response = web.Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})
        self.cookies.say(response, visit.session_id, visit.voice.say(said), undo)
        return response

    def not_found(self) -> Refused:
        """To be raised where there is nothing."""
        return Refused(404, NOT_FOUND)

    def language(self, request: web.Request) -> str:
        """Of somebody who is not signed in: what they chose on the page, or their browser's."""
        accepted = (part.split(";")[0].strip().partition("-")[0] for part in request.headers.get("Accept-Language", "").split(","))
        return next((language for language in (request.query.get("lang", ""), *accepted) if language in LANGUAGES), "ar")

    def voice(self, language: str) -> Voice:
        return self._voices[language]

    def _answer(self, html: str, status: int) -> web.Response:
        headers = {
            "Content-Security-Policy": POLICY,
            "Cache-Control": "no-store",
            "Cross-Origin-Opener-Policy": "same-origin",
            "X-Robots-Tag": "noindex",
        }
        return web.Response(text=html, content_type="text/html", status=status, headers=headers)

    def _count(self, db: sa.Connection, member: Member, now: dt.datetime) -> dict[str, int]:
        counted = [section for section in self._sections if section.waiting is not None and section.is_for(member.roles)]
        return {section.name: section.waiting(db, member, now) for section in counted if section.waiting is not None}

    async def _nowhere(self, request: web.Request) -> web.Response:
        """Any other address of the desk."""
        await self.enter(request)
        raise self.not_found()

    def _guarded(self, handler: object) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """A handler whose refusals become pages in the language of who asks."""

        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                response: web.StreamResponse = await handler(request)  # type: ignore[operator]  # a coroutine function, or a class, which none is
                return response
            except Refused as refused:
                return self._refusal(request, refused.status, refused.phrase, refused.wait)
            except LedgerDown:
                return self._refusal(request, 503, NOT_STORED)

        return answer

    def _refusal(self, request: web.Request, status: int, phrase: Phrase, wait: float = 0.0) -> web.Response:
        visit: Visit | None = request.get("visit")
        if visit is not None:
            response = self.render(visit, "desk/refusal.html", section="", status=status, message=phrase)
        else:
            response = self.render_outside(request, "desk/refusal.html", status=status, message=phrase)
        if wait:
            response.headers["Retry-After"] = str(int(wait) + 1)
        return response


def own_path(text: str) -> str:
    """An address of the desk to go back to; anything else becomes the start page, so that nobody is led astray."""
    is_ours = text == "/desk" or text.startswith(("/desk/", "/desk?"))
    return quote(text, safe="/?&=%+,:;@~-._!*'()") if is_ours and "//" not in text and "\\" not in text and text.isprintable() else "/desk"
