"""The tables of events: what is held when, who is registered, what they are to be told, and which certificates were given."""

from __future__ import annotations

import sqlalchemy as sa

from storage.columns import Address, Instant, Sealed
from storage.schema.base import Key, metadata

events = sa.Table(
    "events",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("status", sa.String(16), nullable=False, index=True),
    sa.Column("details", sa.Text, nullable=False),  # civic.events.Details as JSON: what is, or will be, public
    sa.Column("opens_at", Instant),
    sa.Column("closes_at", Instant),
    sa.Column("uid", sa.String(255), unique=True),  # of the calendar entry it was imported from
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

event_sessions = sa.Table(
    "event_sessions",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("event_id", Key, sa.ForeignKey("events.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("starts_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, nullable=False, index=True),
    sa.Column("capacity", sa.Integer),  # none: everybody who comes
    sa.Column("reserved", sa.Integer, nullable=False, server_default="0"),
    sa.Column("reserved_until", Instant),
    sa.Column("place", sa.Text, nullable=False),  # by language, as JSON
    sa.Column("latitude", sa.Float),
    sa.Column("longitude", sa.Float),
    sa.Column("link", Sealed("event_sessions.link"), nullable=False),  # for those who have a seat only
    sa.Column("language", sa.String(3), nullable=False, server_default=""),
    sa.Column("is_cancelled", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("sequence", sa.Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)

registrations = sa.Table(
    "registrations",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("session_id", Key, sa.ForeignKey("event_sessions.id", ondelete="CASCADE"), nullable=False),
    sa.Column("person_id", Key, sa.ForeignKey("people.id", ondelete="SET NULL"), index=True),
    sa.Column("state", sa.String(16), nullable=False),  # civic.seats.Place
    sa.Column("queue", sa.Integer, nullable=False, server_default="0"),  # place on the waiting list of the session
    sa.Column("on_reserved", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("offer_until", Instant, index=True),
    sa.Column("code", Address("registrations.code"), nullable=False, unique=True),  # shown at the door
    sa.Column("language", sa.String(3), nullable=False, server_default=""),
    sa.Column("name", Sealed("registrations.name")),
    sa.Column("needs", Sealed("registrations.needs")),
    sa.Column("answers", Sealed("registrations.answers")),  # of the extra questions, as JSON
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("settled_at", Instant),  # cancelled, lapsed
    sa.Column("arrived_at", Instant),
    sa.Column("is_walk_in", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("rating", sa.SmallInteger),
    sa.Column("remark", Sealed("registrations.remark")),
    sa.Column("purged_at", Instant),
    sa.Index("ix_registrations_of_session", "session_id", "state", "queue"),
    sqlite_autoincrement=True,
)

registrants = sa.Table(
    "registrants",
    metadata,
    sa.Column("person_id", Key, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("name", Sealed("registrants.name"), nullable=False),
    sa.Column("needs", Sealed("registrants.needs"), nullable=False),
    sa.Column("consent", sa.String(16), nullable=False),  # the version of the text they agreed to
    sa.Column("agreed_at", Instant, nullable=False),
)

brought = sa.Table(
    "brought_questions",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("registration_id", Key, sa.ForeignKey("registrations.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("text", Sealed("brought_questions.text"), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

errands = sa.Table(
    "errands",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),  # storage/errands.py names them
    sa.Column("session_id", Key, sa.ForeignKey("event_sessions.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("registration_id", Key, sa.ForeignKey("registrations.id", ondelete="CASCADE"), index=True),  # none: all with a seat
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("too_late_at", Instant),  # from then on it is dropped
    sa.Column("told", Key, nullable=False, server_default="0"),  # the last registration told, so that a batch goes on after it
    sa.Column("body", Sealed("errands.body"), nullable=False),  # what has changed, or the words of the organiser
    sa.Column("state", sa.String(16), nullable=False),  # waiting, done, dropped
    sqlite_autoincrement=True,
)
sa.Index(
    "ix_errands_waiting",
    errands.c.due_at,
    sqlite_where=errands.c.state == "waiting",
    postgresql_where=errands.c.state == "waiting",
)

certificates = sa.Table(
    "certificates",
    metadata,
    sa.Column("code", sa.String(16), primary_key=True),
    sa.Column("registration_id", Key, sa.ForeignKey("registrations.id", ondelete="SET NULL"), unique=True),
    sa.Column("title", sa.Text, nullable=False),  # of the event, by language, as JSON: it outlives the event
    sa.Column("organiser", sa.Text, nullable=False),
    sa.Column("starts_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, nullable=False),
    sa.Column("holder", Address("certificates.holder"), nullable=False),  # a digest of code and name, so that a name can be compared
    sa.Column("given_at", Instant, nullable=False),
)

event_messages = sa.Table(
    "event_messages",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("event_id", Key, sa.ForeignKey("events.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("text", Sealed("event_messages.text"), nullable=False),  # by language, as JSON
    sa.Column("state", sa.String(16), nullable=False),  # waiting, sent, withdrawn
    sa.Column("written_by", sa.String(64), nullable=False),
    sa.Column("written_at", Instant, nullable=False),
    sa.Column("approved_by", sa.String(64), nullable=False, server_default=""),
    sqlite_autoincrement=True,
)
