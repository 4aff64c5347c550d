"""Faults on demand and rates of the fake server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.telegram_spec import Refusal


@dataclass(slots=True, kw_only=True)
class Trouble:
    """A fault on demand: for a chat, a method, the next `times` calls or a `share` of them."""

    kind: str = "answer"  # answer | slow | cut (nothing accepted) | cut_after (accepted, then the connection breaks)
    status: int = 500
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)  # any JSON
    seconds: float = 0.0  # how slow
    chat: str = ""
    method: str = ""
    times: int = -1  # -1: until healed
    share: float = 1.0


_WORDS = {
    400: "Bad Request: chat not found",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    429: "Too Many Requests: retry after {after}",
    500: "Internal Server Error",
    502: "Bad Gateway",
    504: "Gateway Timeout",
}


class Pace:
    """A token bucket a key."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self._full: dict[str, tuple[float, float]] = {}

    def wait(self, key: str, now: float) -> float:
        """0 and a token taken, or the seconds until there is one."""
        tokens, last = self._full.get(key, (self.burst, now))
        tokens = min(self.burst, tokens + (now - last) * self.rate)
        if tokens >= 1:
            self._full[key] = (tokens - 1, now)
            return 0.0
        self._full[key] = (tokens, now)
        return (1 - tokens) / self.rate


def refusal_of(trouble: Trouble) -> Refusal:
    """The answer that a trouble of kind "answer" gives."""
    parameters = dict(trouble.parameters)
    if trouble.status == 429:
        parameters.setdefault("retry_after", 1)
    words = trouble.description or _WORDS.get(trouble.status, "Internal Server Error")
    return Refusal(trouble.status, words.format(after=parameters.get("retry_after")), parameters or None)
