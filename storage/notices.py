"""Wake-ups between nodes on PostgreSQL: what one node commits, the others hear of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import psycopg
import sqlalchemy as sa
import structlog

from storage.ledger import EVERYTHING

PAUSE = 2.0  # seconds before a broken connection is opened again

log = structlog.get_logger(__name__)


async def listen(url: str, on_wake: Callable[[set[str]], None]) -> None:
    """Hand every topic other nodes commit to `on_wake`, until cancelled."""
    dsn = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
                await connection.execute("LISTEN hiwar")
                on_wake({EVERYTHING})  # what was said before we listened, or while the connection was broken
                async for notice in connection.notifies():
                    on_wake({notice.payload})
        except psycopg.OperationalError as error:
            log.warning("listening_interrupted", error=type(error).__name__)
            await asyncio.sleep(PAUSE)
