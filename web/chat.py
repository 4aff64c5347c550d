"""The built-in web chat: the page, its messages, its stream, and forgetting."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.answers import clean
from bot.buttons import OUTSIDE, Signer
from bot.conversation import load
from bot.messages import Button, File, Incoming, Outgoing, Place, show
from bot.phrases import Voice, _
from channels.webchat import NAME
from civic.people import Person
from handlers import papers
from handlers.language import LANGUAGE_NAMES
from handlers.reception import Reception
from handlers.start import GREETING
from storage import lines, people
from storage.ledger import Ledger, LedgerDown
from storage.lines import StoredFile
from web import uploads
from web.forms import Form, Refused, read_form, read_place
from web.identity import Door, Guest
from web.limits import Gate
from web.lines import LineOnPage, Pending, on_page, pending_of, shown_on_page
from web.links import deep_link
from web.pages import Pages
from web.rooms import Rooms

HEARTBEAT = 20.0  # seconds; proxies cut silent connections after 30 to 60
LONGEST_TEXT = 4096  # characters, as on Telegram, so that a talk can move there
_EVENT = re.compile(r"[A-Za-z0-9-]{8,64}\Z")
_OUT_OF_DATE = _("This page is out of date. Please load it again.")
_NOT_STORED = _("Your message could not be stored just now. Please try again in a moment.")
_NOT_ERASED = _("The conversation could not be erased just now. Please try again in a moment.")


@dataclass(frozen=True, slots=True)
class _Talk:
    """What a page shows of a conversation."""

    person: Person | None
    lines: tuple[lines.Line, ...] = ()
    pending: Pending | None = None


class Chat:
    """The routes of the web chat."""

    def __init__(
        self,
        *,
        reception: Reception,
        ledger: Ledger,
        reader: AsyncEngine,
        pages: Pages,
        voices: Mapping[str, Voice],
        signer: Signer,
        door: Door,
        rooms: Rooms,
        now: Callable[[], dt.datetime],
        frame_ancestors: str,
        public_url: str,
        address_of: Callable[[web.Request], str],
    ) -> None:
        self._reception, self._ledger, self._reader, self._pages = reception, ledger, reader, pages
        self._voices, self._signer, self._door, self._rooms = voices, signer, door, rooms
        self._now, self._frame_ancestors, self._public_url, self._address_of = now, frame_ancestors, public_url, address_of
        self._per_guest = Gate(rate=1.0, burst=15)
        self._per_address = Gate(rate=10.0, burst=200)  # a whole village may share one address
        self._closing = False

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.page),
            web.get("/chat", self.page),
            web.post("/chat/messages", self.messages),
            web.get("/chat/lines", self.lines),
            web.get("/chat/stream", self.stream),
            web.get("/chat/files/{file}", self.file),
            web.post("/chat/forget", self.forget),
        ]

    def close(self) -> None:
        """End the streams."""
        self._closing = True
        self._rooms.wake_all()

    # Pages

    async def page(self, request: web.Request) -> web.Response:
        """`GET /`: the conversation so far, or the greeting in four languages. A deep link is followed once, then its address is left."""
        embed = _is_embedded(request)
        guest = self._door.guest(request)
        talk = await self._talk(guest)
        language = self._language(request, talk.person)
        try:
            if talk.person is not None and request.query.get("lang") in LANGUAGE_NAMES and not _has_chosen(talk.person, language):
                await self._ledger.write_for(
                    people.full_address(NAME, guest.address), people.set_language, talk.person.id, language, chosen=True
                )
            if start := deep_link(request):
                await self._receive(guest, f"open-{secrets.token_hex(8)}", opened=True, payload=start, hint=language)
                response = web.Response(status=303, headers={"Location": _home(embed)})
                self._door.admit(request, response, guest, embed=embed)
                return response
        except LedgerDown:
            return self._refusal(request, Refused(503, _NOT_STORED), talk.person)
        shown: list[LineOnPage] = [on_page(line) for line in talk.lines] or [self._greeting(guest, language)]
        html = self._pages.render(
            "chat.html",
            language,
            lines=shown,
            last=shown[-1]["id"],
            embed=embed,
            home=_home(embed),
            form_token=self._door.form_token(guest),
            event=secrets.token_hex(16),
            languages=list(LANGUAGE_NAMES.items()),
            pending=talk.pending,
            nonce="",
            limits={"text": LONGEST_TEXT, "file": uploads.LARGEST, "files": uploads.MOST},
        )
        response = web.Response(text=html, content_type="text/html")
        response.headers["Content-Security-Policy"] = _policy(self._frame_ancestors if embed else "'self'")
        if not embed:
            response.headers["X-Frame-Options"] = "SAMEORIGIN"
        self._door.admit(request, response, guest, embed=embed)
        return response

    async def messages(self, request: web.Request) -> web.Response:
        """`POST /chat/messages`: say or press something; the same `event` again changes nothing."""
        guest = self._door.guest(request)
        before = await self._talk(guest)
        try:
            form = await self._own_form(request, guest)
            self._slow_down(request, guest)
            await self._say(guest, form, before.person, self._language(request, before.person))
        except Refused as refused:
            return self._refusal(request, refused, before.person)
        except LedgerDown:
            return self._refusal(request, Refused(503, _NOT_STORED), before.person)
        if not _wants_json(request):
            return web.Response(status=303, headers={"Location": _home(_is_embedded(request)) + "#end"})
        return web.json_response(self._news(await self._talk(guest), before.lines[-1].id if before.lines else 0))

    async def lines(self, request: web.Request) -> web.Response:
        """`GET /chat/lines?after=`: what is new."""
        return web.json_response(self._news(await self._talk(self._door.guest(request)), _number(request.query.get("after"))))

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """`GET /chat/stream`: lines as they come, as server-sent events."""
        guest = self._door.guest(request)
        talk = await self._talk(guest)
        if talk.person is None:
            return web.Response(status=204)  # tells EventSource not to come back; the first message opens it again
        topic = lines.topic(talk.person.id)
        woken = self._rooms.enter(topic)
        if woken is None:
            return web.Response(status=204)
        last = _number(request.headers.get("Last-Event-ID") or request.query.get("after"))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        try:
            await response.prepare(request)
            await response.write(b"retry: 2000\n\n")
            while not self._closing:
                woken.clear()
                talk = await self._talk(guest)
                for line in talk.lines:
                    if line.id > last:
                        last = line.id
                        await response.write(_event("line", on_page(line), line.id))
                await response.write(_event("pending", talk.pending))
                await _woken_within(woken, HEARTBEAT, response)
        except (ConnectionResetError, ConnectionError):
            pass
        finally:
            self._rooms.leave(topic, woken)
        return response

    async def file(self, request: web.Request) -> web.Response:
        """`GET /chat/files/{file}`: a file of one's own conversation."""
        talk = await self._talk(self._door.guest(request))
        stored = await self._file(talk.person.id, request.match_info["file"]) if talk.person is not None else None
        if stored is None:
            raise web.HTTPNotFound
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(stored.name or 'file')}",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store" if papers.is_paper(request.match_info["file"]) else "private, max-age=86400",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
        return web.Response(body=stored.content, content_type=stored.mime, headers=headers)

    async def _file(self, person_id: int, ref: str) -> StoredFile | None:
        """One that this person sent, or one that is made for them now."""
        async with self._reader.connect() as db:
            if not papers.is_paper(ref):
                return await db.run_sync(lines.file_of, person_id, ref)
            paper = await db.run_sync(papers.read, ref, person_id)
        return None if paper is None else await asyncio.to_thread(papers.draw, paper, self._voices, self._public_url)

    async def forget(self, request: web.Request) -> web.Response:
        """`POST /chat/forget`: erase the conversation, here and in the browser."""
        guest = self._door.guest(request)
        talk = await self._talk(guest)
        try:
            await self._own_form(request, guest)
            if talk.person is not None:
                await self._ledger.write_for(people.full_address(NAME, guest.address), people.forget, talk.person.id, self._now())
        except Refused as refused:
            return self._refusal(request, refused, talk.person)
        except LedgerDown:
            return self._refusal(request, Refused(503, _NOT_ERASED), talk.person)
        response = web.Response(status=303, headers={"Location": _home(_is_embedded(request))})
        self._door.dismiss(request, response, embed=_is_embedded(request))
        return response

    # What is behind them

    async def _talk(self, guest: Guest) -> _Talk:
        if guest.is_new:
            return _Talk(None)
        async with self._reader.connect() as db:
            return await db.run_sync(_read_talk, guest.address)

    async def _own_form(self, request: web.Request, guest: Guest) -> Form:
        """What was posted, if by a page that this guest was shown; raises Refused."""
        form = await read_form(request)
        if not self._door.is_own_form(request, guest, form.fields.get("token", "")):
            raise Refused(403, _OUT_OF_DATE)
        return form

    async def _say(self, guest: Guest, form: Form, person: Person | None, hint: str) -> None:
        event = form.fields.get("event", "")
        if not _EVENT.match(event):
            raise Refused(400, _OUT_OF_DATE)
        text = clean(form.fields.get("text", "").replace("\r\n", "\n"))  # forms end a line with both
        text = text[: LONGEST_TEXT * 2]  # twice the limit: a dialogue says how much too long it is
        place = read_place(form.fields.get("latitude", ""), form.fields.get("longitude", ""))
        if not (text or form.fields.get("pressed") or form.files or place):
            raise Refused(400, _("The message is empty."))
        if person is None:
            await self._receive(guest, f"{event}-hello", opened=True, hint=hint)  # keeps the greeting the page showed
        files: tuple[File, ...] = ()
        if form.files:
            async with self._reader.connect() as db:
                known = await db.run_sync(people.find_by_address, NAME, guest.address)
            if known is not None:
                files = await self._ledger.write_for(
                    people.full_address(NAME, guest.address), _keep_files, f"{known.id}-{event}", known.id, form.files, self._now()
                )
        await self._receive(guest, event, text=text, pressed=form.fields.get("pressed", ""), files=files, place=place, hint=hint)

    async def _receive(
        self,
        guest: Guest,
        event: str,
        *,
        text: str = "",
        pressed: str = "",
        files: tuple[File, ...] = (),
        place: Place | None = None,
        opened: bool = False,
        payload: str = "",
        hint: str = "",
    ) -> None:
        await self._reception.receive(
            Incoming(
                channel=NAME,
                event=f"{guest.address[:16]}-{event}",
                address=guest.address,
                at=self._now(),
                text=text,
                pressed=pressed,
                files=files,
                place=place,
                opened=opened,
                payload=payload,
                language=hint,
            )
        )

    def _slow_down(self, request: web.Request, guest: Guest) -> None:
        now = time.monotonic()
        wait = max(self._per_guest.admit(guest.address, now), self._per_address.admit(self._address_of(request), now))
        if wait:
            raise Refused(429, _("That was very fast. Please wait a moment and send it again."), wait)

    def _greeting(self, guest: Guest, language: str) -> LineOnPage:
        """What the bot would say first; shown before anything is stored, so that a look at the page leaves no trace."""
        owner = people.full_address(NAME, guest.address)
        buttons = tuple(Button(name, self._signer.make(owner, OUTSIDE, "start", code)) for code, name in LANGUAGE_NAMES.items())
        shown = show(Outgoing(GREETING, buttons, numbered=True), self._voices[language])
        line = shown_on_page(0, "bot", self._now().isoformat(), shown)
        line["dir"], line["language"] = "auto", ""
        return line

    def _news(self, talk: _Talk, after: int) -> dict[str, object]:
        new = [on_page(line) for line in talk.lines if line.id > after]
        language = talk.person.language if talk.person is not None and talk.person.chose_language else ""
        return {"lines": new, "last": talk.lines[-1].id if talk.lines else 0, "pending": talk.pending, "language": language}

    def _language(self, request: web.Request, person: Person | None) -> str:
        asked = request.query.get("lang", "")
        if asked in LANGUAGE_NAMES:
            return asked
        if person is not None and person.language:
            return person.language
        accepted = (part.split(";")[0].strip().partition("-")[0] for part in request.headers.get("Accept-Language", "").split(","))
        return next((language for language in accepted if language in LANGUAGE_NAMES), "ar")

    def _refusal(self, request: web.Request, refused: Refused, person: Person | None) -> web.Response:
        language = self._language(request, person)
        text = self._voices[language].say(refused.phrase)
        headers = {"Retry-After": str(int(refused.wait) + 1)} if refused.wait else {}
        if _wants_json(request):
            return web.json_response({"error": text}, status=refused.status, headers=headers)
        embed = _is_embedded(request)
        html = self._pages.render("refusal.html", language, message=text, embed=embed, home=_home(embed))
        response = web.Response(text=html, content_type="text/html", status=refused.status, headers=headers)
        response.headers["Content-Security-Policy"] = _policy(self._frame_ancestors if embed else "'self'")
        return response


def _is_embedded(request: web.Request) -> bool:
    return request.query.get("embed") == "1"


def _home(embed: bool) -> str:
    return "/chat?embed=1" if embed else "/"


def _wants_json(request: web.Request) -> bool:
    return "json" in request.headers.get("Accept", "")


def _has_chosen(person: Person, language: str) -> bool:
    return person.chose_language and person.language == language


def _read_talk(db: sa.Connection, address: str) -> _Talk:
    arrival = people.arrive(db, NAME, address, "")
    if arrival.person is None:
        return _Talk(None)
    state = load(arrival.state) if arrival.state else None
    return _Talk(arrival.person, lines.after(db, arrival.person.id, 0), pending_of(state.talks) if state else None)


def _keep_files(db: sa.Connection, event: str, person_id: int, files: list[uploads.Upload], at: dt.datetime) -> tuple[File, ...]:
    """Store the files of one message under names its event gives them, so that sending it again stores nothing new."""
    kept = []
    for place, upload in enumerate(files):
        file_id = hashlib.sha256(f"{event}-{place}".encode()).hexdigest()[:32]
        if lines.file_of(db, person_id, file_id) is None:
            lines.keep_file(db, file_id, person_id, upload.name, upload.mime, upload.content, at)
        kept.append(File(file_id, upload.kind, upload.name, upload.mime, len(upload.content)))
    return tuple(kept)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _event(name: str, data: object, number: int | None = None) -> bytes:
    numbered = f"id: {number}\n" if number is not None else ""
    return f"{numbered}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


async def _woken_within(woken: asyncio.Event, seconds: float, response: web.StreamResponse) -> None:
    """Wait for something new; after a while look all the same, and show the line that the page still listens to."""
    try:
        async with asyncio.timeout(seconds):
            await woken.wait()
    except TimeoutError:
        await response.write(b": still here\n\n")


def _policy(frame_ancestors: str) -> str:
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; connect-src 'self'; "
        f"form-action 'self'; base-uri 'none'; frame-ancestors {frame_ancestors}"
    )
