"""The API for other systems: read and decide proposals, answer questions, with a token and by the same rules as the desk (docs/api.md)."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.phrases import Voice
from civic.decisions import Decider, House
from civic.errors import Refusal
from civic.proposals import KINDS, REGIONS, THEMES, Act, State
from handlers import decisions, followup
from handlers.telling import Post
from storage import answers, knowledge, proposals, questions, tokens
from storage import decisions as kept
from storage.decisions import Decision
from storage.ledger import Ledger, LedgerDown
from storage.proposals import Changed, Wanted
from storage.tokens import SEEN_EVERY, Token
from web.api_v1_document import document
from web.api_v1_shapes import (
    Answered,
    AnswersWanted,
    DecisionPage,
    DecisionShape,
    DecisionWanted,
    Declined,
    ModerationCall,
    Problem,
    ProposalPage,
    ProposalShape,
    QuestionPage,
    decision_shape,
    proposal_shape,
    question_shape,
)
from web.desk.decision_words import worded
from web.limits import Gate

T = TypeVar("T")

LARGEST = 256 * 1024  # bytes of a request; an official answer in four languages takes 50
MOST, USUAL = 100, 50  # items of a page
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


class Failed(Exception):
    """A request that is answered with a problem."""

    def __init__(self, status: int, reason: str, detail: str, field: str = "", wait: float = 0.0) -> None:
        super().__init__(detail)
        self.problem = Problem(_TITLES[status], status, detail, reason, field)
        self.wait = wait


_TITLES = {
    400: "The request cannot be read",
    401: "No token that counts",
    403: "Not allowed",
    404: "Not there",
    409: "Not possible now",
    413: "Too large",
    422: "Something is missing or wrong",
    429: "Too fast",
    503: "Cannot be stored now",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the API needs of the world."""

    ledger: Ledger
    reader: AsyncEngine
    house: House
    post: Post
    voice: Voice  # English: who reads a problem writes programs
    now: Callable[[], dt.datetime]
    address_of: Callable[[web.Request], str]


class ApiV1:
    """The routes under `/api/v1` that need a token, and the moderation hook, which needs a signature."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._per_token = Gate(rate=10.0, burst=60)
        self._per_stranger = Gate(rate=0.5, burst=20)
        self._document = msgspec.json.encode(document())

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/v1/openapi.json", self.openapi),
            web.get("/api/v1/proposals", self._told(self.proposals)),
            web.get(r"/api/v1/proposals/{number:\d{1,12}}", self._told(self.proposal)),
            web.post(r"/api/v1/proposals/{number:\d{1,12}}/decisions", self._told(self.decide, 201)),
            web.get("/api/v1/decisions", self._told(self.decisions)),
            web.get(r"/api/v1/decisions/{number:\d{1,12}}", self._told(self.decision)),
            web.post(r"/api/v1/decisions/{number:\d{1,12}}/confirm", self._told(self.confirm)),
            web.post(r"/api/v1/decisions/{number:\d{1,12}}/decline", self._told(self.decline)),
            web.post(r"/api/v1/decisions/{number:\d{1,12}}/undo", self._told(self.undo)),
            web.get("/api/v1/questions", self._told(self.questions)),
            web.post("/api/v1/questions/answers", self._told(self.answer_questions)),
            web.post(r"/hooks/moderation/{number:\d{1,12}}", self._told(self.moderate, 201)),
        ]

    async def openapi(self, request: web.Request) -> web.Response:
        """`GET /api/v1/openapi.json`: this API, for programs that read such documents."""
        return web.Response(body=self._document, content_type="application/json")

    # Proposals

    async def proposals(self, request: web.Request) -> ProposalPage:
        """`GET /api/v1/proposals`: the newest first; filters `state`, `theme`, `region`, `kind`, `language`, `q`; `limit`, `after`."""
        await self._enter(request, "proposals:read")
        wanted, most, after = _filters(request), _limit(request), _cursor(request)
        found = await self._read(proposals.newest, wanted, most + 1, after)
        return ProposalPage(
            tuple(proposal_shape(each) for each in found[:most]), str(found[most - 1].number) if len(found) > most else None
        )

    async def proposal(self, request: web.Request) -> ProposalShape:
        """`GET /api/v1/proposals/{number}`: one, with its official answer."""
        await self._enter(request, "proposals:read")
        number = _number(request)
        found = await self._read(proposals.find, number)
        if found is None:
            raise Failed(404, "unknown", "There is no proposal with this number.")
        return proposal_shape(found, await self._read(answers.find, number))

    async def decide(self, request: web.Request) -> DecisionShape:
        """`POST /api/v1/proposals/{number}/decisions`: decide, or propose to a second person."""
        token = await self._enter(request, "proposals:decide")
        wanted = await self._body(request, DecisionWanted)
        return await self._decide(token, _number(request), Act(wanted.act), wanted.version, wanted)

    async def decisions(self, request: web.Request) -> DecisionPage:
        """`GET /api/v1/decisions`: those that wait for a second person, oldest first; `limit`, `after`."""
        await self._enter(request, "proposals:read")
        most = _limit(request)
        found = await self._read(kept.proposed, most + 1, _cursor(request) or 0)
        return DecisionPage(tuple(decision_shape(each) for each in found[:most]), str(found[most - 1].id) if len(found) > most else None)

    async def decision(self, request: web.Request) -> DecisionShape:
        """`GET /api/v1/decisions/{number}`: what became of one."""
        await self._enter(request, "proposals:read")
        found = await self._read(kept.find, _number(request))
        if found is None:
            raise Failed(404, "unknown", "There is no decision with this number.")
        return decision_shape(found)

    async def confirm(self, request: web.Request) -> DecisionShape:
        """`POST /api/v1/decisions/{number}/confirm`: as the second person."""
        token = await self._enter(request, "proposals:decide")
        world = self._world
        return await self._settle(world.ledger.write(decisions.confirm, world.house, _number(request), decider(token), world.now()))

    async def decline(self, request: web.Request) -> DecisionShape:
        """`POST /api/v1/decisions/{number}/decline`: as the second person, with a reason."""
        token = await self._enter(request, "proposals:decide")
        declined = await self._body(request, Declined)
        world = self._world
        return await self._settle(world.ledger.write(decisions.decline, _number(request), declined.reason, decider(token), world.now()))

    async def undo(self, request: web.Request) -> DecisionShape:
        """`POST /api/v1/decisions/{number}/undo`: before people are told."""
        token = await self._enter(request, "proposals:decide")
        world = self._world
        return await self._settle(world.ledger.write(decisions.undo, _number(request), decider(token), world.now()))

    async def moderate(self, request: web.Request) -> DecisionShape:
        """`POST /hooks/moderation/{number}`: a decision of an outside tool, signed with the secret of its token, done once."""
        token_id, world = _number(request), self._world
        stamp, call = request.headers.get("Hiwar-Timestamp", ""), request.headers.get("Hiwar-Id", "")
        raw = await self._raw(request)
        secret = await self._read(tokens.secret_of, token_id)
        expected = sign(secret, stamp, raw) if secret else ""
        if not secret or not hmac.compare_digest(request.headers.get("Hiwar-Signature", "").encode(), expected.encode()):
            self._slow_strangers(request)
            raise Failed(401, "signature", "The signature does not fit body and timestamp.")
        if not stamp.isdecimal() or abs(world.now().timestamp() - int(stamp)) > LONGEST_AGO:
            raise Failed(401, "timestamp", "Hiwar-Timestamp is more than five minutes away from now.")
        if not 8 <= len(call) <= 64 or not call.isascii():
            raise Failed(400, "id", "Hiwar-Id has 8 to 64 characters and is another one with each call.")
        token = await self._read(tokens.get, token_id)
        if token is None or "proposals:decide" not in token.scopes:
            raise Failed(403, "scope", "This token does not have the scope proposals:decide.")
        if not await self._write(tokens.first_call, token_id, call, world.now()):
            raise Failed(409, "repeated", "This Hiwar-Id came before; nothing was done again.")
        wanted = _decoded(raw, ModerationCall)
        return await self._decide(token, wanted.proposal, Act(wanted.act), wanted.version, wanted)

    # Questions

    async def questions(self, request: web.Request) -> QuestionPage:
        """`GET /api/v1/questions`: what nobody could answer."""
        await self._enter(request, "questions:answer")
        found = await self._read(questions.open_questions)
        return QuestionPage(tuple(question_shape(each) for each in found[: _limit(request)]))

    async def answer_questions(self, request: web.Request) -> Answered:
        """`POST /api/v1/questions/answers`: answer with an entry that exists; everyone who asked is told once."""
        token = await self._enter(request, "questions:answer")
        wanted = await self._body(request, AnswersWanted)
        entry = await self._read(knowledge.find, wanted.entry)
        if entry is None:
            raise Failed(422, "entry", "There is no entry with this id.", "entry")
        post, world = self._world.post, self._world
        desk = followup.Desk(voices=post.voices, signer=post.signer, keeping=post.keeping, actor=token.actor)
        try:
            done = await self._write(followup.follow_up, desk, wanted.questions, entry, entry, world.now())
        except followup.Changed:
            raise Failed(409, "changed", "The entry was changed meanwhile: read it again.") from None
        return Answered(done.numbers, done.told, done.gone)

    # What they share

    async def _decide(
        self, token: Token, number: int, act: Act, version: int | None, wanted: DecisionWanted | ModerationCall
    ) -> DecisionShape:
        world = self._world
        deciding = world.ledger.write(
            decisions.decide, world.house, number, act, wanted.details, decider(token), world.now(), version=version
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

    async def _enter(self, request: web.Request, scope: str) -> Token:
        """The program that asks, when its token has the scope."""
        kind, _blank, shown = request.headers.get("Authorization", "").partition(" ")
        token = await self._read(tokens.find, shown.strip()) if kind.lower() == "bearer" and shown.strip() else None
        if token is None:
            self._slow_strangers(request)
            raise Failed(401, "token", "Send `Authorization: Bearer` with a token that was made at the desk and not revoked.")
        wait = self._per_token.admit(str(token.id), time.monotonic())
        if wait:
            raise Failed(429, "too_fast", "More than 10 requests a second: wait as long as Retry-After says.", wait=wait)
        if scope not in token.scopes:
            raise Failed(403, "scope", f"This token does not have the scope {scope}.")
        now = self._world.now()
        if token.used_at is None or now - token.used_at > SEEN_EVERY:
            await self._write(tokens.use, token.id, now)
        return token

    def _slow_strangers(self, request: web.Request) -> None:
        wait = self._per_stranger.admit(self._world.address_of(request), time.monotonic())
        if wait:
            raise Failed(429, "too_fast", "Too many requests without a token that counts: wait as long as Retry-After says.", wait=wait)

    async def _body(self, request: web.Request, kind: type[T]) -> T:
        return _decoded(await self._raw(request), kind)

    async def _raw(self, request: web.Request) -> bytes:
        raw = bytearray()
        async for chunk in request.content.iter_chunked(LARGEST):
            raw += chunk
            if len(raw) > LARGEST:
                raise Failed(413, "too_large", f"A request has at most {LARGEST} bytes.")
        return bytes(raw)

    async def _read(self, function: Callable[..., T], *args: object) -> T:
        async with self._world.reader.connect() as db:
            return await db.run_sync(function, *args)

    async def _write(self, function: Callable[..., T], *args: object) -> T:
        return await self._world.ledger.write(function, *args)

    def _told(
        self, handler: Callable[[web.Request], Awaitable[msgspec.Struct]], status: int = 200
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """A handler whose answer is JSON, and whose refusals are problems."""

        async def answer(request: web.Request) -> web.Response:
            try:
                return web.Response(body=msgspec.json.encode(await handler(request)), content_type="application/json", status=status)
            except LedgerDown:
                failed = Failed(503, "not_stored", "This could not be stored just now: try again in a moment.", wait=5.0)
            except Failed as error:
                failed = error
            headers = {"Cache-Control": "no-store"}
            if failed.wait:
                headers["Retry-After"] = str(int(failed.wait) + 1)
            if failed.problem.status == 401:
                headers["WWW-Authenticate"] = "Bearer"
            body = msgspec.json.encode(failed.problem)
            return web.Response(body=body, content_type="application/problem+json", status=failed.problem.status, headers=headers)

        return answer


def decider(token: Token) -> Decider:
    """A program decides as the member of staff behind it, or as itself."""
    return Decider(id=token.owner if token.owner is not None else -token.id, actor=token.actor)


def sign(secret: str, stamp: str, body: bytes) -> str:
    """What a signed call carries as Hiwar-Signature, in both directions."""
    return "v1=" + hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _status(refusal: Refusal) -> int:
    if refusal.reason == "unknown":
        return 404
    return 403 if refusal.reason in _FORBIDDEN else 409 if refusal.reason in _CONFLICT else 422


def _decoded(raw: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise Failed(422, "shape", f"{error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Failed(400, "unreadable", f"A JSON object is expected: {error}.") from None


def _number(request: web.Request) -> int:
    return int(request.match_info["number"])


def _limit(request: web.Request) -> int:
    text = request.query.get("limit", "")
    if not text:
        return USUAL
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= MOST):
        raise Failed(422, "limit", f"limit is a number from 1 to {MOST}.", "limit")
    return int(text)


def _cursor(request: web.Request) -> int | None:
    text = request.query.get("after", "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        raise Failed(422, "after", "after is what the page before gave as next.", "after")
    return int(text)


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
