"""Events that the tests make: a training in Rabat and what it needs."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from civic.events import Details, Event, Kind
from handlers.desk import organising
from storage import events, people
from storage.engines import open_writer
from storage.ledger import savepoint
from storage.registrations import Filled
from storage.sealing import Seal

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
DAY, HOUR, MINUTE = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=1)

TRAINING = Details(
    kind=Kind.TRAINING,
    title={
        "ar": "كيف تطلب معلومة من الإدارة",
        "fr": "Demander une information à l’administration",
        "en": "How to ask an administration for information",
    },
    description={
        "ar": "ورشة عملية حول القانون 31.13، بأمثلة وتمارين.",
        "fr": "Un atelier pratique sur la loi 31-13, avec des exemples et des exercices.",
        "en": "A practical workshop on law 31-13, with examples and exercises.",
    },
    organiser={"ar": "فريق الحكومة المنفتحة", "fr": "L’équipe du gouvernement ouvert", "en": "The open government team"},
    topic="access-to-information",
    region="rabat-sale-kenitra",
)
PLACE = {"ar": "دار الشباب حسان، الرباط", "fr": "Maison des jeunes Hassan, Rabat", "en": "Hassan youth centre, Rabat"}


def codes() -> Callable[[], str]:
    """Codes one after the other, so that a test can name them."""
    numbers = itertools.count(1)
    return lambda: f"CODE{next(numbers):04}"


def person(db: sa.Connection, name: str) -> int:
    """Somebody who writes in Arabic on the console."""
    made = people.meet(db, "console", name, NOW)
    people.set_language(db, made.id, "ar", chosen=True)
    return made.id


def training(
    db: sa.Connection,
    *,
    details: Details = TRAINING,
    capacity: int | None = 20,
    reserved: int = 0,
    reserved_until: dt.datetime | None = None,
    starts_in: dt.timedelta = 10 * DAY,
    sessions: int = 1,
    at: dt.datetime = NOW,
    link: str = "",
) -> Event:
    """A published training; its sessions are a week apart and take three hours."""
    event_id = organising.draft(db, details, "staff:1", at)
    for number in range(sessions):
        starts = at + starts_in + number * 7 * DAY
        organising.add_session(
            db,
            event_id,
            "staff:1",
            at,
            starts_at=starts,
            ends_at=starts + 3 * HOUR,
            capacity=capacity,
            reserved=reserved,
            reserved_until=reserved_until,
            place=PLACE,
            point=(34.0209, -6.8416),
            language="ar",
            link=link,
        )
    organising.publish(db, event_id, "staff:1", at)
    found = events.find(db, event_id)
    assert found is not None
    return found


def filled(name: str = "Amina", **more: object) -> Filled:
    return Filled(name=name, answers={}, language="ar", **more)  # type: ignore[arg-type]


@contextmanager
def writing(url: str, seal: Seal) -> Iterator[sa.Connection]:
    """One transaction on a freshly opened database."""
    engine = open_writer(url, seal)
    try:
        with engine.begin() as db, savepoint(db):
            yield db
    finally:
        engine.dispose()
