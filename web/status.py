"""Health, readiness and metrics, for whoever watches the process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.schema import HEAD
from storage.upgrade import revision


def routes(reader: AsyncEngine, metrics: Callable[[], bytes], stop: asyncio.Event) -> list[web.RouteDef]:
    """`/health` says the process lives, `/ready` that it can serve, `/metrics` what it counted."""

    async def health(request: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def ready(request: web.Request) -> web.Response:
        if stop.is_set():
            return web.json_response({"status": "stopping"}, status=503)
        try:
            async with asyncio.timeout(5), reader.connect() as db:
                found = await db.run_sync(revision)
        except (sa.exc.SQLAlchemyError, OSError, TimeoutError) as error:
            return web.json_response({"status": "no database", "error": type(error).__name__}, status=503)
        if found != HEAD:
            return web.json_response({"status": "schema differs", "found": found, "wanted": HEAD}, status=503)
        return web.json_response({"status": "ready"})

    async def numbers(request: web.Request) -> web.Response:
        return web.Response(body=metrics(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    return [web.get("/health", health), web.get("/ready", ready), web.get("/metrics", numbers)]
