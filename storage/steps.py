"""What happened to a proposal, in order: the timeline its author sees, and the moderators' notes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from storage.schema import steps

PRIVATE = frozenset({"note", "proposed", "declined", "held", "retracted", "undone"})  # kinds that only moderators see


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


def retract(db: sa.Connection, step_id: int) -> None:
    """Keep a step that was undone before anybody was told; only moderators see it from now on."""
    kept = db.execute(sa.select(steps.c.kind, steps.c.details).where(steps.c.id == step_id)).one()
    details = f"{kept.kind}\n{kept.details}"
    db.execute(steps.update().where(steps.c.id == step_id).values(kind="retracted", details=details))


def of(db: sa.Connection, number: int, kinds: Collection[str] = ()) -> tuple[Step, ...]:
    """The steps of a proposal, oldest first, of these kinds or of all."""
    found = sa.select(steps).where(steps.c.number == number).order_by(steps.c.id)
    if kinds:
        found = found.where(steps.c.kind.in_(list(kinds)))
    return tuple(Step(row.id, row.number, row.at, row.kind, row.actor, row.details) for row in db.execute(found))
