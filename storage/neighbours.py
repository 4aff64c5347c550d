"""What another process wrote into a SQLite database, found by looking: it has no LISTEN as PostgreSQL has (storage/notices.py)."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from storage import knowledge
from storage.lines import topic
from storage.outbox import TOPIC as OUTBOX
from storage.schema import lines, outbox

PAUSE = 3.0  # seconds between two looks

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """How far this process has looked."""

    line: int
    letter: int
    entries: tuple[int, dt.datetime | None]


async def watch(reader: AsyncEngine, on_wake: Callable[[set[str]], None]) -> None:
    """Hand the topics of what is new to `on_wake`, until cancelled; what this process wrote is told once more, without harm."""
    seen: Seen | None = None
    while True:
        try:
            async with reader.connect() as db:
                seen, topics = await db.run_sync(look, seen)
            if topics:
                on_wake(topics)
        except sa.exc.OperationalError as error:
            log.warning("looking_failed", error=type(error).__name__)
        await asyncio.sleep(PAUSE)


def look(db: sa.Connection, seen: Seen | None) -> tuple[Seen, set[str]]:
    """How far things are now, and the topics of what is new since `seen`; the first look finds nothing new."""
    line = db.execute(sa.select(sa.func.max(lines.c.id))).scalar() or 0
    letter = db.execute(sa.select(sa.func.max(outbox.c.id))).scalar() or 0
    now = Seen(line, letter, knowledge.mark(db))
    if seen is None:
        return now, set()
    topics = set()
    if now.line > seen.line:
        topics = {topic(person_id) for person_id in db.execute(sa.select(lines.c.person_id).where(lines.c.id > seen.line)).scalars()}
    if now.letter > seen.letter:
        topics.add(OUTBOX)
    if now.entries != seen.entries:
        topics.add(knowledge.TOPIC)
    return now, topics
