"""The tables of the conversation: people, talks, letters, questions, knowledge, and the audit log."""

from __future__ import annotations

import sqlalchemy as sa

from storage.columns import Address, Instant, Sealed, SealedBytes
from storage.schema.base import Key, metadata

people = sa.Table(
    "people",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("address", Address("people.address"), nullable=False, unique=True),  # "<channel>:<vendor's chat id>"
    sa.Column("language", sa.String(3), nullable=False, server_default=""),
    sa.Column("chose_language", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("stopped_at", Instant),
    sa.Column("left_at", Instant),
    sa.Column("created_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("person_id", Key, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("state", Sealed("conversations.state"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
)

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("person_id", Key, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("feature", sa.String(32), primary_key=True),
    sa.Column("state", Sealed("drafts.state"), nullable=False),
    sa.Column("kept_at", Instant, nullable=False, index=True),
)

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("channel", sa.String(16), primary_key=True),
    sa.Column("event", sa.String(128), primary_key=True),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("reply", Sealed("inbox.reply")),  # what the webhook's answer said, to say the same again
    sqlite_with_rowid=False,
)

dead_letters = sa.Table(
    "dead_letters",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("event", sa.String(128), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("payload", Sealed("dead_letters.payload"), nullable=False),
    sa.Column("error", sa.Text, nullable=False),  # kind of error and where in the code, never its values
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.UniqueConstraint("channel", "event"),
    sqlite_autoincrement=True,
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("person_id", Key, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("lane", sa.SmallInteger, nullable=False),
    sa.Column("body", Sealed("outbox.body"), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("claimed_by", sa.String(32), nullable=False, server_default=""),
    sa.Column("attempts", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("parts_sent", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("outcome", sa.String(64), nullable=False, server_default=""),
    sa.Column("ref", sa.String(64), nullable=False, server_default=""),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant),  # past it, one that waited for the person is not worth showing
    sqlite_autoincrement=True,
)
sa.Index("ix_outbox_kept", outbox.c.person_id, sqlite_where=outbox.c.state == "kept", postgresql_where=outbox.c.state == "kept")
sa.Index(
    "ix_outbox_waiting",
    outbox.c.lane,
    outbox.c.due_at,
    sqlite_where=outbox.c.state == "waiting",
    postgresql_where=outbox.c.state == "waiting",
)

lines = sa.Table(
    "lines",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("person_id", Key, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    sa.Column("event", sa.String(128), nullable=False, server_default=""),
    sa.Column("side", sa.String(3), nullable=False),  # "bot" or "you"
    sa.Column("body", Sealed("lines.body"), nullable=False),
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Index("ix_lines_of_person", "person_id", "id"),
    sqlite_autoincrement=True,
)

files = sa.Table(
    "files",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("person_id", Key, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("name", Sealed("files.name"), nullable=False),
    sa.Column("mime", sa.String(128), nullable=False),
    sa.Column("content", SealedBytes("files.content"), nullable=False),
    sa.Column("at", Instant, nullable=False, index=True),
)

questions = sa.Table(
    "questions",
    metadata,
    sa.Column("number", Key, primary_key=True),
    sa.Column("person_id", Key, sa.ForeignKey("people.id", ondelete="SET NULL"), index=True),
    sa.Column("text", Sealed("questions.text"), nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("entry", sa.String(34), nullable=False, server_default=""),  # the answer that was not useful
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("alike", Key),  # the question that an editor put this one with
    sa.Column("answer", sa.String(34), nullable=False, server_default=""),  # the entry that answered it
    sa.Column("answered_at", Instant),
    sqlite_autoincrement=True,
)

feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("person_id", Key, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("entry", sa.String(34), primary_key=True),
    sa.Column("useful", sa.Boolean, nullable=False),
    sa.Column("at", Instant, nullable=False),
)

entries = sa.Table(
    "entries",
    metadata,
    sa.Column("id", sa.String(34), primary_key=True),
    sa.Column("topic", sa.String(40), nullable=False, index=True),
    sa.Column("place", sa.Integer, nullable=False),  # order within its topic
    sa.Column("body", Sealed("entries.body"), nullable=False),  # the entry as JSON; sealed, for an example may be what a citizen wrote
    sa.Column("digest", sa.String(64), nullable=False),  # of the file's version that was loaded last
    sa.Column("edited", sa.Boolean, nullable=False, server_default=sa.false()),  # an editor changed it since
    sa.Column("updated_at", Instant, nullable=False),
)

records = sa.Table(
    "records",
    metadata,
    sa.Column("kind", sa.String(16), primary_key=True),  # civic/records.py names them
    sa.Column("id", sa.String(34), primary_key=True),
    sa.Column("place", sa.Integer, nullable=False),  # order within its kind
    sa.Column("body", sa.Text, nullable=False),  # the record as JSON
    sa.Column("digest", sa.String(64), nullable=False),  # of the file's version that was loaded last
    sa.Column("edited", sa.Boolean, nullable=False, server_default=sa.false()),  # an editor changed it since
    sa.Column("updated_at", Instant, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor", sa.String(64), nullable=False),
    sa.Column("action", sa.String(64), nullable=False, index=True),
    sa.Column("subject", sa.String(128), nullable=False),
    sa.Column("details", Sealed("audit.details"), nullable=False),
    sa.Column("salt", Sealed("audit.salt")),  # so that nobody without the key can guess the details from the hash
    sa.Column("hash", sa.String(64), nullable=False, server_default=""),  # of this row and the hash of the one before
    sqlite_autoincrement=True,
)

audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),  # always 1
    sa.Column("head", Sealed("audit_head.head"), nullable=False),  # number and hash of the newest row: one cut off would be missed
)
