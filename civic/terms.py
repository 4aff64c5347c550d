"""What the institution that runs Hiwar has settled: how long an answer may take, and where its pages are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Terms:
    """Settled by settings, and the same for everyone."""

    promise_days: int = 20  # working days within which an answer is promised
    public_url: str = ""  # where the pages are; "" while they have no public address
