"""Tokens of programs and hooks that tell them, for administrators: make, revoke, look into the log, send once more."""

from __future__ import annotations

from aiohttp import web

from bot.phrases import Phrase, _
from civic.errors import Refusal
from civic.programs import EVENTS, SCOPES
from civic.staff import Role
from storage import hooks, tokens
from web.desk.frame import Desk, Visit
from web.desk.sections import Section, cut
from web.forms import Form

A_PAGE = 50
SCOPE_WORDS: dict[str, Phrase] = {
    "proposals:read": _("Read proposals, also those not published"),
    "proposals:decide": _("Decide about proposals"),
    "questions:answer": _("Answer questions"),
    "news:publish": _("Publish news"),
    "events:read": _("Read events"),
}
EVENT_WORDS: dict[str, Phrase] = {"proposal.filed": _("A new proposal"), "proposal.decided": _("A decision about a proposal")}
_REFUSALS: dict[str, Phrase] = {
    "program_name": _("Write a name of 2 to 80 characters, by which you know the program."),
    "scopes": _("Choose at least one thing that the program may do."),
    "hook_address": _("Write an address that begins with https:// and has no spaces."),
    "hook_events": _("Choose at least one thing that the program is told."),
}


class Programs:
    """`/desk/programs`."""

    sections = (Section("programs", _("Programs"), "/desk/programs", frozenset({Role.ADMINISTRATOR})),)

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/desk/programs", self.page),
            web.post("/desk/programs/tokens", self.make),
            web.post(r"/desk/programs/tokens/{id:\d{1,12}}/revoke", self.revoke),
            web.post("/desk/programs/hooks", self.add),
            web.post(r"/desk/programs/hooks/{id:\d{1,12}}/end", self.end),
            web.post(r"/desk/programs/letters/{id:\d{1,12}}/replay", self.replay),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """`GET /desk/programs`: tokens, hooks and the log of what hooks were told."""
        return await self._page(await self._desk.enter(request, Role.ADMINISTRATOR))

    async def make(self, request: web.Request) -> web.Response:
        """`POST /desk/programs/tokens`: a new token, shown this once with the secret of its moderation hook."""
        visit, form = await self._posted(request)
        name, scopes = form.fields.get("name", ""), tuple(form.every.get("scopes", ()))
        owner = visit.id if form.fields.get("owner") == "me" else None
        try:
            token = await self._desk.write(tokens.make, name, scopes, visit.actor, visit.now, owner=owner)
        except Refusal as refusal:
            return await self._page(visit, form=form, wrong=_REFUSALS[refusal.reason], question=refusal.question)
        made = await self._desk.read(tokens.find, token)
        if made is None:
            raise self._desk.not_found()
        secret = await self._desk.read(tokens.secret_of, made.id) or ""
        return await self._page(visit, shown=(made.name, token, secret, f"/hooks/moderation/{made.id}"))

    async def revoke(self, request: web.Request) -> web.Response:
        """`POST /desk/programs/tokens/{id}/revoke`: it counts no more."""
        visit, _form = await self._posted(request)
        if not await self._desk.write(tokens.revoke, int(request.match_info["id"]), visit.actor, visit.now):
            raise self._desk.not_found()
        return self._desk.done(visit, "/desk/programs", _("The token counts no more."))

    async def add(self, request: web.Request) -> web.Response:
        """`POST /desk/programs/hooks`: tell another system from now on; its secret is shown this once."""
        visit, form = await self._posted(request)
        try:
            hook = await self._desk.write(
                hooks.add, form.fields.get("url", "").strip(), tuple(form.every.get("events", ())), visit.actor, visit.now
            )
        except Refusal as refusal:
            return await self._page(visit, form=form, wrong=_REFUSALS[refusal.reason], question=refusal.question)
        return await self._page(visit, shown=(hook.url, hook.secret, "", ""))

    async def end(self, request: web.Request) -> web.Response:
        """`POST /desk/programs/hooks/{id}/end`: tell it nothing more."""
        visit, _form = await self._posted(request)
        if not await self._desk.write(hooks.end, int(request.match_info["id"]), visit.actor, visit.now):
            raise self._desk.not_found()
        return self._desk.done(visit, "/desk/programs", _("The hook is told nothing more."))

    async def replay(self, request: web.Request) -> web.Response:
        """`POST /desk/programs/letters/{id}/replay`: send it once more, with the same id."""
        visit, _form = await self._posted(request)
        if not await self._desk.write(hooks.replay, int(request.match_info["id"]), visit.actor, visit.now):
            raise self._desk.not_found()
        return self._desk.done(visit, "/desk/programs", _("It is sent once more."))

    async def _posted(self, request: web.Request) -> tuple[Visit, Form]:
        visit = await self._desk.enter(request, Role.ADMINISTRATOR)
        return visit, await self._desk.form(request, visit)

    async def _page(
        self,
        visit: Visit,
        *,
        form: Form | None = None,
        wrong: Phrase | None = None,
        question: str = "",
        shown: tuple[str, str, str, str] | None = None,
    ) -> web.Response:
        after = visit.query.get("after", "")
        say = visit.voice.say
        letters = await self._desk.read(hooks.log, A_PAGE + 1, int(after) if after.isdecimal() else None)
        return self._desk.render(
            visit,
            "desk/programs.html",
            section="programs",
            status=400 if wrong else 200,
            tokens=await self._desk.read(tokens.everyone),
            hooks=await self._desk.read(hooks.standing),
            slice=cut(letters, A_PAGE, lambda letter: letter.id, is_first=not after),
            scopes=[(scope, say(SCOPE_WORDS[scope]), scope) for scope in SCOPES],
            events=[(event, say(EVENT_WORDS[event]), event) for event in EVENTS],
            typed=form.fields if form else {},
            chosen=form.every if form else {},
            wrong=wrong,
            question=question,
            shown=shown,
        )
