"""The tables of announcements: what is announced, to whom it goes, and which node may send in bulk on a channel."""

from __future__ import annotations

import sqlalchemy as sa

from storage.columns import Instant
from storage.schema.base import Key, metadata

announcements = sa.Table(
    "announcements",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("state", sa.String(10), nullable=False, index=True),  # civic/announcements.py
    sa.Column("body", sa.Text, nullable=False),  # words, audience and mode as JSON: public, or about to be
    sa.Column("news_id", Key, sa.ForeignKey("news.id", ondelete="SET NULL")),
    sa.Column("written_by", sa.String(64), nullable=False),
    sa.Column("approved_by", sa.String(64), nullable=False, server_default=""),
    sa.Column("written_at", Instant, nullable=False),
    sa.Column("due_at", Instant),
    sa.Column("started_at", Instant),
    sa.Column("done_at", Instant),
    sa.Column("reached", Key, nullable=False, server_default="0"),  # people up to this number have their delivery
    sa.Column("last", Key, nullable=False, server_default="0"),  # the newest person when it began; nobody after it is reached
    sa.Column("fanned", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("total", sa.Integer, nullable=False, server_default="0"),  # deliveries made
    sa.Column("revision", sa.Integer, nullable=False, server_default="0"),  # corrections so far
    sa.Column("opened", sa.Integer, nullable=False, server_default="0"),  # presses, of nobody in particular
    sa.Column("pressed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("stopped", sa.Integer, nullable=False, server_default="0"),
    sa.Column("version", sa.Integer, nullable=False),
    sqlite_autoincrement=True,
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    # This key is what makes it one message a person, however often and by however many the fan-out is begun.
    sa.Column("announcement_id", Key, sa.ForeignKey("announcements.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("person_id", Key, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("state", sa.String(8), nullable=False),  # waiting, sending, sent, kept, stopped, failed, unknown, deleted
    sa.Column("digest", sa.Boolean, nullable=False, server_default=sa.false()),  # goes out with the others of its day
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("attempts", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("outcome", sa.String(32), nullable=False, server_default=""),
    sa.Column("ref", sa.String(64), nullable=False, server_default=""),  # the message at its vendor, to correct or delete it
    sa.Column("revision", sa.Integer, nullable=False, server_default="0"),
    sa.Column("settled_at", Instant),
    sa.Index("ix_deliveries_person", "person_id"),
    sqlite_with_rowid=False,
)
sa.Index(
    "ix_deliveries_waiting",
    deliveries.c.announcement_id,
    deliveries.c.channel,
    deliveries.c.digest,
    deliveries.c.due_at,
    sqlite_where=deliveries.c.state == "waiting",
    postgresql_where=deliveries.c.state == "waiting",
)
sa.Index(
    "ix_deliveries_sending",
    deliveries.c.announcement_id,
    deliveries.c.channel,
    sqlite_where=deliveries.c.state == "sending",
    postgresql_where=deliveries.c.state == "sending",
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),  # "pace:telegram": one node sends in bulk there; "fan-out"
    sa.Column("node", sa.String(32), nullable=False),
    sa.Column("until", Instant, nullable=False),
)

switches = sa.Table(
    "switches",
    metadata,
    sa.Column("name", sa.String(16), primary_key=True),  # "bulk": while it is here, no announcement goes out
    sa.Column("thrown_by", sa.String(64), nullable=False),
    sa.Column("thrown_at", Instant, nullable=False),
)
