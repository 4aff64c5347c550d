"""Who wants which news. Only what people do themselves changes it; leaving stops it, and coming back does not start it again."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from civic.subscriptions import Habits, Standing
from storage.schema import people, subscribers, subscriptions


def standing(db: sa.Connection, person_id: int) -> Standing:
    """All that somebody is subscribed to, oldest first."""
    rows = db.execute(
        sa.select(subscriptions.c.topic, subscriptions.c.paused)
        .where(subscriptions.c.person_id == person_id)
        .order_by(subscriptions.c.since, subscriptions.c.topic)
    ).all()
    kept = db.execute(sa.select(subscribers).where(subscribers.c.person_id == person_id)).first()
    is_stopped = db.execute(sa.select(people.c.stopped_at).where(people.c.id == person_id)).scalar() is not None
    return Standing(
        tuple(row.topic for row in rows if not row.paused),
        tuple(row.topic for row in rows if row.paused),
        Habits(kept.frequency, kept.quiet_from, kept.quiet_to) if kept else Habits(),
        is_stopped,
    )


def subscribe(db: sa.Connection, person_id: int, topic: str, at: dt.datetime) -> bool:
    """Subscribe somebody to a topic; False when they were already, and nothing changed.

    Who had stopped everything gets this one again and nothing else: the others stay paused until they are asked for.
    """
    now = standing(db, person_id)
    if topic in now.topics and not now.is_stopped:
        return False
    if now.is_stopped:
        db.execute(subscriptions.update().where(subscriptions.c.person_id == person_id).values(paused=True))
        db.execute(people.update().where(people.c.id == person_id).values(stopped_at=None))
    if topic in (*now.topics, *now.paused):
        this = subscriptions.c.person_id == person_id, subscriptions.c.topic == topic
        db.execute(subscriptions.update().where(*this).values(paused=False))
    else:
        db.execute(subscriptions.insert().values(person_id=person_id, topic=topic, since=at))
    _keep(db, person_id, now.habits, at)
    return True


def unsubscribe(db: sa.Connection, person_id: int, topic: str) -> bool:
    """End one subscription; False when there was none."""
    this = subscriptions.c.person_id == person_id, subscriptions.c.topic == topic
    return db.execute(subscriptions.delete().where(*this)).rowcount > 0


def resume(db: sa.Connection, person_id: int) -> None:
    """Everything that was stopped comes again, because the person asked for it."""
    db.execute(people.update().where(people.c.id == person_id).values(stopped_at=None))
    db.execute(subscriptions.update().where(subscriptions.c.person_id == person_id).values(paused=False))


def set_habits(db: sa.Connection, person_id: int, habits: Habits, at: dt.datetime) -> None:
    """From now on this often and between these hours."""
    _keep(db, person_id, habits, at)


def counts(db: sa.Connection) -> dict[str, int]:
    """How many people get each topic now."""
    rows = db.execute(
        sa.select(subscriptions.c.topic, sa.func.count().label("n"))
        .join(people, people.c.id == subscriptions.c.person_id)
        .where(~subscriptions.c.paused, people.c.stopped_at.is_(None), people.c.left_at.is_(None))
        .group_by(subscriptions.c.topic)
    )
    return {row.topic: row.n for row in rows}


def _keep(db: sa.Connection, person_id: int, habits: Habits, at: dt.datetime) -> None:
    values = {"frequency": habits.frequency, "quiet_from": habits.quiet_from, "quiet_to": habits.quiet_to}
    if db.execute(subscribers.update().where(subscribers.c.person_id == person_id).values(values)).rowcount == 0:
        db.execute(subscribers.insert().values(person_id=person_id, since=at, **values))
