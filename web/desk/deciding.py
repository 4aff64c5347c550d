"""What moderators decide: every button of a proposal's page, the second person's list, many at once, blocks, and undoing all of it."""

from __future__ import annotations

import datetime as dt
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence

import sqlalchemy as sa
from aiohttp import web

from bot.phrases import Paragraphs, Phrase, Text, _, _n
from civic.decisions import MOST_AT_ONCE, Details, House, Standing
from civic.errors import Refusal
from civic.proposals import Act, number_in, reference
from civic.staff import Member, Role
from handlers.desk import blocking, bulk, decisions
from handlers.proposal_words import REASON_TEXTS
from handlers.telling import Post
from storage import casework, proposals, staff
from storage import decisions as kept
from storage.decisions import Decision
from storage.proposals import Changed
from web.desk import case as cases
from web.desk.deciders import decider
from web.desk.decision_words import ACTS, DONE, reason_in_short, worded
from web.desk.frame import Desk, Visit
from web.desk.proposals import A_PAGE, Proposals, listed, query_of, shared
from web.desk.sections import Section, cut
from web.forms import Form, Refused

IN_BULK = (Act.REJECT, Act.PUBLISH)
BLOCK_DAYS = (7, 30, 90, 365)


def _waiting(db: sa.Connection, member: Member, now: dt.datetime) -> int:
    return casework.count_proposed(db)


class Deciding:
    """Takes what the forms post."""

    sections = (Section("confirmations", _("Second person"), "/desk/confirmations", frozenset({Role.MODERATOR}), waiting=_waiting),)

    def __init__(self, desk: Desk, house: House, post: Post, pages: Proposals) -> None:
        self._desk, self._house, self._post, self._pages = desk, house, post, pages

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(r"/desk/proposals/{number:\d{1,12}}/decide", self.decide),
            web.post("/desk/proposals/decide", self.decide_many),
            web.get("/desk/confirmations", self.confirmations),
            web.post(r"/desk/decisions/{id:\d{1,12}}/confirm", self.confirm),
            web.post(r"/desk/decisions/{id:\d{1,12}}/decline", self.decline),
            web.post(r"/desk/decisions/{id:\d{1,12}}/undo", self.undo),
            web.post(r"/desk/bulk/{bulk:[0-9a-f]{12}}/confirm", self.confirm_many),
            web.post(r"/desk/bulk/{bulk:[0-9a-f]{12}}/decline", self.decline_many),
            web.post(r"/desk/bulk/{bulk:[0-9a-f]{12}}/undo", self.undo_many),
            web.post(r"/desk/proposals/{number:\d{1,12}}/block", self.block),
            web.post(r"/desk/proposals/{number:\d{1,12}}/unblock", self.unblock),
        ]

    # One proposal

    async def decide(self, request: web.Request) -> web.Response:
        """`POST /desk/proposals/{number}/decide`: the decision of a form; refused, the form stands there again as it was typed."""
        visit, form = await self._posted(request)
        number, name, version = int(request.match_info["number"]), form.fields.get("act", ""), form.fields.get("version", "")
        case = await self._desk.read(cases.load, number, visit.language, visit.now)
        if case is None:
            raise self._desk.not_found()
        if name not in set(Act):
            return await self._pages.case_page(visit, number, None)
        act = Act(name)
        try:
            details = cases.details_of(act, form.fields, case)
            seen = int(version) if version.isdecimal() else None
            decision = await self._desk.write(decisions.decide, self._house, number, act, details, decider(visit), visit.now, version=seen)
        except (Refusal, Changed) as error:
            refusal = error if isinstance(error, Refusal) else Refusal("changed")
            return await self._pages.case_page(visit, number, act, typed=form.fields, refusal=refusal)
        back = f"/desk/proposals/{number}" if act is Act.NOTE else "/desk/proposals"
        query = query_of(form.fields)
        return self._desk.done(visit, f"{back}?{query}" if query else back, self._said(decision), f"/desk/decisions/{decision.id}/undo")

    async def undo(self, request: web.Request) -> web.Response:
        """`POST /desk/decisions/{id}/undo`: as if it had not been decided."""
        visit, _form = await self._posted(request)
        try:
            decision = await self._desk.write(decisions.undo, int(request.match_info["id"]), decider(visit), visit.now)
        except (Refusal, Changed) as error:
            return self._desk.done(visit, "/desk/proposals", worded(error if isinstance(error, Refusal) else Refusal("changed")))
        said = _("{number}: undone. Nobody was told.", number=reference(decision.number))
        return self._desk.done(visit, f"/desk/proposals/{decision.number}", said)

    # The second person

    async def confirmations(self, request: web.Request, wrong: Phrase | None = None, about: int = 0) -> web.Response:
        """`GET /desk/confirmations`: decisions that wait for a second person."""
        visit = await self._desk.enter(request, Role.MODERATOR)
        after = visit.query.get("after", "")
        found = await self._desk.read(_proposed, int(after) if after.isdecimal() else 0, visit.language)
        return self._desk.render(
            visit,
            "desk/confirmations.html",
            section="confirmations",
            status=409 if wrong else 200,
            slice=cut(found[0], A_PAGE, lambda row: row[0].id, is_first=not after),
            bundles=found[1],
            names=found[2],
            who=cases.who,
            wrong=wrong,
            about=about,
            team_of_one=self._house.team_of_one,
            **shared(visit),
        )

    async def confirm(self, request: web.Request) -> web.Response:
        """`POST /desk/decisions/{id}/confirm`: it counts from now on."""
        visit, _form = await self._posted(request)
        number = int(request.match_info["id"])
        try:
            decision = await self._desk.write(decisions.confirm, self._house, number, decider(visit), visit.now)
        except (Refusal, Changed) as error:
            return await self.confirmations(request, worded(error if isinstance(error, Refusal) else Refusal("changed")), number)
        return self._desk.done(visit, "/desk/confirmations", self._said(decision), f"/desk/decisions/{decision.id}/undo")

    async def decline(self, request: web.Request) -> web.Response:
        """`POST /desk/decisions/{id}/decline`: the proposal stays as it was; who prepared it reads why."""
        visit, form = await self._posted(request)
        number = int(request.match_info["id"])
        try:
            decision = await self._desk.write(decisions.decline, number, form.fields.get("reason", ""), decider(visit), visit.now)
        except (Refusal, Changed) as error:
            return await self.confirmations(request, worded(error if isinstance(error, Refusal) else Refusal("changed")), number)
        said = _("{number}: declined. Whoever prepared it reads your reason in the timeline.", number=reference(decision.number))
        return self._desk.done(visit, "/desk/confirmations", said)

    # Many

    async def decide_many(self, request: web.Request) -> web.Response:
        """`POST /desk/proposals/decide`: those chosen, or all that the filters find, for one reason; their authors may be blocked."""
        visit, form = await self._posted(request)
        fields = form.fields
        try:
            act = Act(fields.get("act", "")) if fields.get("act") in IN_BULK else None
            if act is None:
                raise Refusal("choose", "act")
            details = (
                Details(reason=fields.get("reason", ""), message=fields.get("message", "").strip()) if act is Act.REJECT else Details()
            )
            numbers = await self._desk.read(_found, fields) if fields.get("scope") == "all" else _chosen(form)
            bulk.check_size(numbers)
            days = int(fields["block"]) if fields.get("block", "").isdecimal() and int(fields["block"]) in BLOCK_DAYS else 0
            if act is Act.REJECT and not details.reason:
                raise Refusal("choose", "reason")
        except Refusal as refusal:
            return await self._pages.list_page(visit, status=400, typed=fields, wrong=worded(refusal))
        name = secrets.token_hex(6)
        done: list[int] = []
        refused: dict[int, str] = {}
        for start in range(0, len(numbers), bulk.SLICE):
            part = numbers[start : start + bulk.SLICE]
            batch = await self._desk.write(bulk.decide_some, self._house, part, act, details, decider(visit), name, self._desk.now())
            done += batch.done
            refused |= batch.refused
        blocked = await self._block_authors(visit, done, days, name, REASON_TEXTS[details.reason]) if days and details.reason else 0
        await self._desk.write(bulk.close, self._house, name, decider(visit), "decided", len(done), self._desk.now())
        waits = not self._house.team_of_one and act is Act.REJECT
        said = self._counted(done, refused, waits=waits)
        if blocked:
            said = Paragraphs((said, _n("{n} author is blocked.", "{n} authors are blocked.", blocked)), " ")
        query = query_of(fields)
        return self._desk.done(
            visit, f"/desk/proposals?{query}" if query else "/desk/proposals", said, f"/desk/bulk/{name}/undo" if done else ""
        )

    async def confirm_many(self, request: web.Request) -> web.Response:
        """`POST /desk/bulk/{bulk}/confirm`: all of it counts from now on."""
        visit, _form = await self._posted(request)
        name, by = request.match_info["bulk"], decider(visit)
        done, refused = await _slices(lambda after: self._desk.write(bulk.confirm_some, self._house, name, by, self._desk.now(), after))
        await self._desk.write(bulk.close, self._house, name, by, "confirmed", len(done), self._desk.now())
        return self._desk.done(visit, "/desk/confirmations", self._counted(done, refused), f"/desk/bulk/{name}/undo" if done else "")

    async def decline_many(self, request: web.Request) -> web.Response:
        """`POST /desk/bulk/{bulk}/decline`: all of them stay as they were."""
        visit, form = await self._posted(request)
        name, by, reason = request.match_info["bulk"], decider(visit), form.fields.get("reason", "")
        done, refused = await _slices(lambda after: self._desk.write(bulk.decline_some, name, reason, by, self._desk.now(), after))
        said = Paragraphs((_n("{n} decision is declined.", "{n} decisions are declined.", len(done)), *_left(refused)), " ")
        return self._desk.done(visit, "/desk/confirmations", said)

    async def undo_many(self, request: web.Request) -> web.Response:
        """`POST /desk/bulk/{bulk}/undo`: as if nothing of it had been decided, and nobody blocked."""
        visit, _form = await self._posted(request)
        name, by = request.match_info["bulk"], decider(visit)
        try:
            await self._desk.write(bulk.hold, name, visit.now)
        except Refusal as refusal:
            return self._desk.done(visit, "/desk/proposals", worded(refusal))
        done, refused = await _slices(lambda after: self._desk.write(bulk.undo_some, name, by, visit.now, after))
        while await self._desk.write(blocking.unblock_some, name, by, self._desk.now()):
            continue
        await self._desk.write(bulk.close, self._house, name, by, "undone", len(done), self._desk.now())
        said = Paragraphs((_n("{n} decision is undone.", "{n} decisions are undone.", len(done)), *_left(refused)), " ")
        return self._desk.done(visit, "/desk/proposals", said)

    # Blocks

    async def block(self, request: web.Request) -> web.Response:
        """`POST /desk/proposals/{number}/block`: its author files nothing until a day."""
        visit, form = await self._posted(request)
        number = int(request.match_info["number"])
        found = await self._desk.read(proposals.find, number)
        if found is None or found.author is None:
            raise self._desk.not_found()
        days = form.fields.get("days", "")
        until = visit.now + dt.timedelta(days=int(days) if days.isdecimal() and len(days) < 4 else 0)
        try:
            reason = form.fields.get("reason", "")
            await self._desk.write(blocking.block, self._post, found.author, until, reason, decider(visit), visit.now)
        except Refusal as refusal:
            raise Refused(400, worded(refusal)) from None
        path = f"/desk/proposals/{number}"
        return self._desk.done(visit, path, _("The author cannot file anything until {moment}.", moment=until), f"{path}/unblock")

    async def unblock(self, request: web.Request) -> web.Response:
        """`POST /desk/proposals/{number}/unblock`: its author may file again."""
        visit, _form = await self._posted(request)
        number = int(request.match_info["number"])
        found = await self._desk.read(proposals.find, number)
        if found is None or found.author is None:
            raise self._desk.not_found()
        try:
            await self._desk.write(blocking.unblock, self._post, found.author, decider(visit), visit.now)
        except Refusal as refusal:
            raise Refused(400, worded(refusal)) from None
        return self._desk.done(visit, f"/desk/proposals/{number}", _("The author can file again."))

    # What they share

    async def _posted(self, request: web.Request) -> tuple[Visit, Form]:
        visit = await self._desk.enter(request, Role.MODERATOR)
        return visit, await self._desk.form(request, visit)

    async def _block_authors(self, visit: Visit, numbers: Sequence[int], days: int, name: str, reason: Phrase) -> int:
        """Block the authors of these proposals, a slice at a time; how many."""
        blocked = 0
        until = visit.now + dt.timedelta(days=days)
        for start in range(0, len(numbers), bulk.SLICE):
            part = numbers[start : start + bulk.SLICE]
            blocked += await self._desk.write(blocking.block_authors, self._post, part, until, reason, decider(visit), name, visit.now)
        return blocked

    def _said(self, decision: Decision) -> Text:
        number = reference(decision.number)
        if decision.standing is Standing.PROPOSED:
            return _("{number}: {act}. A second person has to confirm it.", number=number, act=ACTS[decision.act])
        if decision.act is Act.NOTE:
            return DONE[Act.NOTE]
        seconds = int(self._house.undo.total_seconds())
        told = _n("People are told in {n} second.", "People are told in {n} seconds.", seconds)
        return Paragraphs((_("{number}: {what}", number=number, what=DONE[decision.act]), told), " ")

    def _counted(self, done: Sequence[int], refused: Mapping[int, str], *, waits: bool = False) -> Text:
        """What became of many."""
        count = len(done)
        if waits:
            first = _n("{n} decision waits for a second person.", "{n} decisions wait for a second person.", count)
        else:
            first = _n("{n} proposal is decided.", "{n} proposals are decided.", count)
        return Paragraphs((first, *_left(refused)), " ")


async def _slices(step: Callable[[int], Awaitable[bulk.Batch]]) -> tuple[list[int], dict[int, str]]:
    """Go through a bulk slice by slice: the numbers done, and those refused with the reason."""
    done: list[int] = []
    refused: dict[int, str] = {}
    after: int | None = 0
    while after is not None:
        batch = await step(after)
        done += batch.done
        refused |= batch.refused
        after = batch.next
    return done, refused


def _left(refused: Mapping[int, str]) -> list[Text]:
    """How many were left as they were, and why."""
    counts = Counter(refused.values())
    return [_n("{n} not: {reason}", "{n} not: {reason}", counts[each], reason=reason_in_short(each)) for each in sorted(counts)]


def _chosen(form: Form) -> list[int]:
    """The numbers of the boxes, each once."""
    numbers = (number_in(text) for text in form.every.get("number", []))
    return list(dict.fromkeys(number for number in numbers if number is not None))


def _found(db: sa.Connection, fields: dict[str, str]) -> list[int]:
    """All that the filters find, up to as many as are decided at once."""
    return [proposal.number for proposal in listed(db, fields, MOST_AT_ONCE).rows]


def _proposed(
    db: sa.Connection, after: int, language: str
) -> tuple[list[tuple[Decision, str]], tuple[casework.Bundle, ...], dict[int, str]]:
    """Decisions that wait with the titles of their proposals, the bulks that wait, and the names of those who prepared them."""
    waiting = kept.proposed(db, A_PAGE + 1, after)
    titles = {proposal.number: proposal.title for proposal in proposals.all_of(db, [decision.number for decision in waiting])}
    bundles = casework.bundles(db)
    ids = [decisions.member_of(actor) for actor in (*(decision.by for decision in waiting), *(bundle.by for bundle in bundles))]
    return [(decision, titles[decision.number]) for decision in waiting], bundles, staff.names(db, ids)
