"""Steering a fake server that runs in another process, over HTTP under /fake/.

POST /fake/push (an Update), POST /fake/say {"chat", "text"}, POST /fake/press {"chat", "data"}, POST /fake/trouble (fields of
Trouble), POST /fake/heal, GET /fake/ledger?since=N, GET /fake/state.
"""

from __future__ import annotations

from dataclasses import asdict

from aiohttp import web

from tests.fakes.telegram_api import FakeTelegram
from tests.fakes.telegram_trouble import Trouble


def routes(fake: FakeTelegram) -> list[web.RouteDef]:
    async def push(request: web.Request) -> web.Response:
        return web.json_response({"update_id": fake.push(await request.json())})

    async def say(request: web.Request) -> web.Response:
        return web.json_response({"update_id": fake.say(**await request.json())})

    async def press(request: web.Request) -> web.Response:
        return web.json_response({"update_id": fake.press(**await request.json())})

    async def trouble(request: web.Request) -> web.Response:
        fake.trouble(Trouble(**await request.json()))
        return web.json_response({})

    async def heal(_: web.Request) -> web.Response:
        fake.heal()
        return web.json_response({})

    async def ledger(request: web.Request) -> web.Response:
        return web.json_response([asdict(one) for one in fake.ledger[int(request.query.get("since", "0")) :]])

    async def state(_: web.Request) -> web.Response:
        return web.json_response(
            {
                "accepted": len(fake.ledger),
                "refused": fake.refused[-100:],
                "calls": fake.calls,
                "pending": fake.updates.pending,
                "confirmed": fake.updates.confirmed,
                "webhook": fake.updates.url,
            }
        )

    return [
        web.post("/fake/push", push),
        web.post("/fake/say", say),
        web.post("/fake/press", press),
        web.post("/fake/trouble", trouble),
        web.post("/fake/heal", heal),
        web.get("/fake/ledger", ledger),
        web.get("/fake/state", state),
    ]
