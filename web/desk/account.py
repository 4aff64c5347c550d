"""One's own account at the desk: password, second factor, recovery codes, and the browsers one is signed in with."""

from __future__ import annotations

import secrets
import time

from aiohttp import web

from bot.phrases import Phrase, _
from civic.errors import Refusal
from civic.staff import CHAT_CODE_LASTS, check_password
from handlers.places import name_of
from storage import audit, staff, staff_chats
from web.desk import credentials
from web.desk.frame import Desk, Visit
from web.desk.sections import Section
from web.desk.words import ROLES, TOO_FAST, worded
from web.forms import Form, Refused
from web.limits import Gate


class Account:
    """Pages for everybody at the desk, about themselves."""

    sections: tuple[Section, ...] = ()

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._per_member = Gate(rate=1 / 30, burst=5)  # as at the login: a browser left open must not be a way to guess

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/desk/account", self.page),
            web.post("/desk/account/password", self.password),
            web.get("/desk/account/second-factor", self.second_factor),
            web.post("/desk/account/second-factor", self.new_second_factor),
            web.post("/desk/account/codes", self.codes),
            web.post("/desk/account/sessions", self.end),
            web.post("/desk/account/chats", self.chat_code),
            web.post("/desk/account/chats/unlink", self.unlink),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """`GET /desk/account`: all of it."""
        return await self._shown(await self._desk.enter(request), None)

    async def password(self, request: web.Request) -> web.Response:
        """`POST /desk/account/password`: another password; other browsers are signed out."""
        visit = await self._desk.enter(request)
        form = await self._desk.form(request, visit)
        chosen = form.fields.get("password", "")
        try:
            await self._confirm(visit, form)
            check_password(chosen, visit.name, visit.member.address)
            if chosen != form.fields.get("again", ""):
                raise Refusal("password_differs", "again")
        except Refusal as refusal:
            return await self._shown(visit, refusal)
        await self._desk.write(staff.set_password, visit.id, await self._desk.passwords.hash(chosen), visit.now, visit.actor)
        await self._desk.write(staff.end_all, visit.id, visit.now, visit.actor, visit.session_id)
        return self._desk.done(visit, "/desk/account", _("Your password is changed. Other browsers are signed out."))

    async def second_factor(self, request: web.Request) -> web.Response:
        """`GET /desk/account/second-factor`: a new secret, to be scanned."""
        visit = await self._desk.enter(request)
        return self._scan(visit, credentials.new_secret(), None)

    async def new_second_factor(self, request: web.Request) -> web.Response:
        """`POST /desk/account/second-factor`: from now on codes come from the new secret; the recovery codes are new as well."""
        visit = await self._desk.enter(request)
        form = await self._desk.form(request, visit)
        secret = form.fields.get("secret", "")
        if not credentials.is_secret(secret):
            raise Refused(400, worded(Refusal("code")))
        try:
            await self._confirm(visit, form)
            step = credentials.step_of(form.fields.get("code", ""), secret, visit.now)
            if not step:
                raise Refusal("code", "code")
        except Refusal as refusal:
            return self._scan(visit, secret, refusal)
        codes = credentials.new_codes()
        await self._desk.write(staff.set_second_factor, visit.id, secret, step, codes, visit.now, visit.actor)
        return self._desk.render(visit, "desk/codes.html", section="", codes=codes)

    async def codes(self, request: web.Request) -> web.Response:
        """`POST /desk/account/codes`: new recovery codes in place of all before, shown this once."""
        visit = await self._desk.enter(request)
        form = await self._desk.form(request, visit)
        try:
            await self._confirm(visit, form)
        except Refusal:
            return await self._shown(visit, Refusal("wrong_password", "codes-present"))
        codes = credentials.new_codes()
        await self._desk.write(staff.keep_codes, visit.id, codes)
        await self._desk.write(audit.note, visit.now, visit.actor, "recovery_codes_renewed", visit.actor)
        return self._desk.render(visit, "desk/codes.html", section="", codes=codes)

    async def end(self, request: web.Request) -> web.Response:
        """`POST /desk/account/sessions`: sign one browser out, or all others."""
        visit = await self._desk.enter(request)
        form = await self._desk.form(request, visit)
        chosen = form.fields.get("session", "")
        said: Phrase = _("The other browsers are signed out.")
        if chosen == "others":
            await self._desk.write(staff.end_all, visit.id, visit.now, visit.actor, visit.session_id)
        elif chosen.isascii() and chosen.isdecimal() and len(chosen) < 19:
            await self._desk.write(staff.end, int(chosen), visit.id, visit.now, visit.actor)
            said = _("That browser is signed out.")
        return self._desk.done(visit, "/desk/account", said)

    async def chat_code(self, request: web.Request) -> web.Response:
        """`POST /desk/account/chats`: a code that links a chat of theirs, shown this once."""
        visit = await self._desk.enter(request)
        await self._desk.form(request, visit)
        code = secrets.token_hex(5)
        await self._desk.write(staff_chats.issue, visit.id, code, visit.now + CHAT_CODE_LASTS)
        return await self._shown(visit, None, code)

    async def unlink(self, request: web.Request) -> web.Response:
        """`POST /desk/account/chats/unlink`: a chat is not theirs any more."""
        visit = await self._desk.enter(request)
        form = await self._desk.form(request, visit)
        chosen = form.fields.get("person", "")
        is_number = chosen.isascii() and chosen.isdecimal() and len(chosen) < 19
        if not is_number or not await self._desk.write(staff_chats.unlink, visit.id, int(chosen), visit.now):
            raise self._desk.not_found()
        return self._desk.done(visit, "/desk/account", _("The chat is no longer linked."))

    async def _confirm(self, visit: Visit, form: Form) -> None:
        """That it is really them who sits there; raises Refusal."""
        if wait := self._per_member.admit(str(visit.id), time.monotonic()):
            raise Refused(429, TOO_FAST, wait)
        known = await self._desk.read(staff.secrets_by_id, visit.id)
        if not await self._desk.passwords.is_right(form.fields.get("present", "")[:1024], known.password if known else None):
            raise Refusal("wrong_password", "present")

    async def _shown(self, visit: Visit, refusal: Refusal | None, code: str = "") -> web.Response:
        return self._desk.render(
            visit,
            "desk/account.html",
            section="account",
            status=400 if refusal else 200,
            roles=[ROLES[role] for role in sorted(visit.roles)],
            sessions=await self._desk.read(staff.sessions, visit.id, visit.now),
            left=await self._desk.read(staff.codes_left, visit.id),
            chats=await self._desk.read(staff_chats.chats_of, visit.id),
            place=name_of,
            chat_code=code,
            minutes=int(CHAT_CODE_LASTS.total_seconds() // 60),
            wrong=worded(refusal) if refusal else None,
            question=refusal.question if refusal else "",
        )

    def _scan(self, visit: Visit, secret: str, refusal: Refusal | None) -> web.Response:
        return self._desk.render(
            visit,
            "desk/second_factor.html",
            section="account",
            status=400 if refusal else 200,
            secret=secret,
            picture=credentials.picture(secret, visit.member.address),
            wrong=worded(refusal) if refusal else None,
            question=refusal.question if refusal else "",
        )
