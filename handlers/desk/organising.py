"""What organisers do with events, in the one order that keeps everybody told: each step changes, plans, and writes down who did it."""

from __future__ import annotations

import datetime as dt

import msgspec
import sqlalchemy as sa

from civic.errors import Refusal
from civic.events import Details, Event, Session, Status, changed_fields, check_dates, check_details
from civic.local_time import notice_time
from storage import audit, errands, events, registrations
from storage.errands import Errand


class Change(msgspec.Struct, frozen=True):
    """What has changed of a session, as it is told: the fields, and the time as it was."""

    fields: tuple[str, ...]
    was: dt.datetime


encode_change = msgspec.json.Encoder().encode
decode_change = msgspec.json.Decoder(Change).decode


def draft(
    db: sa.Connection,
    details: Details,
    actor: str,
    at: dt.datetime,
    *,
    opens_at: dt.datetime | None = None,
    closes_at: dt.datetime | None = None,
    uid: str | None = None,
) -> int:
    """Keep a new event that only organisers see; its number. Raises Refusal."""
    check_details(details)
    event_id = events.create(db, details, at, opens_at=opens_at, closes_at=closes_at, uid=uid)
    audit.note(db, at, actor, "event_drafted", f"event:{event_id}")
    return event_id


def edit(
    db: sa.Connection,
    event_id: int,
    details: Details,
    actor: str,
    at: dt.datetime,
    *,
    opens_at: dt.datetime | None = None,
    closes_at: dt.datetime | None = None,
) -> None:
    """Change what is said of an event. New papers are told to those who came; other words are not news. Raises Refusal."""
    event = _known(db, event_id)
    check_details(details)
    events.edit(db, event_id, details, at, opens_at=opens_at, closes_at=closes_at)
    audit.note(db, at, actor, "event_edited", f"event:{event_id}")
    fresh = _known(db, event_id)
    if fresh.status is not Status.PUBLISHED:
        return
    for session in fresh.sessions:
        if details.reminders != event.details.reminders:
            errands.plan(db, fresh, session, at)
        if details.papers != event.details.papers and details.papers and session.ends_at <= at and not session.is_cancelled:
            errands.add(db, Errand.PAPERS, session.id, notice_time(at))


def publish(db: sa.Connection, event_id: int, actor: str, at: dt.datetime) -> Event:
    """Announce an event and plan what its sessions need. Raises Refusal without a session that is to come."""
    event = _known(db, event_id)
    check_details(event.details)
    if event.status is not Status.DRAFT:
        raise Refusal("published_already")
    if not any(session.ends_at > at for session in event.sessions):
        raise Refusal("no_session")
    events.set_status(db, event_id, Status.PUBLISHED, at)
    audit.note(db, at, actor, "event_published", f"event:{event_id}")
    event = _known(db, event_id)
    for session in event.sessions:
        errands.plan(db, event, session, at)
    return event


def add_session(
    db: sa.Connection,
    event_id: int,
    actor: str,
    at: dt.datetime,
    *,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    capacity: int | None = None,
    reserved: int = 0,
    reserved_until: dt.datetime | None = None,
    place: dict[str, str] | None = None,
    point: tuple[float, float] | None = None,
    link: str = "",
    language: str = "",
) -> int:
    """Add a date; its number. Raises Refusal."""
    event = _known(db, event_id)
    check_dates(starts_at, ends_at, capacity, reserved)
    session_id = events.add_session(
        db,
        event_id,
        starts_at=starts_at,
        ends_at=ends_at,
        capacity=capacity,
        reserved=reserved,
        reserved_until=reserved_until,
        place=place,
        point=point,
        link=link,
        language=language,
    )
    audit.note(db, at, actor, "session_added", f"event:{event_id}")
    if event.status is Status.PUBLISHED:
        event = _known(db, event_id)
        errands.plan(db, event, _session(event, session_id), at)
    return session_id


def change_session(
    db: sa.Connection,
    session_id: int,
    actor: str,
    at: dt.datetime,
    *,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    place: dict[str, str],
    point: tuple[float, float] | None = None,
    link: str = "",
    language: str = "",
) -> tuple[str, ...]:
    """Move a session in time or place; whoever is registered or waits is told what has changed. The changed fields. Raises Refusal."""
    event = _of_session(db, session_id)
    before = _session(event, session_id)
    check_dates(starts_at, ends_at, before.seats.capacity, before.seats.reserved)
    events.change_session(db, session_id, starts_at=starts_at, ends_at=ends_at, place=place, point=point, link=link, language=language)
    event = _of_session(db, session_id)
    after = _session(event, session_id)
    fields = changed_fields(before, after)
    audit.note(db, at, actor, "session_changed", f"session:{session_id}", ", ".join(fields))
    if event.status is Status.PUBLISHED:
        errands.plan(db, event, after, at)
        if fields and after.ends_at > at:
            body = encode_change(Change(fields, before.starts_at)).decode()
            soonest = min(before.starts_at, after.starts_at)
            errands.add(db, Errand.CHANGED, session_id, notice_time(at, soonest), body=body, too_late_at=after.ends_at)
    return fields


def change_seats(
    db: sa.Connection,
    session_id: int,
    capacity: int | None,
    reserved: int,
    reserved_until: dt.datetime | None,
    actor: str,
    at: dt.datetime,
) -> int:
    """Raise or lower the number of seats; how many got one from the waiting list. Raises Refusal."""
    event = _of_session(db, session_id)
    session = _session(event, session_id)
    check_dates(session.starts_at, session.ends_at, capacity, reserved)
    given = registrations.set_seats(db, session_id, capacity, reserved, reserved_until, at)
    audit.note(db, at, actor, "seats_changed", f"session:{session_id}", f"{capacity} {reserved}")
    event = _of_session(db, session_id)
    if event.status is Status.PUBLISHED:
        errands.plan(db, event, _session(event, session_id), at)
    return given


def cancel(db: sa.Connection, event_id: int, actor: str, at: dt.datetime) -> None:
    """Call an event off with all its sessions; everybody who is registered or waits is told."""
    event = _known(db, event_id)
    for session in event.sessions:
        if not session.is_cancelled and session.ends_at > at:
            cancel_session(db, session.id, actor, at)
    events.set_status(db, event_id, Status.CANCELLED, at)
    audit.note(db, at, actor, "event_cancelled", f"event:{event_id}")


def cancel_session(db: sa.Connection, session_id: int, actor: str, at: dt.datetime) -> None:
    """Call one date off; everybody who is registered for it or waits is told."""
    event = _of_session(db, session_id)
    session = _session(event, session_id)
    if session.is_cancelled:
        return
    events.cancel_session(db, session_id)
    audit.note(db, at, actor, "session_cancelled", f"session:{session_id}")
    event = _of_session(db, session_id)
    errands.plan(db, event, _session(event, session_id), at)
    if event.status is Status.PUBLISHED:
        errands.add(db, Errand.CANCELLED, session_id, notice_time(at, session.starts_at), too_late_at=session.ends_at)


def _known(db: sa.Connection, event_id: int) -> Event:
    event = events.find(db, event_id)
    if event is None:
        raise Refusal("gone")
    return event


def _of_session(db: sa.Connection, session_id: int) -> Event:
    event = events.of_session(db, session_id)
    if event is None:
        raise Refusal("gone")
    return event


def _session(event: Event, session_id: int) -> Session:
    session = event.session(session_id)
    if session is None:
        raise Refusal("gone")
    return session
