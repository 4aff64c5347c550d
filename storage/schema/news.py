"""The tables of news: who wants which, what was written, and the feeds that drafts come from."""

from __future__ import annotations

import sqlalchemy as sa

from storage.columns import Instant, SealedBytes
from storage.schema.base import Key, metadata

subscribers = sa.Table(
    "subscribers",
    metadata,
    sa.Column("person_id", Key, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("frequency", sa.String(8), nullable=False),  # "once", "daily" or "weekly"
    sa.Column("quiet_from", sa.SmallInteger, nullable=False),  # hours of the day in Morocco; the same twice: no quiet hours
    sa.Column("quiet_to", sa.SmallInteger, nullable=False),
    sa.Column("since", Instant, nullable=False),
)

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    sa.Column("person_id", Key, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("topic", sa.String(48), primary_key=True),  # civic/subscriptions.py
    sa.Column("paused", sa.Boolean, nullable=False, server_default=sa.false()),  # stopped with all others, and not asked for again
    sa.Column("since", Instant, nullable=False),
    sa.Index("ix_subscriptions_topic", "topic", "person_id"),
    sqlite_with_rowid=False,
)

news = sa.Table(
    "news",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("state", sa.String(10), nullable=False),  # "draft", "published" or "withdrawn"
    sa.Column("body", sa.Text, nullable=False),  # the item as JSON (civic/news.py): public, or about to be
    sa.Column("picture", sa.String(32), nullable=False, server_default=""),
    sa.Column("written_by", sa.String(64), nullable=False),
    sa.Column("written_at", Instant, nullable=False),
    sa.Column("published_at", Instant, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sqlite_autoincrement=True,
)

news_topics = sa.Table(
    "news_topics",
    metadata,
    sa.Column("news_id", Key, sa.ForeignKey("news.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("topic", sa.String(48), primary_key=True),
    sa.Index("ix_news_topics_topic", "topic", "news_id"),
)

news_pictures = sa.Table(
    "news_pictures",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("mime", sa.String(32), nullable=False),
    sa.Column("content", SealedBytes("news_pictures.content"), nullable=False),  # public once published, a draft before
    sa.Column("at", Instant, nullable=False),
)

feeds = sa.Table(
    "feeds",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("url", sa.String(500), nullable=False, unique=True),
    sa.Column("language", sa.String(3), nullable=False),
    sa.Column("topics", sa.Text, nullable=False),  # JSON: the topics its drafts begin with
    sa.Column("etag", sa.String(200), nullable=False, server_default=""),
    sa.Column("modified", sa.String(64), nullable=False, server_default=""),
    sa.Column("due_at", Instant, nullable=False, index=True),
    sa.Column("checked_at", Instant),
    sa.Column("trouble", sa.String(64), nullable=False, server_default=""),  # why the last try failed
    sa.Column("failures", sa.SmallInteger, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)

feed_items = sa.Table(
    "feed_items",
    metadata,
    sa.Column("feed_id", Key, sa.ForeignKey("feeds.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(64), primary_key=True),  # digest of the item's guid or link: each becomes a draft once, even if thrown away
    sa.Column("news_id", Key, sa.ForeignKey("news.id", ondelete="SET NULL")),
    sa.Column("seen_at", Instant, nullable=False),
)
