"""Rehearsals at the desk: they take minutes, so a page starts one and looks again; the change itself travels in the form."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

import structlog

from civic.knowledge import Entry
from handlers.desk.publishing import version
from handlers.desk.rehearsal import Lost

PATIENCE = 8.0  # seconds a page waits for the end before it is shown without
MOST_KEPT = 20  # results remembered

Rehearse = Callable[[Sequence[Entry], Sequence[Entry]], Awaitable[Sequence[Lost]]]

log = structlog.get_logger(__name__)


class RehearsalFailed(Exception):
    """The rehearsal came to no result."""


class Rehearsals:
    """One at a time; who asks again for the same change gets the result of the one that runs or ran."""

    def __init__(self, rehearse: Rehearse) -> None:
        self._rehearse = rehearse
        self._one = asyncio.Lock()
        self._kept: OrderedDict[tuple[str, str], asyncio.Task[Sequence[Lost]]] = OrderedDict()

    async def look(self, entries: Sequence[Entry], entry: Entry) -> Sequence[Lost] | None:
        """What publishing an entry would break; None while that is not known yet. Raises RehearsalFailed."""
        before = next((known for known in entries if known.id == entry.id), None)
        key = version(before), version(entry)
        task = self._kept.get(key)
        if task is None:
            others = [known for known in entries if known.id != entry.id]
            task = self._kept[key] = asyncio.create_task(self._run(entries, [*others, entry]))
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)[1].cancel()
        await asyncio.wait({task}, timeout=PATIENCE)
        if not task.done():
            return None
        try:
            return task.result()
        except OSError as error:
            del self._kept[key]
            log.error("rehearsal_failed", error=type(error).__name__)
            raise RehearsalFailed from error

    async def close(self) -> None:
        """End what runs."""
        for task in self._kept.values():
            task.cancel()
        await asyncio.gather(*self._kept.values(), return_exceptions=True)

    async def _run(self, old: Sequence[Entry], new: Sequence[Entry]) -> Sequence[Lost]:
        async with self._one:
            return await self._rehearse(old, new)
