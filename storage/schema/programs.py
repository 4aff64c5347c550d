"""The tables of other systems: their tokens, the hooks that tell them, and what came in by a signed hook."""

from __future__ import annotations

import sqlalchemy as sa

from storage.columns import Instant, Sealed
from storage.schema.base import Key, metadata

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),  # the token itself is shown once and not kept
    sa.Column("secret", Sealed("api_tokens.secret"), nullable=False),  # signs the calls of its moderation hook
    sa.Column("scopes", sa.String(128), nullable=False),  # a blank between two
    sa.Column("owner", Key),  # the member of staff it counts as; none for one made at the command line
    sa.Column("created_by", sa.String(64), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
    sa.Column("revoked_at", Instant),
    sqlite_autoincrement=True,
)

hooks = sa.Table(
    "hooks",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("url", Sealed("hooks.url"), nullable=False),
    sa.Column("secret", Sealed("hooks.secret"), nullable=False),
    sa.Column("events", sa.String(128), nullable=False),  # a blank between two
    sa.Column("created_by", sa.String(64), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sqlite_autoincrement=True,
)

hook_letters = sa.Table(  # what hooks are told: the outbox of programs, and its log
    "hook_letters",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("hook_id", Key, sa.ForeignKey("hooks.id", ondelete="CASCADE"), nullable=False),
    sa.Column("event", sa.String(32), nullable=False),
    sa.Column("body", sa.Text, nullable=False),  # JSON without a citizen's words
    sa.Column("state", sa.String(16), nullable=False),  # waiting, sent, failed
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("claimed_by", sa.String(32), nullable=False, server_default=""),
    sa.Column("attempts", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("outcome", sa.String(64), nullable=False, server_default=""),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("settled_at", Instant),
    sa.Index("ix_hook_letters_waiting", "state", "due_at"),
    sa.Index("ix_hook_letters_of_hook", "hook_id", "id"),
    sqlite_autoincrement=True,
)

hook_calls = sa.Table(  # ids of signed calls that came in, so that none is done twice
    "hook_calls",
    metadata,
    sa.Column("token_id", Key, sa.ForeignKey("api_tokens.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("at", Instant, nullable=False, index=True),
)

marks = sa.Table(  # when something that is not done too often was done last
    "marks",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("at", Instant, nullable=False),
)
