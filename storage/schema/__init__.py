"""The tables. Every change is a migration.

HEAD names the newest, so that a start need not load the migration tool to see that there is nothing to do.
"""

from __future__ import annotations

from storage.schema.announcements import announcements, deliveries, leases, switches
from storage.schema.base import Key, metadata
from storage.schema.core import (
    audit,
    conversations,
    dead_letters,
    drafts,
    entries,
    feedback,
    files,
    inbox,
    lines,
    outbox,
    people,
    questions,
    records,
)
from storage.schema.news import feed_items, feeds, news, news_pictures, news_topics, subscribers, subscriptions

HEAD = "0005"

__all__ = [
    "HEAD",
    "Key",
    "announcements",
    "audit",
    "conversations",
    "dead_letters",
    "deliveries",
    "drafts",
    "entries",
    "feed_items",
    "feedback",
    "feeds",
    "files",
    "inbox",
    "leases",
    "lines",
    "metadata",
    "news",
    "news_pictures",
    "news_topics",
    "outbox",
    "people",
    "questions",
    "records",
    "subscribers",
    "subscriptions",
    "switches",
]
