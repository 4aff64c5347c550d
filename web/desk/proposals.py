"""The moderators' queue and the page of one proposal: what waits, oldest promise first, and every decision as a form."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from urllib.parse import quote, urlencode

import sqlalchemy as sa
from aiohttp import web

from bot.phrases import Phrase, _
from civic.decisions import House
from civic.errors import Refusal
from civic.knowledge import LANGUAGES
from civic.proposals import KINDS, LOCK, OUTCOMES, REASONS, REGIONS, THEMES, Act, Proposal, State, check_act, number_in
from civic.staff import Member, Role
from handlers.language import LANGUAGE_NAMES
from handlers.proposal_words import KIND_NAMES, OUTCOME_NAMES, REASON_NAMES, REASON_TEXTS, REGION_NAMES, STATE_NAMES, THEME_NAMES
from storage import attachments, casework, proposals
from storage.proposals import Wanted
from web.desk import case as cases
from web.desk.deciders import decider
from web.desk.decision_words import ACTS, KEYS, SIGNS, days_left, is_pressing, worded
from web.desk.frame import Desk, Visit
from web.desk.sections import Section, Slice, cut

A_PAGE = 50
BESIDE = 20  # rows of the list beside a case
_FILTERS = ("state", "theme", "region", "kind", "language", "signs", "q")
_BY_PROMISE = frozenset({State.WAITING, State.PUBLISHED})  # with a promise that runs
BADGES = {
    State.WAITING: "open",
    State.ASKED: "quiet",
    State.PUBLISHED: "done",
    State.ANSWERED: "done",
    State.REJECTED: "refused",
    State.MERGED: "quiet",
    State.WITHDRAWN: "quiet",
}


def _waiting(db: sa.Connection, member: Member, now: dt.datetime) -> int:
    return casework.count(db, [State.WAITING])


class Proposals:
    """List and case; deciding stands in web/desk/deciding.py."""

    sections = (Section("proposals", _("Proposals"), "/desk/proposals", frozenset({Role.MODERATOR}), waiting=_waiting),)

    def __init__(self, desk: Desk, house: House) -> None:
        self._desk, self._house = desk, house

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/desk/proposals", self.queue),
            web.get(r"/desk/proposals/{number:\d{1,12}}", self.case),
            web.get(r"/desk/proposals/{number:\d{1,12}}/files/{file:\d{1,12}}", self.file),
            web.post(r"/desk/proposals/{number:\d{1,12}}/hold", self.hold),
            web.post(r"/desk/proposals/{number:\d{1,12}}/let-go", self.let_go),
        ]

    async def queue(self, request: web.Request) -> web.Response:
        """`GET /desk/proposals`: a page of the list; `?state=`, `?theme=`, `?region=`, `?kind=`, `?language=`, `?signs=`, `?q=`, `?after=`.

        A number in the search leads to its proposal.
        """
        visit = await self._desk.enter(request, Role.MODERATOR)
        if (number := number_in(visit.query.get("q", ""))) is not None and await self._desk.read(proposals.find, number) is not None:
            raise web.HTTPSeeOther(f"/desk/proposals/{number}")
        return await self.list_page(visit)

    async def list_page(
        self, visit: Visit, *, status: int = 200, typed: Mapping[str, str] | None = None, wrong: Phrase | None = None
    ) -> web.Response:
        """The list, also after a bulk that could not be done."""
        slice_ = await self._desk.read(listed, visit.query, A_PAGE)
        return self._desk.render(
            visit,
            "desk/proposals.html",
            section="proposals",
            status=status,
            slice=slice_,
            typed=typed or {},
            wrong=wrong,
            **shared(visit),
        )

    async def case(self, request: web.Request) -> web.Response:
        """`GET /desk/proposals/{number}`: one proposal; `?act=` opens the form of a decision."""
        visit = await self._desk.enter(request, Role.MODERATOR)
        asked = visit.query.get("act", "")
        return await self.case_page(visit, int(request.match_info["number"]), Act(asked) if asked in set(Act) else None)

    async def case_page(
        self, visit: Visit, number: int, act: Act | None, *, typed: Mapping[str, str] | None = None, refusal: Refusal | None = None
    ) -> web.Response:
        """A proposal with the form of an act, as it was typed where the decision was refused."""
        case = await self._desk.read(cases.load, number, visit.language, visit.now)
        if case is None:
            raise self._desk.not_found()
        beside = await self._desk.read(listed, visit.query, BESIDE)
        return self._desk.render(
            visit,
            "desk/proposal.html",
            section="proposals",
            status=409 if refusal and not refusal.question else 400 if refusal else 200,
            case=case,
            proposal=case.proposal,
            beside=beside,
            acts=[act for act in Act if _possible(case.proposal, act, visit)],
            act=act,
            typed=typed if typed is not None else {},
            wrong=worded(refusal) if refusal else None,
            question=refusal.question if refusal else "",
            needs_second=not self._house.team_of_one,
            **shared(visit),
        )

    async def file(self, request: web.Request) -> web.Response:
        """`GET /desk/proposals/{number}/files/{file}`: a picture or document of a proposal; never shown as a page of ours."""
        await self._desk.enter(request, Role.MODERATOR)
        found = await self._desk.read(attachments.content, int(request.match_info["number"]), int(request.match_info["file"]))
        if found is None:
            raise self._desk.not_found()
        name, mime, content = found
        shown = "inline" if mime in ("image/jpeg", "image/png", "image/webp", "application/pdf") else "attachment"
        headers = {
            "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(name or 'file', safe='')}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        }
        return web.Response(body=content, content_type=mime or "application/octet-stream", headers=headers)

    async def hold(self, request: web.Request) -> web.Response:
        """`POST /desk/proposals/{number}/hold`: keep colleagues from deciding meanwhile, and open the form of `act`."""
        visit = await self._desk.enter(request, Role.MODERATOR)
        form = await self._desk.form(request, visit)
        number, act = int(request.match_info["number"]), form.fields.get("act", "")
        if act != Act.NOTE and not await self._desk.write(proposals.hold, number, visit.id, visit.now + LOCK, visit.now):
            found = await self._desk.read(proposals.find, number)
            if found is None:
                raise self._desk.not_found()
            return await self.case_page(visit, number, None, refusal=Refusal("held", until=found.held_until))
        return web.Response(status=303, headers={"Location": f"/desk/proposals/{number}?{query_of(form.fields, act=act)}#decide"})

    async def let_go(self, request: web.Request) -> web.Response:
        """`POST /desk/proposals/{number}/let-go`: let colleagues decide again."""
        visit = await self._desk.enter(request, Role.MODERATOR)
        form = await self._desk.form(request, visit)
        number = int(request.match_info["number"])
        await self._desk.write(proposals.let_go, number, visit.id)
        return web.Response(status=303, headers={"Location": f"/desk/proposals/{number}?{query_of(form.fields)}"})


def wanted(query: Mapping[str, str]) -> Wanted:
    """What the address asks for; what waits, unless it says otherwise."""
    state = query.get("state", "") or State.WAITING.value
    return Wanted(
        states=(State(state),) if state in set(State) else (),
        theme=query.get("theme", "") if query.get("theme") in THEMES else "",
        region=query.get("region", "") if query.get("region") in REGIONS else "",
        kind=query.get("kind", "") if query.get("kind") in KINDS else "",
        language=query.get("language", "") if query.get("language") in LANGUAGES else "",
        words=query.get("q", "").strip()[:200],
        suspect=query.get("signs") == "1",
    )


def listed(db: sa.Connection, query: Mapping[str, str], size: int) -> Slice[Proposal]:
    """A page of the list: by promise where promises run, else the newest first."""
    which, after = wanted(query), query.get("after", "")
    if which.states and set(which.states) <= _BY_PROMISE:
        found = proposals.queue(db, which, size + 1, _promise_and_number(after))
        return cut(found, size, lambda proposal: f"{proposal.promised}.{proposal.number}", is_first=not after)
    found = proposals.newest(db, which, size + 1, int(after) if after.isdecimal() else None)
    return cut(found, size, lambda proposal: proposal.number, is_first=not after)


def shared(visit: Visit) -> dict[str, object]:
    """What both pages need in order to name things."""
    say = visit.voice.say
    today = visit.now.date()
    return {
        "filters": {name: visit.query.get(name, "") for name in _FILTERS},
        "query": query_of(visit.query),
        "state": visit.query.get("state", "") or State.WAITING.value,
        "states": [*((state.value, say(STATE_NAMES[state])) for state in State), ("all", say(_("All")))],
        "themes": [("", say(_("All themes"))), *((theme, say(THEME_NAMES[theme])) for theme in THEMES)],
        "regions": [("", say(_("All regions"))), *((region, say(REGION_NAMES[region])) for region in REGIONS)],
        "kinds": [("", say(_("All kinds"))), *((kind, say(KIND_NAMES[kind])) for kind in KINDS)],
        "spoken": [("", say(_("All languages"))), *LANGUAGE_NAMES.items()],
        "reasons": [(reason, say(REASON_NAMES[reason]), say(REASON_TEXTS[reason])) for reason in REASONS],
        "outcomes": [("", "—"), *((outcome, say(OUTCOME_NAMES[outcome])) for outcome in OUTCOMES)],
        "outcome_names": OUTCOME_NAMES,
        "kind_names": KIND_NAMES,
        "theme_names": THEME_NAMES,
        "region_names": REGION_NAMES,
        "state_names": STATE_NAMES,
        "badges": BADGES,
        "signs": SIGNS,
        "act_names": ACTS,
        "keys": KEYS,
        "language_names": LANGUAGE_NAMES,
        "days_left": lambda proposal: days_left(proposal, today),
        "is_pressing": lambda proposal: is_pressing(proposal, today),
    }


def _possible(proposal: Proposal, act: Act, visit: Visit) -> bool:
    """Whether a button stands there: what a lock or an appeal keeps from deciding is said when it is pressed."""
    try:
        check_act(proposal, act, decider(visit), visit.now)
    except Refusal as refusal:
        return refusal.reason != "not_now"
    return True


def query_of(fields: Mapping[str, str], **more: str) -> str:
    """The filters of the list, kept from page to page."""
    return urlencode({name: value for name, value in {**{name: fields.get(name, "") for name in _FILTERS}, **more}.items() if value})


def _promise_and_number(after: str) -> tuple[dt.date, int] | None:
    day, _dot, number = after.partition(".")
    try:
        return (dt.date.fromisoformat(day), int(number)) if number.isdecimal() else None
    except ValueError:
        return None
