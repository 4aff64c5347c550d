"""Seats are never given twice, and nobody who asks for one is lost."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
from pathlib import Path

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from civic.errors import Refusal
from civic.seats import LIVE, SEATED, Place
from storage import events, registrations
from storage.engines import is_sqlite, open_writer
from storage.ledger import Ledger
from storage.registrations import Registration
from storage.sealing import Seal
from tests.events.made import DAY, HOUR, NOW, codes, filled, person, training, writing

PEOPLE, SEATS = 200, 20


async def test_two_hundred_people_for_twenty_seats_at_once(database_url: str, seal: Seal) -> None:
    """Through several ledgers, each with its writers, at the same moment: 20 in, the rest in order on the waiting list, nobody lost."""
    with writing(database_url, seal) as db:
        session = training(db, capacity=SEATS).sessions[0]
        who = [person(db, f"person-{number}") for number in range(PEOPLE)]
    writers = 1 if is_sqlite(database_url) else 4
    ledgers = [Ledger(open_writer(database_url, seal, writers), writers=writers) for _ in range(2)]
    numbers = codes()
    results = await asyncio.gather(
        *(
            ledgers[index % 2].write_for(str(index), registrations.register, session.id, person_id, filled(f"n{person_id}"), numbers, NOW)
            for index, person_id in enumerate(who)
        )
    )
    everybody = await ledgers[0].write(registrations.of_session, session.id)
    for ledger in ledgers:
        await ledger.close()

    assert {result.person_id for result in results} == set(who)
    assert len(everybody) == PEOPLE
    assert sum(one.state is Place.REGISTERED for one in everybody) == SEATS
    waiting = [one for one in everybody if one.state is Place.WAITING]
    assert sorted(one.queue for one in waiting) == list(range(1, PEOPLE - SEATS + 1))


async def test_seats_given_back_at_once_go_to_those_who_wait_in_order(database_url: str, seal: Seal) -> None:
    with writing(database_url, seal) as db:
        session = training(db, capacity=5).sessions[0]
        numbers = codes()
        made = [registrations.register(db, session.id, person(db, f"p{number}"), filled(), numbers, NOW) for number in range(12)]
    writers = 1 if is_sqlite(database_url) else 3
    ledger = Ledger(open_writer(database_url, seal, writers), writers=writers)
    await asyncio.gather(*(ledger.write_for(str(one.id), registrations.cancel, one.id, NOW) for one in made[:5]))
    everybody = await ledger.write(registrations.of_session, session.id)
    await ledger.close()

    assert [one.state for one in everybody] == [Place.CANCELLED] * 5 + [Place.OFFERED] * 5 + [Place.WAITING] * 2


_moves = st.lists(
    st.one_of(
        st.tuples(st.just("register"), st.integers(0, 9), st.booleans()),
        st.tuples(st.just("cancel"), st.integers(0, 9)),
        st.tuples(st.just("accept"), st.integers(0, 9)),
        st.tuples(st.just("decline"), st.integers(0, 9)),
        st.tuples(st.just("move"), st.integers(0, 9), st.integers(0, 1)),
        st.tuples(st.just("capacity"), st.integers(0, 5), st.integers(0, 2)),
        st.tuples(st.just("clock"), st.integers(1, 30)),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=_moves)
def test_whatever_happens_seats_are_not_given_twice(migrated: Path, tmp_path_factory, seal: Seal, moves: list[tuple[object, ...]]) -> None:  # type: ignore[no-untyped-def]
    """Any order of registering, cancelling, accepting, moving, changes of capacity and waiting keeps every rule of the seats."""
    engine = open_writer(f"sqlite:///{shutil.copy(migrated, tmp_path_factory.mktemp('seats') / 'hiwar.db')}", seal)
    with engine.begin() as db:
        event = training(db, capacity=3, reserved=1, reserved_until=NOW + 3 * DAY, sessions=2)
        who = [person(db, f"p{number}") for number in range(10)]
        _play(db, event.id, who, moves)
    engine.dispose()


def _play(db: sa.Connection, event_id: int, who: list[int], moves: list[tuple[object, ...]]) -> None:
    now, numbers = NOW, codes()
    for move in moves:
        before = _taken(db, event_id)
        queued = _queues(db, event_id)
        try:
            now = _make(db, event_id, who, move, numbers, now)
        except Refusal as refusal:
            assert refusal.reason in ("offer_over", "gone", "running", "past", "closed")
        event = events.find(db, event_id)
        assert event is not None
        for session in event.sessions:
            capacity = session.seats.capacity
            assert capacity is not None
            assert session.seats.taken <= max(capacity, before[session.id]), "more seats given than there are"
            if session.starts_at > now and not (session.seats.reserved and now >= NOW + 3 * DAY):
                assert not (session.seats.waiting and session.seats.has_room(now)), "a seat is free while somebody waits"
            still = [one for one in queued[session.id] if one in _queues(db, event_id)[session.id]]
            assert [one for one in _queues(db, event_id)[session.id] if one in still] == still, "the order of the list has changed"
        for person_id in who:
            places = [one for session in event.sessions for one in _live(db, session.id) if one.person_id == person_id]
            assert len(places) <= 1, "somebody has two places in one event"


def _make(db: sa.Connection, event_id: int, who: list[int], move: tuple[object, ...], numbers, now: dt.datetime) -> dt.datetime:  # type: ignore[no-untyped-def]
    event = events.find(db, event_id)
    assert event is not None
    match move:
        case ("register", int(index), bool(second)):
            registrations.register(db, event.sessions[int(second)].id, who[index], filled(), numbers, now)
        case ("capacity", int(capacity), int(reserved)):
            registrations.set_seats(db, event.sessions[0].id, capacity, min(capacity, reserved), NOW + 3 * DAY, now)
        case ("clock", int(hours)):
            now += hours * HOUR
            for session in event.sessions:
                for one in _live(db, session.id):
                    if one.offer_until is not None and one.offer_until <= now:
                        registrations.expire(db, one.id, now)
                if now >= NOW + 3 * DAY:
                    registrations.pass_on(db, session.id, now)
        case (str(what), int(index), *rest):
            place = registrations.of_person_in(db, who[index], event_id)
            if place is None:
                return now
            if what == "move":
                target = rest[0]
                assert isinstance(target, int)
                registrations.move(db, place.id, event.sessions[target].id, now)
            else:
                {"cancel": registrations.cancel, "accept": registrations.accept, "decline": registrations.decline}[what](db, place.id, now)
    return now


def _live(db: sa.Connection, session_id: int) -> list[Registration]:
    return [one for one in registrations.of_session(db, session_id) if one.state in LIVE]


def _taken(db: sa.Connection, event_id: int) -> dict[int, int]:
    event = events.find(db, event_id)
    assert event is not None
    return {session.id: sum(one.state in SEATED for one in _live(db, session.id)) for session in event.sessions}


def _queues(db: sa.Connection, event_id: int) -> dict[int, list[int]]:
    event = events.find(db, event_id)
    assert event is not None
    return {
        session.id: [one.id for one in sorted(_live(db, session.id), key=lambda one: one.queue) if one.state is Place.WAITING]
        for session in event.sessions
    }
