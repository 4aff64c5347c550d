"""Keeps at hand what published proposals say, so that a draft can be compared with them; brought up to date when one is published."""

from __future__ import annotations

import asyncio
import copy
import time
from functools import partial

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from handlers.desk.rehearsal import examples_of
from handlers.reception import Reader
from service.librarian import aside, load_encoder
from storage import knowledge, proposals
from understanding.alike import MOST, Alike

PAUSE = 5.0  # seconds between two looks, however many are published
OLDEST = 600.0  # seconds after which it looks again though nobody said so

log = structlog.get_logger(__name__)


class Comparer:
    """Hands the reader what compares; without the encoder it goes by letters and glosses, which finds fewer (docs/understanding.md)."""

    def __init__(self, reading: Reader, reader: AsyncEngine, *, use_encoder: bool) -> None:
        self._reading, self._reader, self._use_encoder = reading, reader, use_encoder
        self._changed = asyncio.Event()
        self._alike: Alike | None = None

    def wake(self) -> None:
        self._changed.set()

    async def run(self) -> None:
        """Compare with what is published now, whenever that changes, until cancelled."""
        while True:
            self._changed.clear()
            try:
                await self._renew()
            except (sa.exc.SQLAlchemyError, OSError, MemoryError) as error:
                log.error("comparing_not_renewed", error=type(error).__name__)
            await asyncio.sleep(PAUSE)
            try:
                async with asyncio.timeout(OLDEST):
                    await self._changed.wait()
            except TimeoutError:
                pass

    async def _renew(self) -> None:
        started = time.perf_counter()
        async with self._reader.connect() as db:
            texts = await db.run_sync(proposals.published_texts, MOST)
            entries = await db.run_sync(knowledge.everything) if self._alike is None else ()
        if not texts and self._alike is None:
            return  # nothing to compare with: nothing is loaded for it
        before = self._alike
        if before is None:
            encoder = await aside(load_encoder) if self._use_encoder else None
            background = [example.text for example in examples_of(entries)]
            before = await aside(partial(Alike.shipped, encoder=encoder, background=background))
        renewed = copy.copy(before)
        await aside(partial(renewed.replace, texts, before))
        self._alike = renewed
        self._reading.compare_with(renewed)
        log.info("comparing_renewed", proposals=len(renewed), seconds=round(time.perf_counter() - started, 1))
