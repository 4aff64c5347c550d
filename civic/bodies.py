"""Who governs the programme: the committees and spaces, what they do and how to join or reach them."""

from __future__ import annotations

from typing import Literal

import msgspec

from civic.knowledge import Source


class Meeting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A meeting that was held."""

    date: str
    note: dict[str, str]


class Body(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One committee or space; `uncertain` says what should be checked on the portal."""

    id: str
    name: dict[str, str]
    role: dict[str, str]
    composition: dict[str, str]
    join: dict[str, str]
    uncertain: dict[str, str]
    links: tuple[str, ...]
    sources: tuple[Source, ...]
    confidence: Literal["high", "medium", "low"]
    as_of: str
    also: dict[str, tuple[str, ...]] = {}
    meetings: tuple[Meeting, ...] = ()
    history: dict[str, str] = {}
