"""Everything that is served over HTTP, put together: the chat, the desk, the API, feeds, and the hooks of vendors."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from service.desk import desk_routes
from service.programs import program_routes
from service.rehearsal import rehearse_beside
from service.wiring import Program
from web import links, status
from web.api import Answers
from web.chat import Chat
from web.deletion import DeletionHook
from web.desk.rehearsals import Rehearsals
from web.event_feeds import EventFeeds
from web.feeds import Feeds
from web.hooks import TelegramHook
from web.identity import Door
from web.messenger_hook import MessengerHook, WhatsAppHook
from web.pages import Pages


@dataclass(frozen=True, slots=True)
class Site:
    """What is served, and what has to be ended with it."""

    routes: tuple[web.RouteDef, ...]
    telegram: TelegramHook | None
    chat: Chat
    rehearsals: Rehearsals

    async def close(self) -> None:
        """End the streams of the chat, and what is being rehearsed."""
        self.chat.close()
        await self.rehearsals.close()


def open_site(program: Program, pages: Pages, stop: asyncio.Event) -> Site:
    """All routes; the one of Telegram's hook is secret and put in by its own path."""
    settings = program.settings
    address_of = partial(address, trusted_proxies=settings.trusted_proxies)
    chat = Chat(
        reception=program.reception,
        ledger=program.ledger,
        reader=program.reader,
        pages=pages,
        voices=program.voices,
        signer=program.house.signer,
        door=Door(program.seal.key_for("forms")),
        rooms=program.rooms,
        now=program.now,
        frame_ancestors=settings.frame_ancestors,
        public_url=settings.public_url,
        address_of=address_of,
    )
    event_feeds = EventFeeds(
        reader=program.reader,
        pages=pages,
        voices=program.voices,
        public_url=settings.public_url,
        now=program.now,
        address_of=address_of,
    )
    rehearsals = Rehearsals(partial(rehearse_beside, encoder=settings.encoder))
    telegram = None
    if program.telegram is not None:
        telegram = TelegramHook(program.telegram, program.reception, program.seal.key_for("telegram secret").hex(), program.metrics)
    routes = (
        *chat.routes(),
        *links.routes(),
        *Answers(program.reading, program.reader, address_of=address_of).routes(),
        *event_feeds.routes(),
        *Feeds(program.reader, program.voices.__getitem__, settings.public_url).routes(),
        *desk_routes(program, pages, rehearsals, address_of),
        *program_routes(program, pages, address_of),
        *status.routes(program.reader, program.metrics.text, stop),
        *_meta(program, pages),
    )
    return Site(routes, telegram, chat, rehearsals)


def _meta(program: Program, pages: Pages) -> list[web.RouteDef]:
    """The hooks of Messenger and WhatsApp, where these channels are open."""
    settings = program.settings
    routes: list[web.RouteDef] = []
    if program.messenger is not None:
        verify = settings.messenger_verify_token.get_secret_value()
        routes += MessengerHook(program.messenger, program.reception, verify, program.metrics).routes()
        routes += DeletionHook(
            settings.messenger_app_secret.get_secret_value(),
            program.ledger,
            program.reader,
            pages,
            program.voices,
            public_url=settings.public_url,
            now=program.now,
            begin=program.delete_asked,
            watch=program.metrics,
        ).routes()
    if program.whatsapp is not None:
        verify = settings.whatsapp_verify_token.get_secret_value()
        routes += WhatsAppHook(program.whatsapp, program.reception, verify, program.metrics).routes()
    return routes


def address(request: web.Request, trusted_proxies: int) -> str:
    """The network address of who asks; behind our own proxies, what the outermost of them saw."""
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if trusted_proxies and len(forwarded) >= trusted_proxies:
        return forwarded[-trusted_proxies]
    return request.remote or ""
