"""What every route of `/api/v1` goes through: the token and its scope, how fast a program may ask, and refusals as problems."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.phrases import Voice
from civic.decisions import House
from handlers.telling import Post
from storage import tokens
from storage.ledger import Ledger, LedgerDown
from storage.tokens import SEEN_EVERY, Token
from web.api_v1_shapes import Problem
from web.limits import Gate

T = TypeVar("T")

LARGEST = 256 * 1024  # bytes of a request; an official answer in four languages takes 50
MOST, USUAL = 100, 50  # items of a page


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


class Door:
    """Lets programs in, and answers them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._per_token = Gate(rate=10.0, burst=60)
        self._per_stranger = Gate(rate=0.5, burst=20)

    async def enter(self, request: web.Request, scope: str) -> Token:
        """The program that asks, when its token has the scope."""
        kind, _blank, shown = request.headers.get("Authorization", "").partition(" ")
        token = await self.read(tokens.find, shown.strip()) if kind.lower() == "bearer" and shown.strip() else None
        if token is None:
            self.slow_strangers(request)
            raise Failed(401, "token", "Send `Authorization: Bearer` with a token that was made at the desk and not revoked.")
        wait = self._per_token.admit(str(token.id), time.monotonic())
        if wait:
            raise Failed(429, "too_fast", "More than 10 requests a second: wait as long as Retry-After says.", wait=wait)
        if scope not in token.scopes:
            raise Failed(403, "scope", f"This token does not have the scope {scope}.")
        now = self._world.now()
        if token.used_at is None or now - token.used_at > SEEN_EVERY:
            await self.write(tokens.use, token.id, now)
        return token

    def slow_strangers(self, request: web.Request) -> None:
        """Count a request without a token that counts; raises Failed when there are too many."""
        wait = self._per_stranger.admit(self._world.address_of(request), time.monotonic())
        if wait:
            raise Failed(429, "too_fast", "Too many requests without a token that counts: wait as long as Retry-After says.", wait=wait)

    async def body(self, request: web.Request, kind: type[T]) -> T:
        """What was sent, by its shape; raises Failed."""
        return decoded(await self.raw(request), kind)

    async def raw(self, request: web.Request) -> bytes:
        """What was sent; raises Failed when it is too large."""
        raw = bytearray()
        async for chunk in request.content.iter_chunked(LARGEST):
            raw += chunk
            if len(raw) > LARGEST:
                raise Failed(413, "too_large", f"A request has at most {LARGEST} bytes.")
        return bytes(raw)

    async def read(self, function: Callable[..., T], *args: object) -> T:
        """What a storage function finds."""
        async with self._world.reader.connect() as db:
            return await db.run_sync(function, *args)

    async def write(self, function: Callable[..., T], *args: object) -> T:
        """What a storage function gives back once what it wrote is durable."""
        return await self._world.ledger.write(function, *args)

    def told(
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


def decoded(raw: bytes, kind: type[T]) -> T:
    """What was sent, by its shape; raises Failed."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise Failed(422, "shape", f"{error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Failed(400, "unreadable", f"A JSON object is expected: {error}.") from None


def number_of(request: web.Request) -> int:
    """The number in the address."""
    return int(request.match_info["number"])


def limit_of(request: web.Request) -> int:
    """How many items a page has; raises Failed."""
    text = request.query.get("limit", "")
    if not text:
        return USUAL
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= MOST):
        raise Failed(422, "limit", f"limit is a number from 1 to {MOST}.", "limit")
    return int(text)


def cursor_of(request: web.Request) -> int | None:
    """Where a page begins; raises Failed."""
    text = request.query.get("after", "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        raise Failed(422, "after", "after is what the page before gave as next.", "after")
    return int(text)
