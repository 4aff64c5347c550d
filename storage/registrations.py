"""Who is registered for what, and who waits: seats change hands only here, in a transaction that holds the session's row.

On PostgreSQL the row is locked; SQLite has one writer. So whoever counts the seats counts what everybody before has done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from civic.errors import Refusal
from civic.events import Event, Session, check_open
from civic.local_time import notice_time
from civic.seats import LIVE, Place, offer_ends
from storage import errands, events
from storage.errands import Errand
from storage.schema import event_sessions, registrations

_NOTHING_PERSONAL: Mapping[str, None] = dict.fromkeys(("name", "needs", "answers", "remark", "person_id"))
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, object]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """One person's place in one session; the answers are gone once they were purged."""

    id: int
    session_id: int
    person_id: int | None
    state: Place
    code: str
    language: str
    name: str
    needs: str
    answers: Mapping[str, object]
    made_at: dt.datetime
    offer_until: dt.datetime | None = None
    arrived_at: dt.datetime | None = None
    is_walk_in: bool = False
    on_reserved: bool = False
    rating: int | None = None
    remark: str = ""
    queue: int = 0
    is_purged: bool = False

    @property
    def number(self) -> str:
        return f"R-{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What somebody answered to register."""

    name: str
    needs: str = ""
    answers: Mapping[str, object]
    language: str = ""
    invitation: str = ""


def register(
    db: sa.Connection, session_id: int, person_id: int | None, filled: Filled, new_code: Callable[[], str], at: dt.datetime
) -> Registration:
    """Give a seat, or a place on the waiting list; who is registered for the event already keeps what they have. Raises Refusal."""
    event, session = check_open(*_locked(db, session_id), at)
    if person_id is not None and (had := of_person_in(db, person_id, event.id)):
        return had
    state, on_reserved = session.seats.place_for_next(at, invited=event.is_invited(filled.invitation))
    return _insert(db, session_id, person_id, filled, state, on_reserved, _fresh(db, new_code), at)


def walk_in(db: sa.Connection, session_id: int, name: str, code: str, at: dt.datetime) -> Registration:
    """Note somebody who came without registering and was let in; the room, not the list, decides whether there is a chair."""
    _locked(db, session_id)
    known = with_code(db, code)  # the same walk-in, sent again by a phone that was offline
    if known is not None:
        return known
    filled = Filled(name=name, answers={})
    made = _insert(db, session_id, None, filled, Place.REGISTERED, False, code, at)
    values = {"is_walk_in": True, "arrived_at": at}
    db.execute(registrations.update().where(registrations.c.id == made.id).values(values))
    return _found(db, made.id)


def cancel(db: sa.Connection, registration_id: int, at: dt.datetime) -> Registration:
    """Give a seat or a place on the waiting list back; the next one waiting gets it. Cancelling twice changes nothing."""
    registration, event, session = _held(db, registration_id)
    if registration.state in LIVE:
        _leave(db, registration, Place.CANCELLED, at)
        _pass_on(db, event, session, at)
    return _found(db, registration_id)


def accept(db: sa.Connection, registration_id: int, at: dt.datetime) -> Registration:
    """Take an offered seat; refuses when the offer is over."""
    registration, event, session = _held(db, registration_id)
    if registration.state is Place.REGISTERED:
        return registration
    if registration.state is not Place.OFFERED or registration.offer_until is None or at >= registration.offer_until:
        if registration.state is Place.OFFERED:
            _leave(db, registration, Place.LAPSED, at)
            _pass_on(db, event, session, at)
        raise Refusal("offer_over")
    _set(db, registration.id, state=Place.REGISTERED, offer_until=None)
    return _found(db, registration_id)


def decline(db: sa.Connection, registration_id: int, at: dt.datetime) -> Registration:
    """Leave an offered seat to the next one."""
    registration, event, session = _held(db, registration_id)
    if registration.state is Place.OFFERED:
        _leave(db, registration, Place.LAPSED, at)
        _pass_on(db, event, session, at)
    return _found(db, registration_id)


def expire(db: sa.Connection, registration_id: int, at: dt.datetime) -> bool:
    """End an offer that was not answered in time, and offer the seat to the next one; False when it was answered."""
    registration, event, session = _held(db, registration_id)
    if registration.state is not Place.OFFERED or registration.offer_until is None or at < registration.offer_until:
        return False
    _leave(db, registration, Place.LAPSED, at)
    errands.add(db, Errand.LAPSED, session.id, notice_time(at, session.starts_at), registration_id=registration.id)
    _pass_on(db, event, session, at)
    return True


def give_back(db: sa.Connection, person_id: int, at: dt.datetime) -> int:
    """Before a person is forgotten: cancel what has not begun (how many), and delete name, needs, answers and remarks everywhere."""
    coming = [made for made in of_person(db, person_id) if _has_not_begun(db, made.session_id, at)]
    for made in sorted(coming, key=lambda made: made.session_id):  # always in one order, as in `move`
        cancel(db, made.id, at)
    theirs = registrations.c.person_id == person_id
    db.execute(registrations.update().where(theirs).values(**_NOTHING_PERSONAL, purged_at=at))
    return len(coming)


def move(db: sa.Connection, registration_id: int, session_id: int, at: dt.datetime) -> Registration:
    """Change to another session of the same event: a seat there, or its waiting list. The number and the code stay. Raises Refusal."""
    known = find(db, registration_id)
    if known is None:
        raise Refusal("gone")
    for locked in sorted({known.session_id, session_id}):  # always in one order, or two people who change places wait for each other
        _lock(db, locked)
    registration, event, old = _held(db, registration_id)
    if registration.session_id == session_id:
        return registration
    if registration.state not in LIVE:
        raise Refusal("gone")
    _event, session = check_open(event, event.session(session_id), at)
    state, _reserved = session.seats.place_for_next(at, invited=False)
    queue = _next_in_queue(db, session_id) if state is Place.WAITING else 0
    _set(db, registration_id, session_id=session_id, state=state, queue=queue, on_reserved=False, offer_until=None)
    _pass_on(db, event, old, at)
    return _found(db, registration_id)


def pass_on(db: sa.Connection, session_id: int, at: dt.datetime) -> int:
    """Give the seats that are free to those who wait, in order (seats were added, or released); how many."""
    event, session = _locked(db, session_id)
    if event is None or session is None:
        return 0
    return _pass_on(db, event, session, at)


def set_seats(
    db: sa.Connection, session_id: int, capacity: int | None, reserved: int, reserved_until: dt.datetime | None, at: dt.datetime
) -> int:
    """Raise or lower the number of seats; who has one keeps it, and who waits gets what is free now. How many got one."""
    _lock(db, session_id)
    events.set_seats(db, session_id, capacity, reserved, reserved_until)
    return pass_on(db, session_id, at)


def find(db: sa.Connection, registration_id: int) -> Registration | None:
    row = db.execute(sa.select(registrations).where(registrations.c.id == registration_id)).first()
    return None if row is None else _registration(row)


def with_code(db: sa.Connection, code: str) -> Registration | None:
    row = db.execute(sa.select(registrations).where(registrations.c.code == code)).first()
    return None if row is None else _registration(row)


def of_person(db: sa.Connection, person_id: int) -> tuple[Registration, ...]:
    """Everything a person has registered for and not given back, newest first."""
    rows = db.execute(
        sa.select(registrations)
        .where(registrations.c.person_id == person_id, registrations.c.state.in_(LIVE))
        .order_by(registrations.c.id.desc())
    )
    return tuple(_registration(row) for row in rows)


def of_person_in(db: sa.Connection, person_id: int, event_id: int) -> Registration | None:
    """A person's place in one event."""
    row = db.execute(
        sa.select(registrations)
        .join(event_sessions, event_sessions.c.id == registrations.c.session_id)
        .where(registrations.c.person_id == person_id, registrations.c.state.in_(LIVE), event_sessions.c.event_id == event_id)
    ).first()
    return None if row is None else _registration(row)


def of_session(db: sa.Connection, session_id: int) -> tuple[Registration, ...]:
    """Everybody of a session, as they registered."""
    rows = db.execute(sa.select(registrations).where(registrations.c.session_id == session_id).order_by(registrations.c.id))
    return tuple(_registration(row) for row in rows)


def place_in_queue(db: sa.Connection, registration: Registration) -> int:
    """How many wait before this one, and it."""
    waiting = (
        registrations.c.session_id == registration.session_id,
        registrations.c.state == Place.WAITING,
        registrations.c.queue <= registration.queue,
    )
    return int(db.execute(sa.select(sa.func.count()).where(*waiting)).scalar_one())


def to_tell(db: sa.Connection, session_id: int, after: int, most: int, *, with_waiting: bool, came: bool) -> tuple[Registration, ...]:
    """The next ones of a session to tell something, after a registration; with those who wait, or only those who came."""
    wanted = [registrations.c.session_id == session_id, registrations.c.id > after, registrations.c.person_id.is_not(None)]
    wanted.append(registrations.c.state.in_(LIVE) if with_waiting else registrations.c.state == Place.REGISTERED)
    if came:
        wanted.append(registrations.c.arrived_at.is_not(None))
    rows = db.execute(sa.select(registrations).where(*wanted).order_by(registrations.c.id).limit(most))
    return tuple(_registration(row) for row in rows)


def anybody_came(db: sa.Connection, session_id: int) -> bool:
    """Whether anybody was checked in at all."""
    arrived = registrations.c.session_id == session_id, registrations.c.arrived_at.is_not(None)
    return bool(db.execute(sa.select(sa.exists().where(*arrived))).scalar())


def check_in(db: sa.Connection, registration_id: int, at: dt.datetime) -> Registration:
    """Note that a person came; the first time counts."""
    not_yet = registrations.c.id == registration_id, registrations.c.arrived_at.is_(None)
    db.execute(registrations.update().where(*not_yet).values(arrived_at=at))
    return _found(db, registration_id)


def rate(db: sa.Connection, registration_id: int, rating: int, remark: str | None) -> None:
    """Keep how it was for a person; the last word counts."""
    _set(db, registration_id, rating=rating, remark=remark)


def purge_before(db: sa.Connection, moment: dt.datetime, at: dt.datetime) -> int:
    """Delete names, needs, answers and remarks of sessions that ended before a moment; who came and how many stays countable."""
    over = sa.select(event_sessions.c.id).where(event_sessions.c.ends_at < moment)
    old = registrations.c.session_id.in_(over), registrations.c.purged_at.is_(None)
    return db.execute(registrations.update().where(*old).values(**_NOTHING_PERSONAL, purged_at=at)).rowcount


def _has_not_begun(db: sa.Connection, session_id: int, at: dt.datetime) -> bool:
    is_coming = event_sessions.c.id == session_id, event_sessions.c.starts_at > at
    return db.execute(sa.select(event_sessions.c.id).where(*is_coming)).first() is not None


def _lock(db: sa.Connection, session_id: int) -> None:
    db.execute(sa.select(event_sessions.c.id).where(event_sessions.c.id == session_id).with_for_update())


def _locked(db: sa.Connection, session_id: int) -> tuple[Event | None, Session | None]:
    """A session with its seats, which nobody else can change before this transaction ends."""
    _lock(db, session_id)
    event = events.of_session(db, session_id)
    return event, None if event is None else event.session(session_id)


def _held(db: sa.Connection, registration_id: int) -> tuple[Registration, Event, Session]:
    """A registration with its session locked; raises Refusal where there is none."""
    known = find(db, registration_id)
    if known is None:
        raise Refusal("gone")
    event, session = _locked(db, known.session_id)
    registration = find(db, registration_id)  # again: it may have changed while this waited for the lock
    if registration is None or event is None or session is None or registration.session_id != session.id:
        raise Refusal("gone")
    return registration, event, session


def _pass_on(db: sa.Connection, event: Event, session: Session, at: dt.datetime) -> int:
    given = 0
    while session.starts_at > at and not session.is_cancelled:
        fresh = events.of_session(db, session.id)
        now = fresh.session(session.id) if fresh is not None else None
        if now is None or now.seats.waiting == 0 or not now.seats.has_room(at):
            break
        waits = registrations.c.session_id == session.id, registrations.c.state == Place.WAITING
        row = db.execute(sa.select(registrations.c.id).where(*waits).order_by(registrations.c.queue).limit(1)).one()
        until = offer_ends(at, session.starts_at, event.details.offer_minutes)
        told_at = notice_time(at, session.starts_at)
        if until is None:
            _set(db, row.id, state=Place.REGISTERED, queue=0)
            errands.add(db, Errand.SEAT, session.id, told_at, registration_id=row.id, too_late_at=session.starts_at)
        else:
            _set(db, row.id, state=Place.OFFERED, queue=0, offer_until=until)
            errands.add(db, Errand.OFFER, session.id, told_at, registration_id=row.id, too_late_at=until)
            errands.add(db, Errand.EXPIRE, session.id, until, registration_id=row.id)
        given += 1
    return given


def _leave(db: sa.Connection, registration: Registration, state: Place, at: dt.datetime) -> None:
    _set(db, registration.id, state=state, settled_at=at, offer_until=None, queue=0, on_reserved=False)


def _insert(
    db: sa.Connection,
    session_id: int,
    person_id: int | None,
    filled: Filled,
    state: Place,
    on_reserved: bool,
    code: str,
    at: dt.datetime,
) -> Registration:
    values = {
        "session_id": session_id,
        "person_id": person_id,
        "state": state,
        "queue": _next_in_queue(db, session_id) if state is Place.WAITING else 0,
        "on_reserved": on_reserved,
        "code": code,
        "language": filled.language,
        "name": filled.name,
        "needs": filled.needs,
        "answers": _encode(filled.answers).decode(),
        "made_at": at,
    }
    return _registration(db.execute(registrations.insert().values(values).returning(registrations)).one())


def _next_in_queue(db: sa.Connection, session_id: int) -> int:
    last = db.execute(sa.select(sa.func.max(registrations.c.queue)).where(registrations.c.session_id == session_id)).scalar()
    return (last or 0) + 1


def _fresh(db: sa.Connection, new_code: Callable[[], str]) -> str:
    while with_code(db, code := new_code()) is not None:
        pass
    return code


def _set(db: sa.Connection, registration_id: int, **values: object) -> None:
    db.execute(registrations.update().where(registrations.c.id == registration_id).values(values))


def _found(db: sa.Connection, registration_id: int) -> Registration:
    return _registration(db.execute(sa.select(registrations).where(registrations.c.id == registration_id)).one())


def _registration(row: sa.Row[tuple[object, ...]]) -> Registration:
    return Registration(
        id=row.id,
        session_id=row.session_id,
        person_id=row.person_id,
        state=Place(row.state),
        code=row.code,
        language=row.language,
        name=row.name or "",
        needs=row.needs or "",
        answers=_decode(row.answers) if row.answers else {},
        made_at=row.made_at,
        offer_until=row.offer_until,
        arrived_at=row.arrived_at,
        is_walk_in=row.is_walk_in,
        on_reserved=row.on_reserved,
        rating=row.rating,
        remark=row.remark or "",
        queue=row.queue,
        is_purged=row.purged_at is not None,
    )
