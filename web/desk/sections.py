"""What a page of the desk is made of: a section of the navigation, and a page of a long list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import sqlalchemy as sa
from aiohttp import web

from bot.phrases import Phrase
from civic.staff import Member, Role

T = TypeVar("T")

Waiting = Callable[[sa.Connection, Member, dt.datetime], int]


@dataclass(frozen=True, slots=True)
class Section:
    """A place in the navigation, for those who have one of the roles (none: for everybody); `waiting` counts what waits for a member."""

    name: str
    label: Phrase
    path: str
    roles: frozenset[Role] = frozenset()
    waiting: Waiting | None = None

    def is_for(self, roles: frozenset[Role]) -> bool:
        return not self.roles or not self.roles.isdisjoint(roles)


class DeskPages(Protocol):
    """A module's pages."""

    @property
    def sections(self) -> tuple[Section, ...]: ...

    def routes(self) -> list[web.RouteDef]: ...


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """One page of a long list; `after` is what the address of the next one says, "" where the list ends."""

    rows: tuple[T, ...]
    after: str = ""
    is_first: bool = True


def cut(found: Sequence[T], size: int, key: Callable[[T], object], *, is_first: bool) -> Slice[T]:
    """A page of at most `size`, out of `size + 1` rows that storage was asked for; `key` names where the next page begins."""
    rows = tuple(found[:size])
    return Slice(rows, str(key(rows[-1])) if len(found) > size else "", is_first)
