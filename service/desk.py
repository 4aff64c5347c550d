"""Puts the desk together: every module of pages stands here, in the order of the navigation."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from aiohttp import web

from channels.console import Console
from channels.telegram import Telegram
from channels.webchat import WebChat
from civic.staff import INVITED, Role
from service.programs import house_of
from service.wiring import Program
from storage import staff
from web.desk.account import Account
from web.desk.announcements import AnnouncementPages
from web.desk.content import Content
from web.desk.credentials import new_secret
from web.desk.deciding import Deciding
from web.desk.entrance import Entrance
from web.desk.event_door import EventDoor
from web.desk.event_people import EventPeople
from web.desk.events import Events
from web.desk.feeds import FeedPages
from web.desk.figures import FiguresPage
from web.desk.frame import Desk
from web.desk.home import Home
from web.desk.log import Log
from web.desk.news import NewsPages
from web.desk.programs import Programs
from web.desk.proposals import Proposals
from web.desk.publishing import Press
from web.desk.questions import Mail, Questions
from web.desk.records import Records
from web.desk.rehearsals import Rehearsals
from web.desk.sections import DeskPages
from web.desk.staff import Staff
from web.pages import Pages

FIRST = frozenset({Role.ADMINISTRATOR, Role.MODERATOR, Role.EDITOR})  # what whoever comes first may do, until there are others


def desk_routes(program: Program, pages: Pages, rehearsals: Rehearsals, address_of: Callable[[web.Request], str]) -> list[web.RouteDef]:
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
    limits = {Telegram.name: Telegram.limits, WebChat.name: WebChat.limits}
    press = Press(desk, rehearsals, program.voices, limits)
    keeping = frozenset(channel.name for channel in (*program.house.channels.values(), Console()) if channel.capabilities.keeps)
    mail = Mail(program.voices, program.house.signer, keeping)
    house = house_of(program)
    proposals = Proposals(desk, house)
    settings = program.settings
    modules: list[DeskPages] = [
        Entrance(desk, address_of=address_of),
        Home(desk),
        proposals,
        Deciding(desk, house, program.post, proposals),
        Questions(desk, press, mail, program.reading),
        Events(desk, public_url=settings.public_url, confirm_above=settings.message_confirm_above),
        EventPeople(desk),
        EventDoor(desk),
        NewsPages(desk),
        FeedPages(desk),
        AnnouncementPages(desk, program.sheet),
        Content(desk, press),
        Records(desk),
        FiguresPage(desk),
        Programs(desk),
        Staff(desk, settings.public_url),
        Log(desk),
        Account(desk),
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
