"""Pages of the web chat that wait for new lines."""

from __future__ import annotations

import asyncio

MOST_STREAMS = 4  # pages of one person that listen at once


class Rooms:
    """Pages that wait for new lines, by person."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}

    def wake(self, topic: str) -> None:
        for event in self._waiting.get(topic, ()):
            event.set()

    def enter(self, topic: str) -> asyncio.Event | None:
        """An event that is set when there is something new; None when too many pages listen already."""
        waiting = self._waiting.setdefault(topic, set())
        if len(waiting) >= MOST_STREAMS:
            return None
        event = asyncio.Event()
        waiting.add(event)
        return event

    def leave(self, topic: str, event: asyncio.Event) -> None:
        waiting = self._waiting.get(topic, set())
        waiting.discard(event)
        if not waiting:
            self._waiting.pop(topic, None)

    def wake_all(self) -> None:
        """Wake every page: to look for what was missed, or to end when the program does."""
        for waiting in self._waiting.values():
            for event in waiting:
                event.set()
