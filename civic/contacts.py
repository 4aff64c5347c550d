"""Where to turn: the ministry, the related portals and bodies, and the telephone lines with the date of each number."""

from __future__ import annotations

from typing import Literal

import msgspec

from civic.knowledge import Source


class Phone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number as a source gave it then; `check` while nobody has called to confirm it."""

    number: str
    as_of: str
    check: bool
    note: dict[str, str]


class Contact(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One place to write, call or click; `purpose` says what for, `check` what to confirm first."""

    id: str
    kind: Literal["ministry", "person", "portal", "body", "social", "phone"]
    name: dict[str, str]
    purpose: dict[str, str]
    sources: tuple[Source, ...]
    confidence: Literal["high", "medium", "low"]
    as_of: str
    url: str = ""
    email: str = ""
    address: dict[str, str] = {}
    phones: tuple[Phone, ...] = ()
    check: dict[str, str] = {}
