"""Makes the deliveries of an announcement in slices, each by one statement, so that a reply never waits for long."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from civic.announcements import Audience, Bulletin
from civic.subscriptions import FREQUENCIES, QUIET_FROM, QUIET_TO, digest_moment, next_hours
from civic.windows import heard_since
from storage.columns import Instant
from storage.ledger import wake
from storage.schema import announcements, deliveries, people, presence, subscribers, subscriptions

TOPIC = "deliveries"
_decode = msgspec.json.Decoder(Bulletin).decode


@dataclass(frozen=True, slots=True)
class Slice:
    """What one slice did."""

    made: int
    is_last: bool


def wanting(audience: Audience) -> list[sa.ColumnElement[bool]]:
    """The conditions on people that an audience means: reachable at all, subscribed, and of its languages and channels."""
    conditions = [people.c.stopped_at.is_(None), people.c.left_at.is_(None)]
    if audience.languages:
        conditions.append(people.c.language.in_(audience.languages))
    if audience.channels:
        conditions.append(people.c.channel.in_(audience.channels))
    groups = [topics for topics in (audience.topics, audience.regions) if topics]
    return conditions + [subscribed(topics) for topics in groups or [()]]


def subscribed(topics: tuple[str, ...]) -> sa.ColumnElement[bool]:
    """Whether a person is subscribed to one of the topics; to anything, where none is named."""
    narrowed = [subscriptions.c.topic.in_(topics)] if topics else []
    return sa.exists().where(subscriptions.c.person_id == people.c.id, ~subscriptions.c.paused, *narrowed)


def fan_out(db: sa.Connection, number: int, width: int, most: int, at: dt.datetime, zone: dt.tzinfo) -> Slice:
    """Make the deliveries of the next `width` people of what is being sent; nothing when it is paused or over.

    Two nodes at once, or a node that begins again, make none twice: the key of a delivery is announcement and person. `most` deliveries
    at the most in all, 0 for no limit.
    """
    row = db.execute(sa.select(announcements).where(announcements.c.id == number).with_for_update()).first()
    if row is None or row.state != "sending" or row.fanned:
        return Slice(0, True)
    upper = min(row.reached + width, row.last)
    audience = _decode(row.body).audience
    chosen = _chosen(number, audience, row.reached, upper, at, zone)
    if most:
        chosen = chosen.order_by(people.c.id).limit(max(0, most - row.total))
    insert = (postgresql if db.dialect.name == "postgresql" else sqlite).insert(deliveries)
    names = ["announcement_id", "person_id", "channel", "state", "digest", "due_at"]
    made = db.execute(insert.from_select(names, chosen).on_conflict_do_nothing(), execution_options={"preserve_rowcount": True}).rowcount
    is_last = upper >= row.last or (most > 0 and row.total + made >= most)
    values = {"reached": upper, "total": announcements.c.total + made, "fanned": is_last}
    db.execute(announcements.update().where(announcements.c.id == number).values(values))
    if made:
        wake(db, TOPIC)
    return Slice(made, is_last)


def newest_person(db: sa.Connection) -> int:
    return db.execute(sa.select(sa.func.max(people.c.id))).scalar() or 0


def reach(
    db: sa.Connection, audience: Audience, at: dt.datetime, zone: dt.tzinfo, windows: Mapping[str, dt.timedelta] | None = None
) -> dict[str, tuple[int, int]]:
    """By channel: how many an audience means, and how many of them would be told at once.

    Not at once are those in their quiet hours, those who want a digest, and on a channel of `windows` whoever has not written for that
    long: such a channel lets a bot write only for a while after a person did.
    """
    once = _frequency() == "once"
    now = sa.and_(once, ~_is_quiet(at.astimezone(zone).hour))
    for channel, window in (windows or {}).items():
        now = sa.and_(now, sa.or_(people.c.channel != channel, _wrote_since(heard_since(window, at))))
    rows = db.execute(
        sa.select(people.c.channel, sa.func.count(), sa.func.sum(sa.case((now, 1), else_=0)))
        .select_from(people.outerjoin(subscribers, subscribers.c.person_id == people.c.id))
        .where(*wanting(audience))
        .group_by(people.c.channel)
        .order_by(people.c.channel)
    )
    return {channel: (meant, int(told or 0)) for channel, meant, told in rows}


def _wrote_since(moment: dt.datetime) -> sa.ColumnElement[bool]:
    return sa.exists().where(presence.c.person_id == people.c.id, presence.c.heard_at > moment)


def _chosen(number: int, audience: Audience, above: int, upto: int, at: dt.datetime, zone: dt.tzinfo) -> sa.Select[tuple[object, ...]]:
    frequency = _frequency()
    moments = {name: digest_moment(name, at, zone) for name in FREQUENCIES}
    due = sa.case(
        *(
            (sa.and_(frequency == name, _is_quiet(moment.astimezone(zone).hour)), _quiet_ends(moment, zone))
            for name, moment in moments.items()
        ),
        *((frequency == name, sa.literal(moment, Instant())) for name, moment in moments.items()),
    )
    return (
        sa.select(sa.literal(number), people.c.id, people.c.channel, sa.literal("waiting"), frequency != "once", due)
        .select_from(people.outerjoin(subscribers, subscribers.c.person_id == people.c.id))
        .where(people.c.id > above, people.c.id <= upto, *wanting(audience))
    )


def _frequency() -> sa.ColumnElement[str]:
    return sa.func.coalesce(subscribers.c.frequency, "once")


def _is_quiet(hour: int) -> sa.ColumnElement[bool]:
    """civic.subscriptions.Habits.is_quiet as a condition."""
    begin, end = sa.func.coalesce(subscribers.c.quiet_from, QUIET_FROM), sa.func.coalesce(subscribers.c.quiet_to, QUIET_TO)
    return sa.case((begin <= end, sa.and_(begin <= hour, hour < end)), else_=sa.or_(hour >= begin, hour < end))


def _quiet_ends(moment: dt.datetime, zone: dt.tzinfo) -> sa.ColumnElement[dt.datetime]:
    ends = {hour: sa.literal(end, Instant()) for hour, end in next_hours(moment, zone).items()}
    return sa.case(ends, value=sa.func.coalesce(subscribers.c.quiet_to, QUIET_TO))
