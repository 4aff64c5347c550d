"""The API for other systems: read and decide proposals, answer questions, with a token and by the same rules as the desk (docs/api.md)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Mapping

import msgspec
from aiohttp import web

from civic.decisions import Decider
from civic.errors import Refusal
from civic.proposals import KINDS, REGIONS, THEMES, Act, State
from handlers.desk import decisions, followup
from storage import answers, knowledge, proposals, questions, staff_chats, tokens
from storage import decisions as kept
from storage.decisions import Decision
from storage.proposals import Changed, Wanted
from storage.tokens import Token
from web.api_v1_document import document
from web.api_v1_door import Door, Failed, World, cursor_of, decoded, limit_of, number_of
from web.api_v1_shapes import (
    Answered,
    AnswersWanted,
    DecisionPage,
    DecisionShape,
    DecisionWanted,
    Declined,
    ModerationCall,
    ProposalPage,
    ProposalShape,
    QuestionPage,
    decision_shape,
    proposal_shape,
    question_shape,
)
from web.desk.decision_words import worded

LONGEST_AGO = 300.0  # seconds: a signed call that is older may be one that somebody recorded
_FORBIDDEN = frozenset({"own", "same_moderator", "same_person", "not_yours"})
_CONFLICT = frozenset({"not_now", "held", "pending", "settled", "undone", "too_late", "changed_since", "changed"})
_FILTERS: Mapping[str, tuple[str, ...]] = {
    "state": tuple(State),
    "theme": THEMES,
    "region": REGIONS,
    "kind": KINDS,
    "language": ("ar", "fr", "zgh", "en"),
}


class ApiV1:
    """The routes under `/api/v1` that need a token, and the moderation hook, which needs a signature."""

    def __init__(self, world: World, door: Door) -> None:
        self._world, self._door = world, door
        self._document = msgspec.json.encode(document())

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/v1/openapi.json", self.openapi),
            web.get("/api/v1/proposals", self._door.told(self.proposals)),
            web.get(r"/api/v1/proposals/{number:\d{1,12}}", self._door.told(self.proposal)),
            web.post(r"/api/v1/proposals/{number:\d{1,12}}/decisions", self._door.told(self.decide, 201)),
            web.get("/api/v1/decisions", self._door.told(self.decisions)),
            web.get(r"/api/v1/decisions/{number:\d{1,12}}", self._door.told(self.decision)),
            web.post(r"/api/v1/decisions/{number:\d{1,12}}/confirm", self._door.told(self.confirm)),
            web.post(r"/api/v1/decisions/{number:\d{1,12}}/decline", self._door.told(self.decline)),
            web.post(r"/api/v1/decisions/{number:\d{1,12}}/undo", self._door.told(self.undo)),
            web.get("/api/v1/questions", self._door.told(self.questions)),
            web.post("/api/v1/questions/answers", self._door.told(self.answer_questions)),
            web.post(r"/hooks/moderation/{number:\d{1,12}}", self._door.told(self.moderate, 201)),
        ]

    async def openapi(self, request: web.Request) -> web.Response:
        """`GET /api/v1/openapi.json`: this API, for programs that read such documents."""
        return web.Response(body=self._document, content_type="application/json")

    # Proposals

    async def proposals(self, request: web.Request) -> ProposalPage:
        """`GET /api/v1/proposals`: the newest first; filters `state`, `theme`, `region`, `kind`, `language`, `q`; `limit`, `after`."""
        await self._door.enter(request, "proposals:read")
        wanted, most, after = _filters(request), limit_of(request), cursor_of(request)
        found = await self._door.read(proposals.newest, wanted, most + 1, after)
        return ProposalPage(
            tuple(proposal_shape(each) for each in found[:most]), str(found[most - 1].number) if len(found) > most else None
        )

    async def proposal(self, request: web.Request) -> ProposalShape:
        """`GET /api/v1/proposals/{number}`: one, with its official answer."""
        await self._door.enter(request, "proposals:read")
        number = number_of(request)
        found = await self._door.read(proposals.find, number)
        if found is None:
            raise Failed(404, "unknown", "There is no proposal with this number.")
        return proposal_shape(found, await self._door.read(answers.find, number))

    async def decide(self, request: web.Request) -> DecisionShape:
        """`POST /api/v1/proposals/{number}/decisions`: decide, or propose to a second person."""
        token = await self._door.enter(request, "proposals:decide")
        wanted = await self._door.body(request, DecisionWanted)
        return await self._decide(token, number_of(request), Act(wanted.act), wanted.version, wanted)

    async def decisions(self, request: web.Request) -> DecisionPage:
        """`GET /api/v1/decisions`: those that wait for a second person, oldest first; `limit`, `after`."""
        await self._door.enter(request, "proposals:read")
        most = limit_of(request)
        found = await self._door.read(kept.proposed, most + 1, cursor_of(request) or 0)
        return DecisionPage(tuple(decision_shape(each) for each in found[:most]), str(found[most - 1].id) if len(found) > most else None)

    async def decision(self, request: web.Request) -> DecisionShape:
        """`GET /api/v1/decisions/{number}`: what became of one."""
        await self._door.enter(request, "proposals:read")
        found = await self._door.read(kept.find, number_of(request))
        if found is None:
            raise Failed(404, "unknown", "There is no decision with this number.")
        return decision_shape(found)

    async def confirm(self, request: web.Request) -> DecisionShape:
        """`POST /api/v1/decisions/{number}/confirm`: as the second person."""
        token = await self._door.enter(request, "proposals:decide")
        world = self._world
        return await self._settle(
            world.ledger.write(decisions.confirm, world.house, number_of(request), await self._decider(token), world.now())
        )

    async def decline(self, request: web.Request) -> DecisionShape:
        """`POST /api/v1/decisions/{number}/decline`: as the second person, with a reason."""
        token = await self._door.enter(request, "proposals:decide")
        declined = await self._door.body(request, Declined)
        world = self._world
        return await self._settle(
            world.ledger.write(decisions.decline, number_of(request), declined.reason, await self._decider(token), world.now())
        )

    async def undo(self, request: web.Request) -> DecisionShape:
        """`POST /api/v1/decisions/{number}/undo`: before people are told."""
        token = await self._door.enter(request, "proposals:decide")
        world = self._world
        return await self._settle(world.ledger.write(decisions.undo, number_of(request), await self._decider(token), world.now()))

    async def moderate(self, request: web.Request) -> DecisionShape:
        """`POST /hooks/moderation/{number}`: a decision of an outside tool, signed with the secret of its token, done once."""
        token_id, world = number_of(request), self._world
        stamp, call = request.headers.get("Hiwar-Timestamp", ""), request.headers.get("Hiwar-Id", "")
        raw = await self._door.raw(request)
        secret = await self._door.read(tokens.secret_of, token_id)
        expected = sign(secret, stamp, raw) if secret else ""
        if not secret or not hmac.compare_digest(request.headers.get("Hiwar-Signature", "").encode(), expected.encode()):
            self._door.slow_strangers(request)
            raise Failed(401, "signature", "The signature does not fit body and timestamp.")
        if not stamp.isdecimal() or abs(world.now().timestamp() - int(stamp)) > LONGEST_AGO:
            raise Failed(401, "timestamp", "Hiwar-Timestamp is more than five minutes away from now.")
        if not 8 <= len(call) <= 64 or not call.isascii():
            raise Failed(400, "id", "Hiwar-Id has 8 to 64 characters and is another one with each call.")
        token = await self._door.read(tokens.get, token_id)
        if token is None or "proposals:decide" not in token.scopes:
            raise Failed(403, "scope", "This token does not have the scope proposals:decide.")
        if not await self._door.write(tokens.first_call, token_id, call, world.now()):
            raise Failed(409, "repeated", "This Hiwar-Id came before; nothing was done again.")
        wanted = decoded(raw, ModerationCall)
        return await self._decide(token, wanted.proposal, Act(wanted.act), wanted.version, wanted)

    # Questions

    async def questions(self, request: web.Request) -> QuestionPage:
        """`GET /api/v1/questions`: what nobody could answer."""
        await self._door.enter(request, "questions:answer")
        found = await self._door.read(questions.open_questions)
        return QuestionPage(tuple(question_shape(each) for each in found[: limit_of(request)]))

    async def answer_questions(self, request: web.Request) -> Answered:
        """`POST /api/v1/questions/answers`: answer with an entry that exists; everyone who asked is told once."""
        token = await self._door.enter(request, "questions:answer")
        wanted = await self._door.body(request, AnswersWanted)
        entry = await self._door.read(knowledge.find, wanted.entry)
        if entry is None:
            raise Failed(422, "entry", "There is no entry with this id.", "entry")
        post, world = self._world.post, self._world
        desk = followup.Desk(voices=post.voices, signer=post.signer, keeping=post.keeping, actor=token.actor)
        try:
            done = await self._door.write(followup.follow_up, desk, wanted.questions, entry, entry, world.now())
        except followup.Changed:
            raise Failed(409, "changed", "The entry was changed meanwhile: read it again.") from None
        return Answered(done.numbers, done.told, done.gone)

    # What they share

    async def _decider(self, token: Token) -> Decider:
        """A program decides as the member of staff behind it, or as itself; what is not their own to decide is not the program's either."""
        if token.owner is None:
            return Decider(id=-token.id, actor=token.actor)
        return Decider(id=token.owner, actor=token.actor, own=await self._door.read(staff_chats.persons_of, token.owner))

    async def _decide(
        self, token: Token, number: int, act: Act, version: int | None, wanted: DecisionWanted | ModerationCall
    ) -> DecisionShape:
        world = self._world
        deciding = world.ledger.write(
            decisions.decide, world.house, number, act, wanted.details, await self._decider(token), world.now(), version=version
        )
        return await self._settle(deciding)

    async def _settle(self, deciding: Awaitable[Decision]) -> DecisionShape:
        """A decision, or the refusal as a problem."""
        try:
            return decision_shape(await deciding)
        except Changed:
            raise Failed(409, "changed", self._world.voice.say(worded(Refusal("changed")))) from None
        except Refusal as refusal:
            raise Failed(_status(refusal), refusal.reason, self._world.voice.say(worded(refusal)), refusal.question) from None


def sign(secret: str, stamp: str, body: bytes) -> str:
    """What a signed call carries as Hiwar-Signature, in both directions."""
    return "v1=" + hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _status(refusal: Refusal) -> int:
    if refusal.reason == "unknown":
        return 404
    return 403 if refusal.reason in _FORBIDDEN else 409 if refusal.reason in _CONFLICT else 422


def _filters(request: web.Request) -> Wanted:
    for name, known in _FILTERS.items():
        if (value := request.query.get(name, "")) and value not in known:
            raise Failed(422, "filter", f"{name} is one of {', '.join(known)}.", name)
    state = request.query.get("state", "")
    return Wanted(
        states=(State(state),) if state else (),
        theme=request.query.get("theme", ""),
        region=request.query.get("region", ""),
        kind=request.query.get("kind", ""),
        language=request.query.get("language", ""),
        words=request.query.get("q", "")[:200],
    )
