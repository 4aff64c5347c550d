"""How people come in and go out: the invitation's page, the login in two steps, and the sign-out."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import time
from collections.abc import Callable

import sqlalchemy as sa
from aiohttp import web

from bot.phrases import _
from civic.errors import Refusal
from civic.staff import check_password, shown_name, sign_in_name
from storage import audit, staff
from web.desk import credentials
from web.desk.cookies import new_token
from web.desk.frame import LANGUAGES, OUT_OF_DATE, Desk, own_path
from web.desk.sections import Section
from web.desk.words import TOO_FAST, worded
from web.forms import Form, Refused
from web.limits import Gate

TICKET = dt.timedelta(minutes=5)  # between the password and the code
LONGEST_BROWSER = 200  # characters of what a browser says it is
_WRONG = _("Sign-in name and password do not go together. Check both.")
_START_AGAIN = _("That took too long. Sign in again.")


class Entrance:
    """The pages before anybody is signed in."""

    sections: tuple[Section, ...] = ()

    def __init__(self, desk: Desk, *, address_of: Callable[[web.Request], str]) -> None:
        self._desk, self._address_of = desk, address_of
        self._per_address = Gate(rate=0.2, burst=40)  # an office may share one address
        self._per_account = Gate(rate=1 / 30, burst=5)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/desk/login", self.login),
            web.post("/desk/login", self.password),
            web.post("/desk/login/code", self.code),
            web.get("/desk/invitation/{token}", self.invitation),
            web.post("/desk/invitation/{token}", self.accept),
            web.post("/desk/logout", self.leave),
            web.post("/desk/language", self.language),
        ]

    # The login

    async def login(self, request: web.Request) -> web.Response:
        """`GET /desk/login`: name and password."""
        return self._door(request, "desk/login.html", next=own_path(request.query.get("next", "")), address="", wrong=None)

    async def password(self, request: web.Request) -> web.Response:
        """`POST /desk/login`: the first step; a right password leads to the question for a code."""
        form = await self._posted(request)
        back, typed = own_path(form.fields.get("next", "")), form.fields.get("address", "")
        try:
            address = sign_in_name(typed)
        except Refusal:
            address = ""
        self._slow_down(request, address)
        known = await self._desk.read(staff.secrets_of, address) if address else None
        password = form.fields.get("password", "")[:1024]
        if not await self._desk.passwords.is_right(password, known.password if known else None) or known is None:
            await self._refused_login(known)
            return self._door(request, "desk/login.html", status=403, next=back, address=typed, wrong=_WRONG)
        ticket = self._ticket(request, known.member.id, self._desk.now() + TICKET)
        return self._door(request, "desk/code.html", next=back, ticket=ticket, wrong=None)

    async def code(self, request: web.Request) -> web.Response:
        """`POST /desk/login/code`: the second step; a right code, or a recovery code, begins a session."""
        form = await self._posted(request)
        back, ticket = own_path(form.fields.get("next", "")), form.fields.get("ticket", "")
        member_id = self._read_ticket(request, ticket)
        if member_id is None:
            return self._door(request, "desk/login.html", status=403, next=back, address="", wrong=_START_AGAIN)
        self._slow_down(request, f"code {member_id}")
        known = await self._desk.read(staff.secrets_by_id, member_id)
        if known is None:
            raise Refused(403, _START_AGAIN)
        typed = form.fields.get("code", "")
        step = credentials.step_of(typed, known.second_factor, self._desk.now())
        if not await self._desk.write(_use, known.member.id, step, credentials.tidy_code(typed)):
            await self._refused_login(known)
            wrong = worded(Refusal("code"))
            return self._door(request, "desk/code.html", status=403, next=back, ticket=ticket, wrong=wrong)
        response = web.Response(status=303, headers={"Location": back, "Cache-Control": "no-store"})
        await self._begin(request, response, known.member.id)
        return response

    async def leave(self, request: web.Request) -> web.Response:
        """`POST /desk/logout`: end this session."""
        visit = await self._desk.enter(request)
        await self._desk.form(request, visit)
        await self._desk.write(staff.end, visit.session_id, visit.id, visit.now, visit.actor)
        response = web.Response(status=303, headers={"Location": f"/desk/login?lang={visit.language}", "Cache-Control": "no-store"})
        self._desk.cookies.dismiss(request, response)
        return response

    async def language(self, request: web.Request) -> web.Response:
        """`POST /desk/language`: the language of one's pages, from now on."""
        visit = await self._desk.enter(request)
        form = await self._desk.form(request, visit)
        language = form.fields.get("language", "")
        if language in LANGUAGES:
            await self._desk.write(staff.set_language, visit.id, language)
        return web.Response(status=303, headers={"Location": own_path(form.fields.get("next", "")), "Cache-Control": "no-store"})

    # The invitation

    async def invitation(self, request: web.Request) -> web.Response:
        """`GET /desk/invitation/{token}`: who one is, a password, and the second factor, on one page."""
        return await self._invited(request, Form(), None, 200)

    async def accept(self, request: web.Request) -> web.Response:
        """`POST /desk/invitation/{token}`: come in; the recovery codes are shown this once."""
        form = await self._posted(request)
        self._slow_down(request, "")
        token, now = request.match_info["token"], self._desk.now()
        found = await self._desk.read(staff.invitation, token, now)
        if found is None:
            raise Refused(410, worded(Refusal("invitation")))
        codes = credentials.new_codes()
        try:
            member = await self._desk.read(staff.find, found.member_id) if found.member_id is not None else None
            name = member.name if member else shown_name(form.fields.get("name", ""))
            address = member.address if member else sign_in_name(form.fields.get("address", ""))
            password = form.fields.get("password", "")
            check_password(password, name, address)
            if password != form.fields.get("again", ""):
                raise Refusal("password_differs", "again")
            step = credentials.step_of(form.fields.get("code", ""), found.second_factor, now)
            if not step:
                raise Refusal("code", "code")
            language = form.fields.get("language", "")
            member_id = await self._desk.write(
                staff.accept,
                token,
                name=name,
                address=address,
                password=await self._desk.passwords.hash(password),
                language=language if language in LANGUAGES else self._desk.language(request),
                step=step,
                codes=codes,
                at=now,
            )
        except Refusal as refusal:
            return await self._invited(request, form, refusal, 400)
        response = self._door(request, "desk/codes.html", codes=codes)
        await self._begin(request, response, member_id)
        return response

    async def _invited(self, request: web.Request, form: Form, refusal: Refusal | None, status: int) -> web.Response:
        found = await self._desk.read(staff.invitation, request.match_info["token"], self._desk.now())
        if found is None:
            raise Refused(410, worded(Refusal("invitation")))
        member = await self._desk.read(staff.find, found.member_id) if found.member_id is not None else None
        return self._door(
            request,
            "desk/invitation.html",
            status=status,
            member=member,
            typed=form.fields,
            secret=found.second_factor,
            picture=credentials.picture(found.second_factor, member.address if member else "desk"),
            wrong=worded(refusal) if refusal else None,
            question=refusal.question if refusal else "",
        )

    # What is behind them

    def _door(self, request: web.Request, template: str, *, status: int = 200, **values: object) -> web.Response:
        """A page with a form for somebody who is not signed in; the cookie is what its token is made for."""
        token = self._desk.cookies.token(request)
        given = token or new_token()
        response = self._desk.render_outside(request, template, token=self._desk.form_token(given), status=status, **values)
        if not token:
            self._desk.cookies.admit(request, response, given)
        return response

    async def _posted(self, request: web.Request) -> Form:
        token = self._desk.cookies.token(request)
        if not token:
            raise Refused(403, OUT_OF_DATE)
        return await self._desk.checked_form(request, self._desk.form_token(token))

    async def _begin(self, request: web.Request, response: web.Response, member_id: int) -> None:
        """A session with a token of its own, so that nobody can have laid it out before."""
        token = new_token()
        browser = request.headers.get("User-Agent", "")[:LONGEST_BROWSER]
        await self._desk.write(staff.begin, token, member_id, browser, self._desk.now())
        response.headers.popall("Set-Cookie", None)
        self._desk.cookies.admit(request, response, token)

    async def _refused_login(self, known: staff.Secrets | None) -> None:
        """Noted for nobody too: else the time it takes would tell who is somebody."""
        subject = f"staff:{known.member.id}" if known else "unknown"
        await self._desk.write(audit.note, self._desk.now(), "somebody", "login_refused", subject)

    def _slow_down(self, request: web.Request, account: str) -> None:
        now = time.monotonic()
        wait = self._per_address.admit(self._address_of(request), now)
        if account and not wait:
            wait = self._per_account.admit(hashlib.sha256(account.encode()).hexdigest(), now)
        if wait:
            raise Refused(429, TOO_FAST, wait)

    def _ticket(self, request: web.Request, member_id: int, until: dt.datetime) -> str:
        """Proof that the password was right, for this browser and a few minutes."""
        body = f"{member_id}.{int(until.timestamp())}"
        return f"{body}.{self._sign(request, body)}"

    def _read_ticket(self, request: web.Request, ticket: str) -> int | None:
        body, _dot, signature = ticket.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(request, body).encode()):
            return None
        member_id, _dot, until = body.partition(".")
        return int(member_id) if self._desk.now().timestamp() < int(until) else None

    def _sign(self, request: web.Request, body: str) -> str:
        bound = f"ticket {body} {self._desk.cookies.token(request)}"
        return hmac.new(self._desk.key, bound.encode(), hashlib.sha256).hexdigest()


def _use(db: sa.Connection, member_id: int, step: int, code: str) -> bool:
    """Whether the second factor holds, which uses it up."""
    return staff.use_step(db, member_id, step) if step else staff.use_code(db, member_id, code)
