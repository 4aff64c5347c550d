"""Puts the desk together: every module of pages stands here, in the order of the navigation."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from aiohttp import web

from civic.staff import INVITED, Role
from service.wiring import Program
from storage import staff
from web.desk.announcements import AnnouncementPages
from web.desk.credentials import new_secret
from web.desk.entrance import Entrance
from web.desk.feeds import FeedPages
from web.desk.frame import Desk
from web.desk.home import Home
from web.desk.news import NewsPages
from web.desk.sections import DeskPages
from web.pages import Pages

FIRST = frozenset({Role.ADMINISTRATOR, Role.MODERATOR, Role.EDITOR})  # what whoever comes first may do, until there are others


def desk_routes(program: Program, pages: Pages, address_of: Callable[[web.Request], str]) -> list[web.RouteDef]:
    """All that is served under /desk."""
    desk = Desk(
        pages=pages,
        voices=program.voices,
        ledger=program.ledger,
        reader=program.reader,
        key=program.seal.key_for("desk"),
        now=program.now,
        team_of_one=program.settings.team_of_one,
    )
    modules: list[DeskPages] = [
        Entrance(desk, address_of=address_of),
        Home(desk),
        NewsPages(desk),
        AnnouncementPages(desk, program.sheet),
        FeedPages(desk),
    ]
    return desk.open(modules)


async def first_link(program: Program, url: str) -> str:
    """A link for the first administrator, where nobody works at the desk yet; "" otherwise."""
    async with program.reader.connect() as db:
        if await db.run_sync(staff.is_anyone_there):
            return ""
    token, now = secrets.token_urlsafe(32), program.now()
    await program.ledger.write(staff.invite_first, token, FIRST, new_secret(), now, now + INVITED)
    return link(url, token)


def link(url: str, token: str) -> str:
    """What whoever is invited opens."""
    return f"{url.rstrip('/')}/desk/invitation/{token}"
