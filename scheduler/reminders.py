"""Does by the clock what is due about events; which words are said is handed in, as features and the clock stand on one floor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Protocol

import sqlalchemy as sa
import structlog

from storage import errands
from storage.ledger import Ledger, LedgerDown

log = structlog.get_logger(__name__)


class Done(Protocol):
    """What one transaction did."""

    @property
    def kind(self) -> str: ...
    @property
    def session_id(self) -> int: ...
    @property
    def people(self) -> int: ...
    @property
    def dropped(self) -> bool: ...


async def remind(ledger: Ledger, do_next: Callable[[sa.Connection, dt.datetime], Done | None], now: Callable[[], dt.datetime]) -> int:
    """Do errand after errand until none is due; how many people were told. What is too late is dropped, and logged."""
    told = 0
    while True:
        try:
            done = await ledger.write(do_next, now())
        except LedgerDown:
            return told  # the next round finds the same errands
        except Exception as error:  # one of the loops that must live: an errand that fails is put off, and the others are done
            log.error("errand_failed", error=type(error).__name__)
            await ledger.write(errands.put_off, now())
            continue
        if done is None:
            return told
        told += done.people
        if done.dropped:
            log.warning("errand_dropped", kind=str(done.kind), session=done.session_id)
        else:
            log.info("errand_done", kind=str(done.kind), session=done.session_id, people=done.people)
