"""Puts together what other systems use: the API, the hooks that tell them, and the open data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from aiohttp import web

from channels.outside import post_outside
from civic.decisions import House
from scheduler.hooks import HookDelivery
from service.wiring import Program
from web.api_v1 import ApiV1
from web.api_v1_door import Door, World
from web.api_v1_news import NewsAndEvents
from web.open_data import OpenData
from web.pages import Pages

LONGEST_CALL = 15.0  # seconds a hook may take to answer


def house_of(program: Program) -> House:
    """How decisions are taken here, at the desk and by programs alike."""
    return House(undo=dt.timedelta(seconds=program.settings.undo_seconds), team_of_one=program.settings.team_of_one)


def program_routes(program: Program, pages: Pages, address_of: Callable[[web.Request], str]) -> list[web.RouteDef]:
    """All that programs ask for."""
    world = World(
        ledger=program.ledger,
        reader=program.reader,
        house=house_of(program),
        post=program.post,
        voice=program.voices["en"],
        now=program.now,
        address_of=address_of,
    )
    open_data = OpenData(pages, program.reader, program.settings.data / "open-data", now=program.now)
    door = Door(world)
    return [*ApiV1(world, door).routes(), *NewsAndEvents(world, door).routes(), *open_data.routes()]


def hook_delivery(program: Program) -> HookDelivery:
    """Sends what hooks are told."""

    async def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
        return await post_outside(url, body, headers, seconds=LONGEST_CALL)

    return HookDelivery(program.ledger, program.house.node, post, now=program.now, count=program.metrics.hook_told)
