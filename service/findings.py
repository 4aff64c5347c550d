"""What a check of `hiwar doctor` hands back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    ATTENTION = "attention"  # works, but somebody should look
    BROKEN = "broken"  # something does not work, or soon will not


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, what was found there, and, unless it is ok, what to do about it."""

    level: Level
    what: str
    found: str
    do: str = ""

    def __str__(self) -> str:
        told = f"{self.level:9}  {self.what}: {self.found}"
        return f"{told}\n           -> {self.do}" if self.do else told


def ok(what: str, found: str) -> Finding:
    return Finding(Level.OK, what, found)


def attention(what: str, found: str, do: str) -> Finding:
    return Finding(Level.ATTENTION, what, found, do)


def broken(what: str, found: str, do: str) -> Finding:
    return Finding(Level.BROKEN, what, found, do)
