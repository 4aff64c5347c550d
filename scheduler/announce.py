"""Announcements by the clock: what is due begins, its deliveries are made in slices, and what is over is called done."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable

import sqlalchemy as sa
import structlog

from storage import announcements, audit, fanning, leases
from storage.ledger import Ledger, LedgerDown

SLICE = 1_000  # people looked at in one statement: some ten milliseconds, which is all that a reply may have to wait for it
BREATH = 0.002  # seconds between two slices: what waits for the writer goes first
LEASE = dt.timedelta(seconds=20)
NAME = "fan-out"
IDLE = 5.0  # seconds between two looks

log = structlog.get_logger(__name__)


class Announcer:
    """Begins announcements and makes their deliveries; of several nodes, one at a time."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        node: str,
        zone: dt.tzinfo,
        now: Callable[[], dt.datetime],
        most: int = 0,
        width: int = SLICE,
        on_made: Callable[[], None] = lambda: None,
    ) -> None:
        self._ledger, self._node, self._zone, self._now = ledger, node, zone, now
        self._most, self._width, self._on_made = most, width, on_made
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """An announcement may be due."""
        self._wake.set()

    async def run(self) -> None:
        """Look for what is due, until cancelled."""
        while True:
            self._wake.clear()
            wait = IDLE
            try:
                wait = await self.once()
            except LedgerDown:
                pass
            except Exception as error:  # one of the loops that must live
                log.error("announcing_failed", error=type(error).__name__)
                log.debug("announcing_failed_where", exc_info=True)
            try:
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def once(self) -> float:
        """Begin, fan out and finish what can be; the seconds until it is worth looking again."""
        if not await self._ledger.write(leases.hold, NAME, self._node, self._now(), LEASE):
            return IDLE
        for number in await self._ledger.write(_begin_due, self._now()):
            log.info("announcement_begun", announcement=number)
        for number in await self._ledger.write(announcements.unfanned):
            await self._fan_out(number)
        for number in await self._ledger.write(_finish, self._now()):
            log.info("announcement_done", announcement=number)
        due = await self._ledger.write(announcements.next_due)
        return IDLE if due is None else min(IDLE, max(0.05, (due - self._now()).total_seconds()))

    async def close(self) -> None:
        """Let another node go on at once."""
        await self._ledger.write(leases.give_up, NAME, self._node)

    async def _fan_out(self, number: int) -> None:
        made, renewed = 0, self._now()
        while True:
            now = self._now()
            if now - renewed > LEASE / 3:
                if not await self._ledger.write(leases.hold, NAME, self._node, now, LEASE):
                    return
                renewed = now
            slice_ = await self._ledger.write(fanning.fan_out, number, self._width, self._most, now, self._zone)
            made += slice_.made
            if slice_.made:
                self._on_made()
            if slice_.is_last:
                log.info("announcement_fanned_out", announcement=number, made=made)
                return
            await asyncio.sleep(BREATH)


def _begin_due(db: sa.Connection, at: dt.datetime) -> tuple[int, ...]:
    """Begin what is due, unless everything is stopped."""
    if leases.is_thrown(db, announcements.BULK):
        return ()
    last = fanning.newest_person(db)
    return tuple(number for number in announcements.due(db, at) if announcements.begin(db, number, last, at))


def _finish(db: sa.Connection, at: dt.datetime) -> tuple[int, ...]:
    over = announcements.finish(db, at)
    for number in over:
        audit.note(db, at, "clock", "announcement_done", f"announcement {number}")
    return over
