"""Where Meta delivers what people did on Messenger: signed bodies with several events, each handled once."""

from __future__ import annotations

import asyncio
import hmac
from collections import defaultdict
from collections.abc import Coroutine
from typing import Protocol

import structlog
from aiohttp import web

from bot.messages import Incoming
from channels.contract import Sender
from channels.errors import Unreadable
from handlers.reception import Reception
from storage.ledger import LedgerDown
from web.hooks import Watch, body_of

PATH = "/hooks/messenger"
PATIENCE = 1.0  # seconds a turn may take before the person sees that an answer is being written

log = structlog.get_logger(__name__)


class Signed(Sender, Protocol):
    """A sender whose deliveries are signed and hold several events."""

    def is_signed(self, raw: bytes, signature: str) -> bool: ...

    def parse_all(self, raw: bytes) -> tuple[Incoming | Unreadable, ...]: ...

    async def typing(self, address: str) -> None: ...


class MessengerHook:
    """`GET` and `POST /hooks/messenger`."""

    def __init__(self, channel: Signed, reception: Reception, verify: str, watch: Watch, *, patience: float = PATIENCE) -> None:
        self._channel, self._reception, self._verify, self._watch = channel, reception, verify.encode(), watch
        self._patience = patience
        self._beside: set[asyncio.Task[None]] = set()

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/hooks/messenger", self.verify), web.post("/hooks/messenger", self.receive)]

    async def verify(self, request: web.Request) -> web.Response:
        """Meta asks whether this address is ours: the challenge is said back to whoever knows the verify token."""
        given = request.query.get("hub.verify_token", "").encode()
        if request.query.get("hub.mode") != "subscribe" or not self._verify or not hmac.compare_digest(given, self._verify):
            self._watch.refused("verify")
            return web.Response(status=403)
        return web.Response(text=request.query.get("hub.challenge", "")[:200], content_type="text/plain")

    async def receive(self, request: web.Request) -> web.Response:
        """One delivery: 200 once every event is stored or is nothing for us, 403 unsigned, 413, 503 while nothing can be stored."""
        raw = await body_of(request)
        if raw is None:
            self._watch.refused("size")
            return web.Response(status=413)
        if not self._channel.is_signed(raw, request.headers.get("X-Hub-Signature-256", "")):
            self._watch.refused("signature")
            return web.Response(status=403)
        try:
            await self.handle(raw)
        except LedgerDown:  # Meta repeats the whole delivery; what was stored of it is known by its event
            return web.Response(status=503, headers={"Retry-After": "2"})
        return web.Response()

    async def handle(self, raw: bytes) -> None:
        """Receive every event of a delivery: one person's in order, several people's side by side."""
        try:
            events = self._channel.parse_all(raw)
        except Unreadable as error:  # signed by Meta, so the mistake is ours: a refusal would only make Meta repeat it
            self._unreadable(error)
            return
        by_person: dict[str, list[Incoming]] = defaultdict(list)
        for event in events:
            if isinstance(event, Unreadable):
                self._unreadable(event)
            else:
                by_person[event.address].append(event)
        done = await asyncio.gather(*(self._handle_in_order(incoming) for incoming in by_person.values()), return_exceptions=True)
        for failure in done:
            if failure is not None:
                raise failure

    async def _handle_in_order(self, events: list[Incoming]) -> None:
        self._start(self._channel.acknowledge(events[-1]))
        for incoming in events:
            turn = asyncio.ensure_future(self._reception.receive(incoming))
            done, _waiting = await asyncio.wait([turn], timeout=self._patience)
            if not done:
                self._start(self._channel.typing(incoming.address))
            await turn

    def _start(self, call: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(call)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    def _unreadable(self, error: Unreadable) -> None:
        self._watch.refused("unreadable")
        log.warning("update_unreadable", channel=self._channel.name, why=str(error))


class WhatsAppHook(MessengerHook):
    """`GET` and `POST /hooks/whatsapp`: Meta delivers there in the same way."""

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/hooks/whatsapp", self.verify), web.post("/hooks/whatsapp", self.receive)]
