"""The tables. Every change is a migration.

HEAD names the newest, so that a start need not load the migration tool to see that there is nothing to do.
"""

from __future__ import annotations

from storage.schema.base import Key, metadata
from storage.schema.channels import deletions, moves, moving_attempts, moving_codes, nudges, presence
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

HEAD = "0006"

__all__ = [
    "HEAD",
    "Key",
    "audit",
    "conversations",
    "dead_letters",
    "deletions",
    "drafts",
    "entries",
    "feedback",
    "files",
    "inbox",
    "lines",
    "metadata",
    "moves",
    "moving_attempts",
    "moving_codes",
    "nudges",
    "outbox",
    "people",
    "presence",
    "questions",
    "records",
]
