"""Who is forgotten holds no seat: it goes to those who wait, and of what is over only counts remain."""

from __future__ import annotations

import asyncio

from civic.seats import Place
from storage import events, moving, people, registrations
from storage.engines import is_sqlite, open_writer
from storage.errands import Errand
from storage.ledger import Ledger
from storage.sealing import Seal
from tests.events.made import DAY, HOUR, NOW, codes, filled, person, training, writing
from tests.events.test_reminders import do_all, told_to


def test_the_seat_of_somebody_forgotten_is_offered_to_the_next(database_url: str, seal: Seal) -> None:
    with writing(database_url, seal) as db:
        session, numbers = training(db, capacity=1).sessions[0], codes()
        amina, idir, hind = (person(db, name) for name in ("amina", "idir", "hind"))
        places = [registrations.register(db, session.id, who, filled("أمينة", needs="ramp"), numbers, NOW) for who in (amina, idir, hind)]
        people.forget(db, amina, NOW + HOUR)
        given_up, offered, waiting = (registrations.find(db, place.id) for place in places)
        assert given_up is not None and offered is not None and waiting is not None
        assert (given_up.state, given_up.person_id, given_up.name, given_up.needs) == (Place.CANCELLED, None, "", "")
        assert (offered.state, waiting.state) == (Place.OFFERED, Place.WAITING)
        assert [(one.kind, one.people) for one in do_all(db, seal, NOW + HOUR)] == [(Errand.OFFER, 1)]
        assert len(told_to(db, idir)) == 1
        people.forget(db, hind, NOW + HOUR)  # a place on the list is given back too, and nobody is offered anything by it
        event = events.of_session(db, session.id)
        assert event is not None
        assert (event.sessions[0].seats.taken, event.sessions[0].seats.waiting) == (1, 0)


def test_that_somebody_came_stays_countable_without_their_name(database_url: str, seal: Seal) -> None:
    with writing(database_url, seal) as db:
        session = training(db).sessions[0]
        amina = person(db, "amina")
        made = registrations.register(db, session.id, amina, filled("أمينة"), codes(), NOW)
        registrations.check_in(db, made.id, session.starts_at)
        registrations.rate(db, made.id, 4, "my own words")
        people.forget(db, amina, session.ends_at + DAY)
        kept = registrations.find(db, made.id)
        assert kept is not None
        assert (kept.state, kept.arrived_at, kept.rating) == (Place.REGISTERED, session.starts_at, 4)
        assert (kept.person_id, kept.name, kept.remark, kept.is_purged) == (None, "", "", True)


def test_going_to_another_channel_gives_no_seat_back(database_url: str, seal: Seal) -> None:
    with writing(database_url, seal) as db:
        session, numbers = training(db, capacity=1).sessions[0], codes()
        here, there, waiting = (person(db, name) for name in ("here", "there", "waiting"))
        made = registrations.register(db, session.id, here, filled(), numbers, NOW)
        second = registrations.register(db, session.id, waiting, filled(), numbers, NOW)
        moving.issue(db, here, "digest", "join", NOW)
        moving.make(db, "digest", here, there, "join", NOW)
        carried = registrations.find(db, made.id)
        assert carried is not None and (carried.person_id, carried.state) == (there, Place.REGISTERED)
        people.forget(db, here, NOW)  # on the channel that has nothing now: all of one person goes
        given_up, offered = registrations.find(db, made.id), registrations.find(db, second.id)
        assert given_up is not None and given_up.state is Place.CANCELLED
        assert offered is not None and offered.state is Place.OFFERED


async def test_many_forgotten_at_once_leave_every_seat_to_the_list(database_url: str, seal: Seal) -> None:
    with writing(database_url, seal) as db:
        first, second = (training(db, capacity=5).sessions[0] for _ in range(2))
        numbers = codes()
        going, coming = ([person(db, f"{name}-{number}") for number in range(5)] for name in ("going", "coming"))
        for index, who in enumerate([*going, *coming]):
            for session in (first, second) if index % 2 else (second, first):
                registrations.register(db, session.id, who, filled(), numbers, NOW)
    writers = 1 if is_sqlite(database_url) else 4
    ledger = Ledger(open_writer(database_url, seal, writers), writers=writers)
    await asyncio.gather(*(ledger.write_for(str(who), people.forget, who, NOW + HOUR) for who in going))
    await ledger.close()
    with writing(database_url, seal) as db:
        for session in (first, second):
            states = {made.person_id: made.state for made in registrations.of_session(db, session.id) if made.person_id is not None}
            assert states == dict.fromkeys(coming, Place.OFFERED)
