"""Where vendors deliver: the secret is checked in constant time, the event stored, and only then 200."""

from __future__ import annotations

import asyncio
import hmac
from typing import Protocol

import structlog
from aiohttp import web

from bot.messages import Incoming
from channels.contract import Sender
from channels.errors import Unreadable
from handlers.reception import Reception
from storage.ledger import LedgerDown

LARGEST_UPDATE = 1024 * 1024  # bytes; an Update is some kilobytes, files are never in it

log = structlog.get_logger(__name__)


class Watch(Protocol):
    def refused(self, reason: str) -> None: ...


class Parser(Sender, Protocol):
    """A sender whose updates arrive as raw bytes."""

    def parse(self, raw: bytes) -> Incoming | None: ...


async def body_of(request: web.Request) -> bytes | None:
    """The body, or None for one larger than any Update; the application's own limit is for forms with files."""
    if (request.content_length or 0) > LARGEST_UPDATE:
        return None
    raw = bytearray()
    async for chunk in request.content.iter_chunked(65_536):
        raw += chunk
        if len(raw) > LARGEST_UPDATE:
            return None
    return bytes(raw)


class TelegramHook:
    """`POST /hooks/telegram/<secret path>`."""

    def __init__(self, channel: Parser, reception: Reception, secret: str, watch: Watch) -> None:
        self._channel, self._reception, self._secret, self._watch = channel, reception, secret.encode(), watch
        self._acknowledging: set[asyncio.Task[None]] = set()

    async def receive(self, request: web.Request) -> web.Response:
        """One Update: 200 once it is stored or is nothing for us, 401 without the secret, 503 while nothing can be stored."""
        given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "").encode()
        if not hmac.compare_digest(given, self._secret):
            self._watch.refused("secret")
            return web.Response(status=401)
        raw = await body_of(request)
        if raw is None:
            self._watch.refused("size")
            return web.Response(status=413)
        try:
            instant = await self.handle(raw, by_webhook=True)
        except LedgerDown:
            return web.Response(status=503, headers={"Retry-After": "2"})
        if instant is None:
            return web.Response()
        return web.Response(body=instant.encode(), content_type="application/json")

    async def handle(self, raw: bytes, *, by_webhook: bool = False) -> str | None:
        """Receive one raw Update, from the hook or from polling; what the webhook's answer says, if anything."""
        try:
            incoming = self._channel.parse(raw)
        except Unreadable as error:  # a 4xx would make Telegram repeat it and hold back whatever else this chat says
            self._watch.refused("unreadable")
            log.warning("update_unreadable", channel=self._channel.name, why=str(error))
            return None
        if incoming is None:
            return None
        if incoming.callback:
            task = asyncio.create_task(self._channel.acknowledge(incoming))
            self._acknowledging.add(task)
            task.add_done_callback(self._acknowledging.discard)
        answered = await self._reception.receive(incoming, by_webhook=by_webhook)
        return answered.instant if by_webhook else None
