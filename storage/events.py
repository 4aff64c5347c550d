"""Events and their sessions, with the seats as they stand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

import msgspec
import sqlalchemy as sa

from civic.events import Details, Event, Session, Status
from civic.seats import SEATED, Place, Seats
from storage.schema import event_sessions, events, registrations

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Details).decode
_decode_texts = msgspec.json.Decoder(dict[str, str]).decode


def create(
    db: sa.Connection,
    details: Details,
    at: dt.datetime,
    *,
    opens_at: dt.datetime | None = None,
    closes_at: dt.datetime | None = None,
    uid: str | None = None,
) -> int:
    """Keep a new event as a draft; its number."""
    values = {
        "status": Status.DRAFT,
        "details": _encode(details).decode(),
        "opens_at": opens_at,
        "closes_at": closes_at,
        "uid": uid,
        "created_at": at,
        "changed_at": at,
    }
    return int(db.execute(events.insert().values(values).returning(events.c.id)).scalar_one())


def edit(
    db: sa.Connection, event_id: int, details: Details, at: dt.datetime, *, opens_at: dt.datetime | None, closes_at: dt.datetime | None
) -> None:
    """Give an event new details and a new time to register."""
    values = {"details": _encode(details).decode(), "opens_at": opens_at, "closes_at": closes_at, "changed_at": at}
    db.execute(events.update().where(events.c.id == event_id).values(values))


def set_status(db: sa.Connection, event_id: int, status: Status, at: dt.datetime) -> None:
    db.execute(events.update().where(events.c.id == event_id).values(status=status, changed_at=at))


def delete_draft(db: sa.Connection, event_id: int) -> bool:
    """Delete an event that was never published."""
    return db.execute(events.delete().where(events.c.id == event_id, events.c.status == Status.DRAFT)).rowcount == 1


def add_session(
    db: sa.Connection,
    event_id: int,
    *,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    capacity: int | None,
    reserved: int = 0,
    reserved_until: dt.datetime | None = None,
    place: dict[str, str] | None = None,
    point: tuple[float, float] | None = None,
    link: str = "",
    language: str = "",
) -> int:
    """Add a date to an event; its number."""
    values = {
        "event_id": event_id,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "capacity": capacity,
        "reserved": reserved,
        "reserved_until": reserved_until,
        "place": _encode(place or {}).decode(),
        "latitude": point[0] if point else None,
        "longitude": point[1] if point else None,
        "link": link,
        "language": language,
    }
    return int(db.execute(event_sessions.insert().values(values).returning(event_sessions.c.id)).scalar_one())


def change_session(
    db: sa.Connection,
    session_id: int,
    *,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    place: dict[str, str],
    point: tuple[float, float] | None,
    link: str,
    language: str,
) -> None:
    """Give a session another time or place; calendars that have it take the newer one."""
    values = {
        "starts_at": starts_at,
        "ends_at": ends_at,
        "place": _encode(place).decode(),
        "latitude": point[0] if point else None,
        "longitude": point[1] if point else None,
        "link": link,
        "language": language,
        "sequence": event_sessions.c.sequence + 1,
    }
    db.execute(event_sessions.update().where(event_sessions.c.id == session_id).values(values))


def set_seats(db: sa.Connection, session_id: int, capacity: int | None, reserved: int, reserved_until: dt.datetime | None) -> None:
    """Give a session more or fewer seats; who has one keeps it."""
    values = {"capacity": capacity, "reserved": reserved, "reserved_until": reserved_until}
    db.execute(event_sessions.update().where(event_sessions.c.id == session_id).values(values))


def cancel_session(db: sa.Connection, session_id: int) -> None:
    values = {"is_cancelled": True, "sequence": event_sessions.c.sequence + 1}
    db.execute(event_sessions.update().where(event_sessions.c.id == session_id).values(values))


def find(db: sa.Connection, event_id: int) -> Event | None:
    return next(iter(_read(db, events.c.id == event_id)), None)


def of_session(db: sa.Connection, session_id: int) -> Event | None:
    """The event a session belongs to."""
    event_id = db.execute(sa.select(event_sessions.c.event_id).where(event_sessions.c.id == session_id)).scalar()
    return None if event_id is None else find(db, event_id)


def with_uid(db: sa.Connection, uid: str) -> int | None:
    """The event that was imported from a calendar entry."""
    return db.execute(sa.select(events.c.id).where(events.c.uid == uid)).scalar()


def find_all(db: sa.Connection, event_ids: Collection[int]) -> tuple[Event, ...]:
    return _read(db, events.c.id.in_(event_ids))


def coming(db: sa.Connection, at: dt.datetime) -> tuple[Event, ...]:
    """Published and cancelled events that have a session which is not over."""
    ahead = sa.select(event_sessions.c.event_id).where(event_sessions.c.ends_at > at)
    return _read(db, sa.and_(events.c.status != Status.DRAFT, events.c.id.in_(ahead)))


def newest(db: sa.Connection, most: int) -> tuple[Event, ...]:
    """The events made last, drafts among them, newest first."""
    ids = sa.select(events.c.id).order_by(events.c.id.desc()).limit(most)
    return tuple(reversed(_read(db, events.c.id.in_(ids))))


def seats_of(db: sa.Connection, rows: Iterable[sa.Row[tuple[object, ...]]]) -> dict[int, Seats]:
    """The seats of sessions, counted from their registrations."""
    sessions = {row.id: row for row in rows}
    counted: dict[int, dict[str, int]] = {session_id: {"taken": 0, "taken_reserved": 0, "waiting": 0} for session_id in sessions}
    counts = (
        sa.select(registrations.c.session_id, registrations.c.state, registrations.c.on_reserved, sa.func.count())
        .where(registrations.c.session_id.in_(sessions), registrations.c.state.in_([*SEATED, Place.WAITING]))
        .group_by(registrations.c.session_id, registrations.c.state, registrations.c.on_reserved)
    )
    for session_id, state, on_reserved, count in db.execute(counts):
        of_session = counted[session_id]
        if state == Place.WAITING:
            of_session["waiting"] += count
            continue
        of_session["taken"] += count
        if on_reserved:
            of_session["taken_reserved"] += count
    return {
        session_id: Seats(capacity=row.capacity, reserved=row.reserved, reserved_until=row.reserved_until, **counted[session_id])
        for session_id, row in sessions.items()
    }


def _read(db: sa.Connection, which: sa.ColumnElement[bool]) -> tuple[Event, ...]:
    rows = db.execute(sa.select(events).where(which).order_by(events.c.id)).all()
    dates = db.execute(
        sa.select(event_sessions)
        .where(event_sessions.c.event_id.in_([row.id for row in rows]))
        .order_by(event_sessions.c.starts_at, event_sessions.c.id)
    ).all()
    seats = seats_of(db, dates)
    of_event: dict[int, list[Session]] = {row.id: [] for row in rows}
    for date in dates:
        of_event[date.event_id].append(_session(date, seats[date.id]))
    return tuple(
        Event(
            id=row.id,
            details=_decode(row.details),
            status=Status(row.status),
            sessions=tuple(of_event[row.id]),
            opens_at=row.opens_at,
            closes_at=row.closes_at,
            uid=row.uid or "",
            changed_at=row.changed_at,
        )
        for row in rows
    )


def _session(row: sa.Row[tuple[object, ...]], seats: Seats) -> Session:
    return Session(
        id=row.id,
        event_id=row.event_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        seats=seats,
        place=_decode_texts(row.place),
        latitude=row.latitude,
        longitude=row.longitude,
        link=row.link,
        language=row.language,
        is_cancelled=row.is_cancelled,
        sequence=row.sequence,
    )
