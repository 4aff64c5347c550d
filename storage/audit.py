"""The log of who did what: only ever added to, each row chained to the one before by a hash (docs/decisions/0018)."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any  # a row's columns, whose types SQLAlchemy does not tell

import sqlalchemy as sa

from storage.schema import audit, audit_head
from storage.sealing import SealBroken

A_PAGE = 500  # rows read at once when the chain is proved


@dataclass(frozen=True, slots=True)
class Note:
    """One row of the log."""

    id: int
    at: dt.datetime
    actor: str
    action: str
    subject: str
    details: str


@dataclass(frozen=True, slots=True)
class Proof:
    """How many rows hold; `broken` is the number of the first that does not, and `why` says what is wrong with it."""

    rows: int
    broken: int | None = None
    why: str = ""
    newest: str = ""  # the hash of the newest row


def note(db: sa.Connection, at: dt.datetime, actor: str, action: str, subject: str, details: str = "") -> None:
    """Note an action in the past tense ("key_rotated") by an actor ("operator", "staff:3") on a subject.

    The head of the chain stays locked until the transaction ends, so writers follow one another.
    """
    last, before = json.loads(db.execute(sa.select(audit_head.c.head).where(audit_head.c.id == 1).with_for_update()).scalar_one())
    number, salt = last + 1, secrets.token_hex(16)
    written = Note(number, at, actor, action, subject, details)
    hashed = _hash(written, salt, before)
    db.execute(
        audit.insert().values(id=number, at=at, actor=actor, action=action, subject=subject, details=details, salt=salt, hash=hashed)
    )
    db.execute(audit_head.update().where(audit_head.c.id == 1).values(head=json.dumps([number, hashed], separators=(",", ":"))))


def verify(db: sa.Connection) -> Proof:
    """Prove that no row was changed, taken out, put between or cut off since it was noted."""
    before, last, count = "", 0, 0
    while page := db.execute(sa.select(audit.c.id).where(audit.c.id > last).order_by(audit.c.id).limit(A_PAGE)).scalars().all():
        for number, row in zip(page, _rows(db, page), strict=True):
            if row is None:
                return Proof(count, number, "its sealed text does not open with the keys at hand, or was changed")
            if row.hash != _hash(_note(row), row.salt or "", before):
                return Proof(count, number, "it, or the row before it, is not what was noted")
            before, last, count = row.hash, number, count + 1
    try:
        head = db.execute(sa.select(audit_head.c.head).where(audit_head.c.id == 1)).scalar()
    except SealBroken:
        head = None
    if head is None:
        return Proof(count, last, "the head of the chain is missing or was changed, so rows after this one may be missing")
    number, hashed = json.loads(head)
    if (number, hashed) != (last, before):
        return Proof(count, last + 1 if number > last else last, f"the newest row noted is number {number}, the newest found {last}")
    return Proof(count, newest=before)


def page(
    db: sa.Connection, *, limit: int, before: int | None = None, actor: str = "", action: str = "", subject: str = ""
) -> tuple[Note, ...]:
    """Rows, the newest first, from before a number on; actor and action match whole, a subject by its beginning."""
    wanted = sa.select(audit.c.id, audit.c.at, audit.c.actor, audit.c.action, audit.c.subject, audit.c.details)
    if before is not None:
        wanted = wanted.where(audit.c.id < before)
    if actor:
        wanted = wanted.where(audit.c.actor == actor)
    if action:
        wanted = wanted.where(audit.c.action == action)
    if subject:
        wanted = wanted.where(audit.c.subject.startswith(subject, autoescape=True))
    rows = db.execute(wanted.order_by(audit.c.id.desc()).limit(limit)).all()
    return tuple(_note(row) for row in rows)


def kinds(db: sa.Connection) -> tuple[str, ...]:
    """Every kind of action there is a row of."""
    return tuple(db.execute(sa.select(audit.c.action).distinct().order_by(audit.c.action)).scalars())


def _rows(db: sa.Connection, numbers: Sequence[int]) -> list[sa.Row[Any] | None]:
    wanted = sa.select(audit).where(audit.c.id.between(numbers[0], numbers[-1])).order_by(audit.c.id)
    try:
        return list(db.execute(wanted).all())
    except SealBroken:
        return [_row(db, number) for number in numbers]


def _row(db: sa.Connection, number: int) -> sa.Row[Any] | None:
    try:
        return db.execute(sa.select(audit).where(audit.c.id == number)).one()
    except SealBroken:
        return None


def _note(row: sa.Row[Any, Any, Any, Any, Any, Any] | sa.Row[Any]) -> Note:
    return Note(row.id, row.at, row.actor, row.action, row.subject, row.details)


def _hash(noted: Note, salt: str, before: str) -> str:
    at = noted.at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    content = [noted.id, at, noted.actor, noted.action, noted.subject, noted.details, salt, before]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
