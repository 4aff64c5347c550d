"""The tables. Every change is a migration.

HEAD names the newest, so that a start need not load the migration tool to see that there is nothing to do.
"""

from __future__ import annotations

from storage.schema.announcements import announcements, deliveries, leases, switches
from storage.schema.base import Key, metadata
from storage.schema.channels import deletions, moves, moving_attempts, moving_codes, nudges, presence
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
from storage.schema.news import feed_items, feeds, news, news_pictures, news_topics, subscribers, subscriptions
from storage.schema.programs import api_tokens, hook_calls, hook_letters, hooks, marks
from storage.schema.proposals import (
    answers,
    blocks,
    decisions,
    follows,
    proposal_files,
    proposal_words,
    proposals,
    steps,
    supports,
)
from storage.schema.staff import invitations, recovery_codes, staff, staff_chats, staff_codes, staff_sessions

HEAD = "0008"

__all__ = [
    "HEAD",
    "Key",
    "announcements",
    "answers",
    "api_tokens",
    "audit",
    "audit_head",
    "blocks",
    "brought",
    "certificates",
    "conversations",
    "dead_letters",
    "decisions",
    "deletions",
    "deliveries",
    "drafts",
    "entries",
    "errands",
    "event_messages",
    "event_sessions",
    "events",
    "feed_items",
    "feedback",
    "feeds",
    "files",
    "follows",
    "hook_calls",
    "hook_letters",
    "hooks",
    "inbox",
    "invitations",
    "leases",
    "lines",
    "marks",
    "metadata",
    "moves",
    "moving_attempts",
    "moving_codes",
    "news",
    "news_pictures",
    "news_topics",
    "nudges",
    "outbox",
    "people",
    "presence",
    "proposal_files",
    "proposal_words",
    "proposals",
    "questions",
    "records",
    "recovery_codes",
    "registrants",
    "registrations",
    "staff",
    "staff_chats",
    "staff_codes",
    "staff_sessions",
    "steps",
    "subscribers",
    "subscriptions",
    "supports",
    "switches",
]
