"""Decisions about proposals: proposed, confirmed, done, undone; and whom to tell of them once they can no longer be undone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from civic.decisions import Details, Standing
from civic.proposals import Act, Proposal, State
from storage import answers, proposals, wordlist
from storage.answers import Answer
from storage.schema import decisions
from storage.schema import proposals as table


class Before(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a proposal was before a decision: what undoing brings back. `step` is the step that the decision added."""

    state: str
    changed_at: dt.datetime
    promised: dt.date | None = None
    published_at: dt.datetime | None = None
    missed_at: dt.datetime | None = None
    decided_by: int | None = None
    body: str = ""
    merged_into: int | None = None
    public_title: str | None = None
    public_text: str | None = None
    answer: Answer | None = None
    step: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision about one proposal."""

    id: int
    number: int
    act: Act
    standing: Standing
    by: str
    at: dt.datetime
    second: str
    second_at: dt.datetime | None
    details: Details
    before: Before | None  # None while it is only proposed
    bulk: str
    tell_at: dt.datetime | None
    told_to: int
    told_at: dt.datetime | None

    @property
    def done_at(self) -> dt.datetime:
        """When it took effect."""
        return self.second_at or self.at


_RESTORED = ("promised", "published_at", "missed_at", "decided_by", "body", "merged_into", "public_title", "public_text")
_decode_details = msgspec.json.Decoder(Details).decode
_decode_before = msgspec.json.Decoder(Before).decode


def add(
    db: sa.Connection,
    number: int,
    act: Act,
    standing: Standing,
    by: str,
    details: Details,
    at: dt.datetime,
    *,
    before: Before | None = None,
    bulk: str = "",
    tell_at: dt.datetime | None = None,
) -> Decision:
    values = {
        "number": number,
        "act": act,
        "state": standing,
        "by": by,
        "at": at,
        "details": msgspec.json.encode(details).decode(),
        "before": _written(before),
        "bulk": bulk,
        "tell_at": tell_at,
    }
    return get(db, db.execute(decisions.insert().values(values).returning(decisions.c.id)).scalar_one())


def get(db: sa.Connection, decision_id: int) -> Decision:
    """A decision that is known to be there; raises LookupError."""
    found = find(db, decision_id)
    if found is None:
        raise LookupError(f"there is no decision {decision_id}")
    return found


def find(db: sa.Connection, decision_id: int) -> Decision | None:
    row = db.execute(sa.select(decisions).where(decisions.c.id == decision_id)).first()
    return None if row is None else _decision(row)


def of(db: sa.Connection, number: int) -> tuple[Decision, ...]:
    """All decisions about a proposal, oldest first."""
    return _all(db, sa.select(decisions).where(decisions.c.number == number).order_by(decisions.c.id))


def pending(db: sa.Connection, number: int) -> Decision | None:
    """The decision about a proposal that waits for a second person."""
    waiting = decisions.c.number == number, decisions.c.state == Standing.PROPOSED
    row = db.execute(sa.select(decisions).where(*waiting)).first()
    return None if row is None else _decision(row)


def proposed(db: sa.Connection, most: int, after: int = 0) -> tuple[Decision, ...]:
    """A page of the decisions that wait for a second person, oldest first; `after` is the last one of the page before."""
    waiting = decisions.c.state == Standing.PROPOSED, decisions.c.id > after
    return _all(db, sa.select(decisions).where(*waiting).order_by(decisions.c.id).limit(most))


def of_bulk(db: sa.Connection, bulk: str, standing: Standing, most: int, after: int = 0) -> tuple[Decision, ...]:
    """A page of the decisions taken together, in order."""
    same = decisions.c.bulk == bulk, decisions.c.state == standing, decisions.c.id > after
    return _all(db, sa.select(decisions).where(*same).order_by(decisions.c.id).limit(most))


def finish(
    db: sa.Connection,
    decision: Decision,
    standing: Standing,
    *,
    second: str = "",
    at: dt.datetime | None = None,
    before: Before | None = None,
    tell_at: dt.datetime | None = None,
) -> bool:
    """Let a proposed decision be done, declined or undone; False when somebody was faster."""
    values = {"state": standing, "second": second, "second_at": at, "before": _written(before), "tell_at": tell_at}
    still = decisions.c.id == decision.id, decisions.c.state == Standing.PROPOSED
    return db.execute(decisions.update().where(*still).values(values)).rowcount == 1


def undo(db: sa.Connection, decision: Decision, at: dt.datetime) -> bool:
    """Let a decision that was done be undone; False once people are being told of it."""
    still = (
        decisions.c.id == decision.id,
        decisions.c.state == Standing.DONE,
        decisions.c.tell_at > at,
        decisions.c.told_at.is_(None),
        decisions.c.told_to == 0,
    )
    return db.execute(decisions.update().where(*still).values(state=Standing.UNDONE)).rowcount == 1


def is_latest(db: sa.Connection, decision: Decision) -> bool:
    """Whether nothing was decided about its proposal after it that still stands."""
    later = decisions.c.number == decision.number, decisions.c.id > decision.id, decisions.c.act != Act.NOTE
    standing = decisions.c.state.in_([Standing.DONE, Standing.PROPOSED])
    return db.execute(sa.select(decisions.c.id).where(*later, standing).limit(1)).first() is None


def deciders(db: sa.Connection, number: int, acts: Collection[Act]) -> frozenset[str]:
    """Everyone who took or confirmed a decision of these acts about a proposal that stands."""
    done = decisions.c.number == number, decisions.c.state == Standing.DONE, decisions.c.act.in_(list(acts))
    rows = db.execute(sa.select(decisions.c.by, decisions.c.second).where(*done))
    return frozenset(actor for row in rows for actor in (row.by, row.second) if actor)


def snapshot(db: sa.Connection, proposal: Proposal) -> Before:
    """How a proposal is now, in a form that can be brought back."""
    row = db.execute(sa.select(*(table.c[name] for name in _RESTORED)).where(table.c.number == proposal.number)).one()
    kept = {name: value for name, value in row._mapping.items() if value is not None}
    return Before(state=proposal.state.value, changed_at=proposal.changed_at, answer=answers.find(db, proposal.number), **kept)


def restore(db: sa.Connection, proposal: Proposal, before: Before) -> Proposal:
    """Bring a proposal back to how it was. Raises Changed when it is not the version at hand any more."""
    values: dict[str, object] = {name: getattr(before, name) for name in _RESTORED}
    restored = proposals.change(db, proposal, before.changed_at, state=State(before.state), **values)
    if before.answer is not None:
        answers.put(db, proposal.number, before.answer)
    else:
        answers.drop(db, proposal.number)
    learn(db, proposal.number)
    return restored


@dataclass(frozen=True, slots=True)
class Wording:
    """Title and text of a proposal."""

    title: str
    text: str


def original(db: sa.Connection, number: int) -> Wording:
    """What its author wrote; raises LookupError."""
    row = db.execute(sa.select(table.c.title, table.c.text).where(table.c.number == number)).first()
    if row is None:
        raise LookupError(f"there is no proposal {number}")
    return Wording(row.title, row.text)


def learn(db: sa.Connection, number: int) -> None:
    """Let a proposal be found by the words of its public wording, or by its author's where it has none."""
    row = db.execute(
        sa.select(table.c.title, table.c.text, table.c.public_title, table.c.public_text).where(table.c.number == number)
    ).one()
    title, text = (row.title, row.text) if row.public_text is None else (row.public_title, row.public_text)
    wordlist.learn(db, number, title, text)


# Telling


def is_due(db: sa.Connection, at: dt.datetime) -> bool:
    """Whether somebody has to be told of a decision."""
    untold = decisions.c.told_at.is_(None), decisions.c.tell_at <= at, decisions.c.state == Standing.DONE
    return db.execute(sa.select(decisions.c.id).where(*untold).limit(1)).first() is not None


def due(db: sa.Connection, at: dt.datetime) -> Decision | None:
    """A decision that can no longer be undone and that somebody has still to be told of; no other node gets it meanwhile."""
    untold = decisions.c.told_at.is_(None), decisions.c.tell_at <= at, decisions.c.state == Standing.DONE
    first = sa.select(decisions).where(*untold).order_by(decisions.c.tell_at, decisions.c.id).limit(1)
    row = db.execute(first.with_for_update(skip_locked=True)).first()
    return None if row is None else _decision(row)


def alike(db: sa.Connection, decision: Decision) -> tuple[Decision, ...]:
    """The untold decisions taken together with this one about proposals of the same author, itself first."""
    if not decision.bulk:
        return (decision,)
    author = sa.select(table.c.author_id).where(table.c.number == decision.number).scalar_subquery()
    same = (
        sa.select(decisions)
        .join(table, table.c.number == decisions.c.number)
        .where(decisions.c.bulk == decision.bulk, decisions.c.state == Standing.DONE, decisions.c.told_at.is_(None))
        .where(decisions.c.told_to == 0, decisions.c.id != decision.id, table.c.author_id == author)
        .order_by(decisions.c.id)
    )
    return (decision, *_all(db, same.with_for_update(of=decisions, skip_locked=True)))


def tell_bulk_at(db: sa.Connection, bulk: str, moment: dt.datetime) -> int:
    """Set when people are told of decisions taken together; how many decisions."""
    untold = decisions.c.bulk == bulk, decisions.c.state == Standing.DONE, decisions.c.told_at.is_(None), decisions.c.told_to == 0
    return db.execute(decisions.update().where(*untold).values(tell_at=moment)).rowcount


def told(db: sa.Connection, decision_id: int, up_to: int) -> None:
    """Note the last follower who was told."""
    db.execute(decisions.update().where(decisions.c.id == decision_id).values(told_to=up_to))


def all_told(db: sa.Connection, ids: Collection[int], at: dt.datetime) -> None:
    """Note that there is nobody left to tell."""
    db.execute(decisions.update().where(decisions.c.id.in_(ids)).values(told_at=at))


def _all(db: sa.Connection, found: sa.Select[tuple[object, ...]]) -> tuple[Decision, ...]:
    return tuple(_decision(row) for row in db.execute(found))


def _written(before: Before | None) -> str:
    return "" if before is None else msgspec.json.encode(before).decode()


def _decision(row: sa.Row[tuple[object, ...]]) -> Decision:
    return Decision(
        id=row.id,
        number=row.number,
        act=Act(row.act),
        standing=Standing(row.state),
        by=row.by,
        at=row.at,
        second=row.second,
        second_at=row.second_at,
        details=_decode_details(row.details),
        before=_decode_before(row.before) if row.before else None,
        bulk=row.bulk,
        tell_at=row.tell_at,
        told_to=row.told_to,
        told_at=row.told_at,
    )
