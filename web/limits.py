"""How often one may knock: a generic cell rate algorithm in memory, per chat and per network address."""

from __future__ import annotations

from collections import OrderedDict

MOST_KEYS = 50_000  # keys remembered; past it the one unseen longest is forgotten


class Gate:
    """Lets `rate` requests a second through for each key, and bursts of `burst`."""

    def __init__(self, rate: float, burst: int) -> None:
        self._pause = 1 / rate
        self._slack = self._pause * (burst - 1)
        self._next: OrderedDict[str, float] = OrderedDict()

    def admit(self, key: str, now: float) -> float:
        """0.0 when the key may pass at `now` (seconds of a monotonic clock), else the seconds to wait."""
        due = max(self._next.pop(key, now), now)
        if due - now > self._slack:
            self._next[key] = due
            return due - now - self._slack
        self._next[key] = due + self._pause
        if len(self._next) > MOST_KEYS:
            self._next.popitem(last=False)
        return 0.0
