"""Decide about many proposals at once: slice by slice, so that the ledger serves everyone between two slices, and undone as a whole."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from civic.decisions import MOST_AT_ONCE, Decider, Details, House, Standing
from civic.errors import Refusal
from civic.proposals import Act
from handlers.desk.decisions import BULK_WAITS, confirm, decide, decline, undo
from storage import audit, decisions
from storage.decisions import Decision
from storage.proposals import Changed

SLICE = 10  # proposals decided in one piece of the ledger's work: with 50, a busy machine kept citizens waiting for a second and more


@dataclass(frozen=True, slots=True)
class Batch:
    """What a slice did: numbers decided, those refused with the reason, and where the next slice begins, None at the end."""

    done: tuple[int, ...] = ()
    refused: Mapping[int, str] = field(default_factory=dict)
    next: int | None = None


def check_size(numbers: Sequence[int]) -> None:
    """Raises Refusal for more proposals than are decided at once."""
    if not 0 < len(numbers) <= MOST_AT_ONCE:
        raise Refusal("too_many" if numbers else "none_chosen", most=MOST_AT_ONCE)


def decide_some(
    db: sa.Connection, house: House, numbers: Sequence[int], act: Act, details: Details, by: Decider, bulk: str, at: dt.datetime
) -> Batch:
    """Decide a slice of a bulk; what cannot be decided is left and named."""
    if len(numbers) > SLICE:
        raise ValueError(f"a slice has at most {SLICE} proposals")
    return _each(numbers, lambda number: decide(db, house, number, act, details, by, at, bulk=bulk))


def confirm_some(db: sa.Connection, house: House, bulk: str, by: Decider, at: dt.datetime, after: int = 0) -> Batch:
    """Confirm a slice of a bulk."""
    waiting = decisions.of_bulk(db, bulk, Standing.PROPOSED, SLICE, after)
    return _of(waiting, lambda decision_id: confirm(db, house, decision_id, by, at, in_bulk=True))


def decline_some(db: sa.Connection, bulk: str, reason: str, by: Decider, at: dt.datetime, after: int = 0) -> Batch:
    """Decline a slice of a bulk."""
    waiting = decisions.of_bulk(db, bulk, Standing.PROPOSED, SLICE, after)
    return _of(waiting, lambda decision_id: decline(db, decision_id, reason, by, at))


def close(db: sa.Connection, house: House, bulk: str, by: Decider, action: str, count: int, at: dt.datetime) -> None:
    """End a bulk: from now on it can be undone for as long as any decision, and is told then."""
    decisions.tell_bulk_at(db, bulk, at + house.undo)
    audit.note(db, at, by.actor, f"bulk_{action}", f"bulk {bulk}", f"proposals: {count}")


def hold(db: sa.Connection, bulk: str, at: dt.datetime) -> None:
    """Keep people from being told while a bulk is being undone. Raises Refusal when they are being told already, or all is undone."""
    first = decisions.of_bulk(db, bulk, Standing.DONE, 1)
    if first and (first[0].tell_at is None or first[0].tell_at <= at):
        raise Refusal("too_late")
    if not first and not decisions.of_bulk(db, bulk, Standing.PROPOSED, 1):
        raise Refusal("undone")
    decisions.tell_bulk_at(db, bulk, at + BULK_WAITS)


def undo_some(db: sa.Connection, bulk: str, by: Decider, at: dt.datetime, after: int = 0) -> Batch:
    """Take back a slice of a bulk."""
    standing = Standing.DONE if decisions.of_bulk(db, bulk, Standing.DONE, 1, after) else Standing.PROPOSED
    return _of(decisions.of_bulk(db, bulk, standing, SLICE, after), lambda decision_id: undo(db, decision_id, by, at))


def _of(found: Sequence[Decision], act: Callable[[int], Decision]) -> Batch:
    """Do it to a page of decisions; numbers are those of the proposals."""
    numbers = {decision.id: decision.number for decision in found}
    batch = _each(numbers, act)
    return Batch(
        tuple(numbers[one] for one in batch.done),
        {numbers[one]: reason for one, reason in batch.refused.items()},
        found[-1].id if len(found) == SLICE else None,
    )


def _each(ids: Iterable[int], act: Callable[[int], Decision]) -> Batch:
    done: list[int] = []
    refused: dict[int, str] = {}
    for one in ids:
        try:
            act(one)
        except Refusal as refusal:
            refused[one] = refusal.reason
        except Changed:
            refused[one] = "changed"
        else:
            done.append(one)
    return Batch(tuple(done), refused)
