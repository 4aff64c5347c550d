"""The tables. Every change is a migration.

HEAD names the newest, so that a start need not load the migration tool to see that there is nothing to do.
"""

from __future__ import annotations

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
from storage.schema.events import (
    brought,
    certificates,
    errands,
    event_messages,
    event_sessions,
    events,
    registrants,
    registrations,
)

HEAD = "0004"

__all__ = [
    "HEAD",
    "Key",
    "audit",
    "brought",
    "certificates",
    "conversations",
    "dead_letters",
    "drafts",
    "entries",
    "errands",
    "event_messages",
    "event_sessions",
    "events",
    "feedback",
    "files",
    "inbox",
    "lines",
    "metadata",
    "outbox",
    "people",
    "questions",
    "records",
    "registrants",
    "registrations",
]
