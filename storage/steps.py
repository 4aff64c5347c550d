"""What happened to a proposal, in order: the timeline its author sees, and the moderators' notes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from storage.schema import steps

PRIVATE = frozenset({"note", "proposed", "declined", "held"})  # kinds that only moderators see


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened; `details` are words or JSON, by kind."""

    id: int
    number: int
    at: dt.datetime
    kind: str
    actor: str
    details: str

    @property
    def is_public(self) -> bool:
        """Whether its author may see it."""
        return self.kind not in PRIVATE


def note(db: sa.Connection, number: int, at: dt.datetime, kind: str, actor: str, details: str = "") -> int:
    """Add a step; its id."""
    values = {"number": number, "at": at, "kind": kind, "actor": actor, "details": details}
    return int(db.execute(steps.insert().values(values).returning(steps.c.id)).scalar_one())


def of(db: sa.Connection, number: int, kinds: Collection[str] = ()) -> tuple[Step, ...]:
    """The steps of a proposal, oldest first, of these kinds or of all."""
    found = sa.select(steps).where(steps.c.number == number).order_by(steps.c.id)
    if kinds:
        found = found.where(steps.c.kind.in_(list(kinds)))
    return tuple(Step(row.id, row.number, row.at, row.kind, row.actor, row.details) for row in db.execute(found))
