"""Who works at the desk: invitations, roles, and shutting somebody out; for administrators."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from bot.phrases import _
from civic.errors import Refusal
from civic.staff import INVITED, MAY, Member, Role
from storage import staff
from web.desk import credentials
from web.desk.cookies import new_token
from web.desk.frame import Desk, Visit
from web.desk.sections import Section
from web.desk.words import ROLE_DUTIES, ROLES, worded
from web.forms import Form, Refused

_BOSSES = MAY["staff"]


class Staff:
    """The list, each member's page, and what is done there."""

    sections = (Section("staff", _("Staff"), "/desk/staff", _BOSSES),)

    def __init__(self, desk: Desk, public_url: str) -> None:
        self._desk, self._public_url = desk, public_url

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/desk/staff", self.page),
            web.post("/desk/staff/invitations", self.invite),
            web.post("/desk/staff/invitations/{number}/withdraw", self.withdraw),
            web.get("/desk/staff/{number}", self.member),
            web.post("/desk/staff/{number}/roles", self.roles),
            web.post("/desk/staff/{number}/disable", self.disable),
            web.post("/desk/staff/{number}/enable", self.enable),
            web.post("/desk/staff/{number}/reset", self.reset),
            web.post("/desk/staff/{number}/sessions", self.end_sessions),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """`GET /desk/staff`: everybody, and the invitations that nobody has used yet."""
        return await self._list(await self._desk.enter(request, *_BOSSES), None)

    async def invite(self, request: web.Request) -> web.Response:
        """`POST /desk/staff/invitations`: a link for somebody new, shown this once."""
        visit, form = await self._posted(request)
        roles = _chosen(form)
        if not roles:
            return await self._list(visit, Refusal("no_roles"))
        return await self._invited(request, visit, roles, None)

    async def withdraw(self, request: web.Request) -> web.Response:
        """`POST /desk/staff/invitations/{number}/withdraw`: the link is good no more."""
        visit, _form = await self._posted(request)
        await self._desk.write(staff.withdraw, self._number(request), visit.now, visit.actor)
        return self._desk.done(visit, "/desk/staff", _("The invitation is withdrawn."))

    async def member(self, request: web.Request) -> web.Response:
        """`GET /desk/staff/{number}`: one member, and where they are signed in."""
        visit = await self._desk.enter(request, *_BOSSES)
        return await self._one(visit, await self._found(request), None)

    async def roles(self, request: web.Request) -> web.Response:
        """`POST /desk/staff/{number}/roles`: what a member may do."""
        visit, form = await self._posted(request)
        member, roles = await self._found(request), _chosen(form)
        try:
            _not_oneself(visit, member)
            if not roles:
                raise Refusal("no_roles", "role")
            await self._desk.write(staff.set_roles, member.id, roles, visit.now, visit.actor)
        except Refusal as refusal:
            return await self._one(visit, member, refusal)
        return self._desk.done(visit, f"/desk/staff/{member.id}", _("The roles of {name} are changed.", name=member.name))

    async def disable(self, request: web.Request) -> web.Response:
        """`POST /desk/staff/{number}/disable`: out of every session, and no login any more."""
        visit, _form = await self._posted(request)
        member = await self._found(request)
        try:
            _not_oneself(visit, member)
            await self._desk.write(staff.disable, member.id, visit.now, visit.actor)
        except Refusal as refusal:
            return await self._one(visit, member, refusal)
        path = f"/desk/staff/{member.id}"
        return self._desk.done(visit, path, _("{name} cannot sign in any more.", name=member.name), undo=f"{path}/enable")

    async def enable(self, request: web.Request) -> web.Response:
        """`POST /desk/staff/{number}/enable`: the login works again."""
        visit, _form = await self._posted(request)
        member = await self._found(request)
        await self._desk.write(staff.enable, member.id, visit.now, visit.actor)
        path = f"/desk/staff/{member.id}"
        return self._desk.done(visit, path, _("{name} can sign in again.", name=member.name), undo=f"{path}/disable")

    async def reset(self, request: web.Request) -> web.Response:
        """`POST /desk/staff/{number}/reset`: a link to set password and second factor anew, shown this once; what is good now stays so."""
        visit, _form = await self._posted(request)
        member = await self._found(request)
        try:
            _not_oneself(visit, member)
        except Refusal as refusal:
            return await self._one(visit, member, refusal)
        return await self._invited(request, visit, member.roles, member)

    async def end_sessions(self, request: web.Request) -> web.Response:
        """`POST /desk/staff/{number}/sessions`: sign a member out everywhere."""
        visit, _form = await self._posted(request)
        member = await self._found(request)
        await self._desk.write(staff.end_all, member.id, visit.now, visit.actor, visit.session_id)
        return self._desk.done(visit, f"/desk/staff/{member.id}", _("{name} is signed out everywhere.", name=member.name))

    async def _invited(self, request: web.Request, visit: Visit, roles: frozenset[Role], member: Member | None) -> web.Response:
        token, until = new_token(), visit.now + INVITED
        about = (token, roles, credentials.new_secret(), visit.now, until, visit.actor, member.id if member else None)
        await self._desk.write(staff.invite, *about)
        home = self._public_url or f"{request.scheme}://{request.host}"
        link = f"{home}/desk/invitation/{token}"
        return self._desk.render(visit, "desk/invited.html", section="staff", link_to=link, until=until, member=member)

    async def _list(self, visit: Visit, refusal: Refusal | None) -> web.Response:
        return self._desk.render(
            visit,
            "desk/staff.html",
            section="staff",
            status=400 if refusal else 200,
            members=await self._desk.read(staff.members),
            invitations=await self._desk.read(staff.open_invitations, visit.now),
            roles=_choices(visit),
            names=ROLES,
            wrong=worded(refusal) if refusal else None,
        )

    async def _one(self, visit: Visit, member: Member, refusal: Refusal | None) -> web.Response:
        return self._desk.render(
            visit,
            "desk/member.html",
            section="staff",
            status=400 if refusal else 200,
            member=member,
            sessions=await self._desk.read(staff.sessions, member.id, visit.now),
            roles=_choices(visit),
            wrong=worded(refusal) if refusal else None,
        )

    async def _posted(self, request: web.Request) -> tuple[Visit, Form]:
        visit = await self._desk.enter(request, *_BOSSES)
        return visit, await self._desk.form(request, visit)

    async def _found(self, request: web.Request) -> Member:
        member = await self._desk.read(staff.find, self._number(request))
        if member is None:
            raise Refused(404, worded(Refusal("nobody")))
        return member

    def _number(self, request: web.Request) -> int:
        number = request.match_info["number"]
        if not number.isascii() or not number.isdecimal() or len(number) > 18:
            raise self._desk.not_found()
        return int(number)


def _not_oneself(visit: Visit, member: Member) -> None:
    if visit.id == member.id:
        raise Refusal("own_account")


def _chosen(form: Form) -> frozenset[Role]:
    return frozenset(Role(role) for role in form.every.get("role", ()) if role in set(Role))


def _choices(visit: Visit) -> Sequence[tuple[str, str, str]]:
    return [(role.value, visit.voice.say(ROLES[role]), visit.voice.say(ROLE_DUTIES[role])) for role in Role]
