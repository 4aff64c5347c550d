"""The tables. Every change is a migration.

HEAD names the newest, so that a start need not load the migration tool to see that there is nothing to do.
"""

from __future__ import annotations

from storage.schema.base import Key, metadata
from storage.schema.core import (
    audit,
    audit_head,
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
from storage.schema.staff import invitations, recovery_codes, staff, staff_sessions

HEAD = "0002"

__all__ = [
    "HEAD",
    "Key",
    "audit",
    "audit_head",
    "conversations",
    "dead_letters",
    "drafts",
    "entries",
    "feedback",
    "files",
    "inbox",
    "invitations",
    "lines",
    "metadata",
    "outbox",
    "people",
    "questions",
    "records",
    "recovery_codes",
    "staff",
    "staff_sessions",
]
